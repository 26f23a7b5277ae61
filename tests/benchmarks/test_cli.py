import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import gridpath_envs
from gridpath_benchmarks.cli import main
from gridpath_benchmarks.episode import parse_settings


def test_envs_and_agents_are_listed_with_a_line_each(capsys):
    assert main(["envs"]) == 0
    *lines, blank, hint = capsys.readouterr().out.splitlines()
    assert (blank, hint) == ("", "More of one: gridpath envs show ID")
    assert [line.split()[0] for line in lines] == [*gridpath_envs.TASKS, *gridpath_envs.JOINT_TASKS]
    assert all(len(line.split()) > 3 and len(line) <= 100 for line in lines)

    import gridpath_agents

    assert main(["agents"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(gridpath_agents.AGENTS)
    assert all(len(line.split()) > 3 for line in lines)


def test_the_page_of_an_environment_is_shown(capsys):
    assert main(["envs", "show", "GridPathFog-v0", "--set", "radius=3", "--set", "moves=octile"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("# GridPathFog-v0")
    assert "Box(0, 1, (3, 7, 7), uint8)" in shown and "- 7 `up-left`" in shown
    assert "- `radius=3` (set): " in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["GridPathFrog-v0"], "did you mean 'GridPathFog-v0'"),
        (["GridPath-v0", "--set", "mooves=octile"], "did you mean 'moves'"),
        (["GridPath-v0", "--set", "moves"], "expected KEY=VALUE"),
        (["GridPath-v0", "--set", "radius=0"], "radius: "),
    ],
)
def test_a_page_that_there_cannot_be_is_refused_in_a_line(capsys, arguments, message):
    assert main(["envs", "show", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err and said.err.count("\n") == 1


def test_warming_up_says_what_it_does(capsys):
    assert main(["warmup"]) == 0
    assert re.match(
        r"all +[\d.]+ s, (nothing to compile|compiled \d+ kernels)", capsys.readouterr().out.splitlines()[-1]
    )


def test_shipped_suites_are_listed(capsys):
    assert main(["bench", "list"]) == 0
    assert "quick" in capsys.readouterr().out


def test_the_version(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"gridpath {gridpath_envs.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bench", "run", "quik", "--out", "x"], "unknown suite 'quik' (did you mean 'quick'?)"),
        (["bench", "run", "nowhere/suite.toml", "--out", "x"], "nowhere/suite.toml: cannot be read"),
        (["bench", "report", "nowhere"], "nowhere/suite.json: cannot be read"),
    ],
)
def test_user_errors_are_one_line_and_exit_code_2(arguments, message, capsys):
    assert main(arguments) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("gridpath: error: ")
    assert message in errors
    assert errors.count("\n") == 1


def test_a_file_in_place_of_the_results_folder_is_one_line_too(tiny_suite, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["bench", "run", str(tiny_suite), "--out", str(tmp_path / "file")]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("gridpath: error: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_jobs_is_a_positive_number(jobs, capsys):
    with pytest.raises(SystemExit) as left:
        main(["bench", "run", "quick", "--out", "x", "--jobs", jobs])
    assert left.value.code == 2
    assert "expected a whole number" in capsys.readouterr().err


def test_settings_are_read_as_toml_and_strings_also_without_quotes():
    given = ["size=[8, 8]", 'moves="octile"', "observation=position", "stay=true", "time_limit=2.0", "map=S.\n.=\n.G"]
    assert parse_settings(given) == {
        "size": [8, 8],
        "moves": "octile",
        "observation": "position",
        "stay": True,
        "time_limit": 2.0,
        "map": "S.\n.=\n.G",
    }
    assert parse_settings(["reward={goal=2.0}"])["reward"] == gridpath_envs.RewardConfig(goal=2.0)


def test_a_recorded_episode_is_an_animated_picture(tmp_path, capsys):
    file = tmp_path / "episode.svg"
    assert main(["record", "GridPath-v0", "--out", str(file), "--seed", "3", "--set", "size=[8,8]"]) == 0
    assert re.search(r"goal reached after \d+ steps", capsys.readouterr().out)
    text = file.read_text()
    assert ElementTree.fromstring(text).tag.endswith("svg") and "<animate" in text
    again = tmp_path / "again.svg"
    assert main(["record", "GridPath-v0", "--out", str(again), "--seed", "3", "--set", "size=[8,8]"]) == 0
    assert again.read_text() == text


def test_a_random_episode_can_be_recorded_as_a_gif_and_cut_short(tmp_path, capsys):
    pytest.importorskip("PIL")
    file = tmp_path / "episode.gif"
    arguments = ["--policy", "random", "--max-steps", "5", "--seed", "1", "--fps", "10"]
    assert main(["record", "GridPath-v0", "--out", str(file), *arguments]) == 0
    assert "goal not reached after 5 steps" in capsys.readouterr().out
    assert file.read_bytes().startswith(b"GIF89a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["GridPath-v0", "--out", "x.png"], "x.png: expected a file name that ends in .svg or .gif"),
        (["GridPat-v0", "--out", "x.svg"], "unknown environment 'GridPat-v0' (did you mean 'GridPath-v0'?)"),
        (["GridPath-v0", "--out", "x.svg", "--set", "sise=[8,8]"], "did you mean 'size'?"),
        (["GridPath-v0", "--out", "x.svg", "--set", "size"], "--set size: expected KEY=VALUE"),
        (["GridPath-v0", "--out", "x.svg", "--set", "render_mode=ansi"], "render_mode is set by the command"),
        (["GridPath-v0", "--out", "x.svg", "--set", "reward={gaol=1.0}"], "--set reward: "),
        (["GridPath-v0", "--out", "x.svg", "--policy", "best"], "policy: got 'best'"),
        (["GridPath-v0", "--out", "x.svg", "--fps", "0"], "fps: got 0.0"),
        (["GridPath-v0", "--out", "nowhere/x.svg"], "nowhere/x.svg: No such file"),
    ],
)
def test_what_cannot_be_recorded_is_one_line_too(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["record", *arguments]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("gridpath: error: ") and errors.count("\n") == 1
    assert message in errors
    assert not list(tmp_path.iterdir())


@pytest.fixture
def keyboard(monkeypatch):
    """Presses keys before the window opens, on a screen that is not there."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()

    def press(*keys):
        for key in keys:
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.key.key_code(key)))

    yield press
    pygame.display.quit()


ROOM = ["--set", "map=S..\n...\n..G", "--set", "observation=position"]


@pytest.mark.parametrize(
    ("keys", "settings", "status"),
    [
        (("right", "d", "s", "down", "up", "escape"), [], "4 steps, length 4, optimal 4: goal reached"),
        (("c", "c", "escape"), ["--set", "moves=octile"], "2 steps, length 2.828, optimal 2.828: goal reached"),
        # Neither diagonals nor staying are there.
        (("c", "space", "right", "x", "o", "escape"), [], "1 steps, length 1, optimal 4"),
        (("space", "left", "escape"), ["--set", "stay=true"], "2 steps, length 0, optimal 4"),
        (("right", "r", "down", "down", "escape", "down"), [], "2 steps, length 2, optimal 4"),
        (("right", "n", "escape"), [], "0 steps, length 0, optimal 4"),
    ],
)
def test_keys_play(keys, settings, status, keyboard, capsys):
    keyboard(*keys)
    assert main(["play", "GridPath-v0", *ROOM, *settings]) == 0
    assert status in capsys.readouterr().out.splitlines()[-1]


def test_keys_drive_a_robot(keyboard, capsys):
    keyboard(*["right"] * 4, *["down"] * 2, "space", "o", "escape")
    assert main(["play", "GridPathContinuous-v0", *ROOM[:2]]) == 0
    assert "7 steps, length 1.2, optimal" in capsys.readouterr().out.splitlines()[-1]


def test_the_next_level_follows_and_after_the_last_one_comes_the_first(keyboard, capsys):
    import pygame

    levels = ["--set", "size=[5,5]", "--set", "num_levels=3", "--set", "first_level=7"]
    found = []
    for presses in range(4):
        pygame.display.init()
        keyboard(*["n"] * presses, "escape")
        assert main(["play", "GridPath-v0", *levels, "--seed", "0"]) == 0
        found.append(int(re.search(r"level (\d+):", capsys.readouterr().out)[1]))
    assert found == [7 + (found[0] - 7 + presses) % 3 for presses in range(4)]


def test_closing_the_window_ends_the_game(keyboard, capsys):
    import pygame

    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert main(["play", "GridPath-v0"]) == 0
    assert "0 steps" in capsys.readouterr().out


def test_a_base_install_lists_environments_and_names_the_extra_for_the_rest(tmp_path):
    """The extras' packages are hidden as if not installed; what is then imported must be the base install."""
    code = """
import sys
hidden = {"jinja2", "pebble", "pydantic", "rich", "sb3_contrib", "stable_baselines3", "torch", "vl_convert"}
hidden |= {"pygame", "PIL"}
import importlib.machinery
real = importlib.machinery.PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in hidden else real(name, path, target)
importlib.machinery.PathFinder.find_spec = find_spec
from gridpath_benchmarks.cli import main
print([main(arguments) for arguments in (
    ["envs"], ["record", "GridPath-v0", "--out", "x.svg"], ["agents"], ["bench", "list"], ["bench", "report", "x"],
    ["record", "GridPath-v0", "--out", "x.gif"], ["play", "GridPath-v0"],
)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[0, 0, 2, 2, 2, 2, 2]", done.stderr
    assert done.stderr.count("pip install 'gridpath-envs[bench]'") == 3
    assert done.stderr.count("pip install 'gridpath-envs[human]'") == 2
    assert done.stderr.count("\n") == 5


@pytest.mark.parametrize("whole_run", [False, True])
def test_a_reader_that_goes_away_makes_no_noise(command_line, tiny_suite, tmp_path, whole_run):
    arguments = ("bench", "run", tiny_suite, "--out", tmp_path) if whole_run else ("envs",)
    run = subprocess.Popen(command_line(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.close()
    assert run.wait(timeout=60) == 141
    assert run.stderr.read() == b""
    run.stderr.close()


@pytest.mark.parametrize("id", ["gridpath/mapf_v0", "gridpath/lifelong_v0"])
def test_episodes_of_many_agents_are_recorded(id, tmp_path, capsys):
    out = tmp_path / "episode.svg"
    few = ["--set", "num_agents=3", "--set", "size=[6,6]", "--seed", "1", "--max-steps", "40", "--out", str(out)]
    assert main(["record", id, *few]) == 0
    line = capsys.readouterr().out
    assert re.search(r"3 of 3 agents at their goals" if "mapf" in id else r"[1-9]\d* arrivals of 3 agents in 40", line)
    svg = out.read_text(encoding="utf-8")
    assert svg.count("<circle") >= 3 and "<animateTransform" in svg
    assert main(["record", id, *few]) == 0 and out.read_text(encoding="utf-8") == svg
    assert main(["record", id, *few, "--policy", "random"]) == 0
    assert out.read_text(encoding="utf-8") != svg


def test_keys_are_the_first_of_many_agents(keyboard, capsys):
    keyboard("o", *["space"] * 40, "escape")
    few = ["--set", "num_agents=3", "--set", "size=[6,6]", "--seed", "1"]
    assert main(["play", "gridpath/mapf_v0", *few]) == 0
    assert "you are agent 0, the blue one; 2 of 3 agents at their goals after 40 steps" in capsys.readouterr().out
