import dataclasses
import json
import os
import stat

import numpy as np
import pytest

from gridpath_benchmarks.cell import Cell
from gridpath_benchmarks.outcomes import Episodes
from gridpath_benchmarks.store import CellRecord, CurvePoint, EpisodeArrays, Replay, Store
from gridpath_benchmarks.suite import Suite, SuiteError
from gridpath_benchmarks.table import markdown

CELL = Cell(
    scenario="room",
    agent="random",
    seed=0,
    env_id="GridPath-v0",
    train_kwargs={},
    test_kwargs={"num_levels": 3},
    num_levels=3,
    num_envs=1,
    learns=False,
    total_timesteps=0,
    parameters={},
    actions="greedy",
    curve_points=2,
    curve_levels=3,
    replays=1,
    cell_time_limit=10.0,
)
EPISODES = Episodes(
    np.array([True, False, True]), np.array([2.0, 5.5, np.nan]), np.array([2.0, np.inf, 1.0]), np.array([2, 9, 1])
)
RECORD = CellRecord(
    scenario="room",
    agent="random",
    seed=0,
    key=CELL.key,
    status="finished",
    metrics={"success_rate": 2 / 3, "suboptimality": None, "num_solved": 2},
    episodes=EpisodeArrays.of(EPISODES),
    curve=(CurvePoint(timesteps=0, seconds=0.0, success_rate=0.1, spl=0.1),),
    replays=(Replay(level=7, map="S.\n.G", start=(0, 0), goal=(1, 1), path=((0, 0), (0, 1))),),
    timing={"train_seconds": 0.0, "train_steps_per_second": None},
    provenance={"versions": {"numpy": "2"}, "commit": None},
)
SUITE = Suite.model_validate(
    {"name": "tiny", "seeds": [0], "scenarios": {"room": {"test": {"num_levels": 3}}}, "agents": {"random": {}}}
)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "out")


def test_a_record_reads_back_as_it_was_written(store):
    path = store.write(RECORD)
    assert path == store.path(CELL)
    assert path.relative_to(store.folder).as_posix() == f"cells/room/random/seed-0-{CELL.key}.json"
    records, problems = store.scan([CELL])
    assert records == {CELL.key: RECORD}
    assert problems == []
    back = records[CELL.key].episodes.episodes()
    np.testing.assert_array_equal(back.success, EPISODES.success)
    np.testing.assert_array_equal(back.path_length, EPISODES.path_length)
    np.testing.assert_array_equal(back.steps, EPISODES.steps)


def test_the_file_is_strict_json_without_nan(store):
    text = store.write(RECORD).read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert json.loads(text)["episodes"]["path_length"] == [2.0, 5.5, None]


def test_writing_leaves_no_other_file_and_replaces_the_one_before(store):
    failed = RECORD.model_copy(update={"status": "failed", "log": "boom"})
    store.write(failed)
    path = store.write(RECORD)
    assert os.listdir(path.parent) == [path.name]
    assert store.scan([CELL])[0][CELL.key].status == "finished"


def test_a_write_that_fails_keeps_the_old_file_whole(store, monkeypatch):
    path = store.write(RECORD)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write(RECORD.model_copy(update={"seed": 0, "timing": {}}))
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def torn(text):
    return text[: len(text) // 2]


def other_seed(text):
    return json.dumps(json.loads(text) | {"seed": 1})


def with_nan(text):
    return text.replace("5.5", "NaN")


def shorter(text):
    content = json.loads(text)
    content["episodes"]["steps"].pop()
    return json.dumps(content)


def without_episodes(text):
    return json.dumps(json.loads(text) | {"episodes": None})


@pytest.mark.parametrize(
    "damage",
    [torn, other_seed, with_nan, shorter, without_episodes, lambda _: "", lambda _: "[]", lambda _: "[" * 99999],
)
def test_a_damaged_file_counts_as_not_done_and_is_reported(store, damage):
    path = store.write(RECORD)
    path.write_text(damage(path.read_text()))
    records, problems = store.scan([CELL])
    assert records == {}
    assert len(problems) == 1
    assert problems[0].startswith(str(path))
    assert "not done" in problems[0]


def test_a_folder_or_binary_in_place_of_the_file_is_reported_too(store):
    path = store.path(CELL)
    path.mkdir(parents=True)
    assert "not done" in store.scan([CELL])[1][0]
    path.rmdir()
    path.write_bytes(b"\xff\x00")
    assert "not done" in store.scan([CELL])[1][0]


def test_files_of_other_configurations_are_left_alone_and_mentioned(store):
    other = store.write(RECORD.model_copy(update={"key": "0" * 16}))
    store.write(RECORD)
    records, problems = store.scan([CELL])
    assert list(records) == [CELL.key]
    assert problems == [f"{other}: no cell of this suite as configured now; left alone (1 such files)"]
    assert other.exists()


def test_the_suite_reads_back_with_its_cells(store):
    store.write_suite(SUITE, [CELL], "gridpath bench run tiny --out x")
    record = store.read_suite()
    assert record.suite == SUITE
    assert record.command == "gridpath bench run tiny --out x"
    assert store.path(record.cells[0]) == store.path(CELL)


def test_a_folder_without_results_is_an_error_of_one_line(store):
    with pytest.raises(SuiteError, match=r"suite\.json: cannot be read.*gridpath bench run"):
        store.read_suite()
    store.folder.mkdir()
    (store.folder / "suite.json").write_text('{"suite": 3')
    with pytest.raises(SuiteError, match=r"suite\.json: is damaged"):
        store.read_suite()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_reported(store):
    path = store.write(RECORD)
    path.chmod(stat.S_IWUSR)
    assert "not done" in store.scan([CELL])[1][0]


@pytest.mark.parametrize("name", ["quick", "continuous", "hindsight", "images"])
def test_published_results_still_give_the_tables_that_stand_beside_them(root, name):
    store = Store(root / "benchmarks/results" / name)
    suite = store.read_suite()
    records, problems = store.scan(suite.cells)
    assert problems == []
    assert len(records) == len(suite.cells)
    assert markdown(suite, records) == (store.folder / "README.md").read_text()


def test_the_time_limit_of_a_cell_is_no_part_of_its_configuration():
    assert dataclasses.replace(CELL, cell_time_limit=99.0).key == CELL.key
    assert dataclasses.replace(CELL, replays=2).key != CELL.key
