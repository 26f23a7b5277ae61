import subprocess
import sys
from pathlib import Path

import pytest

SUITE = '''\
name = "tiny"
description = "Small & fast: <script>alert('suite')</script>"
seeds = [0, 1]

[evaluation]
curve_points = 4
curve_levels = 5

[scenarios.room]
description = "</script><b>five by five</b>"
env_kwargs = { size = [5, 5], time_limit = 20, num_levels = 8 }
test = { num_levels = 6 }

[scenarios.fixed]
test = { num_levels = 3 }
[scenarios.fixed.env_kwargs]
time_limit = 25
reward = { goal = 1.0, step = -0.02 }
map = """
S.#..
..#..
..#..
....G
"""

[agents.random]
actions = "sampled"
[agents.shortest_path]
[agents.q_learning]
total_timesteps = 1_500_000
'''


def gridpath_command(*arguments) -> list[str]:
    return [sys.executable, "-m", "gridpath_benchmarks.cli", *map(str, arguments)]


def gridpath(*arguments, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(gridpath_command(*arguments), capture_output=True, text=True, timeout=timeout, check=False)


@pytest.fixture(scope="session")
def command():
    """Starts the command line in a process of its own, as a user does."""
    return gridpath


@pytest.fixture(scope="session")
def command_line():
    return gridpath_command


@pytest.fixture(scope="session")
def tiny_suite(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("suite") / "tiny.toml"
    file.write_text(SUITE)
    return file


@pytest.fixture(scope="session")
def finished_run(tiny_suite, tmp_path_factory):
    """A whole run of the tiny suite: the folder, not to be changed, and what the command said."""
    folder = tmp_path_factory.mktemp("run") / "out"
    done = gridpath("bench", "run", tiny_suite, "--out", folder, "--jobs", 2)
    return folder, done
