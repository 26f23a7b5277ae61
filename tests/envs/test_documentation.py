"""The page of each environment, and the parser of docstrings that it is made with."""

import dataclasses
import re

import gymnasium
import numpy as np
import pytest

import gridpath_envs
from configurations import CASES, EVERYTHING
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.adaptors.pettingzoo_env import GridPathParallelEnv
from gridpath_envs.core.conflicts import CONFLICTS
from gridpath_envs.core.joint_dynamics import ON_ARRIVAL
from gridpath_envs.documentation import argument_meanings, joint, page
from gridpath_envs.documentation.grid import PLANES
from gridpath_envs.documentation.sections import INFO
from gridpath_envs.errors import ConfigurationError, UnknownNameError
from gridpath_envs.joint_reset_arguments import JOINT_OPTIONS
from gridpath_envs.multi_agent_vector_env import JOINT_INFO_KEYS, GridMultiAgentVectorEnv
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks import OBSERVATIONS, MapfConfig
from gridpath_envs.vector_env import INFO_KEYS, GridVectorEnv, VectorApi

IDS = sorted(gridpath_envs.TASKS)
JOINT_IDS = sorted(gridpath_envs.JOINT_TASKS)
HEADINGS = ["Description", "Action space", "Observation space", "Reward", "Episode end", "Arguments", "Version"]
JOINT_HEADINGS = ["Description", "Agents", "Conflicts", "On arrival", *HEADINGS[1:5], "Options", *HEADINGS[5:]]
VECTOR_ARGUMENTS = ["num_envs", "autoreset_mode", "copy", "num_threads", "render_mode"]


def section(text, heading):
    return re.search(rf"^## {heading}\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL).group(1)


def unwrapped(text):
    return " ".join(text.split())


def entries(text):
    """Return the entries of a page's lists: what is in code -> (mark, meaning)."""
    found = re.findall(r"^- `([^\n]*?)`(?: \((own|set)\))?: (.*?)(?=^- |^$|\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: (mark, unwrapped(meaning)) for name, mark, meaning in found}


@pytest.mark.parametrize("id", IDS + JOINT_IDS)
def test_every_page_has_just_these_headings_in_order_and_fits_a_terminal(id):
    text = page(id)
    assert text.startswith(f"# {id}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == (JOINT_HEADINGS if id in JOINT_IDS else HEADINGS)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("id", IDS + JOINT_IDS)
def test_every_argument_stands_on_a_page_with_its_value_and_meaning(id):
    config = gridpath_envs.tasks.get_task(id).config
    both, make, make_vec = re.split(r"^`.*` also takes:$", section(page(id), "Arguments"), flags=re.MULTILINE)
    if id in JOINT_IDS:
        makers = (make, GridPathParallelEnv, ["render_mode", "max_cycles"]), (make_vec, VectorApi, VECTOR_ARGUMENTS)
    else:
        makers = (make, GridPathEnv, ["render_mode"]), (make_vec, GridVectorEnv, VECTOR_ARGUMENTS)
    known = [field.name for field in dataclasses.fields(config) if field.name not in config.LEFT_OUT]
    for part, documented, names in ((both, config, known), *makers):
        meanings = argument_meanings(documented)
        shown = entries(part)
        assert [entry.partition("=")[0] for entry in shown] == names
        for (entry, (_, meaning)), name in zip(shown.items(), names, strict=True):
            assert meaning == unwrapped(meanings[name]).replace("``", "`"), entry
            assert len(meaning) > 15


@pytest.mark.parametrize(("id", "arguments"), CASES)
def test_the_planes_of_a_page_are_the_channels_of_the_space(id, arguments):
    if id == "GridPathContinuous-v0":
        return
    for observation in OBSERVATIONS:
        chosen = {**arguments, "observation": observation}
        if not OBSERVATIONS[observation].has_window:
            chosen.pop("radius", None)
        if not OBSERVATIONS[observation].planes:
            chosen.pop("trail", None)
        if not OBSERVATIONS[observation].is_image:
            chosen = {name: value for name, value in chosen.items() if name not in ("image_size", "greyscale")}
        env = gymnasium.make(id, **chosen)
        text = section(page(id, chosen), "Observation space")
        planes = re.findall(r"^- (\d+) `(.*?)`: \w", text, re.MULTILINE)
        assert planes == [(str(number), name) for number, name in enumerate(env.unwrapped.config.planes)]
        space = env.observation_space
        if isinstance(space, gymnasium.spaces.Dict):
            for name, part in space.spaces.items():
                assert f"- `{name}`: `{part.__class__.__name__}(" in text
            space = space["observation"]
        has_planes = len(space.shape) == 3 and not OBSERVATIONS[observation].is_image
        assert len(planes) == (space.shape[0] if has_planes else 0)
        assert f"`{space}`".replace("0.0", "0").replace("1.0", "1") in text


def test_the_page_of_a_robot_shows_its_spaces_and_what_was_asked_for():
    text = unwrapped(page("GridPathContinuous-v0", {"dynamics": "acceleration", "noise": 0.5, "num_beams": 8}))
    assert "`Box(-1, 1, (2,), float32)`" in text and "`Box(-1.25, 1.25, (12,), float32)`" in text
    assert "an acceleration, of which 1 is 8 cells a second, each second" in text
    assert "a standard deviation of 0.1 cells" in text
    assert "truncated: after 200 steps" in text
    assert "times the optimal path length in steps of 0.2 cells" in unwrapped(
        page("GridPathContinuous-v0", {"time_limit": 3.0})
    )
    window = page("GridPathContinuous-v0", {"observation": "egocentric", "radius": 2})
    assert "- `window`: `Box(0, 1, (2, 5, 5), uint8)`" in window and "- `motion`: `Box(" in window


@pytest.mark.parametrize(("id", "arguments"), CASES)
def test_the_example_of_a_page_runs(id, arguments):
    block = re.search(r"```python\n(.*?)```", page(id, arguments), re.DOTALL).group(1)
    made = {}
    exec(compile(block.replace("num_envs=1024", "num_envs=2"), id, "exec"), made)
    assert made["env"].unwrapped.config == made["envs"].unwrapped.config
    assert made["env"].unwrapped.config == gymnasium.make(id, **arguments).unwrapped.config


@pytest.mark.parametrize(("id", "arguments"), CASES)
def test_no_line_that_goes_on_looks_like_the_beginning_of_a_list(id, arguments):
    text = re.sub(r"```.*?```", "", page(id, arguments), flags=re.DOTALL)
    assert re.findall(r"^ +(?:[-+*]|1[.)]) .*", text, re.MULTILINE) == []
    # Code that is left open on a line is not code for every reader of Markdown.
    assert [line for line in text.splitlines() if line.count("`") % 2] == []


@pytest.mark.parametrize("id", IDS)
def test_the_actions_of_a_page_move_as_they_say(id):
    if isinstance(gymnasium.make(id).action_space, gymnasium.spaces.Box):
        return
    moves = re.findall(
        r"^- (\d+) `.*?`: +row ([+-]?\d), column ([+-]?\d), cost ([\d.]+)$", section(page(id), "Action space"), re.M
    )
    assert [(int(row), int(col)) for _, row, col, _ in moves] == [
        (row, col) for row, col, _ in gymnasium.make(id).unwrapped.config.actions
    ]
    assert [int(number) for number, *_ in moves] == list(range(gymnasium.make(id).action_space.n))


@pytest.mark.parametrize("id", IDS)
def test_the_picture_of_a_page_is_its_first_level(id):
    picture = re.search(r"^Level 0, .*?```text\n(.*?)```", page(id), re.MULTILINE | re.DOTALL).group(1)
    env = gymnasium.make(id, render_mode="ansi")
    env.reset(seed=0, options={"level": 0})
    # Moving obstacles are drawn by each environment's own stream.
    assert picture == env.render()


def test_the_first_level_of_a_limited_set_is_shown_and_of_too_large_a_map_nothing():
    envs = GridVectorEnv("GridPath-v0", 1, num_levels=3, split="test")
    assert f"Level {envs.level_numbers[0]}, 16 x 16 cells (" in page("GridPath-v0", {"num_levels": 3, "split": "test"})
    text = page("GridPath-v0", {"size": (70, 40), "length_range": (3, None)})
    assert "70 x 40 cells: too many to show here." in text
    assert "```text" not in text


def test_a_page_shows_the_configuration_that_was_asked_for():
    chosen = {"holes": 0.1, "slip": 0.5, "time_limit": 3.0, "reward": RewardConfig(hole=-2.0), "moves": "octile"}
    text = page("GridPath-v0", {**chosen, "terrain": 0.2, "max_episode_steps": 40})
    assert "fell into a hole" in section(text, "Episode end")
    assert "after 3 times the optimal path length, divided by the least cost of terrain (0.5), in steps" in unwrapped(
        section(text, "Episode end")
    )
    assert "at the latest after 40" in unwrapped(text)
    assert "goes aside with probability 0.5" in unwrapped(text)
    assert "A move into a wall, or a diagonal one past the corner of a wall or a hole, leaves" in unwrapped(text)
    assert entries(section(text, "Reward"))["hole=-2"] == ("", "Reward for falling into a hole.")
    assert "reward=gridpath_envs.RewardConfig(hole=-2)" in section(text, "Description")
    plain = page("GridPath-v0")
    assert "hole" not in section(plain, "Episode end")
    assert "corner" not in section(plain, "Action space")
    assert "`hole`" in section(plain, "Reward").partition("Zero here")[2]


def test_arguments_of_the_id_and_those_that_were_set_are_marked():
    def marks(id, **arguments):
        shown = entries(section(page(id, arguments), "Arguments"))
        return {name: mark for name, (mark, _) in shown.items() if mark}

    assert marks("GridPath-v0") == {}
    assert marks("GridPathBenchmark-v0") == {
        'scenario="shipped:office-32"': "own",
        'moves="octile"': "own",
        "time_limit=4.0": "own",
        "reward=RewardConfig(step=0, path=-0.01)": "own",
    }
    assert marks("GridPathCaves-v0", density=0.5, time_limit=128) == {
        'generator="caves"': "own",
        "size=(24, 24)": "own",
        "density=0.5": "set",
        "time_limit=128": "set",
    }
    # What an argument displaces is neither.
    assert marks("GridPathTabular-v0", scenario="shipped:office-32") == {
        'scenario="shipped:office-32"': "set",
        'observation="position"': "own",
    }


def test_a_map_given_as_an_array_is_left_out():
    assert "map=..." in section(page("GridPath-v0", {"map": np.zeros((5, 5), dtype=bool)}), "Arguments")


def test_every_plane_and_every_info_has_a_meaning_and_no_other_does():
    env = gymnasium.make("GridPath-v0", **EVERYTHING).unwrapped
    every = {*env.config.planes, *(name for kind in OBSERVATIONS.values() for name in kind.planes)}
    assert set(PLANES) == every
    assert set(INFO) == set(INFO_KEYS)


JOINT_CASES = [
    ("gridpath/mapf_v0", {}),
    ("gridpath/mapf_v0", {"conflicts": "priority", "on_arrival": "disappear", "observation": "combined", "radius": 2}),
    ("gridpath/mapf_v0", {"conflicts": "block_both", "observation": "coordinates", "time_limit": 3.0}),
    ("gridpath/lifelong_v0", {"num_agents": 12, "reward": RewardConfig(step=-0.5), "map": "....\n.#..\n....\n...."}),
]


@pytest.mark.parametrize(("id", "arguments"), JOINT_CASES)
def test_the_page_of_many_agents_shows_what_was_asked_for(id, arguments):
    text = page(id, arguments)
    config = gridpath_envs.tasks.get_task(id).make_config(**arguments)
    assert f'`conflicts="{config.conflicts}"`: {joint.CONFLICTS[config.conflicts][:40]}' in unwrapped(text)
    assert f'`on_arrival="{config.on_arrival}"`: {joint.ON_ARRIVAL[config.on_arrival][:40]}' in unwrapped(text)
    assert f"`agent_{config.num_agents - 1}`" in section(text, "Agents")
    planes = re.findall(r"^- (\d+) `(.*?)`: \w", section(text, "Observation space"), re.MULTILINE)
    assert planes == [(str(number), name) for number, name in enumerate(config.planes)]
    moves = re.findall(
        r"^- (\d+) `.*?`: +row ([+-]?\d), column ([+-]?\d),", section(text, "Action space"), re.MULTILINE
    )
    assert [(int(row), int(col)) for _, row, col in moves] == [(row, col) for row, col, _ in config.actions]
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(("id", "arguments"), JOINT_CASES)
def test_the_example_and_the_map_of_a_page_of_many_agents_are_its_own(id, arguments):
    text = page(id, arguments)
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    made = {}
    exec(compile(block.replace("num_envs=1024", "num_envs=2"), id, "exec"), made)
    assert made["env"].unwrapped.config == made["envs"].config
    assert made["envs"].config == GridMultiAgentVectorEnv(id, 1, **arguments).config
    made["envs"].reset(options={"level": 0})
    picture = re.search(r"^Level 0, .*?```text\n(.*?)```", text, re.MULTILINE | re.DOTALL).group(1)
    assert picture == made["envs"].grid_map(0).to_text() + "\n"


def test_everything_of_many_agents_has_a_meaning_and_nothing_else_does():
    assert set(joint.CONFLICTS) == set(CONFLICTS)
    assert set(joint.ON_ARRIVAL) == set(ON_ARRIVAL)
    assert set(joint.OBSERVATIONS) == set(MapfConfig.observation_kinds())
    assert set(joint.PLANES) == set(MapfConfig().planes)
    assert {**INFO, **joint.INFO}.keys() == set(JOINT_INFO_KEYS)
    assert [name for names in joint.OPTIONS for name in names.split(", ")] == list(JOINT_OPTIONS)


def test_an_unknown_id_is_told_what_may_have_been_meant():
    with pytest.raises(UnknownNameError, match="did you mean 'GridPathMaze-v0'"):
        page("GridPathMase-v0")


def documented(text, *names):
    fields = [(name, int, 0) for name in names]
    return dataclasses.make_dataclass("Documented", fields, namespace={"__doc__": text})


def test_a_description_may_wrap_over_lines_and_have_colons_and_paragraphs():
    text = """Summary.

    Args:
        first: What it is
            over two: lines.

            And a paragraph.
        second:
            All of it below.

    Raises:
        ValueError: Not an argument.
    """
    assert argument_meanings(documented(text, "first", "second")) == {
        "first": "What it is over two: lines. And a paragraph.",
        "second": "All of it below.",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Args:\n    first: One.", "no description of second"),
        ("Args:\n    first: One.\n    second:", "no description of second"),
        ("No such section.", "no description of first, second"),
        ("Args:\n    first: One.\n    second: Two.\n    third: Three.", "a description, but no argument, third"),
        ("Args:\n    second: Two.\n    first: One.", "in another order"),
        ("Args:\n    something else\n    first: One.", "'something else' before any argument"),
    ],
)
def test_what_a_docstring_leaves_out_is_not_passed_over(text, message):
    with pytest.raises(ConfigurationError, match=message):
        argument_meanings(documented(f"Summary.\n\n{text}\n", "first", "second"))
