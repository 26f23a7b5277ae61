"""The native VecEnv: SB3's contract, and the same steps as SB3's own VecEnv over the single env."""

import numpy as np
import pytest
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env as sb3_make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecFrameStack, VecMonitor, VecNormalize

from configurations import CASES, random_actions
from gridpath_envs.adaptors.sb3 import GridVecEnv, make_vec_env
from gridpath_envs.errors import ConfigurationError, InvalidActionError, InvalidOptionError
from gridpath_envs.vector_env import GridVectorEnv

NUM_ENVS = 4


@pytest.mark.parametrize(("id", "env_kwargs"), CASES, ids=str)
def test_steps_are_those_of_a_dummy_vec_env_with_monitor(id, env_kwargs):
    native = make_vec_env(id, NUM_ENVS, seed=5, env_kwargs=env_kwargs)
    dummy = sb3_make_vec_env(id, NUM_ENVS, seed=5, env_kwargs=env_kwargs)
    assert (native.observation_space, native.action_space) == (dummy.observation_space, dummy.action_space)
    np.testing.assert_equal(native.reset(), dummy.reset())
    rng = np.random.default_rng(0)
    num_finished = 0
    for _ in range(400):
        actions = random_actions(native.action_space, rng, NUM_ENVS)
        observations, rewards, dones, infos = native.step(actions)
        expected = dummy.step(actions)
        np.testing.assert_equal(observations, dict(expected[0]) if isinstance(expected[0], dict) else expected[0])
        for actual, wanted in zip((rewards, dones), expected[1:], strict=False):
            assert actual.dtype == wanted.dtype
            np.testing.assert_array_equal(actual, wanted)
        for lane in range(NUM_ENVS):
            if not dones[lane]:
                assert infos[lane] == {}
                continue
            num_finished += 1
            wanted = expected[3][lane]
            assert set(wanted) <= set(infos[lane])
            np.testing.assert_equal(infos[lane]["terminal_observation"], wanted["terminal_observation"])
            for key in set(wanted) - {"terminal_observation", "episode"}:
                np.testing.assert_array_equal(infos[lane][key], wanted[key])
                assert type(infos[lane][key]) is type(wanted[key])
            assert infos[lane]["episode"]["l"] == wanted["episode"]["l"]
            assert infos[lane]["episode"]["r"] == pytest.approx(wanted["episode"]["r"], abs=2e-6)
            assert set(native.reset_infos[lane]) == set(dummy.reset_infos[lane])
            for key, value in dummy.reset_infos[lane].items():
                np.testing.assert_array_equal(native.reset_infos[lane][key], value)
                assert type(native.reset_infos[lane][key]) is type(value)
    assert num_finished > 15
    if id != "GridPathContinuous-v0":
        np.testing.assert_array_equal(native.action_masks(), np.stack(dummy.env_method("action_masks")))
    np.testing.assert_array_equal(native.optimal_actions(), np.stack(dummy.env_method("optimal_actions")))


def test_the_terminal_position_is_where_the_episode_ended():
    env = make_vec_env("GridPath-v0", 1, env_kwargs={"map": "S.\n.G"})
    env.reset()
    env.step([1])
    info = env.step([2])[3][0]
    assert info["terminal_position"] == (1, 1)
    assert env.positions.tolist() == [[0, 0]]


def test_options_put_each_level_on_a_lane_of_its_own_once():
    env = make_vec_env("GridPath-v0", 3, env_kwargs={"num_levels": 3, "split": "test"})
    env.set_options([{"level": int(number)} for number in env.level_numbers])
    env.reset()
    assert env.get_attr("level") == env.level_numbers.tolist()
    env.seed(0)
    env.set_options({"start": (0, 0)} if env.grid_map(0).blocked[0, 0] == 0 else None)
    env.set_options([{"level": int(env.level_numbers[0])}, {}, {}])
    with pytest.raises(InvalidOptionError, match="give all lanes the same keys"):
        env.reset()


def test_it_counts_as_monitored_and_has_masks_and_oracles():
    env = make_vec_env("GridPath-v0", 2)
    env.reset()
    assert env.env_is_wrapped(Monitor) == [True, True]
    assert env.env_is_wrapped(VecNormalize) == [False, False]
    assert env.has_attr("action_masks") and not env.has_attr("no_such_thing")
    np.testing.assert_array_equal(np.stack(env.env_method("action_masks")), env.action_masks())
    np.testing.assert_array_equal(env.get_attr("optimal_actions")[1](), env.optimal_actions()[1])
    assert env.env_method("distance_to_goal", indices=1) == [env.distance_to_goal()[1]]
    assert env.get_attr("position") == [tuple(cell) for cell in env.positions.tolist()]
    env.set_attr("note", "kept", indices=0)
    assert env.get_attr("note", indices=0) == ["kept"]
    with pytest.raises(AttributeError, match="lanes have no attribute 'note'"):
        env.get_attr("note")
    level = env.get_attr("level")
    env.set_attr("level", 5, indices=0)
    assert env.get_attr("level") == [5, level[1]]
    np.testing.assert_array_equal(env.env_method("observe")[1], env.vector.observe()[1])
    with pytest.raises(AttributeError, match="lanes have no method 'fly'"):
        env.env_method("fly")


def test_wrong_actions_are_refused_and_later_changes_of_the_callers_array_are_not_seen():
    env = make_vec_env("GridPath-v0", 2)
    env.reset()
    with pytest.raises(InvalidActionError):
        env.step([0, 9])
    actions = np.zeros(2, dtype=np.int64)
    env.step_async(actions)
    actions[0] = 10**12
    env.step_wait()


def test_a_failed_reset_does_not_make_the_next_one_fail():
    env = make_vec_env("GridPath-v0", 2)
    env.set_options({"level": -1})
    with pytest.raises(InvalidOptionError):
        env.reset()
    env.reset()


@pytest.mark.parametrize("name", ["task", "num_envs", "autoreset_mode", "copy", "render_mode"])
def test_what_the_native_vec_env_sets_itself_is_refused(name):
    with pytest.raises(ConfigurationError, match=f"env_kwargs: {name} is not for the native VecEnv"):
        make_vec_env("GridPath-v0", 2, env_kwargs={name: None})
    with pytest.raises(ConfigurationError, match="expected a dict"):
        make_vec_env("GridPath-v0", 2, env_kwargs=5)
    for arguments in ({"copy": False, "autoreset_mode": "SameStep"}, {}):
        with pytest.raises(ConfigurationError, match="SAME_STEP mode and copy=True"):
            GridVecEnv(GridVectorEnv("GridPath-v0", 2, **arguments))


def test_rendering_as_text_is_left_to_the_lanes():
    env = make_vec_env("GridPath-v0", 2, render_mode="ansi")
    env.reset()
    assert all("G" in text for text in env.env_method("render"))
    assert env.render() is None


@pytest.mark.filterwarnings("ignore:The environment is already wrapped with a `Monitor`")
def test_sb3s_own_wrappers_and_maskable_ppo_work_on_it():
    env = make_vec_env("GridPath-v0", 4, seed=0, env_kwargs={"size": (4, 4), "radius": 1})
    stacked = VecFrameStack(VecMonitor(env), 2, channels_order="first")
    assert stacked.reset().shape == (4, 4, 3, 3)
    for _ in range(70):
        _, _, dones, _ = stacked.step(np.zeros(4, dtype=int))
    assert dones.dtype == np.bool_
    model = MaskablePPO("MlpPolicy", env, n_steps=16, batch_size=32, n_epochs=1, seed=0)
    model.learn(128)
    actions, _ = model.predict(env.reset(), action_masks=env.action_masks())
    assert actions.shape == (4,)


def test_sb3_trains_and_evaluates_on_it():
    env = make_vec_env("GridPath-v0", 4, seed=0, env_kwargs={"size": (4, 4)}, render_mode="rgb_array")
    model = PPO("MlpPolicy", VecNormalize(env, norm_obs=False), n_steps=16, batch_size=32, n_epochs=1, seed=0)
    model.learn(128)
    assert len(model.ep_info_buffer) > 0
    mean_reward, _ = evaluate_policy(model, env, n_eval_episodes=8, warn=True)
    assert -1 < mean_reward < 1
    assert env.render().shape[2] == 3
