"""The native vector env against Gymnasium's SyncVectorEnv over the single env, step by step, to the bit."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from configurations import CASES, lane_of, random_actions
from gridpath_envs.errors import InfeasibleLevelError

NUM_ENVS = 3


def assert_equal(actual, expected):
    """Compare nested tuples, dicts, arrays and object arrays by value, type and dtype."""
    assert type(actual) is type(expected)
    if isinstance(expected, tuple):
        for one, other in zip(actual, expected, strict=True):
            assert_equal(one, other)
    elif isinstance(expected, dict):
        assert set(actual) == set(expected)
        for key in expected:
            assert_equal(actual[key], expected[key])
    elif isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype
        assert actual.shape == expected.shape
        if expected.dtype == object:
            for one, other in zip(actual, expected, strict=True):
                assert_equal(one, other)
        else:
            np.testing.assert_array_equal(actual, expected)
    else:
        assert actual == expected


def make_pair(id, mode, arguments):
    native = gymnasium.make_vec(id, num_envs=NUM_ENVS, autoreset_mode=mode, **arguments)
    sync = SyncVectorEnv([lambda: gymnasium.make(id, **arguments) for _ in range(NUM_ENVS)], autoreset_mode=mode)
    assert native.observation_space == sync.observation_space
    assert native.action_space == sync.action_space
    return native, sync


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_stepping_with_autoreset_is_that_of_sync_vector_env(id, mode, arguments):
    native, sync = make_pair(id, mode, arguments)
    rng = np.random.default_rng(0)
    assert_equal(native.reset(seed=7), sync.reset(seed=7))
    for _ in range(2000):
        actions = random_actions(native.single_action_space, rng, NUM_ENVS)
        assert_equal(native.step(actions), sync.step(actions))
    assert_equal(native.reset(), sync.reset())


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_stepping_without_autoreset_is_that_of_sync_vector_env(id, arguments):
    native, sync = make_pair(id, AutoresetMode.DISABLED, arguments)
    rng = np.random.default_rng(0)
    assert_equal(native.reset(seed=[5, 8, 0]), sync.reset(seed=[5, 8, 0]))
    assert_equal(native.reset(seed=[None, 3, None]), sync.reset(seed=[None, 3, None]))
    for step in range(2000):
        actions = random_actions(native.single_action_space, rng, NUM_ENVS)
        expected = sync.step(actions)
        assert_equal(native.step(actions), expected)
        done = expected[2] | expected[3]
        if done.any():
            options = {"reset_mask": done.copy()}
            if step % 3 == 0:
                options["episode_seeds"] = step
            assert_equal(native.reset(options=dict(options)), sync.reset(options=dict(options)))


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_lanes_shared_by_threads_are_those_of_one_thread(id, arguments, mode):
    one, several = (
        gymnasium.make_vec(id, num_envs=7, autoreset_mode=mode, num_threads=threads, **arguments) for threads in (1, 3)
    )
    rng = np.random.default_rng(1)
    assert_equal(several.reset(seed=3), one.reset(seed=3))
    for _ in range(150):
        actions = random_actions(one.single_action_space, rng, 7)
        expected = one.step(actions)
        assert_equal(several.step(actions), expected)
        done = expected[2] | expected[3]
        if mode is AutoresetMode.DISABLED and done.any():
            options = {"reset_mask": done}
            assert_equal(several.reset(options=options), one.reset(options=options))
    np.testing.assert_array_equal(several.get_state(), one.get_state())
    several.close()


def play_beside_single_envs(native, singles, num_steps):
    """Step lanes, without autoreset, and one single env each, and compare all that they return."""
    rng = np.random.default_rng(2)
    for _ in range(num_steps):
        actions = random_actions(native.single_action_space, rng, len(singles))
        observations, rewards, terminated, truncated, infos = native.step(actions)
        for lane, (env, action) in enumerate(zip(singles, actions, strict=True)):
            observation, *expected, info = env.step(action)
            np.testing.assert_equal(lane_of(observations, lane), observation)
            assert [rewards[lane], terminated[lane], truncated[lane]] == expected
            for key, value in info.items():
                np.testing.assert_array_equal(infos[key][lane], value)
        done = terminated | truncated
        if done.any():
            observations, _ = native.reset(options={"reset_mask": done})
            for lane in np.flatnonzero(done):
                np.testing.assert_equal(lane_of(observations, lane), singles[lane].reset()[0])


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_options_of_each_lane_are_those_of_one_single_env_a_lane(id, arguments):
    native = gymnasium.make_vec(id, num_envs=3, autoreset_mode="Disabled", **arguments)
    singles = [gymnasium.make(id, **arguments) for _ in range(3)]
    native.reset(seed=4)
    levels, starts, goals = native.levels[::-1], native.starts[::-1], native.goals[::-1]
    choices = [{"level": levels}, {"episode_seeds": [3, 2**64 - 1, 3]}]
    if native.config.observation != "position" or native.config.fixed_goal is None:
        # To go the other way round may be impossible where there are portals: an error in both then.
        choices.append({"level": levels, "start": goals, "goal": starts})
    for options in choices:
        per_lane = [{key: value[lane] for key, value in options.items()} for lane in range(3)]
        try:
            observations, infos = native.reset(seed=[5, 6, 5], options=options)
        except InfeasibleLevelError:
            with pytest.raises(InfeasibleLevelError):
                for env, option in zip(singles, per_lane, strict=True):
                    env.reset(options=option)
            continue
        for lane, env in enumerate(singles):
            observation, info = env.reset(seed=[5, 6, 5][lane], options=per_lane[lane])
            np.testing.assert_equal(lane_of(observations, lane), observation)
            for key, value in info.items():
                np.testing.assert_array_equal(infos[key][lane], value)
            assert env.unwrapped.level == native.levels[lane]
            if "start" in options:
                assert env.unwrapped.position == tuple(native.positions[lane])
                assert tuple(np.floor(native.positions[lane])) == tuple(goals[lane])
        play_beside_single_envs(native, singles, 60)


def test_one_option_a_lane_is_the_same_as_one_single_env_a_lane():
    arguments = {"map": "......\n.##...\n......\n...#..\n......"}
    native = gymnasium.make_vec("GridPath-v0", num_envs=3, autoreset_mode="Disabled", **arguments)
    singles = [gymnasium.make("GridPath-v0", **arguments) for _ in range(3)]
    options = {
        "start": [[0, 0], [4, 5], [2, 2]],
        "goal": [[4, 0], [0, 0], [0, 5]],
        "level": [4, 4, 1 << 40],
    }
    per_lane = [{key: value[i] for key, value in options.items()} for i in range(3)]
    observations, infos = native.reset(options=options)
    for i, (env, option) in enumerate(zip(singles, per_lane, strict=True)):
        observation, info = env.reset(options=option)
        np.testing.assert_array_equal(observations[i], observation)
        assert infos["optimal_length"][i] == info["optimal_length"]
        assert env.unwrapped.position == tuple(option["start"])


def test_a_time_limit_wrapper_and_the_native_cap_cut_at_the_same_step():
    single = gymnasium.make("GridPath-v0", max_episode_steps=5)
    native = gymnasium.make_vec("GridPath-v0", num_envs=1, max_episode_steps=5)
    single.reset(seed=1)
    native.reset(seed=1)
    for _ in range(5):
        expected = single.step(0)
        actual = native.step([0])
        assert (bool(actual[2][0]), bool(actual[3][0])) == expected[2:4]
    assert expected[3]


def test_returned_arrays_are_the_callers_own():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2)
    first, infos = envs.reset(seed=0)
    kept, length = first.copy(), infos["optimal_length"].copy()
    for _ in range(100):
        envs.step(envs.action_space.sample())
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(infos["optimal_length"], length)


def test_without_copies_the_same_memory_is_returned():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2, copy=False)
    first, _ = envs.reset(seed=0)
    assert np.shares_memory(envs.step([0, 0])[0], first)
