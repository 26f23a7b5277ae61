"""Goal-conditioned environments: goals apart from the observation, rewards of any goal, and hindsight replay."""

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import DQN, SAC, HerReplayBuffer
from stable_baselines3.common.env_util import make_vec_env as sb3_make_vec_env

from configurations import lane_of, random_actions
from gridpath_envs import RewardConfig
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.tasks import OBSERVATIONS

CASES = [
    ("GridPathGoal-v0", {"size": (6, 6), "time_limit": 15}),
    ("GridPathGoal-v0", {"size": (5, 7), "moves": "octile", "stay": True, "reward": RewardConfig(goal=1.0, step=-1.0)}),
    ("GridPathContinuous-v0", {"goal_conditioned": True, "size": (5, 5), "max_speed": 8, "time_limit": 30}),
]


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_the_reward_of_a_step_is_that_of_its_goals_one_by_one_and_all_at_once(id, arguments):
    envs = gymnasium.make_vec(id, num_envs=30, autoreset_mode="Disabled", **arguments).unwrapped
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    successes = 0
    for _ in range(150):
        observations, rewards, terminated, truncated, infos = envs.step(
            random_actions(envs.single_action_space, rng, 30)
        )
        achieved, desired = observations["achieved_goal"], observations["desired_goal"]
        computed = envs.compute_reward(achieved, desired, infos)
        assert computed.dtype == np.float32
        np.testing.assert_array_equal(computed, rewards)
        np.testing.assert_array_equal(envs.compute_terminated(achieved, desired, infos), terminated)
        assert not envs.compute_truncated(achieved, desired, infos).any()
        for lane in (0, 7):
            assert envs.compute_reward(achieved[lane], desired[lane], {}) == rewards[lane]
        successes += terminated.sum()
        done = terminated | truncated
        if done.any():
            envs.reset(options={"reset_mask": done})
    assert successes > 20
    pairs = envs.compute_reward(achieved[:, None].repeat(4, 1), desired[None, :4].repeat(30, 0), None)
    assert pairs.shape == (30, 4)
    for lane in range(30):
        for other in range(4):
            assert pairs[lane, other] == envs.compute_reward(achieved[lane], desired[other])


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_goals_are_where_agent_and_goal_are_also_after_they_changed(id, arguments):
    envs = gymnasium.make_vec(id, num_envs=5, autoreset_mode="SameStep", **arguments).unwrapped
    rng = np.random.default_rng(1)

    def check(observations):
        middle = 0.0 if id == "GridPathGoal-v0" else 0.5
        np.testing.assert_array_equal(observations["desired_goal"], (envs.goals + middle).astype(np.float32))
        np.testing.assert_array_equal(observations["achieved_goal"], envs.positions.astype(np.float32))

    check(envs.reset(seed=0)[0])
    goals = set()
    for step in range(200):
        observations, *_ = envs.step(random_actions(envs.single_action_space, rng, 5))
        check(observations)
        goals |= set(map(tuple, envs.goals.tolist()))
        if step % 20 == 0:
            state = envs.get_state()
            check(
                envs.reset(options={"goal": (0, 0), "start": (1, 0), "level": 3})[0] if step == 0 else envs.reset()[0]
            )
            envs.set_state(state[::-1])
            check(envs.observe())
    assert len(goals) > 10


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_nothing_but_the_desired_goal_shows_the_goal(observation):
    text = "....\n.#..\n...."
    env = gymnasium.make("GridPathGoal-v0", map=text, observation=observation).unwrapped
    seen = []
    for goal in ((0, 3), (2, 0)):
        first, _ = env.reset(options={"start": (0, 0), "goal": goal})
        second = env.step(1)[0]
        assert first["desired_goal"].tolist() == list(goal)
        seen.append((first["observation"], second["observation"]))
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])
    # And what else there is, it does show.
    assert not np.array_equal(seen[0][0], seen[0][1])


def test_environments_without_goals_do_not_compute_rewards():
    env = gymnasium.make("GridPath-v0").unwrapped
    assert not hasattr(env, "compute_reward")
    vec_env = make_vec_env("GridPath-v0", 2)
    with pytest.raises(AttributeError):
        vec_env.get_attr("compute_reward")
    with pytest.raises(ConfigurationError, match="needs an environment that is goal_conditioned"):
        vec_env.env_method("compute_reward", np.zeros((1, 2)), np.zeros((1, 2)), [{}])


@pytest.mark.parametrize(
    "goals",
    [
        (np.zeros((3, 2)), np.zeros((4, 2))),
        (np.zeros(3), np.zeros(3)),
        (np.zeros((3, 2), dtype=bool), np.zeros((3, 2))),
        (None, np.zeros((3, 2))),
        ([["a", "b"]], [["a", "b"]]),
    ],
    ids=str,
)
def test_goals_that_are_none_are_named(goals):
    env = gymnasium.make("GridPathGoal-v0").unwrapped
    with pytest.raises(ConfigurationError, match="compute_reward: expected two arrays of numbers of one shape"):
        env.compute_reward(*goals, {})


@pytest.mark.parametrize("name", ["path", "collision", "hole", "shaping"])
def test_rewards_that_goals_do_not_tell_are_refused(name):
    with pytest.raises(ConfigurationError, match=rf"reward\.{name}: must be 0 where goal_conditioned"):
        gymnasium.make("GridPathGoal-v0", reward=RewardConfig(**{name: 0.5}))


def small_her(algorithm, env, **arguments):
    return algorithm(
        "MultiInputPolicy",
        env,
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs={"n_sampled_goal": 4, "goal_selection_strategy": "future"},
        learning_starts=200,
        policy_kwargs={"net_arch": [64, 64]},
        seed=0,
        **arguments,
    )


@pytest.mark.parametrize("native", [True, False])
def test_what_hindsight_replay_samples_has_the_rewards_of_its_goals(native):
    make = make_vec_env if native else sb3_make_vec_env
    env = make("GridPathGoal-v0", 4, seed=0, env_kwargs={"size": (5, 5), "time_limit": 12})
    model = small_her(DQN, env, buffer_size=5000)
    model.learn(1500)
    batch = model.replay_buffer.sample(2000)
    achieved = batch.next_observations["achieved_goal"].numpy()
    desired = batch.next_observations["desired_goal"].numpy()
    reached = (achieved == desired).all(axis=1)
    np.testing.assert_allclose(batch.rewards.numpy()[:, 0], np.where(reached, 0.0, -1.0))
    # Random play in so short episodes hardly ever reaches what was meant, but always what was reached.
    assert reached.mean() > 0.15


@pytest.mark.parametrize("num_envs", [1, 8])
def test_dqn_with_hindsight_learns_a_small_map_on_single_and_vector_environments(num_envs):
    arguments = {"map": "...#\n.#..\n...#\n#...", "observation": "position", "time_limit": 20}
    if num_envs == 1:
        env = gymnasium.make("GridPathGoal-v0", **arguments)
    else:
        env = make_vec_env("GridPathGoal-v0", num_envs, seed=0, env_kwargs=arguments)
    model = small_her(
        DQN,
        env,
        buffer_size=20_000,
        learning_rate=2e-3,
        gamma=0.9,
        batch_size=64,
        train_freq=1 if num_envs > 1 else 8,
        gradient_steps=3,
        target_update_interval=200,
        exploration_fraction=0.6,
    )
    model.learn(8_000)
    test = gymnasium.make_vec("GridPathGoal-v0", num_envs=100, autoreset_mode="Disabled", **arguments)
    observations, _ = test.reset(seed=5)
    solved, running = np.zeros(100, dtype=bool), np.ones(100, dtype=bool)
    for _ in range(20):
        actions, _ = model.predict(observations, deterministic=True)
        observations, _, terminated, truncated, _ = test.step(actions)
        solved |= terminated & running
        running &= ~(terminated | truncated)
        done = terminated | truncated
        if done.any():
            observations, _ = test.reset(options={"reset_mask": done})
    assert solved.mean() > 0.9


def test_continuous_control_with_hindsight_runs():
    env = make_vec_env("GridPathContinuous-v0", 2, env_kwargs={"goal_conditioned": True, "time_limit": 20})
    model = small_her(SAC, env, buffer_size=1000, gradient_steps=1, batch_size=32)
    model.learn(300)
    assert env.action_space.contains(model.predict(lane_of(env.reset(), 0))[0])
