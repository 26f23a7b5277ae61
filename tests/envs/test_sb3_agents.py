"""Lanes that are agents: SB3's contract, and the same steps as the PettingZoo environments."""

import numpy as np
import pytest
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecFrameStack, VecMonitor, VecNormalize

from gridpath_envs import lifelong_v0, mapf_v0
from gridpath_envs.adaptors.sb3 import AgentVecEnv, make_vec_env
from gridpath_envs.errors import ConfigurationError, InvalidActionError, InvalidOptionError
from gridpath_envs.maps import GridMap
from gridpath_envs.multi_agent_vector_env import GridMultiAgentVectorEnv

NUM_ENVS, NUM_AGENTS = 3, 4
MODULES = {"gridpath/mapf_v0": mapf_v0, "gridpath/lifelong_v0": lifelong_v0}
SMALL = {"size": (4, 5), "density": 0.1, "num_agents": NUM_AGENTS, "radius": 2, "time_limit": 15}
CASES = [
    ("gridpath/mapf_v0", {}),
    ("gridpath/mapf_v0", {"on_arrival": "disappear", "team_weight": 0.5}),
    ("gridpath/mapf_v0", {"on_arrival": "disappear", "observation": "combined", "mask_in_info": True}),
    ("gridpath/mapf_v0", {"on_arrival": "disappear", "observation": "coordinates", "radius": None}),
    ("gridpath/mapf_v0", {"conflicts": "block_both", "num_levels": 5, "split": "test"}),
    ("gridpath/lifelong_v0", {"conflicts": "priority"}),
]
CORRIDOR = {"map": GridMap.from_text("..."), "num_agents": 2, "size": None, "density": None}


def make_env(id="gridpath/mapf_v0", num_envs=NUM_ENVS, seed=5, continuous_actions=False, render_mode=None, **arguments):
    arguments = {**SMALL, **arguments}
    return make_vec_env(id, num_envs, seed, arguments, render_mode, continuous_actions)


def lanes_of(observations, env, agents):
    """Return the observations of some of an environment's agents, as the PettingZoo environment has them."""
    lanes = {name: env * NUM_AGENTS + int(name.split("_")[1]) for name in agents}
    if isinstance(observations, dict):
        return {name: {key: part[lane] for key, part in observations.items()} for name, lane in lanes.items()}
    return {name: observations[lane] for name, lane in lanes.items()}


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_lanes_are_the_agents_of_pettingzoos_environments(id, arguments):
    env = make_env(id, **arguments)
    singles = [MODULES[id].parallel_env(**{**SMALL, **arguments}) for _ in range(NUM_ENVS)]
    observations = env.reset()
    assert env.num_envs == NUM_ENVS * NUM_AGENTS and env.num_agents == NUM_AGENTS
    assert env.observation_space == singles[0].observation_space("agent_0")
    assert env.action_space == singles[0].action_space("agent_0")
    for i, single in enumerate(singles):
        expected, infos = single.reset(seed=5 + i)
        np.testing.assert_equal(lanes_of(observations, i, single.agents), expected)
        for name, info in infos.items():
            np.testing.assert_equal({key: env.reset_infos[i * NUM_AGENTS + int(name[-1])][key] for key in info}, info)
    rng = np.random.default_rng(0)
    returns, lengths = np.zeros(env.num_envs), np.zeros(env.num_envs, dtype=int)
    num_ended = num_gone = num_restarts = 0
    for _ in range(200):
        actions = rng.integers(0, env.action_space.n, env.num_envs)
        observations, rewards, dones, infos = env.step(actions)
        assert rewards.dtype == np.float32 and dones.dtype == np.bool_
        for i, single in enumerate(singles):
            acting = single.agents
            expected, gains, terminated, truncated, told = single.step(
                {name: actions[i * NUM_AGENTS + int(name[-1])] for name in acting}
            )
            restarted = not single.agents
            if restarted:
                num_restarts += 1
                begun, begun_infos = single.reset()
                np.testing.assert_equal(lanes_of(observations, i, single.agents), begun)
            for k, name in enumerate(single.possible_agents):
                lane = i * NUM_AGENTS + k
                if name not in acting:
                    # It is gone: ended once more where all begin anew, without an episode.
                    num_gone += 1
                    assert rewards[lane] == 0 and infos[lane] == {} and dones[lane] == restarted
                    if not restarted:
                        np.testing.assert_equal(lanes_of(observations, i, [name])[name], _zeros(expected))
                    continue
                returns[lane] += gains[name]
                lengths[lane] += 1
                assert rewards[lane] == np.float32(gains[name])
                assert dones[lane] == (terminated[name] or truncated[name])
                if not dones[lane]:
                    assert infos[lane] == {}
                    np.testing.assert_equal(lanes_of(observations, i, [name])[name], expected[name])
                    continue
                num_ended += 1
                info = infos[lane]
                np.testing.assert_equal(info["terminal_observation"], expected[name])
                assert info["TimeLimit.truncated"] == (truncated[name] and not terminated[name])
                assert info["episode"]["l"] == lengths[lane]
                assert info["episode"]["r"] == pytest.approx(returns[lane], abs=1e-5)
                np.testing.assert_equal({key: info[key] for key in told[name]}, told[name])
                returns[lane], lengths[lane] = 0, 0
                if not restarted:
                    np.testing.assert_equal(lanes_of(observations, i, [name])[name], _zeros(expected))
            if restarted:
                for name, info in begun_infos.items():
                    lane = i * NUM_AGENTS + int(name[-1])
                    np.testing.assert_equal({key: env.reset_infos[lane][key] for key in info}, info)
    assert num_restarts > 20 and num_ended > num_restarts
    assert (num_gone > 100) == (arguments.get("on_arrival") == "disappear")


def _zeros(observations):
    """Return what the lane of an agent that is gone shows: the observation of any, all zeros."""
    some = next(iter(observations.values()))
    if isinstance(some, dict):
        return {key: np.zeros_like(part) for key, part in some.items()}
    return np.zeros_like(some)


@pytest.mark.parametrize("observation", ["egocentric", "combined"])
def test_the_lanes_of_agents_that_take_part_never_show_zeros(observation):
    env = make_env(on_arrival="disappear", observation=observation)
    observations, rng = env.reset(), np.random.default_rng(0)
    for _ in range(100):
        parts = observations.values() if isinstance(observations, dict) else [observations]
        shows = np.any([part.reshape(env.num_envs, -1).any(axis=1) for part in parts], axis=0)
        np.testing.assert_array_equal(shows, env.vector.active.ravel())
        observations = env.step(rng.integers(0, 5, env.num_envs))[0]


def test_the_lane_of_an_agent_that_is_gone_waits_for_the_others():
    env = make_env(num_envs=1, on_arrival="disappear", **CORRIDOR)
    env.set_options({"starts": [(0, 1), (0, 2)], "goals": [(0, 0), (0, 1)]})
    env.reset()
    observations, rewards, dones, infos = env.step([3, 4])
    assert dones.tolist() == [True, False] and infos[1] == {}
    assert infos[0]["is_success"] and not infos[0]["TimeLimit.truncated"]
    assert infos[0]["episode"]["l"] == 1 and infos[0]["episode"]["r"] == pytest.approx(rewards[0])
    assert not observations[0].any() and observations[1].any()
    for action in range(5):
        observations, rewards, dones, infos = env.step([action, 4])
        assert not observations[0].any() and rewards[0] == 0 and not dones.any() and infos == [{}, {}]
        assert env.action_masks()[0].tolist() == [False] * 4 + [True] and env.action_masks()[1].sum() > 1
    observations, rewards, dones, infos = env.step([0, 3])
    assert dones.all() and infos[0] == {} and rewards[0] == 0
    assert infos[1]["episode"]["l"] == 7 and infos[1]["is_success"]
    assert observations[0].any() and observations[1].any()


def test_where_time_runs_out_it_is_said_and_success_is_told_of_each():
    env = make_env(num_envs=1, time_limit=2, **CORRIDOR)
    env.set_options({"starts": [(0, 1), (0, 2)], "goals": [(0, 0), (0, 1)]})
    env.reset()
    assert not env.step([3, 4])[2].any()
    _, _, dones, infos = env.step([4, 4])
    assert dones.all() and [info["TimeLimit.truncated"] for info in infos] == [True, True]
    assert [info["is_success"] for info in infos] == [True, False]
    assert [info["terminal_position"] for info in infos] == [(0, 0), (0, 2)]


def test_seeds_are_those_of_environments():
    env = make_env(seed=None)
    assert env.seed(40) == [40] * NUM_AGENTS + [41] * NUM_AGENTS + [42] * NUM_AGENTS
    first = env.reset()
    assert not np.array_equal(env.reset(), first)
    env.seed(41)
    # Environment b is seeded with 41 + b, so the first is what the second was.
    np.testing.assert_array_equal(env.reset()[: 2 * NUM_AGENTS], first[NUM_AGENTS:])
    assert len(set(env.seed())) == NUM_ENVS


def test_options_are_those_of_an_environments_first_lane():
    env = make_env(num_levels=6, split="test")
    numbers = env.level_numbers[[4, 0, 2]].tolist()
    env.set_options([{"level": number} for number in numbers for _ in range(NUM_AGENTS)])
    env.reset()
    assert env.vector.levels.tolist() == numbers
    assert env.get_attr("level") == np.repeat(numbers, NUM_AGENTS).tolist()
    # They are for one reset.
    env.seed(0)
    env.set_options({"level": int(numbers[0])})
    env.reset()
    assert set(env.get_attr("level")) == {numbers[0]}
    env.set_options({"level": -1})
    with pytest.raises(InvalidOptionError):
        env.reset()
    env.reset()


def test_lanes_are_asked_what_single_environments_are():
    env = make_env(observation="egocentric")
    env.reset()
    assert env.env_id == "gridpath/mapf_v0"
    assert (
        env.env_is_wrapped(Monitor) == [True] * 12 and env.env_is_wrapped(VecNormalize, indices=[0, 5]) == [False] * 2
    )
    assert env.positions.shape == env.goals.shape == env.starts.shape == (12, 2)
    np.testing.assert_array_equal(env.positions.reshape(3, 4, 2), env.vector.positions)
    assert env.get_attr("position", indices=7) == [tuple(env.vector.positions[1, 3].tolist())]
    assert env.get_attr("grid_map", indices=[4, 7]) == [env.vector.grid_map(1)] * 2
    assert env.grid_map(11) == env.vector.grid_map(2)
    assert env.get_attr("config") == [env.vector.config] * 12
    for name in ("action_masks", "optimal_actions", "distance_to_goal", "observe"):
        values = getattr(env.vector, name)()
        np.testing.assert_array_equal(np.stack(env.env_method(name)), values.reshape(12, *values.shape[2:]))
        np.testing.assert_array_equal(env.env_method(name, indices=6)[0], values[1, 2])
        np.testing.assert_array_equal(env.get_attr(name)[6](), values[1, 2])
    assert not env.has_attr("no_such_thing") and env.has_attr("action_masks")
    env.set_attr("note", "kept", indices=[1, 2])
    assert env.get_attr("note", indices=[2]) == ["kept"]
    with pytest.raises(AttributeError, match="lanes have no method 'fly'"):
        env.env_method("fly")


def test_what_is_for_one_agent_or_for_whole_environments_is_refused():
    env = make_env()
    env.reset()
    for name in ("optimal_return", "get_state"):
        assert not env.has_attr(name)
        with pytest.raises(AttributeError, match=f"lanes have no method '{name}'"):
            env.env_method(name)
    with pytest.raises(ConfigurationError, match="is for one agent"):
        env.optimal_return()


def test_a_shortest_path_is_that_of_the_lanes_agent():
    env = make_env()
    env.reset()
    for lane in range(env.num_envs):
        path = env.shortest_path(lane)
        assert path[0] == tuple(env.positions[lane].tolist()) and path[-1] == tuple(env.goals[lane].tolist())
        assert len(path) - 1 == env.distance_to_goal()[lane]


def test_the_monitor_of_vec_envs_counts_the_same_episodes():
    env = make_env(on_arrival="disappear")
    with pytest.warns(UserWarning, match="already wrapped with a `Monitor`"):
        monitored = VecMonitor(env)
    monitored.reset()
    rng = np.random.default_rng(0)
    twin = make_env(on_arrival="disappear")
    twin.reset()
    num_ended = 0
    for _ in range(60):
        actions = rng.integers(0, 5, env.num_envs)
        infos = monitored.step(actions)[3]
        for lane, own in enumerate(twin.step(actions)[3]):
            if "episode" in own:
                num_ended += 1
                assert infos[lane]["episode"]["l"] == own["episode"]["l"]
                assert infos[lane]["episode"]["r"] == pytest.approx(own["episode"]["r"], abs=1e-5)
    assert num_ended > 20


def test_frames_are_stacked_for_each_agent():
    stacked = VecFrameStack(make_env(), 2, channels_order="first")
    assert stacked.reset().shape == (12, 8, 5, 5)
    observations, *_ = stacked.step(np.full(12, 4))
    assert observations.shape == (12, 8, 5, 5)


def test_preferences_choose_the_action_of_the_highest():
    env, discrete = make_env(continuous_actions=True), make_env()
    np.testing.assert_array_equal(env.reset(), discrete.reset())
    assert env.action_space.shape == (5,)
    rng = np.random.default_rng(0)
    for _ in range(20):
        preferences = rng.uniform(-1, 1, (12, 5)).astype(np.float32)
        one, other = env.step(preferences), discrete.step(preferences.argmax(axis=1))
        np.testing.assert_equal(one[:3], other[:3])
    assert env.action_masks().shape == (12, 5)
    with pytest.raises(InvalidActionError):
        env.step(np.zeros((12, 4), dtype=np.float32))


def test_wrong_actions_are_refused():
    env = make_env()
    env.reset()
    for actions in (np.full(12, 5), np.zeros(3, dtype=int), np.zeros((3, 4), dtype=int), np.zeros(12)):
        with pytest.raises(InvalidActionError):
            env.step(actions)


def test_pictures_are_those_of_environments():
    env = make_env(render_mode="rgb_array")
    env.reset()
    images = env.get_images()
    assert len(images) == NUM_ENVS and all(image.dtype == np.uint8 and image.ndim == 3 for image in images)
    own = env.env_method("render", indices=[0, 5])
    np.testing.assert_array_equal(own[1], images[1])
    # SB3 tiles them.
    assert env.render("rgb_array").ndim == 3
    text = make_env(render_mode="ansi")
    text.reset()
    assert all(isinstance(picture, str) for picture in text.env_method("render"))
    blind = make_env()
    blind.reset()
    assert blind.env_method("render", indices=0) == [None]


def test_environments_in_another_mode_are_refused():
    for arguments in ({"copy": False, "autoreset_mode": "SameStep"}, {}):
        with pytest.raises(ConfigurationError, match="SAME_STEP mode and copy=True"):
            AgentVecEnv(GridMultiAgentVectorEnv("gridpath/mapf_v0", 2, **arguments))


@pytest.mark.parametrize("on_arrival", ["stay", "disappear", "restart"])
@pytest.mark.parametrize("observation", ["egocentric", "combined"])
@pytest.mark.parametrize(
    ("algorithm", "parameters"),
    [(PPO, {"n_steps": 16, "batch_size": 48}), (A2C, {}), (DQN, {"learning_starts": 50, "buffer_size": 500})],
)
def test_sb3_learns_on_it(algorithm, parameters, observation, on_arrival):
    env = make_env(on_arrival=on_arrival, observation=observation)
    policy = "MultiInputPolicy" if observation == "combined" else "MlpPolicy"
    model = algorithm(policy, env, seed=0, policy_kwargs={"net_arch": [8]}, **parameters)
    model.learn(400)
    assert model.num_timesteps >= 400
    # Episodes of agents, none of lanes that only wait for the others.
    assert len(model.ep_info_buffer) >= 12 and all(episode["l"] > 0 for episode in model.ep_info_buffer)
    _, lengths = evaluate_policy(model, env, n_eval_episodes=12, return_episode_rewards=True)
    assert len(lengths) == 12 and max(lengths) <= 15


def test_agents_of_one_environment_share_their_options():
    env = make_vec_env("gridpath/mapf_v0", 2, env_kwargs={"num_agents": 3})
    env.set_options([{"level": lane} for lane in range(6)])
    with pytest.raises(InvalidOptionError, match="lane 1 has others than the first agent of its environment"):
        env.reset()
    env.set_options([{"level": lane // 3} for lane in range(6)])
    env.reset()
    assert env.get_attr("level") == [0, 0, 0, 1, 1, 1]


def test_the_time_limit_may_be_called_as_pettingzoo_calls_it():
    env = make_vec_env("gridpath/mapf_v0", 1, env_kwargs={"num_agents": 2, "max_cycles": 2})
    env.reset()
    assert not env.step([4, 4])[2].any() and env.step([4, 4])[2].all()
