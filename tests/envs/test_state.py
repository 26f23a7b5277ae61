"""Saved states: exact branching, also into another environment, and nothing damaged gets in."""

import copy
import os
import pickle
import subprocess
import sys

import gymnasium
import numpy as np
import pytest

from configurations import CASES, lane_of, random_actions
from gridpath_envs.core.state import LANE, PARAMETERS
from gridpath_envs.errors import InvalidStateError, ResetNeededError

# Where the number of its map begins in a lane's state: all that is before it is the same in any lane.
LEVEL_MAP = 8 + LANE.fields["map"][1]


def play(envs, num_steps, seed=0):
    rng = np.random.default_rng(seed)
    return [envs.step(random_actions(envs.single_action_space, rng, envs.num_envs)) for _ in range(num_steps)]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        for k in range(4):
            np.testing.assert_equal(one[k], other[k])
        np.testing.assert_array_equal(one[4]["optimal_length"], other[4]["optimal_length"])


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_a_restored_environment_goes_on_as_it_did_also_over_resets(id, arguments, mode):
    envs = gymnasium.make_vec(id, num_envs=4, autoreset_mode=mode, **arguments)
    envs.reset(seed=1)
    play(envs, 23)
    state = envs.get_state()
    expected = play(envs, 100, seed=5)
    envs.set_state(state)
    assert_same(play(envs, 100, seed=5), expected)
    other = gymnasium.make_vec(id, num_envs=4, autoreset_mode=mode, num_threads=2, **arguments)
    other.set_state(state)
    assert_same(play(other, 100, seed=5), expected)


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_one_lane_goes_on_in_a_single_environment_and_back(id, arguments):
    envs = gymnasium.make_vec(id, num_envs=3, autoreset_mode="Disabled", **arguments)
    envs.reset(seed=8)
    ended = np.logical_or(*envs.step(random_actions(envs.single_action_space, np.random.default_rng(0), 3))[2:4])
    if ended.any():
        envs.reset(options={"reset_mask": ended})
    single = gymnasium.make(id, **arguments).unwrapped
    single.set_state(envs.get_state([2]))
    np.testing.assert_equal(single.observe(), lane_of(envs.observe(), 2))
    rng = np.random.default_rng(3)
    for _ in range(30):
        assert single.position == tuple(envs.positions[2])
        actions = random_actions(single.action_space, rng, 3)
        expected = envs.step(actions)
        observation, reward, terminated, truncated, info = single.step(actions[2])
        np.testing.assert_equal(observation, lane_of(expected[0], 2))
        assert (reward, terminated, truncated) == tuple(part[2] for part in expected[1:4])
        assert info["path_length"] == expected[4]["path_length"][2]
        if (expected[2] | expected[3]).any():
            break
    envs.set_state(single.get_state(), [0])
    np.testing.assert_equal(lane_of(envs.observe(), 0), single.observe())
    assert single.distance_to_goal() == envs.distance_to_goal()[0]
    assert single.moving_obstacles == envs.moving_obstacles(0)


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_states_go_on_in_other_lanes_and_in_copies_as_in_their_own(id, arguments):
    envs = gymnasium.make_vec(id, num_envs=4, autoreset_mode="SameStep", **arguments)
    envs.reset(seed=6)
    play(envs, 13)
    order = [2, 0, 3, 1]
    moved = gymnasium.make_vec(id, num_envs=4, autoreset_mode="SameStep", num_threads=3, **arguments)
    moved.reset(seed=0)
    moved.set_state(envs.get_state(order))
    copies = [copy.deepcopy(envs), pickle.loads(pickle.dumps(envs))]
    rng = np.random.default_rng(2)
    for _ in range(70):
        actions = random_actions(envs.single_action_space, rng, 4)
        expected = envs.step(actions)
        assert_same([twin.step(actions) for twin in copies], [expected] * 2)
        actual = moved.step(actions[order])
        np.testing.assert_equal(actual[0], lane_of(expected[0], order))
        for k in range(1, 4):
            np.testing.assert_array_equal(actual[k], expected[k][order])
        for key in set(expected[4]) - {"final_obs", "final_info"}:
            np.testing.assert_array_equal(actual[4][key], expected[4][key][order])
    np.testing.assert_array_equal(moved.get_state()[:, 8:LEVEL_MAP], envs.get_state(order)[:, 8:LEVEL_MAP])
    np.testing.assert_array_equal(moved.distance_to_goal(), envs.distance_to_goal()[order])
    np.testing.assert_array_equal(moved.optimal_actions(), envs.optimal_actions()[order])


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_a_single_environment_goes_on_from_a_lane_over_resets(id, arguments):
    envs = gymnasium.make_vec(id, num_envs=2, autoreset_mode="Disabled", **arguments)
    envs.reset(seed=3)
    single = gymnasium.make(id, **arguments).unwrapped
    single.set_state(envs.get_state([1]))
    rng = np.random.default_rng(4)
    num_ended = 0
    for _ in range(120):
        actions = random_actions(single.action_space, rng, 2)
        expected = envs.step(actions)
        observation, *rest, info = single.step(actions[1])
        np.testing.assert_equal(observation, lane_of(expected[0], 1))
        assert rest == [part[1] for part in expected[1:4]]
        for key, value in info.items():
            np.testing.assert_array_equal(value, expected[4][key][1])
        done = expected[2] | expected[3]
        if done.any():
            observations, _ = envs.reset(options={"reset_mask": done})
            if done[1]:
                num_ended += 1
                np.testing.assert_equal(single.reset()[0], lane_of(observations, 1))
    assert num_ended > 0


def test_a_group_branches_from_one_lane():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=4)
    envs.reset(seed=0)
    envs.set_state(np.repeat(envs.get_state([1]), 3, axis=0), [0, 2, 3])
    observations = envs.observe()
    for lane in (0, 2, 3):
        np.testing.assert_array_equal(observations[lane], observations[1])
    assert len(set(envs.distance_to_goal())) == 1
    # Each lane has a map of its own: a reset of one must not change another's.
    before = envs.grid_map(1).to_text()
    envs.reset(options={"reset_mask": np.array([True, False, False, False])})
    assert envs.grid_map(1).to_text() == envs.grid_map(2).to_text() == before


def test_a_state_that_is_given_stays_as_it_was():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2)
    envs.reset(seed=0)
    state = envs.get_state([1])
    kept = state.copy()
    state.flags.writeable = False
    envs.set_state(state, [0])
    np.testing.assert_array_equal(state, kept)


def test_states_of_another_shape_kind_or_configuration_are_refused():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2)
    with pytest.raises(ResetNeededError):
        envs.get_state()
    envs.reset(seed=0)
    state = envs.get_state()
    for wrong in (state[:1], state[:, :-1], state.astype(np.int64), state.tolist(), None):
        with pytest.raises(InvalidStateError, match="expected a uint8 array of shape"):
            envs.set_state(wrong)
    with pytest.raises(InvalidStateError, match="indices"):
        envs.get_state([2])
    other = gymnasium.make_vec("GridPath-v0", num_envs=2, time_limit=65)
    with pytest.raises(InvalidStateError, match="another configuration"):
        other.set_state(state)
    with pytest.raises(ResetNeededError):
        gymnasium.make_vec("GridPath-v0", num_envs=2).set_state(state[:1], [0])


FUZZ = """
import sys
import gymnasium, numpy as np
from configurations import CASES, random_actions
from gridpath_envs.errors import InvalidStateError
id, arguments = CASES[int(sys.argv[1])]
envs = gymnasium.make_vec(id, num_envs=1, **arguments)
envs.reset(seed=0)
rng = np.random.default_rng(int(sys.argv[1]))
for _ in range(7):
    envs.step(random_actions(envs.single_action_space, rng, 1))
state = envs.get_state()
height, width = envs.config.shape
refused = taken = 0
positions = np.concatenate([np.arange(8, min(state.shape[1], 140)), rng.integers(8, state.shape[1], 400)])
for position in positions:
    damaged = state.copy()
    damaged[0, position] ^= rng.integers(1, 256, dtype=np.uint8)
    try:
        envs.set_state(damaged)
    except InvalidStateError:
        refused += 1
        continue
    taken += 1
    for _ in range(10):
        envs.step(random_actions(envs.single_action_space, rng, 1))
        row, col = np.floor(envs.positions[0]).astype(int)
        assert 0 <= row < height and 0 <= col < width and not envs.grid_map(0).blocked[row, col]
    envs.optimal_actions()
assert refused > 60, refused
print(refused, taken)
"""


@pytest.mark.parametrize("case", range(len(CASES)), ids=[f"{id}-{arguments}" for id, arguments in CASES])
def test_no_flipped_byte_of_a_state_reaches_a_kernel_out_of_range(case, root):
    # In a process of its own, which shows where memory was damaged.
    environment = {**os.environ, "PYTHONPATH": str(root / "tests")}
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(case)], capture_output=True, text=True, env=environment, cwd=root
    )
    assert done.returncode == 0, done.stderr[-1500:]


DAMAGE = """
import sys
import gymnasium, numpy as np
from configurations import CASES, EVERYTHING, random_actions
from gridpath_envs.core.state import LANE
from gridpath_envs.errors import InvalidStateError
motion, observation = sys.argv[1:]
arguments = {**EVERYTHING, "obstacle_motion": motion, "observation": observation}
envs = gymnasium.make_vec("GridPath-v0", num_envs=1, **arguments).unwrapped
height, width = envs.config.shape
rng = np.random.default_rng(0)
refused = taken = 0
for round in range(15):
    envs.reset(seed=round)
    for _ in range(rng.integers(12)):
        envs.step(random_actions(envs.single_action_space, rng, 1))
    state = envs.get_state()
    start, size = 8 + LANE.itemsize, state.shape[1]
    # The lane's record, its map, and what lies behind the map's cells.
    for low, high in [(8, start), (start, size), (size - 64 - 27, size)] * 16:
        damaged = state.copy()
        for position in rng.integers(low, high, rng.integers(1, 4)):
            # Another byte of the state is likelier than any to be one that may stand there.
            damaged[0, position] = rng.choice([rng.integers(256), state[0, rng.integers(start, size)]])
        try:
            envs.set_state(damaged)
        except InvalidStateError:
            refused += 1
            continue
        taken += 1
        envs.optimal_actions()
        for step in range(50):
            observations = envs.step(random_actions(envs.single_action_space, rng, 1))[0]
            assert envs.observation_space.contains(observations)
            (cell,) = map(tuple, envs.positions.tolist())
            obstacles = envs.moving_obstacles(0)
            assert cell not in obstacles and len(set(obstacles)) == len(obstacles)
            if step % 10 == 0:
                blocked = envs.grid_map(0).blocked
                for row, col in (cell, *obstacles):
                    assert 0 <= row < height and 0 <= col < width and not blocked[row, col]
        # What came of it is a state that the environment takes itself.
        envs.set_state(envs.get_state())
assert refused > 400 and taken > 100, (refused, taken)
"""


@pytest.mark.parametrize(("motion", "observation"), [("patrol", "egocentric"), ("random_walk", "global")])
def test_a_damaged_state_that_is_taken_is_one_that_can_be_played(motion, observation, root):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "tests"), str(root)])}
    done = subprocess.run(
        [sys.executable, "-c", DAMAGE, motion, observation], capture_output=True, text=True, env=environment, cwd=root
    )
    assert done.returncode == 0, done.stderr[-1500:]


def test_what_memory_held_before_is_no_part_of_a_state_or_of_its_configuration():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2).unwrapped
    envs.reset(seed=0)
    state = envs.get_state()

    def spoil():
        # NumPy gives small memory out again as it was left.
        for dtype in (LANE, PARAMETERS):
            for count in (1, 2):
                _ = [np.full(count * dtype.itemsize, 255, dtype=np.uint8) for _ in range(20)]

    for _ in range(5):
        spoil()
        twin = copy.deepcopy(envs)
        spoil()
        np.testing.assert_array_equal(twin.get_state(), state)
        twin.set_state(state)
        envs.set_state(twin.get_state())


def test_a_state_whose_start_is_its_goal_is_refused():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=1).unwrapped
    envs.reset(seed=0)
    state = envs.get_state()
    lane = state[:, 8 : 8 + LANE.itemsize].copy().view(LANE)
    lane["start_row"], lane["start_col"] = lane["goal_row"], lane["goal_col"]
    state[:, 8 : 8 + LANE.itemsize] = lane.view(np.uint8)
    with pytest.raises(InvalidStateError, match="its start is its goal"):
        envs.set_state(state)


def test_a_state_of_another_level_set_is_refused():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=1, num_levels=1_000_000)
    envs.reset(seed=0)
    with pytest.raises(InvalidStateError, match="another configuration"):
        gymnasium.make_vec("GridPath-v0", num_envs=1, num_levels=1_000_000, first_level=5).set_state(envs.get_state())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 2**31 - 1),
        ("steps", 30),
        ("limit", 2**31 - 1),
        ("limit", 0),
        ("optimal_length", 0.0),
        ("is_success", True),
    ],
)
def test_a_state_that_no_episode_can_be_in_is_refused(field, value):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=1, time_limit=30).unwrapped
    envs.reset(seed=0)
    state = envs.get_state()
    lane = state[:, 8 : 8 + LANE.itemsize].copy().view(LANE)
    lane[field] = value
    state[:, 8 : 8 + LANE.itemsize] = lane.view(np.uint8)
    with pytest.raises(InvalidStateError, match="is damaged"):
        envs.set_state(state)
