"""What an agent's lane holds after it is gone is not learned from, and all else is as SB3 learns it."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import DictRolloutBuffer, RolloutBuffer
from stable_baselines3.common.vec_env import VecNormalize

import gridpath_agents
from gridpath_agents.agent_buffer import AgentDictRolloutBuffer, AgentRolloutBuffer
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.errors import ConfigurationError

SMALL = {"n_steps": 40, "batch_size": 64, "n_epochs": 2, "policy_kwargs": {"net_arch": [16]}}
BOX = spaces.Box(0, 1, (2,), np.float32)
ACTIONS = spaces.Discrete(3)


def make_env(on_arrival="disappear", observation="egocentric", num_envs=4):
    arguments = {"size": (5, 5), "density": 0.1, "num_agents": 4, "radius": 1, "time_limit": 20}
    arguments |= {"on_arrival": on_arrival, "observation": observation}
    if observation == "coordinates":
        del arguments["radius"]
    return make_vec_env("gridpath/mapf_v0", num_envs, seed=3, env_kwargs=arguments)


def fill(buffer, steps, seed=0):
    """Fill a buffer with steps of (observations, rewards, episode starts), the rest random."""
    rng = np.random.default_rng(seed)
    lanes = buffer.n_envs
    for observations, rewards, starts in steps:
        values, log_probs = (torch.as_tensor(rng.normal(size=lanes), dtype=torch.float32) for _ in range(2))
        buffer.add(observations, rng.integers(0, 3, lanes), np.array(rewards), np.array(starts), values, log_probs)


def marked(*lanes):
    """Return observations (L, 2) by which rows are known again, of zeros where an agent is gone."""
    return np.array([[lane, lane / 2] for lane in lanes], dtype=np.float32)


def hand_made(cls):
    """Return a buffer of two lanes and five steps; agent 1 is there for two, gone for two, and there once more."""
    buffer = cls(5, BOX, ACTIONS, gae_lambda=0.9, gamma=0.8, n_envs=2)
    steps = [
        (marked(0.1, 0.2), [1.0, 2.0], [1, 1]),
        (marked(0.3, 0.4), [1.0, 2.0], [0, 0]),
        (marked(0.5, 0.0), [1.0, 0.0], [0, 1]),
        (marked(0.6, 0.0), [1.0, 0.0], [0, 0]),
        (marked(0.7, 0.8), [1.0, 2.0], [1, 1]),
    ]
    fill(buffer, steps)
    buffer.compute_returns_and_advantage(torch.tensor([0.5, 0.25]), np.array([False, False]))
    return buffer


def test_rows_of_agents_that_are_gone_are_left_out_and_the_others_come_once_each():
    buffer = hand_made(AgentRolloutBuffer)
    for _ in range(3):
        batches = list(buffer.get(3))
        firsts = np.concatenate([batch.observations[:, 0].numpy() for batch in batches])
        np.testing.assert_allclose(np.sort(firsts), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], atol=1e-6)
        # Eight rows in minibatches of three at most: none of a row or two that are left over.
        assert sorted(len(batch.returns) for batch in batches) == [2, 3, 3]
    (everything,) = buffer.get()
    assert len(everything.returns) == 8
    # What explained variance is computed of.
    assert buffer.values.shape == buffer.returns.shape == (8, 1)


def test_each_row_keeps_what_belongs_to_it():
    mine, theirs = hand_made(AgentRolloutBuffer), hand_made(RolloutBuffer)
    (kept,), (every,) = mine.get(), theirs.get()
    rows = {float(first): row for row, first in enumerate(every.observations[:, 0])}
    wanted = [rows[float(first)] for first in kept.observations[:, 0]]
    for name in kept._fields:
        torch.testing.assert_close(getattr(kept, name), getattr(every, name)[wanted], rtol=0, atol=0)


def test_advantages_are_those_of_an_episode_that_ended_when_the_agent_arrived():
    buffer = hand_made(AgentRolloutBuffer)
    values = buffer.values.copy()
    (kept,) = buffer.get()
    advantage = dict(zip(kept.observations[:, 0].round(decimals=3).tolist(), kept.advantages.tolist(), strict=True))
    found = {round(first, 1): value for first, value in advantage.items()}
    last = 2.0 - values[1, 1]
    first = 2.0 + 0.8 * values[1, 1] - values[0, 1] + 0.8 * 0.9 * last
    again = 2.0 + 0.8 * 0.25 - values[4, 1]
    assert [found[key] for key in (0.2, 0.4, 0.8)] == pytest.approx([first, last, again], abs=1e-6)


def test_a_row_of_a_dict_is_left_out_where_all_of_it_is_zeros():
    space = spaces.Dict({"near": BOX, "far": BOX})
    buffer = AgentDictRolloutBuffer(2, space, ACTIONS, n_envs=3)
    steps = [({"near": marked(0.1, 0.0, 0.0), "far": marked(0.0, 0.3, 0.0)}, [0, 0, 0], [1, 1, 1])]
    fill(buffer, steps * 2)
    buffer.compute_returns_and_advantage(torch.zeros(3), np.zeros(3, dtype=bool))
    (batch,) = buffer.get()
    assert batch.returns.shape == (4,)
    assert sorted(batch.observations["near"][:, 0].tolist()) == pytest.approx([0, 0, 0.1, 0.1])
    assert sorted(batch.observations["far"][:, 0].tolist()) == pytest.approx([0, 0, 0.3, 0.3])


@pytest.mark.parametrize("batch_size", [None, 1, 3, 7, 100])
def test_without_such_rows_batches_are_those_of_sb3(batch_size):
    rng = np.random.default_rng(1)
    space = spaces.Dict({"near": BOX})
    steps = [(marked(*rng.uniform(0.1, 1, 3)), rng.random(3), rng.random(3) < 0.3) for _ in range(4)]
    pairs = [(AgentRolloutBuffer, RolloutBuffer, BOX), (AgentDictRolloutBuffer, DictRolloutBuffer, space)]
    for mine, theirs, observation_space in pairs:
        batches = []
        for cls in (mine, theirs):
            buffer = cls(4, observation_space, ACTIONS, n_envs=3)
            is_dict = observation_space is space
            fill(buffer, [({"near": seen} if is_dict else seen, *rest) for seen, *rest in steps])
            buffer.compute_returns_and_advantage(torch.ones(3), np.array([True, False, False]))
            np.random.seed(7)  # noqa: NPY002 - SB3 draws from it
            batches.append([batch for _ in range(2) for batch in buffer.get(batch_size)])
        assert len(batches[0]) == len(batches[1])
        for one, other in zip(*batches, strict=True):
            torch.testing.assert_close(one._asdict(), other._asdict(), rtol=0, atol=0)


def parameters_of(agent):
    return [values.detach().numpy().copy() for values in agent.policy.parameters()]


class _NoisyBuffer(AgentRolloutBuffer):
    """Changes what gone rows hold, but for their observations, by which they are known."""

    noise = 0.0

    def compute_returns_and_advantage(self, last_values, dones):
        super().compute_returns_and_advantage(last_values, dones)
        gone = ~self.observations.any(axis=(2, 3, 4))
        assert 0.02 < gone.mean() < 0.9
        rng = np.random.default_rng(0)
        for name in ("rewards", "values", "log_probs", "advantages", "returns"):
            getattr(self, name)[gone] += self.noise * rng.normal(size=gone.sum())
        if self.noise:
            self.actions[gone] = rng.integers(0, 5, (gone.sum(), 1))


def learned(rollout_buffer_class, on_arrival="disappear"):
    env = make_env(on_arrival)
    agent = gridpath_agents.make("ppo", env, seed=0, rollout_buffer_class=rollout_buffer_class, **SMALL)
    return agent.learn(2_000)


def test_what_gone_rows_hold_changes_nothing_that_is_learned():
    quiet, loud = (type("Buffer", (_NoisyBuffer,), {"noise": noise}) for noise in (0.0, 100.0))
    one, other = learned(quiet), learned(loud)
    for a, b in zip(parameters_of(one), parameters_of(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("on_arrival", ["stay", "restart"])
def test_where_nobody_disappears_learning_is_that_of_sb3(on_arrival):
    one, other = learned(AgentRolloutBuffer, on_arrival), learned(RolloutBuffer, on_arrival)
    for a, b in zip(parameters_of(one), parameters_of(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("on_arrival", "observation", "expected"),
    [
        ("disappear", "egocentric", AgentRolloutBuffer),
        ("disappear", "coordinates", AgentRolloutBuffer),
        ("disappear", "combined", AgentDictRolloutBuffer),
        ("stay", "coordinates", RolloutBuffer),
        ("stay", "combined", DictRolloutBuffer),
        ("restart", "egocentric", RolloutBuffer),
    ],
)
def test_ppo_takes_the_buffer_where_agents_disappear(on_arrival, observation, expected, tmp_path):
    env = make_env(on_arrival, observation)
    agent = gridpath_agents.make("ppo", env, seed=0, **SMALL)
    assert type(agent.rollout_buffer) is expected
    agent.learn(300)
    agent.save(tmp_path / "agent.zip")
    loaded = gridpath_agents.agent_class("ppo").load(tmp_path / "agent.zip", env=env)
    assert type(loaded.rollout_buffer) is expected
    observations = env.reset()
    np.testing.assert_array_equal(loaded.predict(observations)[0], agent.predict(observations)[0])
    loaded.learn(300)


def test_ppo_takes_what_it_is_given_and_sb3s_for_single_agents():
    given = gridpath_agents.make("ppo", make_env(), rollout_buffer_class=RolloutBuffer, **SMALL)
    assert type(given.rollout_buffer) is RolloutBuffer
    single = gridpath_agents.make("ppo", make_vec_env("GridPath-v0", 8), **SMALL)
    assert type(single.rollout_buffer) is RolloutBuffer


def test_gone_rows_are_many_where_agents_disappear():
    agent = gridpath_agents.make("ppo", make_env(), seed=0, **SMALL)
    agent.learn(640)
    assert 0.1 < len(agent.rollout_buffer.returns) / (40 * 16) < 0.9


def test_a_buffer_that_is_not_full_is_refused():
    with pytest.raises(RuntimeError, match="not full"):
        next(AgentRolloutBuffer(2, BOX, ACTIONS).get())


def test_normalised_observations_are_refused_where_they_hide_who_has_disappeared():
    env = make_vec_env("gridpath/mapf_v0", 2, env_kwargs={"num_agents": 2, "on_arrival": "disappear"})
    with pytest.raises(ConfigurationError, match=r"VecNormalize hides the zeros .* norm_obs=False"):
        gridpath_agents.make("ppo", VecNormalize(env))
    gridpath_agents.make("ppo", VecNormalize(env, norm_obs=False))
