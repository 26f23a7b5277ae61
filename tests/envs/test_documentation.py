"""The page of each environment, and compiling ahead."""

import dataclasses
import os
import re
import subprocess
import sys

import gymnasium
import pytest

import gridpath_envs
from gridpath_envs.documentation import HEADINGS, argument_meanings, page
from gridpath_envs.errors import ConfigurationError, UnknownNameError
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks import OBSERVATIONS, GridPathConfig

IDS = sorted(gridpath_envs.TASKS)


@pytest.mark.parametrize("id", IDS)
def test_every_page_has_the_same_headings_and_every_argument_with_its_meaning(id):
    text = page(id)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(HEADINGS)
    assert text.startswith(f"# {id}\n")
    meanings = argument_meanings(GridPathConfig)
    for entry in dataclasses.fields(GridPathConfig):
        assert f"- `{entry.name}=" in text
        assert len(meanings[entry.name]) > 20
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_the_planes_of_a_page_are_the_channels_of_the_space(id, observation):
    text = page(id, {"observation": observation})
    space = gymnasium.make(id, observation=observation).observation_space
    section = text.partition("## Observation space")[2].partition("## Reward")[0]
    planes = re.findall(r"^- (\d+) `", section, re.MULTILINE)
    assert len(planes) == (space.shape[0] if len(space.shape) == 3 else 0)


def test_a_page_shows_the_configuration_that_was_asked_for():
    text = page("GridPath-v0", {"holes": 0.1, "slip": 0.5, "time_limit": 3.0, "reward": RewardConfig(hole=-2.0)})
    text = " ".join(text.split())
    assert "fell into a hole" in text
    assert "goes aside with probability 0.5" in text
    assert "after 3 times as many steps" in text
    assert "`hole = -2`" in text
    assert "hole" not in page("GridPath-v0").partition("## Episode end")[2].partition("## Arguments")[0]


def test_what_differs_from_the_defaults_is_marked():
    assert "- `moves='octile'*`" in page("GridPathBenchmark-v0")
    assert "- `moves='cardinal'`" in page("GridPathMaze-v0")


def test_an_unknown_id_is_told_what_may_have_been_meant():
    with pytest.raises(UnknownNameError, match="did you mean 'GridPathMaze-v0'"):
        page("GridPathMase-v0")


def test_an_argument_without_a_description_is_not_passed_over():
    @dataclasses.dataclass
    class Half:
        """Half documented.

        Args:
            first: What it is
                over two lines.
        """

        first: int = 0
        second: int = 0

    with pytest.raises(ConfigurationError, match="differ in second"):
        argument_meanings(Half)
    assert argument_meanings(
        dataclasses.make_dataclass("Whole", [("first", int, 0)], namespace={"__doc__": Half.__doc__})
    ) == {"first": "What it is over two lines."}


def test_after_warming_up_no_environment_compiles_anything(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    code = "from gridpath_envs.warmup import warm_up; warm_up(print)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "environments",
        "observations",
        "levels",
        "oracle",
        "all",
    ]
    assert str(tmp_path) in done.stdout
    kernels = sorted(path.name for path in tmp_path.rglob("*.nbc"))
    assert kernels
    code = (
        "import gymnasium, gridpath_envs\n"
        "from gridpath_envs.tasks import OBSERVATIONS\n"
        "for id in gridpath_envs.TASKS:\n"
        "    for observation in OBSERVATIONS:\n"
        "        envs = gymnasium.make_vec(id, num_envs=2, observation=observation, time_limit=3)\n"
        "        envs.reset(seed=0)\n"
        "        for _ in range(5): envs.step(envs.action_space.sample())\n"
        "        envs.unwrapped.optimal_actions(); envs.unwrapped.action_masks()\n"
    )
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert sorted(path.name for path in tmp_path.rglob("*.nbc")) == kernels
