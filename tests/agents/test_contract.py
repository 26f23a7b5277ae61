"""What every agent keeps, found through the registry."""

import numpy as np
import pytest
from stable_baselines3.common.evaluation import evaluate_policy

import gridpath_agents
from gridpath_agents import AGENTS
from gridpath_agents.archive import CheckpointError
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.errors import ConfigurationError, GridPathError, UnknownNameError

SMALL = "S..#.\n.#...\n.....\n.##.#\n....G"
# Enough for each learner to solve the small map; deep ones on few lanes, so that it takes seconds.
BUDGETS = {
    "q_learning": (20_000, 4, {}),
    "dqn": (
        12_000,
        8,
        {
            "learning_starts": 500,
            "exploration_fraction": 0.5,
            "target_update_interval": 200,
            "n_steps": 3,
            "learning_rate": 1e-3,
            "batch_size": 64,
            "policy_kwargs": {"net_arch": [64]},
            "train_freq": 1,
        },
    ),
    "ppo": (
        16_000,
        16,
        {
            "n_steps": 32,
            "batch_size": 128,
            "learning_rate": 3e-3,
            "ent_coef": 0.01,
            "policy_kwargs": {"net_arch": [64]},
        },
    ),
}
BUDGETS["her_dqn"] = (12_000, 8, {**BUDGETS["dqn"][2], "n_steps": 1, "gamma": 0.95, "gradient_steps": 1})
BUDGETS["sac"] = (
    4_000,
    8,
    {
        "learning_rate": 3e-3,
        "learning_starts": 500,
        "batch_size": 64,
        "gradient_steps": 2,
        "policy_kwargs": {"net_arch": [64, 64]},
    },
)
# Agents that are for other environments than GridPath-v0.
ENVIRONMENTS = {
    "her_dqn": ("GridPathGoal-v0", {"observation": "position"}),
    "sac": ("GridPathContinuous-v0", {"max_speed": 5.0}),
}
# Those for many agents, who need a map without a start and a goal for one.
JOINT = ("greedy", "lacam", "pibt", "prioritised")
JOINT_CASE = ("gridpath/mapf_v0", {"map": SMALL.replace("S", ".").replace("G", "."), "num_agents": 3})
ENVIRONMENTS |= dict.fromkeys(JOINT, JOINT_CASE)
# They read the environment that they are set to, and not its observations.
READERS = ("shortest_path", *JOINT)
NAMES = sorted(AGENTS)


def make_env(name, num_envs=2, **env_kwargs):
    id, own = ENVIRONMENTS.get(name, ("GridPath-v0", {}))
    kwargs = {"map": SMALL, "time_limit": 60, **own, **gridpath_agents.load_preset(name, id).env_kwargs}
    return make_vec_env(id, num_envs, seed=3, env_kwargs={**kwargs, **env_kwargs})


def make_agent(name, num_envs=None, seed=0):
    _, lanes, parameters = BUDGETS.get(name, (0, 2, {}))
    return gridpath_agents.make(name, make_env(name, num_envs or lanes), seed=seed, **parameters)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_are_actions_one_for_each_observation(name):
    agent = make_agent(name, num_envs=4)
    env = make_env(name, num_envs=4)
    agent.set_env(env)
    observations = env.reset()
    for deterministic in (True, False):
        actions, state = agent.predict(observations, deterministic=deterministic)
        assert actions.shape == (env.num_envs, *env.action_space.shape) and actions.dtype == env.action_space.dtype
        assert all(env.action_space.contains(action) for action in actions)
        assert state is None
        env.step(actions)


@pytest.mark.parametrize("name", ["random", "dqn", "ppo"])
def test_agents_that_go_by_observations_share_parameters_among_many_agents(name, tmp_path):
    env = make_vec_env(JOINT_CASE[0], 2, seed=3, env_kwargs={**JOINT_CASE[1], "time_limit": 20})
    small = {"dqn": {"learning_starts": 50}, "ppo": {"n_steps": 8, "batch_size": 16}}.get(name, {})
    agent = gridpath_agents.make(name, env, seed=0, **small)
    agent.learn(300)
    agent.save(tmp_path / "agent")
    # Learned by six lanes, played by three: as many agents as the environment has.
    other = make_vec_env(JOINT_CASE[0], 1, seed=4, env_kwargs=JOINT_CASE[1])
    loaded = gridpath_agents.agent_class(name).load(tmp_path / "agent", env=other)
    observations = other.reset()
    masks = other.action_masks()
    for deterministic in (True, False):
        actions, _ = loaded.predict(observations, deterministic=deterministic, action_masks=masks)
        assert actions.shape == (3,) and masks[np.arange(3), actions].all()
        other.step(actions)


def test_agents_of_another_kind_of_environment_say_so():
    many, one = (make_vec_env(id, 1, env_kwargs=kwargs) for id, kwargs in (JOINT_CASE, ("GridPath-v0", {})))
    with pytest.raises(ConfigurationError, match=r"shortest_path: is for one agent; where there are many, 'greedy'"):
        gridpath_agents.make("shortest_path", many)
    for name in JOINT:
        with pytest.raises(ConfigurationError, match=f"{name}: plans for many agents; expected the VecEnv of"):
            gridpath_agents.make(name, one)
        agent = gridpath_agents.make(name, many)
        with pytest.raises(ConfigurationError, match=f"{name}: plans for many agents; expected the VecEnv of"):
            agent.set_env(one)


@pytest.mark.parametrize("name", ["random", "q_learning", "dqn", "ppo"])
@pytest.mark.parametrize("deterministic", [True, False])
def test_a_masked_action_is_never_taken(name, deterministic):
    agent = make_agent(name, num_envs=64)
    observations = agent.env.reset()
    rng = np.random.default_rng(0)
    for _ in range(30):
        masks = rng.random((64, 4)) < 0.4
        masks[np.arange(64), rng.integers(0, 4, 64)] = True
        actions, _ = agent.predict(observations, deterministic=deterministic, action_masks=masks)
        assert masks[np.arange(64), actions].all()


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_act_and_learn_equally(name):
    observations = make_env(name, num_envs=2).reset()
    results = []
    for _ in range(2):
        agent = make_agent(name, seed=11)
        assert agent.learn(2_000) is agent
        if name in READERS:
            agent.env.reset()
        results.append([agent.predict(observations, deterministic=False)[0].tolist() for _ in range(20)])
    assert results[0] == results[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_agent_acts_like_the_original(name, tmp_path):
    agent = make_agent(name)
    agent.learn(1_000)
    agent.save(tmp_path / "agent")
    env = make_env(name, num_envs=2)
    loaded = gridpath_agents.agent_class(name).load(tmp_path / "agent", env=env)
    if name in ("random", *READERS):
        # One has a stream of its own, which a loaded agent begins anew; the others read what they are set to.
        agent = gridpath_agents.make(name, env)
    observations = env.reset()
    for _ in range(10):
        actions, _ = loaded.predict(observations)
        np.testing.assert_array_equal(actions, agent.predict(observations)[0])
        observations = env.step(actions)[0]


@pytest.mark.parametrize("name", sorted(BUDGETS))
def test_every_learner_solves_a_small_map_in_seconds(name):
    agent = make_agent(name)
    total, _, _ = BUDGETS[name]
    agent.learn(total)
    env = make_env(name, num_envs=1)
    returns, lengths = evaluate_policy(agent, env, n_eval_episodes=1, deterministic=True, return_episode_rewards=True)
    if name == "sac":
        # From corner to corner it is 6.6 cells with arcs around walls, and a step makes half a cell.
        assert lengths[0] <= 16
        return
    assert lengths == [8]
    assert returns[0] == pytest.approx(-7 if name == "her_dqn" else 1 - 0.08, abs=1e-5)


def test_the_oracle_is_optimal_on_every_level_and_the_random_agent_is_not():
    env = make_vec_env("GridPath-v0", 200, seed=0, env_kwargs={"time_limit": 1.0})
    for name, success in (("shortest_path", 1.0), ("random", 0.0)):
        agent = gridpath_agents.make(name, env)
        observations = env.reset()
        solved, done = np.zeros(200), np.zeros(200, dtype=bool)
        while not done.all():
            observations, _, dones, infos = env.step(agent.predict(observations)[0])
            for lane in np.flatnonzero(dones & ~done):
                solved[lane] = infos[lane]["is_success"]
            done |= dones
        assert solved.mean() == pytest.approx(success, abs=0.15)
        if name == "shortest_path":
            assert solved.all()


def test_the_random_agent_takes_every_action_equally_often():
    agent = make_agent("random", num_envs=4000)
    actions, _ = agent.predict(agent.env.reset())
    assert np.bincount(actions, minlength=4) == pytest.approx(1000, abs=120)


def test_unknown_agents_and_parameters_are_named():
    env = make_env("q_learning")
    with pytest.raises(UnknownNameError, match=r"unknown agent 'q_lerning' \(did you mean 'q_learning'\?\)"):
        gridpath_agents.make("q_lerning", env)
    for name in NAMES:
        with pytest.raises(ConfigurationError, match="learning_raet"):
            gridpath_agents.make(name, make_env(name), learning_raet=1)
    with pytest.raises(UnknownNameError, match="unknown agent"):
        gridpath_agents.load_preset("ppa", "GridPath-v0")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_no_agent_of_its_kind_is_refused(name, tmp_path):
    cls, env = gridpath_agents.agent_class(name), make_env(name)
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(b"PK\x03\x04 not an archive")
    other = tmp_path / "other"
    make_agent("dqn" if name in ("ppo", "random") else "ppo").save(other.with_suffix(".zip"))
    make_agent("random" if name != "random" else "shortest_path").save(other.with_suffix(".npz"))
    for file in (damaged, tmp_path / "missing.npz", other.with_suffix(".zip"), other.with_suffix(".npz")):
        with pytest.raises(CheckpointError, match=file.name):
            cls.load(file, env=env)


@pytest.mark.parametrize("name", ["random", "q_learning"])
def test_no_damage_to_a_file_gives_anything_but_a_named_error(name, tmp_path):
    path = tmp_path / "agent.npz"
    make_agent(name).save(path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            gridpath_agents.agent_class(name).load(path, env=make_env(name))
        except GridPathError:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_vec_env_is_refused(name):
    for env in (None, 5, "GridPath-v0"):
        with pytest.raises(ConfigurationError, match=r"expected (a|the) VecEnv"):
            gridpath_agents.make(name, env)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "a", True])
def test_wrong_seeds_are_refused(name, seed):
    with pytest.raises(ConfigurationError, match="seed: expected a whole number from 0"):
        gridpath_agents.make(name, make_env(name), seed=seed)


@pytest.mark.parametrize("name", ["random", "q_learning", "dqn", "ppo"])
def test_wrong_masks_are_refused_and_integers_are_taken(name):
    agent = make_agent(name, num_envs=4)
    observations = agent.env.reset()
    for masks in (np.ones((4, 3)), np.ones((3, 4), dtype=bool), np.ones((4, 4)), [[True], [True, False]]):
        with pytest.raises(ConfigurationError, match="action_masks: expected booleans of shape"):
            agent.predict(observations, action_masks=masks)
    masks = np.zeros((4, 4), dtype=np.int8)
    with pytest.raises(ConfigurationError, match="one of them allows no action"):
        agent.predict(observations, action_masks=masks)
    masks[:, 2] = 1
    assert agent.predict(observations, action_masks=masks)[0].tolist() == [2, 2, 2, 2]


def test_the_shortest_path_agent_steps_aside_for_what_is_in_its_way():
    env = make_vec_env("GridPathTraffic-v0", 100, seed=0, env_kwargs={"time_limit": 500})
    agent = gridpath_agents.make("shortest_path", env, seed=0)
    observation, solved = env.reset(), np.zeros(100, dtype=bool)
    for _ in range(500):
        observation, _, dones, infos = env.step(agent.predict(observation)[0])
        solved |= [done and info["is_success"] for done, info in zip(dones, infos, strict=True)]
    assert solved.all()
