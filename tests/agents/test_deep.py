"""What our DQN and PPO add to Stable-Baselines3's."""

import numpy as np
import pytest
import torch

import gridpath_agents
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.errors import ConfigurationError


def make(name, num_envs=256, **parameters):
    env = make_vec_env("GridPath-v0", num_envs, seed=0, env_kwargs={"size": (6, 6), "radius": 2})
    return gridpath_agents.make(name, env, seed=0, **parameters)


def test_dqn_lanes_explore_one_by_one():
    agent = make("dqn", learning_starts=0)
    observations = agent.env.reset()
    greedy, _ = agent.predict(observations, deterministic=True)
    agent.exploration_rate = 0.5
    shares = [np.mean(agent.predict(observations, deterministic=False)[0] != greedy) for _ in range(20)]
    # Half of the lanes explore, and three in four of those take another action; a draw for all gives 0 or 0.75.
    assert np.mean(shares) == pytest.approx(0.375, abs=0.05)
    assert np.std(shares) < 0.1


def test_dqn_acts_greedily_on_its_values():
    agent = make("dqn", num_envs=16)
    observations = agent.env.reset()
    with torch.no_grad():
        values = agent.q_net(torch.as_tensor(observations)).numpy()
    np.testing.assert_array_equal(agent.predict(observations)[0], values.argmax(axis=1))
    masks = values < values.max(axis=1, keepdims=True)
    second = np.where(masks, values, -np.inf).argmax(axis=1)
    np.testing.assert_array_equal(agent.predict(observations, action_masks=masks)[0], second)
    single, _ = agent.predict(observations[0], action_masks=masks[0])
    assert single.shape == () and single == second[0]


def test_ppo_samples_in_proportion_among_allowed_actions():
    agent = make("ppo", num_envs=4000, n_steps=2, batch_size=8000)
    observation = np.repeat(agent.env.reset()[:1], 4000, axis=0)
    probabilities = (
        agent.policy.get_distribution(torch.as_tensor(observation[:1])).distribution.probs[0].detach().numpy()
    )
    masks = np.tile([True, False, True, True], (4000, 1))
    actions, _ = agent.predict(observation, deterministic=False, action_masks=masks)
    expected = probabilities * masks[0] / (probabilities * masks[0]).sum()
    np.testing.assert_allclose(np.bincount(actions, minlength=4) / 4000, expected, atol=0.04)


def test_a_learning_rate_table_is_a_linear_schedule():
    agent = make("ppo", num_envs=4, n_steps=4, batch_size=16, learning_rate={"start": 1e-3, "end": 0.0})
    assert [agent.lr_schedule(left) for left in (1.0, 0.5, 0.0)] == pytest.approx([1e-3, 5e-4, 0.0])
    with pytest.raises(ConfigurationError, match="learning_rate: expected a number or"):
        make("ppo", learning_rate={"from": 1})
    with pytest.raises(ConfigurationError, match=r"learning_rate\.start: expected a number"):
        make("dqn", learning_rate={"start": "fast", "end": 0.0})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ppo", {"gamma": 5.0}),
        ("ppo", {"clip_range": -1}),
        ("ppo", {"n_epochs": 0}),
        ("ppo", {"n_steps": "a"}),
        ("dqn", {"buffer_size": -1}),
        ("dqn", {"exploration_fraction": -1}),
        ("dqn", {"n_steps": 0}),
        ("dqn", {"tau": 7}),
        ("dqn", {"learning_rate": "fast"}),
        ("dqn", {"batch_size": 0}),
    ],
    ids=str,
)
def test_parameters_out_of_range_are_refused(name, parameters):
    with pytest.raises(ConfigurationError, match=f"{next(iter(parameters))}: expected a"):
        make(name, num_envs=2, **parameters)


def test_a_loaded_dqn_goes_on_exploring_where_it_stopped(tmp_path):
    agent = make("dqn", num_envs=8)
    observations = agent.env.reset()
    agent.exploration_rate = 1.0
    agent.predict(observations, deterministic=False)
    agent.save(tmp_path / "dqn")
    expected = [agent.predict(observations, deterministic=False)[0].tolist() for _ in range(5)]
    loaded = gridpath_agents.agent_class("dqn").load(tmp_path / "dqn", env=agent.env)
    assert [loaded.predict(observations, deterministic=False)[0].tolist() for _ in range(5)] == expected


@pytest.mark.parametrize("name", sorted(gridpath_agents.AGENTS))
def test_every_agent_has_a_preset_that_makes_it(name):
    joint = name in ("greedy", "lacam", "pibt", "prioritised")
    others = {"her_dqn": "GridPathGoal-v0", "sac": "GridPathContinuous-v0"}
    id = "gridpath/mapf_v0" if joint else others.get(name, "GridPath-v0")
    preset = gridpath_agents.load_preset(name, id)
    env_kwargs = {**({"map": "..\n..", "num_agents": 2} if joint else {"map": "S.\n.G"}), **preset.env_kwargs}
    env = make_vec_env(id, preset.num_envs, env_kwargs=env_kwargs)
    gridpath_agents.make(name, env, seed=0, **preset.parameters)
    assert (preset.total_timesteps > 0) == (not joint and name not in ("random", "shortest_path"))


@pytest.mark.parametrize(
    ("id", "arguments", "policy"),
    [
        ("GridPath-v0", {}, "ActorCriticPolicy"),
        ("GridPathGoal-v0", {}, "MultiInputActorCriticPolicy"),
        ("GridPathImage-v0", {"greyscale": True}, "ActorCriticCnnPolicy"),
        ("GridPathContinuous-v0", {"observation": "egocentric", "radius": 1}, "MultiInputActorCriticPolicy"),
    ],
)
def test_the_policy_is_the_one_that_fits_the_observations(id, arguments, policy):
    agent = gridpath_agents.make("ppo", make_vec_env(id, 2, env_kwargs=arguments), n_steps=4, batch_size=8)
    assert type(agent.policy).__name__ == policy
    agent.learn(8)


def test_agents_that_need_other_environments_say_which():
    env = make_vec_env("GridPath-v0", 2)
    with pytest.raises(ConfigurationError, match=r"sac: needs continuous actions.*continuous_actions=True"):
        gridpath_agents.make("sac", env)
    with pytest.raises(ConfigurationError, match="her_dqn: needs an environment that is goal_conditioned"):
        gridpath_agents.make("her_dqn", env)
    preferring = make_vec_env("GridPath-v0", 2, continuous_actions=True)
    agent = gridpath_agents.make("sac", preferring, learning_starts=10, batch_size=8, policy_kwargs={"net_arch": [8]})
    agent.learn(50)
    for other in ("random", "ppo"):
        small = {"n_steps": 4, "batch_size": 8} if other == "ppo" else {}
        masked = gridpath_agents.make(other, preferring, **small)
        with pytest.raises(ConfigurationError, match="action_masks: continuous actions have none"):
            masked.predict(preferring.reset(), action_masks=np.ones((2, 4), dtype=bool))
    with pytest.raises(ConfigurationError, match="action_masks: continuous actions have none"):
        agent.predict(preferring.reset(), action_masks=np.ones((2, 4), dtype=bool))


def test_hindsight_is_loaded_to_act_and_learns_on_where_there_is_an_environment(tmp_path):
    env = make_vec_env("GridPathGoal-v0", 2, seed=0, env_kwargs={"size": (5, 5), "time_limit": 10})
    small = {"learning_starts": 60, "batch_size": 16, "policy_kwargs": {"net_arch": [16]}, "buffer_size": 500}
    agent = gridpath_agents.make("her_dqn", env, seed=0, **small)
    agent.learn(200)
    agent.save(tmp_path / "agent.zip")
    loaded = gridpath_agents.agent_class("her_dqn").load(tmp_path / "agent.zip")
    observations = env.reset()
    np.testing.assert_array_equal(loaded.predict(observations)[0], agent.predict(observations)[0])
    loaded.set_env(env)
    np.testing.assert_array_equal(loaded.predict(observations)[0], agent.predict(observations)[0])
    assert type(loaded.replay_buffer).__name__ == "HerReplayBuffer"
    loaded.learn(200)
    other = make_vec_env("GridPathGoal-v0", 2, seed=1, env_kwargs={"size": (5, 5), "time_limit": 10})
    loaded.set_env(other)
    assert loaded.replay_buffer.env.env_id == "GridPathGoal-v0"
    loaded.learn(100)


@pytest.mark.parametrize(
    "buffer",
    [{"goal_selection_strategy": "best"}, {"n_sampled_goal": -1}, {"n_sampled_goal": 2.5}, {"unknown": 1}, 5],
    ids=str,
)
def test_wrong_parameters_of_hindsight_are_refused(buffer):
    with pytest.raises(ConfigurationError):
        gridpath_agents.make("her_dqn", make_vec_env("GridPathGoal-v0", 2), replay_buffer_kwargs=buffer)


def test_the_oracle_plays_discrete_tasks_by_preferences():
    arguments = {"env_kwargs": {"size": (6, 6), "moving_obstacles": 2, "stay": True, "time_limit": 200}}
    env = make_vec_env("GridPath-v0", 20, seed=0, continuous_actions=True, **arguments)
    agent = gridpath_agents.make("shortest_path", env)
    observations, solved = env.reset(), np.zeros(20, dtype=bool)
    for _ in range(200):
        observations, _, dones, infos = env.step(agent.predict(observations)[0])
        solved |= [done and info["is_success"] for done, info in zip(dones, infos, strict=True)]
    assert solved.all()
