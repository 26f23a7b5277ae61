"""What every registered id keeps, found through the registry."""

import copy
import gc
import pickle
import warnings
import weakref

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as sb3_check_env

import gridpath_envs
from configurations import CASES as CONFIGURATIONS
from configurations import contains_each, observation_kinds, random_actions
from gridpath_envs.adaptors.sb3 import make_vec_env

IDS = sorted(gridpath_envs.TASKS)
CASES = [(id, observation) for id in IDS for observation in observation_kinds(id)]


def boxes(space):
    spaces = space.spaces.values() if isinstance(space, gymnasium.spaces.Dict) else [space]
    return [each for each in spaces if isinstance(each, gymnasium.spaces.Box)]


@pytest.mark.parametrize(("id", "observation"), CASES)
def test_gymnasium_finds_nothing_to_complain_about(id, observation):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for render_mode in (None, "ansi", "rgb_array"):
            check_env(gymnasium.make(id, observation=observation, render_mode=render_mode).unwrapped)


@pytest.mark.parametrize(("id", "observation"), CASES)
def test_sb3_finds_nothing_to_complain_about(id, observation):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if observation != "image":
            # SB3 takes each 3-D uint8 box for an image, and advises 0 to 255 and more pixels.
            warnings.filterwarnings("ignore", message="It seems that your observation|The minimal resolution")
        sb3_check_env(gymnasium.make(id, observation=observation).unwrapped)


@pytest.mark.parametrize(("id", "arguments"), CONFIGURATIONS, ids=str)
def test_every_configuration_keeps_the_contract(id, arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(id, **arguments).unwrapped)
        check_env(gymnasium.make(id, render_mode="rgb_array", **arguments).unwrapped, skip_close_check=True)
        warnings.filterwarnings("ignore", message="It seems that your observation|The minimal resolution")
        # So it says of maps with fewer rows than planes.
        warnings.filterwarnings("ignore", message="Treating image space as channels-last")
        sb3_check_env(gymnasium.make(id, **arguments).unwrapped)
    envs = gymnasium.make_vec(id, num_envs=3, **arguments)
    space = envs.single_observation_space
    for box in boxes(space):
        assert (box.low < box.high).all()
    envs.action_space.seed(0)
    observations, _ = envs.reset(seed=0)
    for _ in range(200):
        assert envs.observation_space.contains(observations)
        assert contains_each(space, observations)
        observations = envs.step(envs.action_space.sample())[0]


@pytest.mark.parametrize("id", IDS)
def test_an_id_can_be_made_through_the_module_name(id):
    assert gymnasium.make(f"gridpath_envs:{id}").spec.id == id


@pytest.mark.parametrize("id", IDS)
def test_make_vec_is_native_and_names_its_autoreset_mode(id):
    envs = gymnasium.make_vec(id, num_envs=3)
    assert type(envs.unwrapped).__name__ == "GridVectorEnv"
    assert envs.metadata["autoreset_mode"] is gymnasium.vector.AutoresetMode.NEXT_STEP
    assert envs.num_envs == 3


@pytest.mark.parametrize(("id", "observation"), CASES)
def test_no_cell_of_an_observation_space_is_constant(id, observation):
    for arguments in ({}, {"map": "S....G\n"}):
        space = gymnasium.make(id, observation=observation, **arguments).observation_space
        for box in boxes(space):
            assert (box.low < box.high).all()


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_of_an_environment_goes_on_like_the_original(id, clone):
    env = gymnasium.make(id)
    env.reset(seed=3)
    env.step(env.action_space.sample())
    twin = clone(env)
    for action in random_actions(env.action_space, np.random.default_rng(0), 200):
        expected, actual = env.step(action), twin.step(action)
        np.testing.assert_equal(actual[0], expected[0])
        assert actual[1:] == expected[1:]
        if expected[2] or expected[3]:
            np.testing.assert_equal(twin.reset()[0], env.reset()[0])


@pytest.mark.parametrize("id", IDS)
def test_rewards_and_flags_have_the_types_of_the_standard(id):
    env = gymnasium.make(id)
    env.reset(seed=0)
    _, reward, terminated, truncated, info = env.step(env.action_space.sample())
    assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
    assert (type(info["is_success"]), type(info["optimal_length"]), type(info["path_length"])) == (bool, float, float)
    envs = gymnasium.make_vec(id, num_envs=2)
    envs.reset(seed=0)
    _, rewards, terminations, truncations, _ = envs.step(envs.action_space.sample())
    assert (rewards.dtype, terminations.dtype, truncations.dtype) == (np.float64, np.bool_, np.bool_)
    sb3 = make_vec_env(id, 2)
    sb3.reset()
    assert sb3.step(envs.action_space.sample())[1].dtype == np.float32


@pytest.mark.parametrize("id", IDS)
def test_an_environment_that_is_let_go_of_is_freed_at_once(id):
    # Maps and threads of many environments would else stay until the collector comes round.
    gc.disable()
    try:
        for make in (lambda: gymnasium.make(id), lambda: gymnasium.make_vec(id, num_envs=2, num_threads=2)):
            env = make().unwrapped
            env.reset(seed=0)
            left = weakref.ref(env)
            del env
            assert left() is None
    finally:
        gc.enable()
