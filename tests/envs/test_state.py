"""Saved states: exact branching, also into another environment, and nothing damaged gets in."""

import gymnasium
import numpy as np
import pytest

from gridpath_envs.core.state import LANE
from gridpath_envs.errors import InvalidStateError, ResetNeededError

CONFIGURATIONS = [
    {"size": (5, 5), "time_limit": 9},
    {"size": (5, 5), "num_levels": 20, "time_limit": 9},
    {"map": "....\n.##.\n....", "observation": "position", "time_limit": 9},
]


def play(envs, num_steps, seed=0):
    rng = np.random.default_rng(seed)
    return [envs.step(rng.integers(0, 4, envs.num_envs)) for _ in range(num_steps)]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        for k in range(4):
            np.testing.assert_array_equal(one[k], other[k])
        np.testing.assert_array_equal(one[4]["optimal_length"], other[4]["optimal_length"])


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("arguments", CONFIGURATIONS, ids=str)
def test_a_restored_environment_goes_on_as_it_did_also_over_resets(arguments, mode):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=4, autoreset_mode=mode, **arguments)
    envs.reset(seed=1)
    play(envs, 23)
    state = envs.get_state()
    expected = play(envs, 100, seed=5)
    envs.set_state(state)
    assert_same(play(envs, 100, seed=5), expected)
    other = gymnasium.make_vec("GridPath-v0", num_envs=4, autoreset_mode=mode, **arguments)
    other.set_state(state)
    assert_same(play(other, 100, seed=5), expected)


@pytest.mark.parametrize("arguments", CONFIGURATIONS, ids=str)
def test_one_lane_can_go_on_in_a_single_environment(arguments):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=3, autoreset_mode="Disabled", **arguments)
    envs.reset(seed=8)
    single = gymnasium.make("GridPath-v0", **arguments).unwrapped
    single.set_state(envs.get_state([2]))
    np.testing.assert_array_equal(single.observe(), envs.observe()[2])
    for action in (0, 1, 2, 3, 1, 1):
        expected = envs.step(np.full(3, action))
        observation, reward, terminated, truncated, info = single.step(action)
        np.testing.assert_array_equal(observation, expected[0][2])
        assert (reward, terminated, truncated) == tuple(part[2] for part in expected[1:4])
        assert info["path_length"] == expected[4]["path_length"][2]
        if expected[2].any():
            break


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


@pytest.mark.parametrize("arguments", [{"size": (4, 4)}, {"size": (4, 4), "num_levels": 9}], ids=str)
def test_no_flipped_byte_of_a_state_reaches_a_kernel_out_of_range(arguments):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=1, radius=1, **arguments)
    envs.reset(seed=0)
    state = envs.get_state()
    rng = np.random.default_rng(0)
    refused = 0
    offset = 8 + LANE.fields["map"][1]
    for position in range(8, state.shape[1]):
        damaged = state.copy()
        damaged[0, position] ^= rng.integers(1, 256, dtype=np.uint8)
        try:
            envs.set_state(damaged)
        except InvalidStateError:
            refused += 1
            continue
        lane = damaged[0, 8 : 8 + LANE.itemsize].view(LANE)[0]
        assert 0 <= lane["row"] < 4 and 0 <= lane["goal_col"] < 4
        for action in range(4):
            envs.step([action])
        envs.set_state(state)
        assert position not in range(offset, offset + 4) or "num_levels" not in arguments, "the map was not checked"
    assert refused > 30


def test_a_state_of_another_level_set_is_refused():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=1, num_levels=1_000_000)
    envs.reset(seed=0)
    with pytest.raises(InvalidStateError, match="another configuration"):
        gymnasium.make_vec("GridPath-v0", num_envs=1, num_levels=1_000_000, first_level=5).set_state(envs.get_state())
