import subprocess
import sys

import pytest

import gridpath_envs
from gridpath_benchmarks.cli import main


def test_envs_and_agents_are_listed_with_a_line_each(capsys):
    assert main(["envs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(gridpath_envs.TASKS)
    assert all(len(line.split()) > 3 for line in lines)

    import gridpath_agents

    assert main(["agents"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(gridpath_agents.AGENTS)
    assert all(len(line.split()) > 3 for line in lines)


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


def test_a_base_install_lists_environments_and_names_the_extra_for_the_rest():
    """The extras' packages are hidden as if not installed; what is then imported must be the base install."""
    code = """
import sys
hidden = {"jinja2", "pebble", "pydantic", "rich", "sb3_contrib", "stable_baselines3", "torch", "vl_convert"}
import importlib.machinery
real = importlib.machinery.PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in hidden else real(name, path, target)
importlib.machinery.PathFinder.find_spec = find_spec
from gridpath_benchmarks.cli import main
print([main(arguments) for arguments in (["envs"], ["agents"], ["bench", "list"], ["bench", "report", "x"])])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[0, 2, 2, 2]", done.stderr
    assert done.stderr.count("pip install 'gridpath-envs[bench]'") == done.stderr.count("\n") == 3


@pytest.mark.parametrize("whole_run", [False, True])
def test_a_reader_that_goes_away_makes_no_noise(command_line, tiny_suite, tmp_path, whole_run):
    arguments = ("bench", "run", tiny_suite, "--out", tmp_path) if whole_run else ("envs",)
    run = subprocess.Popen(command_line(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.close()
    assert run.wait(timeout=60) == 141
    assert run.stderr.read() == b""
    run.stderr.close()
