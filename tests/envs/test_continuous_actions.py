"""Preferences in place of discrete actions: the same episodes, for a single environment, vectors of them and SB3."""

import copy
import pickle
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from sb3_contrib import TQC, CrossQ
from stable_baselines3 import SAC
from stable_baselines3.common.env_checker import check_env as sb3_check_env
from stable_baselines3.common.vec_env import DummyVecEnv

import gridpath_envs
from gridpath_envs.adaptors.sb3 import GridVecEnv, make_vec_env
from gridpath_envs.core.preferences import choose_actions_batch
from gridpath_envs.errors import ConfigurationError, InvalidActionError
from gridpath_envs.vector_env import GridVectorEnv
from gridpath_envs.wrappers import ContinuousActions
from gridpath_envs.wrappers.preferences import choose_actions
from gridpath_envs.wrappers.vector import ContinuousActions as VectorContinuousActions

INF, NAN = float("inf"), float("nan")
NUM_ENVS = 4


class Recorder(gymnasium.Env):
    """Keeps the actions that reach it."""

    observation_space = Discrete(1)

    def __init__(self, action_space):
        self.action_space = action_space
        self.actions = []

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        self.actions.append(action)
        return 0, 0.0, False, False, {}


def same(actual, wanted):
    """Compare what a reset or step returned, arrays of arrays and dicts of them too."""
    if isinstance(wanted, dict):
        assert set(actual) == set(wanted)
        for key in wanted:
            same(actual[key], wanted[key])
    elif isinstance(wanted, (tuple, list)) or (isinstance(wanted, np.ndarray) and wanted.dtype == object):
        assert len(actual) == len(wanted)
        for one, other in zip(actual, wanted, strict=True):
            same(one, other)
    else:
        assert type(actual) is type(wanted)
        np.testing.assert_array_equal(actual, wanted)


def draw(rng, *shape):
    """Return preferences of which many are equal, some infinite and some beyond the space."""
    values = np.array([-INF, -3.0, -1.0, -0.25, -0.0, 0.0, 0.5, 1.0, 7.0, INF], dtype=np.float32)
    return rng.choice(values, shape)


# ---------------------------------------------------------------------- which action is taken


@pytest.mark.parametrize("num_actions", [1, 2, 4, 5, 9])
def test_the_kernel_chooses_as_numpys_argmax_does(num_actions):
    preferences = draw(np.random.default_rng(num_actions), 5000, num_actions)
    actions = np.full(5000, -7)
    assert choose_actions_batch(preferences, actions) == -1
    np.testing.assert_array_equal(actions, preferences.argmax(axis=1))
    assert set(actions) == set(range(num_actions))


@pytest.mark.parametrize(
    ("preferences", "action"),
    [
        ([0.5, 0.5, 0.5, 0.5], 0),
        ([-1.0, 0.2, 0.2, -1.0], 1),
        ([-0.0, 0.0, -0.0, 0.0], 0),
        ([-INF, -INF, -INF, -INF], 0),
        ([-INF, -INF, -5.0, -INF], 2),
        ([3.0, INF, 9.0, INF], 1),
        # Clipped to the space, the first two would be equal.
        ([2.0, 3.0, 0.0, 0.0], 1),
        ([-9.0, -8.0, -7.0, -6.0], 3),
    ],
)
def test_the_first_of_the_highest_preferences_is_taken_unclipped(preferences, action):
    env = ContinuousActions(Recorder(Discrete(4)))
    env.step(np.array(preferences, dtype=np.float32))
    assert env.unwrapped.actions == [action]
    for lanes in (1, 3):
        np.testing.assert_array_equal(choose_actions([preferences] * lanes, (lanes, 4)), [action] * lanes)


@pytest.mark.parametrize("space", [Discrete(3, start=5), Discrete(3, start=-1, dtype=np.int32), Discrete(3)], ids=str)
def test_actions_reach_the_environment_as_its_own_space_numbers_and_types_them(space):
    env = ContinuousActions(Recorder(space))
    vector = VectorContinuousActions(gymnasium.vector.SyncVectorEnv([lambda: Recorder(space)] * 2))
    vector.reset()
    for action in range(3):
        env.step(np.eye(3)[action])
        assert env.unwrapped.actions[-1] == space.start + action
        assert type(env.unwrapped.actions[-1]) is type(space.sample())
        assert space.contains(env.unwrapped.actions[-1])
        chosen = vector.actions(np.eye(3)[[action, 0]])
        assert chosen.tolist() == [space.start + action, space.start]
        assert chosen.dtype == vector.env.action_space.dtype
        vector.step(np.eye(3)[[action, 0]])
        assert vector.env.envs[0].actions[-1] == space.start + action


def test_any_layout_and_kind_of_number_chooses_the_same_and_the_callers_array_stays():
    preferences = np.random.default_rng(0).integers(-100, 100, (6, 4))
    wanted = preferences.argmax(axis=1)
    wide = np.zeros((6, 8))
    wide[:, ::2] = preferences
    read_only = preferences.astype(np.float32)
    read_only.flags.writeable = False
    layouts = [preferences.astype(kind) for kind in ("i1", "i8", "f2", "f4", ">f4", "f8", "g")]
    layouts += [preferences.tolist(), np.asfortranarray(preferences, dtype=np.float32), wide[:, ::2], read_only]
    signatures = len(choose_actions_batch.signatures)
    for each in layouts:
        before = copy.deepcopy(each)
        np.testing.assert_array_equal(choose_actions(each, (6, 4)), wanted)
        np.testing.assert_array_equal(each, before)
    assert len(choose_actions_batch.signatures) == max(signatures, 1)


def test_what_float32_cannot_hold_is_an_infinity_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose_actions([0.0, 3e38, 1e300, 1e301], (4,)) == [2]
        assert choose_actions([-1e300, -1e301, -3e38, -1e300], (4,)) == [2]


# ---------------------------------------------------------------------- the same episodes


@pytest.mark.parametrize("id", ["GridPath-v0", "GridPathTraffic-v0", "GridPathBenchmark-v0", "GridPathTabular-v0"])
def test_a_single_environment_plays_the_episodes_of_the_discrete_one(id):
    env, discrete = ContinuousActions(gymnasium.make(id)), gymnasium.make(id)
    assert env.action_space == Box(-1, 1, (discrete.action_space.n,), np.float32)
    assert env.observation_space == discrete.observation_space
    same(env.reset(seed=3), discrete.reset(seed=3))
    rng, ended = np.random.default_rng(0), 0
    for _ in range(600):
        preferences = draw(rng, discrete.action_space.n)
        actual, wanted = env.step(preferences), discrete.step(int(preferences.argmax()))
        same(actual, wanted)
        np.testing.assert_array_equal(env.unwrapped.action_masks(), discrete.unwrapped.action_masks())
        if wanted[2] or wanted[3]:
            ended += 1
            same(env.reset(), discrete.reset())
    assert ended >= 2


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_vector_environment_plays_the_episodes_of_the_discrete_one_in_each_autoreset_mode(mode):
    arguments = {"num_envs": NUM_ENVS, "autoreset_mode": mode, "size": (5, 5), "time_limit": 12}
    discrete = gymnasium.make_vec("GridPath-v0", **arguments)
    envs = VectorContinuousActions(gymnasium.make_vec("GridPath-v0", **arguments))
    assert envs.single_action_space == Box(-1, 1, (4,), np.float32)
    assert envs.action_space == Box(-1, 1, (NUM_ENVS, 4), np.float32)
    assert envs.action_space.contains(envs.action_space.sample())
    assert envs.unwrapped.single_action_space == discrete.single_action_space == Discrete(4)
    assert envs.metadata["autoreset_mode"] is mode
    same(envs.reset(seed=3), discrete.reset(seed=3))
    rng, ended = np.random.default_rng(0), 0
    for _ in range(300):
        preferences = draw(rng, NUM_ENVS, 4)
        wanted = discrete.step(preferences.argmax(axis=1))
        same(envs.step(preferences), wanted)
        finished = wanted[2] | wanted[3]
        ended += finished.sum()
        if mode is AutoresetMode.DISABLED and finished.any():
            same(*(each.reset(options={"reset_mask": finished}) for each in (envs, discrete)))
    assert ended > 50


@pytest.mark.parametrize("id", ["GridPath-v0", "GridPathTraffic-v0"])
def test_sb3s_vec_env_plays_the_episodes_of_the_discrete_one(id):
    env = make_vec_env(id, NUM_ENVS, seed=5, env_kwargs={"time_limit": 20}, continuous_actions=True)
    discrete = make_vec_env(id, NUM_ENVS, seed=5, env_kwargs={"time_limit": 20})
    num_actions = discrete.action_space.n
    assert env.action_space == Box(-1, 1, (num_actions,), np.float32)
    assert env.get_attr("action_space") == [env.action_space] * NUM_ENVS
    assert discrete.get_attr("action_space") == [Discrete(num_actions)] * NUM_ENVS
    assert env.vector.single_action_space == Discrete(num_actions)
    same(env.reset(), discrete.reset())
    rng, ended = np.random.default_rng(0), 0
    for _ in range(100):
        preferences = draw(rng, NUM_ENVS, num_actions)
        actual, wanted = env.step(preferences), discrete.step(preferences.argmax(axis=1))
        for info in (*actual[3], *wanted[3]):
            # The time since the VecEnv was made.
            info.get("episode", {}).pop("t", None)
        same(actual, wanted)
        ended += wanted[2].sum()
        for name in ("action_masks", "optimal_actions", "distance_to_goal"):
            np.testing.assert_array_equal(getattr(env, name)(), getattr(discrete, name)())
    assert env.action_masks().shape == (NUM_ENVS, num_actions)
    assert ended >= 20


def test_the_vec_env_sees_no_later_changes_of_the_callers_array():
    env = make_vec_env("GridPath-v0", 1, env_kwargs={"map": "S.\n.G"}, continuous_actions=True)
    env.reset()
    preferences = np.array([[0, 1, 0, 0]], dtype=np.float32)
    env.step_async(preferences)
    preferences[:] = [[0, 0, 1, 0]]
    env.step_wait()
    assert env.positions.tolist() == [[0, 1]]


# ---------------------------------------------------------------------- as environments of the standards


@pytest.mark.parametrize("id", ["GridPath-v0", "GridPathTabular-v0", "CartPole-v1", "FrozenLake-v1"])
def test_gymnasium_and_sb3_find_nothing_to_complain_about(id):
    env = ContinuousActions(gymnasium.make(id))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # The first is said of any wrapper, the second of CartPole itself.
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version|.*A Box observation space")
        check_env(env, skip_render_check=not id.startswith("GridPath"))
        warnings.filterwarnings("ignore", message="It seems that your observation|The minimal resolution")
        sb3_check_env(ContinuousActions(gymnasium.make(id)))


def test_an_environment_is_made_again_from_its_spec():
    env = ContinuousActions(gymnasium.make("GridPath-v0", size=(5, 6)))
    for spec in (env.spec, gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json())):
        again = gymnasium.make(spec)
        assert type(again) is ContinuousActions
        assert again.action_space == env.action_space
        same(again.reset(seed=1), env.reset(seed=1))
        same(again.step(np.eye(4)[2]), env.step(np.eye(4)[2]))
    envs = gymnasium.make_vec("CartPole-v1", num_envs=2, vectorization_mode="sync", wrappers=[ContinuousActions])
    assert envs.single_action_space == Box(-1, 1, (2,), np.float32)
    envs.reset(seed=0)
    envs.step(envs.action_space.sample())


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_goes_on_like_the_original(clone):
    single = ContinuousActions(gymnasium.make("GridPath-v0", time_limit=15))
    vector = VectorContinuousActions(gymnasium.make_vec("GridPath-v0", num_envs=1, time_limit=15))
    for env, shape in ((single, (4,)), (vector, (1, 4))):
        env.reset(seed=3)
        twin = clone(env)
        rng = np.random.default_rng(0)
        for _ in range(40):
            preferences = rng.uniform(-1, 1, shape)
            wanted = env.step(preferences)
            same(twin.step(preferences), wanted)
            if env is single and (wanted[2] or wanted[3]):
                same(twin.reset(), env.reset())


# ---------------------------------------------------------------------- what they are for


def vec_envs():
    arguments = {"size": (5, 5), "radius": 1, "time_limit": 10}
    yield make_vec_env("GridPath-v0", 8, seed=0, env_kwargs=arguments, continuous_actions=True)
    yield DummyVecEnv([lambda: ContinuousActions(gymnasium.make("GridPath-v0", **arguments))])


@pytest.mark.parametrize("algorithm", [SAC, TQC, CrossQ])
def test_algorithms_that_know_no_discrete_actions_train_on_it(algorithm):
    for env in vec_envs():
        model = algorithm(
            "MlpPolicy",
            env,
            policy_kwargs={"net_arch": [16]},
            batch_size=16,
            buffer_size=1000,
            learning_starts=64,
            train_freq=4,
            gradient_steps=1,
            seed=0,
        )
        model.learn(320)
        assert model.num_timesteps >= 320 and model._n_updates >= 8
        observations = env.reset()
        actions, _ = model.predict(observations, deterministic=True)
        assert actions.shape == (env.num_envs, 4) and actions.dtype == np.float32
        env.step(actions)


# ---------------------------------------------------------------------- errors


def single():
    env = ContinuousActions(gymnasium.make("GridPath-v0"))
    env.reset(seed=0)
    return env.step, env.unwrapped, lambda rows: rows[-1], "(4,)"


def vector():
    envs = VectorContinuousActions(gymnasium.make_vec("GridPath-v0", num_envs=3))
    envs.reset(seed=0)
    return envs.step, envs.unwrapped, lambda rows: rows, "(3, 4)"


def sb3():
    env = make_vec_env("GridPath-v0", 3, seed=0, continuous_actions=True)
    env.reset()
    return env.step, env.vector, lambda rows: rows, "(3, 4)"


@pytest.mark.parametrize("make", [single, vector, sb3])
def test_nan_is_refused_with_its_place_and_changes_nothing(make):
    step, env, pick, _ = make()
    before = env.get_state()
    for action in range(4):
        for kind in (np.float32, np.float64):
            # Beside an infinity, which is higher than all, and beside nothing but NaN.
            for others in (0.0, INF, -INF, NAN):
                rows = np.full((3, 4), 0.5, dtype=kind)
                rows[2] = others
                rows[2, action] = NAN
                first = 0 if np.isnan(others) else action
                message = r"actions: lane 2 has" if make is not single else "action: got"
                with pytest.raises(InvalidActionError, match=f"^{message} NaN as the preference of action {first}, "):
                    step(pick(rows))
    np.testing.assert_array_equal(env.get_state(), before)


def test_of_several_lanes_with_nan_the_first_is_named():
    step, _, _, _ = sb3()
    with pytest.raises(InvalidActionError, match="lane 1 has NaN as the preference of action 3"):
        step([[0, 0, 0, 0], [0, 0, 0, NAN], [NAN, 0, 0, 0]])


@pytest.mark.parametrize("make", [single, vector, sb3])
def test_another_shape_or_dtype_is_told_what_is_allowed(make):
    step, env, pick, shape = make()
    before = env.get_state()
    zeros = np.zeros((3, 4))
    wrong = [zeros.astype(kind) for kind in (bool, complex, object, str, "S3", "m8[s]", "M8[s]")]
    wrong += [np.array([["0"] * 4] * 3), [[None] * 4] * 3, [[10**400, 0, 0, 0]] * 3, np.zeros((3, 4), dtype="i4,i4")]
    wrong += [zeros[:, :3], np.zeros((3, 5)), np.zeros((3, 4, 1)), np.zeros((3, 0)), np.zeros((3, 1))]
    for rows in wrong:
        with pytest.raises(InvalidActionError, match=r"^actions?: expected real numbers of shape ") as caught:
            step(pick(rows))
        assert f"of shape {shape}, got " in str(caught.value) and len(str(caught.value)) < 1000
    alone = [None, 2, np.int64(2), 0.5, "up", b"x", {}, set(), object(), [], [[1, 2], [3]], True, 1j, zeros.T]
    alone += [np.zeros(3, dtype=int), zeros[:2], zeros[None], np.broadcast_to(np.float32(0), (10**6, 10**6))]
    for action in alone:
        with pytest.raises(InvalidActionError, match=r"^actions?: expected real numbers of shape ") as caught:
            step(action)
        assert len(str(caught.value)) < 1000
    np.testing.assert_array_equal(env.get_state(), before)


def test_actions_that_are_not_discrete_are_refused():
    message = r"^continuous actions: need a Discrete action space, got (Box|MultiDiscrete|MultiBinary)\("
    with pytest.raises(ConfigurationError, match=message):
        ContinuousActions(gymnasium.make("Pendulum-v1"))
    for space in (gymnasium.spaces.MultiDiscrete([2, 2]), gymnasium.spaces.MultiBinary(3)):
        with pytest.raises(ConfigurationError, match=message):
            ContinuousActions(Recorder(space))
    with pytest.raises(ConfigurationError, match=message):
        ContinuousActions(ContinuousActions(gymnasium.make("GridPath-v0")))
    with pytest.raises(ConfigurationError, match=message):
        VectorContinuousActions(gymnasium.make_vec("Pendulum-v1", num_envs=2, vectorization_mode="sync"))
    lanes = GridVectorEnv("GridPath-v0", 2, autoreset_mode="SameStep")
    lanes.single_action_space = Box(-1, 1, (2,))
    with pytest.raises(ConfigurationError, match=message):
        GridVecEnv(lanes, continuous_actions=True)
    GridVecEnv(lanes)


def test_what_is_no_environment_or_no_truth_value_is_refused():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2)
    env = gymnasium.make("GridPath-v0")
    for wrong in (envs, "GridPath-v0", None, 5):
        with pytest.raises(ConfigurationError, match=r"^env: expected a gymnasium.Env, got "):
            ContinuousActions(wrong)
    for wrong in (env, "GridPath-v0", None, 5):
        with pytest.raises(ConfigurationError, match=r"^env: expected a gymnasium.vector.VectorEnv, got "):
            VectorContinuousActions(wrong)
    for wrong in (1, None, "yes", np.ones(2, dtype=bool)):
        with pytest.raises(ConfigurationError, match=r"^continuous_actions: expected True or False, got "):
            make_vec_env("GridPath-v0", 2, continuous_actions=wrong)


def test_both_wrappers_are_found_from_the_package_itself():
    assert gridpath_envs.wrappers.ContinuousActions is ContinuousActions
    assert gridpath_envs.wrappers.vector.ContinuousActions is VectorContinuousActions
