"""Planners that play: what they say is what happens, in every environment that they take."""

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecMonitor

import gridpath_agents
from gridpath_agents.planners.validation import check_plan
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.errors import ConfigurationError, GridPathError
from gridpath_envs.maps import GridMap

WHOLE = ("lacam", "prioritised")
PLANNERS = (*WHOLE, "pibt")
QUICK = {"lacam": {"max_iterations": 300}}
ROOM = ".....\n.#.#.\n.....\n.#.#.\n....."


def make_env(num_envs=1, id="gridpath/mapf_v0", seed=0, **arguments):
    arguments = {"size": (8, 8), "density": 0.15, "num_agents": 8, "radius": 1, "time_limit": 100, **arguments}
    if "map" in arguments:
        del arguments["size"], arguments["density"]
    return make_vec_env(id, num_envs, seed=seed, env_kwargs=arguments)


def make_agent(name, env, **parameters):
    return gridpath_agents.make(name, env, **{**QUICK.get(name, {}), **parameters})


def play(env, agent, observations, steps=100, deterministic=True):
    """Step until every environment has ended once.

    Returns:
        Positions (T + 1, B, N, 2), repeated by those that have ended; whether each agent ended at its goal, (B, N); and
        whether any move was refused, as a number above 0.
    """
    vector = env.unwrapped.vector
    ended = ~vector.active
    success, refused, visited = ended.copy(), 0, [vector.positions]
    for _ in range(steps):
        actions, _ = agent.predict(observations, deterministic=deterministic)
        observations, _, dones, infos = env.step(actions)
        refused += int((vector.refused & ~ended).sum())
        where = np.where(ended[..., np.newaxis], visited[-1], vector.positions)
        for i, k in np.argwhere(dones.reshape(ended.shape) & ~ended):
            info = infos[i * vector.num_agents + k]
            # The environment may have begun anew since.
            success[i, k], where[i, k], ended[i, k] = info["is_success"], info["terminal_position"], True
            refused += info["num_collisions"]
        visited.append(where)
        if ended.all():
            break
    return np.stack(visited), success, refused


@pytest.mark.parametrize("on_arrival", ["stay", "disappear"])
@pytest.mark.parametrize("name", PLANNERS)
def test_no_move_of_a_planner_is_refused(name, on_arrival):
    env = make_env(6, on_arrival=on_arrival)
    _, success, refused = play(env, make_agent(name, env), env.reset())
    assert refused == 0
    assert success.mean() > 0.9


def test_greedy_agents_are_refused_moves_as_they_do_not_look_at_each_other():
    env = make_env(6)
    _, success, refused = play(env, gridpath_agents.make("greedy", env), env.reset(), deterministic=False)
    assert refused > 0 and 0.5 < success.mean() <= 1


def test_pibt_goes_on_where_goals_are_given_anew():
    env = make_env(4, "gridpath/lifelong_v0", time_limit=60)
    agent, observations = make_agent("pibt", env), env.reset()
    for _ in range(59):
        observations, _, dones, _ = env.step(agent.predict(observations)[0])
        assert not env.vector.refused.any() and not dones.any()
    infos = env.step(agent.predict(observations)[0])[3]
    assert sum(info["num_collisions"] for info in infos) == 0
    # An empty map of 8 x 8 has goals 5 cells apart: in 60 steps some 8 arrivals are in reach of each agent.
    assert np.mean([info["num_arrivals"] for info in infos]) > 5


def test_lacam_brings_every_agent_to_its_goal_where_it_is_crowded():
    env = make_env(10, size=(12, 12), density=0.2, num_agents=20)
    _, success, refused = play(env, make_agent("lacam", env), env.reset())
    assert success.all() and refused == 0


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_played_is_the_plan(name):
    env = make_env(2)
    agent = make_agent(name, env, seed=5)
    observations = env.reset()
    starts, goals, levels = env.vector.starts, env.vector.goals, env.vector.levels
    maps = [env.vector.grid_map(i) for i in range(2)]
    assert not np.array_equal(maps[0].blocked, maps[1].blocked)
    visited, success, _ = play(env, agent, observations)
    assert success.all()
    for i in range(2):
        plan = agent.plan(maps[i], starts[i], goals[i], seed=int(levels[i]) ^ 5)
        length = plan.makespan + 1
        np.testing.assert_array_equal(visited[:length, i], plan.positions[:length])
        check_plan(maps[i], starts[i], goals[i], visited[:length, i].astype(np.int32))


@pytest.mark.parametrize("name", PLANNERS)
def test_what_is_played_keeps_the_rules_of_plans(name):
    env = make_env(3, map=ROOM, num_agents=6)
    observations = env.reset()
    starts, goals = env.vector.starts, env.vector.goals
    visited, success, _ = play(env, make_agent(name, env), observations)
    for i in range(3):
        solved = bool(success[i].all())
        check_plan(env.vector.grid_map(i), starts[i], goals[i], visited[:, i].astype(np.int32), must_solve=solved)
    assert success.mean() > 0.6


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("on_arrival", ["stay", "disappear"])
def test_an_agent_that_is_set_to_a_running_episode_plans_the_rest_of_it(name, on_arrival):
    env = make_env(3, on_arrival=on_arrival)
    agent = make_agent(name, make_env(2, on_arrival=on_arrival))
    observations = env.reset()
    pibt = make_agent("pibt", env)
    for _ in range(4):
        observations = env.step(pibt.predict(observations)[0])[0]
    assert (env.vector.positions != env.vector.starts).any()
    agent.set_env(env)
    assert agent.env is env
    rest, success, refused = play(env, agent, observations)
    assert success.mean() > 0.9 and refused == 0
    assert len(rest) > 2


@pytest.mark.parametrize("name", WHOLE)
def test_where_agents_are_not_where_the_plan_has_them_it_is_made_anew(name):
    env = make_env(2)
    agent = make_agent(name, env)
    observations = env.reset()
    agent.predict(observations)
    for _ in range(3):
        # Steps that nobody planned.
        observations = env.step(np.full(env.num_envs, 1))[0]
    _, success, refused = play(env, agent, observations)
    assert success.all()
    assert refused <= 3 * env.num_envs


@pytest.mark.parametrize("name", PLANNERS)
def test_an_episode_that_begins_anew_is_planned_anew(name):
    env = make_env(2)
    agent = make_agent(name, env)
    observations, levels = env.reset(), [env.vector.levels.tolist()]
    for _ in range(3):
        before = env.vector.levels
        while (env.vector.levels == before).all():
            observations, _, dones, infos = env.step(agent.predict(observations)[0])
            for lane in np.flatnonzero(dones):
                assert infos[lane]["is_success"] and infos[lane]["num_collisions"] == 0
        levels.append(env.vector.levels.tolist())
    assert len({tuple(pair) for pair in levels}) == 4


@pytest.mark.parametrize("name", PLANNERS)
def test_an_episode_of_the_same_level_is_played_the_same_way_again(name):
    env = make_env(1, num_levels=1)
    agent = make_agent(name, env)
    observations = env.reset()
    runs = []
    for _ in range(2):
        actions = []
        while True:
            chosen, _ = agent.predict(observations)
            actions.append(chosen.tolist())
            observations, _, dones, _ = env.step(chosen)
            if dones.all():
                break
        runs.append(actions)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("name", PLANNERS)
def test_other_goals_for_the_same_starts_are_planned_anew(name):
    env = make_env(1, map=GridMap.from_text(".....\n....."), num_agents=2)
    agent = make_agent(name, env)
    for goals, actions in (([(0, 0), (1, 0)], [3, 3]), ([(0, 4), (1, 4)], [1, 1])):
        env.set_options({"starts": [(0, 2), (1, 2)], "goals": goals})
        assert agent.predict(env.reset())[0].tolist() == actions


@pytest.mark.parametrize("name", [*PLANNERS, "greedy"])
def test_wrappers_of_sb3_are_seen_through(name):
    env = VecMonitor(make_env(2))
    _, success, _ = play(env, make_agent(name, env), env.reset(), deterministic=False)
    assert success.mean() > 0.5


@pytest.mark.parametrize("name", [*PLANNERS, "greedy"])
def test_another_number_of_agents_and_environments_may_follow(name):
    agent = make_agent(name, make_env(1))
    env = make_env(3, size=(5, 6), density=0.0, num_agents=3, seed=9)
    agent.set_env(env)
    actions, state = agent.predict(env.reset())
    assert actions.shape == (9,) and actions.dtype == np.int64 and state is None


def test_where_no_plan_is_found_agents_stay_where_they_are():
    # Two have to change places in a corridor.
    env = make_env(1, map=GridMap.from_text("..."), num_agents=2, time_limit=6)
    options = {"starts": [(0, 0), (0, 2)], "goals": [(0, 2), (0, 0)]}
    for name in WHOLE:
        agent = make_agent(name, env)
        env.set_options(options)
        observations = env.reset()
        for _ in range(5):
            actions, _ = agent.predict(observations)
            assert actions.tolist() == [4, 4]
            observations = env.step(actions)[0]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("lacam", {"id": "gridpath/lifelong_v0"}, "gives new goals on the way; pibt does not"),
        ("prioritised", {"on_arrival": "restart"}, "gives new goals on the way; pibt does not"),
        ("lacam", {"conflicts": "block_both"}, "which conflicts='block_both' refuses"),
        ("prioritised", {"conflicts": "priority"}, "which conflicts='priority' refuses"),
    ],
)
def test_environments_in_which_plans_cannot_be_carried_out_are_refused(name, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        make_agent(name, make_env(**arguments))


@pytest.mark.parametrize("name", [*PLANNERS, "greedy"])
def test_preferences_for_actions_are_refused(name):
    env = make_vec_env("gridpath/mapf_v0", 1, continuous_actions=True)
    with pytest.raises(ConfigurationError, match="with discrete actions"):
        make_agent(name, env)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("lacam", {"max_iterations": -1}, "max_iterations: expected a whole number"),
        ("lacam", {"time_limit": -0.5}, "time_limit: expected a number"),
        ("lacam", {"time_limit": "long"}, "time_limit: expected a number"),
        ("lacam", {"improve": 3}, "improve: expected"),
        ("lacam", {"max_iterations": None}, "needs one of them to stop"),
        ("prioritised", {"max_restarts": 1.5}, "max_restarts: expected a whole number"),
        ("prioritised", {"max_restarts": None}, "needs one of them to stop"),
        ("pibt", {"time_limit": 1.0}, "unknown parameter 'time_limit'"),
        ("greedy", {"max_restarts": 1}, "unknown parameter 'max_restarts'"),
        ("lacam", {"max_restarts": 1}, "unknown parameter 'max_restarts'"),
    ],
    ids=str,
)
def test_wrong_parameters_are_refused(name, parameters, message):
    with pytest.raises(GridPathError, match=message):
        gridpath_agents.make(name, make_env(), **parameters)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lacam", {"seed": 3, "time_limit": 5.0, "improve": False, "max_iterations": 7}),
        ("prioritised", {"seed": 4, "time_limit": None, "max_restarts": 2}),
        ("pibt", {"seed": None}),
        ("greedy", {"seed": 6}),
    ],
)
def test_a_loaded_planner_has_the_parameters_that_it_was_saved_with(name, parameters, tmp_path):
    env = make_env()
    gridpath_agents.make(name, env, **parameters).save(tmp_path / "agent")
    loaded = gridpath_agents.agent_class(name).load(tmp_path / "agent", env=env)
    assert {key: getattr(loaded, key) for key in parameters} == parameters


def test_greedy_waits_at_its_goal_and_takes_the_first_of_equal_ways():
    env = make_env(1, map=GridMap.from_text("...\n...\n..."), num_agents=2)
    env.set_options({"starts": [(2, 0), (0, 0)], "goals": [(0, 2), (0, 1)]})
    agent, observations = gridpath_agents.make("greedy", env), env.reset()
    assert agent.predict(observations)[0].tolist() == [0, 1]
    observations = env.step(np.array([4, 1]))[0]
    assert agent.predict(observations)[0].tolist() == [0, 4]
    ways = {agent.predict(observations, deterministic=False)[0][0] for _ in range(50)}
    assert ways == {0, 1}
