"""Users' mistakes: one named error each, which says what is allowed."""

import time

import gymnasium
import numpy as np
import pytest

from gridpath_envs import RewardConfig
from gridpath_envs.errors import (
    ConfigurationError,
    GridPathError,
    InfeasibleLevelError,
    InvalidActionError,
    InvalidOptionError,
    MapNotFoundError,
    ResetNeededError,
    UnknownNameError,
)
from gridpath_envs.tasks import get_task


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sise": (8, 8)}, r"unknown argument 'sise' \(did you mean 'size'\?\); known: block_size"),
        ({"size": (3, 8)}, r"size\[0\]: expected a whole number from 4 to 512, got 3"),
        ({"size": (8, 513)}, r"size\[1\]: expected a whole number from 4 to 512, got 513"),
        ({"size": 8}, r"size: expected \(rows, cols\), got 8"),
        ({"size": (8.0, 8)}, r"size\[0\]: expected a whole number"),
        ({"density": 1.0}, "density: expected a number from 0.0 to 0.9, got 1.0"),
        ({"density": float("nan")}, "density: expected a number from 0.0 to 0.9, got nan"),
        ({"density": "0.2"}, "density: expected a number"),
        ({"generator": "mazes"}, "generator: got 'mazes', allowed: 'obstacles'"),
        ({"moves": "king"}, "moves: got 'king', allowed: 'cardinal', 'octile'"),
        ({"stay": 1}, "stay: expected True or False, got 1"),
        (
            {"observation": "pixels"},
            "observation: got 'pixels', allowed: 'egocentric', 'line_of_sight', 'global', 'position'",
        ),
        ({"observation": ["position"]}, "observation: got"),
        ({"radius": 0}, "radius: expected a whole number from 1 to 64, got 0"),
        ({"radius": True}, "radius: expected a whole number"),
        ({"observation": "position", "radius": 3}, "radius: has no meaning for observation='position'"),
        ({"num_levels": -1}, "num_levels: expected a whole number from 0 to 10000000, got -1"),
        ({"first_level": 5}, "first_level: needs num_levels"),
        ({"split": "valid"}, "split: got 'valid', allowed: None, 'train', 'test'"),
        ({"time_limit": 0}, "time_limit: expected a whole number from 1"),
        ({"time_limit": 0.5}, "time_limit: as a multiple of the optimal path length it must be from 1.0"),
        ({"time_limit": float("inf")}, "time_limit: as a multiple"),
        ({"max_episode_steps": 0}, "max_episode_steps: expected a whole number from 1"),
        ({"copy": "no"}, "copy: expected True or False, got 'no'"),
        ({"num_envs": 10**12}, "num_envs: expected a whole number from 1 to 16777216"),
        ({"task": ["GridPath-v0"]}, "unknown environment"),
        ({"time_limit": np.float32(0.5)}, "time_limit: as a multiple"),
        ({"density": 0.1 + 0j}, "density: expected a number"),
        ({"reward": {"goal": 1.0}}, "reward: expected a RewardConfig"),
        ({"map": "S.\n.G", "size": (8, 8)}, "size: has no meaning together with map"),
        ({"map": "S.\n.G", "density": 0.1}, "density: has no meaning together with map"),
        ({"map": "S.\n.G", "split": "test"}, "split: got 'test', but map has both a start and a goal"),
        ({"num_envs": 0}, "num_envs: expected a whole number from 1 to 16777216, got 0"),
        ({"autoreset_mode": "never"}, "autoreset_mode: got 'never', allowed: 'NextStep', 'SameStep', 'Disabled'"),
        ({"render_mode": "human3d"}, "render_mode: got 'human3d', allowed: None, ansi, rgb_array"),
    ],
)
def test_a_wrong_argument_is_told_what_is_allowed(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        gymnasium.make_vec("GridPath-v0", **{"num_envs": 2} | arguments)


def test_arguments_of_vector_environments_are_refused_by_the_single_one():
    with pytest.raises(ConfigurationError, match="autoreset_mode: is for vector environments"):
        gymnasium.make("GridPath-v0", autoreset_mode="NextStep")


def test_an_unknown_id_and_a_missing_map_are_named():
    with pytest.raises(UnknownNameError, match=r"unknown environment 'GridPat-v0' \(did you mean 'GridPath-v0'\?\)"):
        get_task("GridPat-v0")
    with pytest.raises(MapNotFoundError, match=r"no/such\.map: No such file"):
        gymnasium.make("GridPath-v0", map="no/such.map")


@pytest.mark.parametrize(
    "reward", [{"goal": float("inf")}, {"goal": 1e39}, {"goal": 10**400}, {"step": "-1"}, {"step": True}, {"step": 1j}]
)
def test_rewards_are_finite_numbers(reward):
    with pytest.raises(ConfigurationError, match=r"reward\.(goal|step): expected a number from"):
        RewardConfig(**reward)


@pytest.mark.parametrize("text", ["S#G\n.#.", "###\n###", "#.#\n.#.", "S#.\n#.."])
def test_a_map_without_a_level_is_refused_at_once(text):
    for arguments in ({}, {"num_levels": 3}):
        with pytest.raises(InfeasibleLevelError, match="no start and goal on it reach each other"):
            gymnasium.make("GridPath-v0", map=text, **arguments)


@pytest.mark.parametrize("action", [4, -1, 2**70, 1.0, "up", None, np.nan, [0], np.array([1, 2]), True, np.True_])
def test_a_wrong_action_of_the_single_env_changes_nothing(action):
    env = gymnasium.make("GridPath-v0").unwrapped
    env.reset(seed=0)
    before = env.get_state()
    with pytest.raises(InvalidActionError, match="0 to 3"):
        env.step(action)
    np.testing.assert_array_equal(env.get_state(), before)


@pytest.mark.parametrize(
    "actions",
    [
        [0, 1],
        [0, 1, 4],
        [0, -1, 2],
        [0.0, 1.0, 2.0],
        [[0, 1, 2]],
        0,
        ["0", "1", "2"],
        [True, False, True],
        [0, None, 1],
        [[0], [1, 2], [0]],
        np.array([0, 1, 2**64 - 1], dtype=np.uint64),
        np.array([0, 1, -1], dtype=np.int8),
    ],
    ids=str,
)
def test_wrong_actions_of_the_vector_env_change_nothing(actions):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=3)
    envs.reset(seed=0)
    before = envs.get_state()
    with pytest.raises(InvalidActionError, match=r"actions: (expected integers of shape|lane . has the action)"):
        envs.step(actions)
    np.testing.assert_array_equal(envs.get_state(), before)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_actions_of_any_integer_type_are_taken(dtype):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=4)
    envs.reset(seed=0)
    envs.step(np.array([0, 1, 2, 3], dtype=dtype))
    env = gymnasium.make("GridPath-v0")
    env.reset()
    env.step(dtype(3))


def test_stepping_before_a_reset_or_after_the_end_needs_a_reset():
    env = gymnasium.make("GridPath-v0", time_limit=1).unwrapped
    with pytest.raises(ResetNeededError, match="never reset"):
        env.step(0)
    env.reset()
    env.step(0)
    with pytest.raises(ResetNeededError, match="the episode of environment 0 has ended"):
        env.step(0)
    with pytest.raises(ResetNeededError, match="never reset"):
        gymnasium.make_vec("GridPath-v0", num_envs=2).step([0, 0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strat": (0, 0)}, "unknown key 'strat', allowed: start, goal, level, episode_seeds, reset_mask"),
        ({"start": (0,)}, r"start: expected a cell \(row, col\)"),
        ({"start": (0.0, 1.0)}, r"start: expected a cell \(row, col\)"),
        ({"start": (9, 0)}, "start: .* lies outside the map of 3 x 3 cells"),
        ({"goal": (-1, 0)}, "goal: .* lies outside the map"),
        ({"goal": (1, 1)}, r"goal: cell \(1, 1\) is blocked"),
        ({"level": -1}, "level: expected a whole number from 0"),
        ({"level": {1: 1, 2: 2}}, "level: expected a whole number"),
        ({"start": (1, (2, 3))}, r"start: expected a cell \(row, col\)"),
        ({"level": 1.5}, "level: expected a whole number"),
        ({"level": [1, 2, 3]}, "level: 3 values for 2 lanes"),
        ({"level": 1, "episode_seeds": 1}, "level and episode_seeds both choose the level"),
        ({"episode_seeds": 2**64}, "episode_seeds: expected a whole number"),
        ({"episode_seeds": [1, None]}, "episode_seeds: expected a whole number"),
        ({"reset_mask": [True, True]}, "reset_mask: expected a bool array of shape"),
        ({"reset_mask": np.zeros(2, dtype=bool)}, "reset_mask: .* at least one True"),
        ([("start", (0, 0))], "options: expected a dict"),
    ],
)
def test_a_wrong_option_is_told_what_is_allowed(options, message):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2, map="...\n.#.\n...")
    envs.reset(seed=0)
    before = envs.get_state()
    with pytest.raises(InvalidOptionError, match=message):
        envs.reset(options=options)
    np.testing.assert_array_equal(envs.get_state(), before)


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True, [1], [1, -2], 2**64, {0: 1, 1: 2}])
def test_a_wrong_seed_is_refused(seed):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2)
    with pytest.raises(InvalidOptionError, match="seed"):
        envs.reset(seed=seed)


def test_a_level_outside_the_set_or_the_split_is_refused():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=1, num_levels=5, first_level=10)
    with pytest.raises(InvalidOptionError, match="level: 15 is not one of the 5 levels from 10 to 14"):
        envs.reset(options={"level": 15})
    split = gymnasium.make("GridPath-v0", split="test").unwrapped
    split.reset(seed=0)
    number = split.level
    with pytest.raises(InvalidOptionError, match=f"level: {number} is not in the split 'train'"):
        gymnasium.make("GridPath-v0", split="train").unwrapped.reset(options={"level": number})


def test_an_unreachable_goal_is_refused_and_leaves_the_episode_as_it_was():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2, map="..#..\n..#..")
    envs.reset(seed=0)
    before = envs.get_state()
    with pytest.raises(InfeasibleLevelError, match="no path from start to goal in lane 1"):
        envs.reset(options={"start": [[0, 0], [0, 0]], "goal": [[1, 1], [0, 4]]})
    np.testing.assert_array_equal(envs.get_state(), before)
    with pytest.raises(InfeasibleLevelError, match="are the same cell"):
        envs.reset(options={"start": (0, 0), "goal": (0, 0)})
    np.testing.assert_array_equal(envs.get_state(), before)


def test_another_goal_than_the_maps_has_no_place_in_a_position():
    env = gymnasium.make("GridPath-v0", map="S.\n.G", observation="position")
    with pytest.raises(InvalidOptionError, match="is not the map's own goal"):
        env.reset(options={"goal": (0, 1)})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generator": "maze", "density": 0.2}, "density: has no meaning for generator='maze'"),
        ({"loops": 0.1}, "loops: has no meaning for generator='obstacles'"),
        ({"generator": "rooms", "block_size": 0}, "block_size: expected a whole number from 1 to 64"),
        ({"generator": "maze", "maze": "eller"}, "maze: got 'eller', allowed: 'depth_first', 'prim'"),
        ({"map": "S.\n.G", "holes": 0.1}, "holes: has no meaning together with map"),
        ({"scenario": "shipped:office-32", "size": (8, 8)}, "size: has no meaning together with scenario"),
        ({"scenario": "shipped:office-32", "map": "S.\n.G"}, "scenario: says start and goal, so map must have none"),
        ({"scenario": "shipped:office-32", "map": "..\n.."}, r"is for a map of \(32, 32\) cells"),
        (
            {"scenario": "shipped:office-32", "length_range": (1, 2)},
            "length_range: has no meaning together with scenario",
        ),
        ({"scenario": "shipped:office-32", "num_levels": 900}, "the scenario has the levels 0 to 59"),
        ({"obstacle_range": 3}, "obstacle_range: has no meaning without moving_obstacles"),
        ({"observation": "coordinates", "trail": True}, "trail: is a plane, and observation='coordinates' has none"),
        ({"image_size": 84}, "image_size: is for images, and observation='egocentric' is none"),
        ({"observation": "global", "greyscale": True}, "greyscale: is for images, and observation='global' is none"),
        ({"observation": "image", "image_size": 15}, "image_size: expected a whole number from 16 to 512, got 15"),
        ({"observation": "image", "greyscale": 1}, "greyscale: expected True or False"),
        ({"observation": "image", "size": (90, 16)}, "image_size: 84 pixels are too few to show 90 x 90 cells"),
        (
            {"observation": "image", "radius": 50},
            "each of which needs one; a smaller radius shows less",
        ),
        ({"observation": "global", "radius": 3}, "radius: has no meaning for observation='global'"),
        ({"terrain_costs": {"lava": 2}}, "terrain_costs: unknown terrain 'lava'"),
        ({"terrain_costs": {"sand": 0}}, r"terrain_costs\['sand'\]: expected a number from 0.01 to 1000"),
        ({"slip": 1.1}, "slip: expected a number from 0.0 to 1.0"),
        ({"density": 1.0}, "density: expected a number from 0.0 to 0.9"),
        ({"length_range": (9, 3)}, "length_range: the least, 9.0, is above the most, 3.0"),
        ({"length_range": (300, None)}, "length_range: no path on 16 x 16 cells is longer than 255"),
        ({"num_threads": 0}, "num_threads: expected a whole number from 1 to 256"),
    ],
    ids=str,
)
def test_arguments_that_contradict_each_other_are_told_so(arguments, message):
    with pytest.raises(GridPathError, match=message):
        gymnasium.make_vec("GridPath-v0", num_envs=2, **arguments)


@pytest.mark.parametrize("size", [(16, 16), (512, 512)])
def test_a_length_that_no_map_has_is_refused_within_a_few_seconds(size):
    arguments = {"size": size, "density": 0.0, "detour_range": (3.0, None)}
    # Of this process alone, whatever else the machine is busy with.
    begun = time.process_time()
    with pytest.raises(InfeasibleLevelError, match=r"detour_range \(3.0, inf\): no level was found"):
        gymnasium.make("GridPath-v0", **arguments)
    assert time.process_time() - begun < 5.0
