"""Bounds on difficulty: every level keeps them, and what cannot be had is refused soon."""

import time

import numpy as np
import pytest

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError, InvalidOptionError
from gridpath_envs.maps import GridMap
from gridpath_envs.vector_env import GridVectorEnv

COSTS = {"ground": 1.0, "road": 0.5, "sand": 2.0, "swamp": 4.0}


def straight(start, goal, moves):
    rows, cols = abs(start[0] - goal[0]), abs(start[1] - goal[1])
    return rows + cols if moves == "cardinal" else max(rows, cols) + (2**0.5 - 1) * min(rows, cols)


def check(grid_map, optimal_length, config):
    """Check one level against the reference and the bounds of its configuration."""
    rows = GridMap(grid_map.terrain).to_text().split()
    world = reference.World(rows, grid_map.goal, config.moves, costs=config.terrain_costs)
    length = world.distances()[grid_map.start]
    assert optimal_length == pytest.approx(length)
    for bounds, value in (
        (config.length_range, length),
        (config.detour_range, length / straight(grid_map.start, grid_map.goal, config.moves)),
    ):
        assert bounds is None or bounds[0] - 1e-5 <= value <= bounds[1] + 1e-5


GENERATORS = [
    {"generator": "obstacles", "density": 0.3, "size": (10, 12)},
    {"generator": "maze", "size": (11, 11), "loops": 0.1},
    {"generator": "rooms", "size": (14, 14)},
    {"generator": "caves", "size": (14, 14)},
    {"generator": "warehouse", "size": (12, 14)},
    {"generator": "city", "size": (14, 14)},
    {"generator": "obstacles", "size": (10, 10), "terrain": 0.5, "holes": 0.05, "portals": 2},
    {"map": "shipped:quarters-16"},
    {"map": "shipped:islands-40x56", "terrain_costs": COSTS},
    {"map": GridMap(GridMap.from_text("....::~~==\n..........\n..##..##..").terrain, start=(0, 0))},
]
BOUNDS = [
    {"length_range": (6, 9)},
    {"detour_range": (1.2, None)},
    {"length_range": (4, None), "detour_range": (None, 1.1)},
]


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
@pytest.mark.parametrize("moves", ["cardinal", "octile"])
@pytest.mark.parametrize("arguments", GENERATORS, ids=lambda arguments: str(arguments)[:60])
def test_every_level_is_within_the_bounds(arguments, moves, bounds):
    if isinstance(arguments.get("map"), GridMap):
        if "detour_range" in bounds:
            bounds = {"length_range": (5, 5.5)}
        arguments = arguments | {"terrain_costs": COSTS}
    for num_levels in (0, 12):
        envs = GridVectorEnv("GridPath-v0", 12, moves=moves, num_levels=num_levels, **arguments, **bounds)
        for _ in range(2):
            _, infos = envs.reset(seed=3)
            for lane in range(12):
                check(envs.grid_map(lane), infos["optimal_length"][lane], envs.config)


def test_level_k_is_the_same_limited_and_unlimited_and_others_are_not_there():
    arguments = {"size": (8, 8), "detour_range": (3.0, None)}
    limited = GridVectorEnv("GridPath-v0", num_levels=30, first_level=7, **arguments)
    numbers = limited.level_numbers
    assert numbers[0] >= 7 and (np.diff(numbers) > 0).all() and np.diff(numbers).max() > 1
    unlimited = GridPathEnv("GridPath-v0", **arguments)
    free = GridPathEnv("GridPath-v0", size=(8, 8))
    for number in range(int(numbers[-1]) + 1):
        if number in numbers:
            limited.reset(options={"level": number})
            unlimited.reset(options={"level": number})
            assert unlimited.grid_map == limited.grid_map(0)
        elif number >= 7:
            for env in (limited, unlimited):
                with pytest.raises(InvalidOptionError, match=f"level: {number} is not"):
                    env.reset(options={"level": number})
    # The map of a level is that without bounds; only its ends are others.
    free.reset(options={"level": int(numbers[0])})
    limited.reset(options={"level": int(numbers[0])})
    assert (free.grid_map.terrain == limited.grid_map(0).terrain).all()


def test_sets_too_large_to_build_ahead_keep_the_bounds(monkeypatch):
    arguments = {"size": (8, 8), "detour_range": (2.0, None), "num_levels": 20}
    built = GridVectorEnv("GridPath-v0", 16, **arguments)
    monkeypatch.setattr("gridpath_envs.maps.level_set.TABLED_CELLS", 0)
    made = GridVectorEnv("GridPath-v0", 16, **arguments)
    assert made.level_numbers.tolist() == built.level_numbers.tolist()
    for envs in (made, built):
        envs.reset(seed=5)
    for lane in range(16):
        assert made.grid_map(lane) == built.grid_map(lane)


@pytest.mark.parametrize("num_levels", [0, 40])
def test_split_and_bounds_hold_together(num_levels):
    levels = {}
    for split in ("train", "test"):
        arguments = {"size": (6, 6), "length_range": (5, 7), "detour_range": (1.1, None), "portals": 1}
        envs = GridVectorEnv("GridPath-v0", 100, split=split, num_levels=num_levels, **arguments)
        levels[split] = set()
        for seed in range(3):
            _, infos = envs.reset(seed=1000 * seed)
            for lane in range(100):
                check(envs.grid_map(lane), infos["optimal_length"][lane], envs.config)
                levels[split].add(envs.grid_map(lane).to_text())
    assert len(levels["train"]) > 20 and len(levels["test"]) > 20
    assert not levels["train"] & levels["test"]


@pytest.mark.parametrize("size", [(16, 16), (512, 512)])
@pytest.mark.parametrize("num_levels", [0, 3])
@pytest.mark.parametrize("split", [None, "test"])
def test_what_cannot_be_had_is_refused_soon(size, num_levels, split):
    longest = {"length_range": (size[0] * size[1] - 1, None)}
    begun = time.process_time()
    with pytest.raises(InfeasibleLevelError, match=r"length_range .* no level.* was found"):
        GridPathEnv("GridPath-v0", size=size, num_levels=num_levels, split=split, **longest)
    assert time.process_time() - begun < 8.0
    with pytest.raises(ConfigurationError, match="no path on"):
        GridPathEnv("GridPath-v0", size=size, length_range=(size[0] * size[1] + 1, None))


@pytest.mark.parametrize("bounds", [{"detour_range": (50, None)}, {"detour_range": (None, 0.5)}], ids=str)
def test_detours_that_no_path_has_are_refused(bounds):
    with pytest.raises(InfeasibleLevelError, match="detour_range"):
        GridPathEnv("GridPath-v0", size=(8, 8), **bounds)


def test_a_fixed_start_on_a_dear_cell_finds_the_goals_within_the_bounds():
    # What a path costs is not what its way back costs.
    env = GridPathEnv("GridPath-v0", map=["S::::::"], terrain_costs={"sand": 2.0}, length_range=(4, 4))
    assert env.reset(seed=0)[1]["optimal_length"] == 4.0
    assert env.grid_map.goal == (0, 2)


def test_bounds_that_are_no_range_are_refused():
    for name in ("length_range", "detour_range"):
        for value in (3, (1, 2, 3), (5, 4), ("a", None), (float("nan"), None), (-1, None)):
            with pytest.raises(ConfigurationError, match=name):
                GridPathEnv("GridPath-v0", **{name: value})


@pytest.mark.parametrize(
    ("id", "arguments", "limit"),
    [
        ("GridPath-v0", {}, 64),
        ("GridPath-v0", {"size": (64, 64)}, 4.0),
        ("GridPath-v0", {"generator": "maze"}, 4.0),
        ("GridPath-v0", {"map": "shipped:office-32"}, 4.0),
        ("GridPathMaze-v0", {}, 128),
        ("GridPathMaze-v0", {"size": (31, 31)}, 4.0),
        ("GridPathBenchmark-v0", {"scenario": "shipped:quarters-16"}, 4.0),
        ("GridPathMaze-v0", {"size": (31, 31), "time_limit": 90}, 90),
    ],
)
def test_without_a_time_limit_of_its_own_no_large_level_is_out_of_reach(id, arguments, limit):
    envs = GridVectorEnv(id, 50, **arguments)
    assert envs.config.time_limit == limit and type(envs.config.time_limit) is type(limit)


@pytest.mark.parametrize("id", ["GridPathBenchmark-v0", "GridPathTabular-v0"])
def test_how_maps_are_generated_has_no_meaning_where_none_are(id):
    with pytest.raises(ConfigurationError, match="density: has no meaning together with"):
        GridVectorEnv(id, 1, density=0.1)
    assert GridVectorEnv(id, 1, size=(8, 8), density=0.1).config.fixed_map is None
