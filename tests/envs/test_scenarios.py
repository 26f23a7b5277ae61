"""Scenario levels: each row is a level, with its length exact; what does not fit its map is refused by name."""

import dataclasses

import numpy as np
import pytest

import reference
from conftest import movingai_folder, scenario_files
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError, InvalidOptionError, MapFormatError
from gridpath_envs.maps import GridMap, Scenario, load_map, load_scenario, shipped_maps
from gridpath_envs.vector_env import GridVectorEnv

SHIPPED = sorted(shipped_maps())


def files():
    """The shipped scenarios and MovingAI's smallest, where there is any."""
    own = [path for path in scenario_files() if path.name.split(".")[0] in SHIPPED]
    folder = movingai_folder()
    others = sorted(folder.glob("*.scen"), key=lambda path: path.stat().st_size)[:1] if folder else []
    return own + others


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_row_is_a_level_of_the_published_length(path):
    rows = load_scenario(path)
    num_lanes = 50
    envs = GridVectorEnv("GridPath-v0", num_lanes, scenario=path, moves="octile")
    assert envs.level_numbers.tolist() == list(range(len(rows)))
    for first in range(0, len(rows), num_lanes):
        numbers = np.minimum(np.arange(first, first + num_lanes), len(rows) - 1)
        _, infos = envs.reset(options={"level": numbers})
        assert envs.levels.tolist() == numbers.tolist()
        for lane, number in enumerate(numbers.tolist()):
            assert tuple(envs.starts[lane].tolist()) == rows[number].start
            assert tuple(envs.goals[lane].tolist()) == rows[number].goal
            assert infos["optimal_length"][lane] == pytest.approx(rows[number].optimal_length, abs=0.006)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_lengths_are_those_of_the_moves_that_are_played(name, moves):
    env = GridPathEnv("GridPath-v0", scenario=f"shipped:{name}", moves=moves)
    blocked = load_map(f"shipped:{name}").blocked.tolist()
    for number in range(0, len(env.config.rows), 9):
        info = env.reset(options={"level": number})[1]
        known = reference.distances(blocked, env.config.rows[number].goal, moves)
        assert info["optimal_length"] == pytest.approx(known[env.config.rows[number].start], abs=1e-9)


@pytest.mark.parametrize("measured_ahead", [True, False])
def test_a_slice_plays_its_rows_and_no_other(measured_ahead, monkeypatch):
    if not measured_ahead:
        monkeypatch.setattr("gridpath_envs.maps.level_set.MEASURED_CELLS", 0)
    arguments = {"scenario": "shipped:office-32", "moves": "octile"}
    rows = load_scenario("shipped:office-32")
    envs = GridVectorEnv("GridPath-v0", 40, first_level=5, num_levels=8, **arguments)
    assert envs.level_numbers.tolist() == list(range(5, 13))
    seen = set()
    for _ in range(5):
        _, infos = envs.reset()
        for lane, number in enumerate(envs.levels.tolist()):
            seen.add(number)
            assert tuple(envs.starts[lane].tolist()) == rows[number].start
            assert infos["optimal_length"][lane] == pytest.approx(rows[number].optimal_length, abs=0.006)
    assert seen == set(range(5, 13))
    for number in (4, 13):
        with pytest.raises(InvalidOptionError, match=f"level: {number} is not one of the 8 levels"):
            envs.reset(options={"level": number})
    for wrong in ({"first_level": len(rows)}, {"first_level": 1, "num_levels": len(rows)}):
        with pytest.raises(ConfigurationError, match="first_level, num_levels"):
            GridPathEnv("GridPath-v0", **wrong, **arguments)


def test_the_splits_of_a_scenario_are_all_of_its_rows_once():
    arguments = {"scenario": "shipped:office-32", "moves": "octile"}
    numbers = {
        split: set(GridVectorEnv("GridPath-v0", split=split, **arguments).level_numbers.tolist())
        for split in ("train", "test", None)
    }
    assert numbers["train"] | numbers["test"] == numbers[None]
    assert numbers["train"] and numbers["test"] and not numbers["train"] & numbers["test"]
    env = GridPathEnv("GridPath-v0", split="test", **arguments)
    with pytest.raises(InvalidOptionError):
        env.reset(options={"level": min(numbers["train"])})
    rows = load_scenario("shipped:office-32")
    for seed in range(20):
        env.reset(seed=seed)
        assert env.level in numbers["test"]
        assert env.grid_map.start == rows[env.level].start


def row(start, goal, length, shape=(3, 4)):
    return Scenario(0, "hand.map", shape, start, goal, length)


MAP = GridMap.from_text("....\n.#..\n...#")
GOOD = [row((0, 0), (0, 3), 3.0), row((0, 0), (2, 2), 4.0), row((2, 0), (0, 1), 3.0)]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (row((0, 0), (0, 3), 3.0, (4, 3)), MapFormatError, r"row 3 is for a map of \(4, 3\) cells, map has \(3, 4\)"),
        (row((1, 1), (0, 3), 3.0), MapFormatError, r"row 3: start: cell \(1, 1\) is blocked"),
        (row((0, 0), (2, 3), 3.0), MapFormatError, r"row 3: goal: cell \(2, 3\) is blocked"),
        (row((0, 0), (0, 0), 0.0), MapFormatError, "row 3: start and goal are the same"),
        (row((0, 0), (0, 3), 3.02), MapFormatError, "row 3 has the length 3.02, which is not that"),
        (row((0, 0), (0, 3), 0.0), MapFormatError, "row 3 has the length 0"),
    ],
)
def test_a_row_that_does_not_fit_its_map_is_refused(wrong, error, message):
    GridPathEnv("GridPath-v0", map=MAP, scenario=GOOD, moves="octile")
    with pytest.raises(error, match=message):
        GridPathEnv("GridPath-v0", map=MAP, scenario=[*GOOD, wrong], moves="octile")


def test_a_wrong_length_is_refused_when_it_is_first_played_where_lengths_are_measured_late(monkeypatch):
    monkeypatch.setattr("gridpath_envs.maps.level_set.MEASURED_CELLS", 0)
    rows = [*GOOD, dataclasses.replace(GOOD[0], optimal_length=5.0)]
    for arguments in ({}, {"first_level": 2}):
        env = GridPathEnv("GridPath-v0", map=MAP, scenario=rows, moves="octile", **arguments)
        assert env.reset(options={"level": 2})[1]["optimal_length"] == pytest.approx(3.0)
        with pytest.raises(MapFormatError, match="row 3 has the length 5, which is not that"):
            env.reset(options={"level": 3})
    # Without diagonal moves the published length says nothing.
    env = GridPathEnv("GridPath-v0", map=MAP, scenario=rows)
    assert env.reset(options={"level": 3})[1]["optimal_length"] == 3.0


@pytest.mark.parametrize("cells", [0, 1 << 27])
def test_a_row_without_a_path_is_refused_whenever_lengths_are_measured(monkeypatch, cells):
    monkeypatch.setattr("gridpath_envs.maps.level_set.MEASURED_CELLS", cells)
    grid_map = GridMap.from_text(".#.\n.#.")
    rows = [row((0, 0), (1, 0), 1.0, (2, 3)), row((0, 2), (1, 2), 1.0, (2, 3)), row((0, 0), (0, 2), 2.0, (2, 3))]
    GridPathEnv("GridPath-v0", map=grid_map, scenario=rows[:2])
    with pytest.raises(InfeasibleLevelError, match="level 2 has no path"):
        GridPathEnv("GridPath-v0", map=grid_map, scenario=rows)


def test_what_contradicts_a_scenario_is_refused():
    for arguments, message in (
        ({"length_range": (1, 2)}, "length_range: has no meaning together with scenario"),
        ({"size": (8, 8)}, "size: has no meaning together with scenario"),
        ({"scenario": []}, "scenario"),
        ({"scenario": GOOD}, "need the argument map"),
        ({"scenario": GOOD, "map": "S...\n.#..\n...#"}, "map must have none of its own"),
    ):
        with pytest.raises((ConfigurationError, MapFormatError), match=message):
            GridPathEnv("GridPath-v0", **{"scenario": "shipped:office-32", **arguments})
