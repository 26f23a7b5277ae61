"""Levels: solvable, the same for any number of lanes, and never shared by train and test."""

import time

import gymnasium
import numpy as np
import pytest

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps import GridMap
from gridpath_envs.vector_env import GridVectorEnv

# Drawn once; a change here changes every published number and needs a new version of the environments.
LEVEL_12345 = [".#....", "#...G#", "...#.S", "......", "......"]
SEED_0_LEVEL = 8221459850901009522


def describe(env):
    grid_map = env.grid_map
    return grid_map.to_text()


@pytest.mark.parametrize("density", [0.0, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("size", [(4, 4), (9, 5), (16, 16)])
def test_every_level_is_solvable_and_its_length_is_exact(density, size):
    env = GridPathEnv("GridPath-v0", size=size, density=density)
    for seed in range(40):
        _, info = env.reset(seed=seed)
        grid_map = env.grid_map
        assert grid_map.shape == size
        assert grid_map.start != grid_map.goal
        known = reference.distances(grid_map.blocked.tolist(), grid_map.goal)
        assert info["optimal_length"] == known[grid_map.start]


def test_the_density_of_walls_is_the_one_asked_for():
    env = GridPathEnv("GridPath-v0", size=(512, 512), density=0.3)
    env.reset(seed=0)
    assert env.grid_map.blocked.mean() == pytest.approx(0.3, abs=0.005)


def test_unlimited_levels_are_a_new_map_each_episode_also_without_seeds():
    env = GridPathEnv("GridPath-v0")
    env.reset(seed=5)
    maps = [describe(env)]
    for _ in range(50):
        env.reset()
        maps.append(describe(env))
    assert len(set(maps)) == len(maps)


def test_unseeded_environments_differ():
    first, second = GridPathEnv("GridPath-v0"), GridPathEnv("GridPath-v0")
    first.reset()
    second.reset()
    assert describe(first) != describe(second)


def test_lane_i_of_seed_s_is_the_single_env_of_seed_s_plus_i_for_any_number_of_lanes():
    expected = []
    for seed in (0, 1, 2, 3):
        env = GridPathEnv("GridPath-v0", size=(7, 7))
        env.reset(seed=seed)
        episodes = [describe(env)]
        for _ in range(3):
            env.reset()
            episodes.append(describe(env))
        expected.append(episodes)
    for num_envs in (2, 4):
        envs = GridVectorEnv("GridPath-v0", num_envs, size=(7, 7))
        envs.reset(seed=0)
        for episode in range(4):
            for lane in range(num_envs):
                assert envs.grid_map(lane).to_text() == expected[lane][episode]
            envs.reset()


def test_level_k_is_the_same_in_every_level_set():
    whole = GridPathEnv("GridPath-v0")
    some = GridPathEnv("GridPath-v0", num_levels=10, first_level=40)
    # Too many levels to build ahead: made one by one instead.
    many = GridPathEnv("GridPath-v0", num_levels=1_000_000)
    assert many._vector._first_own == 0 and some._vector._first_own < 0
    for level in (40, 44, 49):
        for env in (whole, some, many):
            env.reset(options={"level": level})
            assert env.level == level
        assert describe(whole) == describe(some) == describe(many)


def test_levels_do_not_change_between_versions():
    env = GridPathEnv("GridPath-v0", size=(5, 6), density=0.3)
    env.reset(options={"level": 12345})
    assert env.grid_map.to_text().split() == LEVEL_12345
    env.reset(seed=0)
    assert env.level == SEED_0_LEVEL


def test_a_limited_level_set_plays_all_of_its_levels_and_no_other():
    env = GridVectorEnv("GridPath-v0", 64, num_levels=6, first_level=100, size=(4, 4))
    seen = set()
    for _ in range(20):
        env.reset()
        seen |= set(env.levels.tolist())
    assert seen == set(range(100, 106))


SPLIT_CONFIGURATIONS = [
    {"size": (16, 16)},
    {"size": (4, 4)},
    {"size": (5, 5), "density": 0.0},
    {"map": np.zeros((3, 3), dtype=bool)},
    {"map": "...\n...\n..G"},
    {"map": "shipped:quarters-16"},
]


@pytest.mark.parametrize("arguments", SPLIT_CONFIGURATIONS, ids=str)
def test_train_and_test_never_share_a_start_and_goal_on_the_same_map(arguments):
    contents = {}
    for split in ("train", "test"):
        # Limited to so many levels, and unlimited: both are the same split.
        envs = [
            GridVectorEnv("GridPath-v0", 200, split=split, num_levels=num_levels, **arguments)
            for num_levels in (0, 300)
        ]
        contents[split] = set()
        for env in envs:
            for seed in range(3):
                env.reset(seed=seed * 1000)
                contents[split] |= {env.grid_map(lane).to_text() for lane in range(200)}
    assert contents["train"] and contents["test"]
    assert not contents["train"] & contents["test"]


def test_one_level_in_five_is_a_test_level():
    test = GridVectorEnv("GridPath-v0", num_levels=2000, split="test", size=(8, 8)).level_numbers
    train = GridVectorEnv("GridPath-v0", num_levels=8000, split="train", size=(8, 8)).level_numbers
    assert not set(train) & set(test)
    assert (np.diff(train) > 0).all() and (np.diff(test) > 0).all()
    assert set(train[train < 5000]) | set(test[test < 5000]) == set(range(5000))
    assert np.sum(test < 5000) / 5000 == pytest.approx(0.2, abs=0.02)


def test_a_split_without_a_level_is_refused_and_does_not_search_for_ever():
    # Two cells, two levels: at least one split has both or none of the other.
    outcomes = []
    for text in ("..\n##", "#..\n###", "##\n..", "#.\n#."):
        for split in ("train", "test"):
            for num_levels in (0, 5):
                try:
                    GridVectorEnv("GridPath-v0", map=text, split=split, num_levels=num_levels)
                    outcomes.append("made")
                except InfeasibleLevelError as error:
                    assert "in the split" in str(error)
                    outcomes.append("refused")
    assert set(outcomes) == {"made", "refused"}


def test_a_large_map_without_a_level_is_refused_at_once():
    blocked = np.zeros((512, 512), dtype=bool)
    blocked[:, 256] = True
    grid_map = GridMap(GridMap.from_array(blocked).terrain, start=(0, 0), goal=(0, 511))
    GridPathEnv("GridPath-v0", size=(4, 4))  # compiled, if it was not
    begun = time.perf_counter()
    for arguments in ({}, {"num_levels": 3}):
        with pytest.raises(InfeasibleLevelError):
            GridPathEnv("GridPath-v0", map=grid_map, **arguments)
    assert time.perf_counter() - begun < 5.0


def test_numbering_in_pieces_gives_the_same_levels(monkeypatch):
    def numbers(**arguments):
        return GridVectorEnv(
            "GridPath-v0", num_levels=50, split="test", size=(6, 6), **arguments
        ).level_numbers.tolist()

    whole = numbers()
    monkeypatch.setattr("gridpath_envs.maps.level_set.PIECE_CELLS", 1)
    assert numbers() == whole
    monkeypatch.setattr("gridpath_envs.maps.level_set.TABLED_CELLS", 0)
    assert numbers() == whole


def test_equal_episode_seeds_are_equal_episodes_in_every_lane():
    envs = GridVectorEnv("GridPath-v0", 4, size=(6, 6))
    envs.reset(options={"episode_seeds": np.array([7, 7, 8, 7], dtype=np.uint64)})
    maps = [envs.grid_map(lane).to_text() for lane in range(4)]
    assert maps[0] == maps[1] == maps[3] != maps[2]
    envs.reset(options={"episode_seeds": 7})
    assert {envs.grid_map(lane).to_text() for lane in range(4)} == {maps[0]}


def test_a_given_start_or_goal_takes_the_place_of_the_levels_own():
    env = gymnasium.make("GridPath-v0", map=np.zeros((6, 6), dtype=bool)).unwrapped
    for options in ({"start": (2, 3)}, {"goal": (2, 3)}, {"start": (5, 5), "goal": (0, 1)}):
        _, info = env.reset(seed=1, options=options)
        grid_map = env.grid_map
        for name, cell in options.items():
            assert getattr(grid_map, name) == cell
        assert info["optimal_length"] == sum(abs(np.subtract(grid_map.start, grid_map.goal)))


def test_the_other_end_is_drawn_among_the_cells_that_reach_the_given_one():
    env = GridPathEnv("GridPath-v0", map="..#...\n..#...")
    goals = set()
    for seed in range(50):
        env.reset(seed=seed, options={"start": (0, 0)})
        goals.add(env.grid_map.goal)
    assert goals == {(0, 1), (1, 0), (1, 1)}


@pytest.mark.parametrize("extra", [{"level": 3}, {"episode_seeds": 3}])
def test_an_end_that_a_level_says_is_never_moved(extra):
    env = GridPathEnv("GridPath-v0", map="..#...\n..#...")
    env.reset(options=extra)
    goal = env.grid_map.goal
    beside = next(cell for cell in ((0, 0), (1, 1), (0, 3), (1, 5)) if (cell[1] < 2) == (goal[1] < 2) and cell != goal)
    env.reset(options={**extra, "start": beside})
    assert (env.grid_map.start, env.grid_map.goal) == (beside, goal)
    with pytest.raises(InfeasibleLevelError, match="no path"):
        env.reset(options={**extra, "start": (0, 5) if goal[1] < 2 else (0, 0)})


def test_the_goal_of_a_map_is_never_moved():
    env = GridPathEnv("GridPath-v0", map="S.G#..\n...#..")
    with pytest.raises(InfeasibleLevelError, match="no path"):
        env.reset(options={"start": (0, 4)})
    with pytest.raises(InfeasibleLevelError, match="same cell"):
        env.reset(options={"start": (0, 2)})
    env.reset(options={"start": (1, 0)})
    assert env.grid_map.goal == (0, 2)


def test_starts_and_goals_on_a_fixed_map_are_drawn_from_all_connected_cells():
    envs = GridVectorEnv("GridPath-v0", 500, map="..#.\n..##\n####\n...#")
    envs.reset(seed=0)
    starts = {tuple(cell) for cell in envs.starts.tolist()}
    assert starts == {(0, 0), (0, 1), (1, 0), (1, 1), (3, 0), (3, 1), (3, 2)}
    assert {tuple(cell) for cell in envs.goals.tolist()} == starts
