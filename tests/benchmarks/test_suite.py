import shutil

import pytest

from gridpath_benchmarks.cell import RESULTS_VERSION
from gridpath_benchmarks.suite import SuiteError, load_suite, shipped_suites
from gridpath_benchmarks.worker import run_cell

VALID = """\
name = "tiny"
seeds = [0, 1]
[evaluation]
curve_points = 3
[scenarios.room]
env_kwargs = { size = [5, 5], time_limit = 20 }
train = { split = "train" }
test = { split = "test", num_levels = 4 }
[agents.random]
[agents.q_learning]
total_timesteps = 500
parameters = { step_size = 0.5 }
[agents.q_learning.scenarios.room]
total_timesteps = 700
"""
SPL_OF_VERSION_1 = [0.3, 0.443182, 0.65, 0.75]
MAP = "type octile\nheight 4\nwidth 4\nmap\n....\n.@@.\n....\n....\n"


@pytest.fixture
def suite_file(tmp_path):
    def write(text=VALID):
        file = tmp_path / "tiny.toml"
        file.write_text(text)
        return file

    return write


def test_every_shipped_suite_loads_and_its_environments_can_be_made():
    assert "quick" in shipped_suites()
    for name in shipped_suites():
        suite = load_suite(name)
        assert suite.name == name
        suite.check_environments()


def test_cells_are_scenario_by_agent_by_seed_with_overrides_resolved(suite_file):
    cells = load_suite(suite_file()).cells()
    assert [(cell.scenario, cell.agent, cell.seed) for cell in cells] == [
        ("room", "random", 0),
        ("room", "random", 1),
        ("room", "q_learning", 0),
        ("room", "q_learning", 1),
    ]
    random, learner = cells[0], cells[2]
    assert (random.learns, random.total_timesteps) == (False, 0)
    assert (learner.learns, learner.total_timesteps) == (True, 700)
    assert learner.parameters["step_size"] == 0.5
    assert learner.train_kwargs["split"] == "train"
    assert learner.test_kwargs["split"] == "test"
    assert learner.num_levels == learner.test_kwargs["num_levels"] == 4
    assert learner.actions == "greedy"


def replaced(old, new):
    assert old in VALID
    return VALID.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[evaluation]", "[evaluation", r"tiny\.toml:3: Expected"),
        (
            "curve_points",
            "curve_pionts",
            r"evaluation.curve_pionts: unknown key '\w+' \(did you mean 'curve_points'.*replays",
        ),
        ("total_timesteps = 500", 'total_timesteps = "many"', "q_learning.total_timesteps: got 'many'.*integer"),
        ("total_timesteps = 700", "steps = 7", "q_learning.scenarios.room.steps: unknown key.*total_timesteps"),
        ("total_timesteps = 500", "total_timesteps = -1", "got -1: should be greater than or equal to 0"),
        ("seeds = [0, 1]\n", "", "seeds: missing; allowed here: name, description, seeds"),
        ("seeds = [0, 1]", "seeds = []", r"seeds: got \[\]"),
        ("seeds = [0, 1]", "seeds = [1, 1]", "seeds: .*once only"),
        ("seeds = [0, 1]", "seeds = [0, true]", "seeds.1: got True"),
        (", num_levels = 4", "", "scenarios.room.test: .*num_levels must be there"),
        ("num_levels = 4", "num_levels = 0", "scenarios.room.test: .*positive"),
        ('test = { split = "test", num_levels = 4 }', "", "scenarios.room.test: missing"),
        ("curve_points = 3", 'actions = "best"', "evaluation.actions: got 'best'.*'greedy' or 'sampled'"),
        ("time_limit = 20", "time_limit = 2020-01-01", "env_kwargs.time_limit: got datetime.date"),
        ("time_limit = 20", "time_limit = nan", "env_kwargs.time_limit: got nan"),
        ("[scenarios.room]", '[scenarios."../x"]', "scenarios.*'../x'.*pattern"),
        ("[agents.random]", "[agents.randm]", r"agents.randm: unknown agent 'randm' \(did you mean 'random'"),
        ("q_learning.scenarios.room", "q_learning.scenarios.rom", r"unknown scenario 'rom' \(did you mean 'room'"),
        ("[scenarios.room]", '[scenarios.room]\nenv = "GridPth-v0"', "room.env: unknown.*mean 'GridPath-v0'"),
        (VALID, 'name = "x"\nseeds = [0]\n[scenarios]\n[agents.random]', "scenarios: "),
    ],
)
def test_a_wrong_suite_is_named_with_file_and_place(suite_file, old, new, message):
    with pytest.raises(SuiteError, match=message) as caught:
        load_suite(suite_file(replaced(old, new)))
    assert "tiny.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_suite_lists_the_shipped_ones():
    with pytest.raises(SuiteError, match=r"unknown suite 'quik' \(did you mean 'quick'.*known: .*quick"):
        load_suite("quik")


def test_a_missing_or_binary_file_is_an_error_of_one_line(tmp_path):
    with pytest.raises(SuiteError, match=r"nothing\.toml: cannot be read: No such file"):
        load_suite(tmp_path / "nothing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SuiteError, match="not UTF-8"):
        load_suite(tmp_path / "binary.toml")


def test_training_asked_of_an_agent_that_does_not_learn_is_an_error(suite_file):
    suite = load_suite(suite_file(replaced("[agents.random]", "[agents.random]\ntotal_timesteps = 5")))
    with pytest.raises(SuiteError, match=r"agents.random: total_timesteps is 5, but it does not learn"):
        suite.cells()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("time_limit = 20", "time_limit = -3", "scenarios.room: train environment of agent random: time_limit"),
        ("time_limit = 20", "tim_limit = 3", "scenarios.room: .*tim_limit"),
        ("time_limit = 20", "reward = { gaol = 3 }", "scenarios.room: .*gaol"),
        ('split = "test"', 'split = "tset"', "scenarios.room: test environment of agent random: .*tset"),
        ("size = [5, 5]", 'map = "nowhere.map"', "scenarios.room: .*nowhere.map"),
    ],
)
def test_environments_are_tried_before_anything_runs(suite_file, old, new, message):
    with pytest.raises(SuiteError, match=message):
        load_suite(suite_file(replaced(old, new))).check_environments()


def test_keys_do_not_change_from_one_process_to_the_next(suite_file):
    first, second = (load_suite(suite_file()).cells() for _ in range(2))
    assert [cell.key for cell in first] == [cell.key for cell in second]
    assert len({cell.key for cell in first}) == len(first)
    assert all(len(cell.key) == 16 and int(cell.key, 16) >= 0 for cell in first)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("time_limit = 20", "time_limit = 21"),
        ('split = "train"', "first_level = 3"),
        ("num_levels = 4", "num_levels = 5"),
        ("total_timesteps = 700", "total_timesteps = 701"),
        ("total_timesteps = 700", "num_envs = 3"),
        ("step_size = 0.5", "step_size = 0.25"),
        ("curve_points = 3", "curve_points = 4"),
        ("curve_points = 3", 'curve_points = 3\nactions = "sampled"'),
    ],
)
def test_keys_change_with_whatever_decides_the_numbers(suite_file, old, new):
    before = load_suite(suite_file()).cells()[2]
    assert load_suite(suite_file(replaced(old, new))).cells()[2].key != before.key


@pytest.mark.parametrize(
    ("old", "new"), [("curve_points = 3", "curve_points = 3\ncell_time_limit = 7"), ('name = "tiny"', 'name = "other"')]
)
def test_keys_do_not_change_with_what_does_not(suite_file, old, new):
    before = load_suite(suite_file()).cells()[2]
    assert load_suite(suite_file(replaced(old, new))).cells()[2].key == before.key


def test_map_files_are_found_beside_the_suite_and_count_by_content(suite_file, tmp_path):
    file = suite_file(replaced("size = [5, 5]", 'map = "room.map"'))
    (tmp_path / "room.map").write_text(MAP)
    suite = load_suite(file)
    suite.check_environments()
    before = suite.cells()[0]
    assert before.train_kwargs["map"] == str(tmp_path / "room.map")

    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.copy(file, moved)
    shutil.copy(tmp_path / "room.map", moved)
    assert load_suite(moved / "tiny.toml").cells()[0].key == before.key
    (moved / "room.map").write_text(MAP.replace("@@", "@."))
    assert load_suite(moved / "tiny.toml").cells()[0].key != before.key


def test_shipped_maps_and_map_texts_are_passed_on_untouched(suite_file):
    for value in ("shipped:office-32", "S..#\\n...G\\n....\\n....\\n"):
        suite = load_suite(suite_file(replaced("size = [5, 5]", f'map = "{value}"')))
        assert suite.scenarios["room"].env_kwargs["map"] == value.replace("\\n", "\n")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("total_timesteps = 500", 'total_timesteps = 500\nenv_kwargs = { split = "test" }', "split is the scenario's"),
        ("total_timesteps = 700", "env_kwargs = { size = [4, 4] }", "size is the scenario's"),
        ("step_size = 0.5", "seed = 3", "seed is set by the benchmark itself"),
        ("time_limit = 20", 'autoreset_mode = "Disabled"', "autoreset_mode is set by the benchmark itself"),
        ("seeds = [0, 1]", f"seeds = [{'9' * 5000}]", "cannot be read as TOML"),
        ('name = "tiny"', f"name = {'[' * 20000}", "cannot be read as TOML"),
        ('name = "tiny"', f'name = "{"x" * 300}"', "name: got"),
    ],
    ids=lambda text: text[:30],
)
def test_what_would_make_scores_of_another_task_or_crash_is_refused(suite_file, old, new, message):
    with pytest.raises(SuiteError, match=message):
        load_suite(suite_file(VALID.replace(old, new)))


def test_a_key_changes_with_the_content_of_a_shipped_map_and_the_version_of_results(suite_file, monkeypatch, tmp_path):
    text = VALID.replace("size = [5, 5]", 'map = "shipped:quarters-16"')
    before = load_suite(suite_file(text)).cells()[0].key
    assert load_suite(suite_file(text)).cells()[0].key == before
    monkeypatch.setattr("gridpath_benchmarks.cell.RESULTS_VERSION", RESULTS_VERSION + 1)
    assert load_suite(suite_file(text)).cells()[0].key != before
    monkeypatch.undo()
    other = tmp_path / "other.map"
    other.write_text(MAP)
    monkeypatch.setattr("gridpath_benchmarks.cell.map_path", lambda path: other)
    assert load_suite(suite_file(text)).cells()[0].key != before


def test_a_cell_whose_map_changed_since_the_run_began_fails(suite_file, tmp_path):
    (tmp_path / "a.map").write_text(MAP)
    cell = load_suite(suite_file(VALID.replace("size = [5, 5]", 'map = "a.map"'))).cells()[0]
    key = cell.key
    (tmp_path / "a.map").write_text(MAP.replace("@", "."))
    record = run_cell(cell, key)
    assert record.status == "failed"
    assert "a map file of scenario room was changed during the run" in record.log


def test_numbers_are_those_of_this_version_of_results(suite_file):
    """If this fails and the new numbers are right, raise RESULTS_VERSION and record them."""
    cells = load_suite(suite_file(VALID.replace("total_timesteps = 700", "total_timesteps = 70_000"))).cells()
    metrics = [run_cell(cell, cell.key).metrics for cell in cells]
    assert RESULTS_VERSION == 1
    assert [round(each["spl"], 6) for each in metrics] == SPL_OF_VERSION_1


MANY = """\
name = "many"
seeds = [0]
[evaluation]
curve_points = 3
curve_levels = 2
replays = 1
[scenarios.room]
env = "gridpath/mapf_v0"
env_kwargs = { size = [6, 6], time_limit = 20, num_agents = 3 }
train = { split = "train" }
test = { split = "test", num_levels = 4 }
[scenarios.endless]
env = "gridpath/lifelong_v0"
env_kwargs = { size = [6, 6], time_limit = 20, num_agents = 3 }
train = { split = "train" }
test = { split = "test", num_levels = 4 }
[agents.pibt]
[agents.ppo]
num_envs = 3
total_timesteps = 300
parameters = { n_steps = 8, batch_size = 24 }
"""


def test_many_agents_are_scored_by_metrics_of_their_own(suite_file):
    suite = load_suite(suite_file(MANY))
    suite.check_environments()
    assert suite.metrics_of("room") == ("isr", "csr", "sum_of_costs", "makespan", "suboptimality", "collisions")
    assert suite.metrics_of("endless") == ("throughput", "collisions")
    for cell in suite.cells():
        record = run_cell(cell, cell.key)
        assert record.status == "finished", record.log
        assert set(suite.metrics_of(cell.scenario)) <= set(record.metrics)
        assert record.episodes.joint.num_agents == 3
        assert len(record.episodes.joint.makespan) == len(record.predict_seconds) == 4
        assert record.timing["predict_seconds_per_episode"] > 0
        (replay,) = record.replays
        assert replay.unpacked()[0].shape == (record.episodes.steps[0] + 1, 3, 2)
        charted = ("isr", "csr") if cell.scenario == "room" else ("throughput",)
        assert len(record.curve) == (3 if cell.agent == "ppo" else 1)
        assert all(point.score(name) is not None for point in record.curve for name in charted)
        if cell.agent == "pibt":
            assert record.metrics[charted[0]] > 0.3


def test_a_suite_may_say_which_metrics_are_shown_and_the_key_does_not_change(suite_file):
    one = VALID.replace("seeds = [0, 1]", 'seeds = [0, 1]\nmetrics = ["spl"]')
    suite = load_suite(suite_file(one))
    assert suite.metrics_of("room") == ("spl",)
    assert [cell.key for cell in suite.cells()] == [cell.key for cell in load_suite(suite_file()).cells()]


@pytest.mark.parametrize(
    ("text", "metrics", "message"),
    [
        (VALID, '["spll"]', r"metrics: unknown metric 'spll' \(did you mean 'spl'"),
        (VALID, '["spl", "isr"]', "metrics: isr makes no sense in scenarios.room; what does there: success_rate, spl"),
        (MANY, '["csr"]', "metrics: csr makes no sense in scenarios.endless; what does there: throughput, collisions"),
        (VALID, "[]", r"metrics: got \[\]"),
    ],
)
def test_metrics_that_are_unknown_or_make_no_sense_are_refused(suite_file, text, metrics, message):
    with pytest.raises(SuiteError, match=message):
        load_suite(suite_file(text.replace("seeds = [0", f"metrics = {metrics}\nseeds = [0", 1)))


def test_several_scenario_files_are_found_beside_the_suite_and_count_by_content(suite_file, tmp_path):
    def write(number, goal):
        rows = [f"0\troom.map\t4\t4\t0\t0\t{goal}\t3\t6", "0\troom.map\t4\t4\t3\t0\t0\t3\t6"]
        (tmp_path / f"room-{number}.scen").write_text("\n".join(["version 1", *rows]) + "\n")

    (tmp_path / "room.map").write_text(MAP)
    for number in (1, 2):
        write(number, 3)
    files = 'env_kwargs = { scenario = ["room-1.scen", "room-2.scen"], time_limit = 20 }'
    text = MANY.partition("[scenarios.endless]")[0] + "[agents.pibt]\n"
    text = text.replace("env_kwargs = { size = [6, 6], time_limit = 20, num_agents = 3 }", files)
    text = text.replace('train = { split = "train" }\n', "").replace('split = "test", num_levels = 4', "num_levels = 2")
    file = suite_file(text)
    suite = load_suite(file)
    suite.check_environments()
    (before,) = suite.cells()
    assert before.test_kwargs["scenario"] == [str(tmp_path / f"room-{number}.scen") for number in (1, 2)]
    record = run_cell(before, before.key)
    assert record.status == "finished", record.log
    assert record.metrics["csr"] == 1.0
    assert record.episodes.optimal_length == (12.0, 12.0)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for each in ("tiny.toml", "room.map", "room-1.scen", "room-2.scen"):
        shutil.copy(tmp_path / each, moved)
    assert load_suite(moved / "tiny.toml").cells()[0].key == before.key
    write(2, 2)
    assert load_suite(file).cells()[0].key != before.key


BY_PREFERENCES = """\
name = "preferences"
seeds = [0]
[evaluation]
curve_points = 2
replays = 1
[scenarios.room]
env_kwargs = { size = [5, 5], time_limit = 20 }
train = { split = "train" }
test = { split = "test", num_levels = 4 }
[scenarios.plane]
env = "GridPathContinuous-v0"
env_kwargs = { size = [5, 5], time_limit = 100 }
train = { split = "train" }
test = { split = "test", num_levels = 4 }
[agents.shortest_path]
[agents.sac]
total_timesteps = 300
num_envs = 4
parameters = { learning_starts = 100, batch_size = 16, gradient_steps = 1, policy_kwargs = { net_arch = [16] } }
[agents.sac.scenarios.room]
env_kwargs = { continuous_actions = true }
"""


def test_an_agent_of_continuous_actions_is_scored_on_discrete_tasks_and_in_the_plane(suite_file):
    suite = load_suite(suite_file(BY_PREFERENCES))
    suite.check_environments()
    for cell in suite.cells():
        record = run_cell(cell, cell.key)
        assert record.status == "finished", record.log
        (replay,) = record.replays
        assert (replay.optimal_path is not None) == (cell.scenario == "plane")
        if cell.agent == "shortest_path":
            assert record.metrics["success_rate"] == 1.0
    with pytest.raises(SuiteError, match="continuous_actions: expected True or False"):
        load_suite(suite_file(BY_PREFERENCES.replace("= true", "= 1"))).check_environments()
