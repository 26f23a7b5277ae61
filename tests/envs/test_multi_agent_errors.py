"""Mistakes with many agents: one named error each, which says what is allowed."""

import math

import numpy as np
import pettingzoo
import pytest

from gridpath_envs import GridMultiAgentVectorEnv, RewardConfig, lifelong_v0, mapf_v0
from gridpath_envs.errors import (
    ConfigurationError,
    InfeasibleLevelError,
    InvalidActionError,
    InvalidOptionError,
    InvalidStateError,
    ResetNeededError,
    UnknownNameError,
)
from joint_configurations import OPEN, cells_of

# Two halves that do not reach each other.
HALVES = "...#...\n...#..."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_agents": 0}, "num_agents: expected a whole number from 1 to 16384, got 0"),
        ({"num_agents": 2.0}, "num_agents: expected a whole number"),
        ({"num_agents": True}, "num_agents: expected a whole number"),
        ({"size": (4, 4), "num_agents": 17}, "num_agents: 17 agents are more than the map's 16 free cells"),
        ({"map": "..#\n..#", "num_agents": 5}, "num_agents: 5 agents are more than the map's 4 free cells"),
        ({"map": "..#\n..#"}, "num_agents: 8 agents are more than the map's 4 free cells"),
        ({"map": "S..\n..."}, "map: has a start or a goal, which are for one agent; give starts and goals as options"),
        ({"map": "..G\n..."}, "map: has a start or a goal"),
        ({"map": "..H\n..."}, "map: has holes or portals, which are for one agent"),
        ({"map": "1..\n..1"}, "map: has holes or portals"),
        ({"map": OPEN, "size": (5, 5)}, "size: has no meaning together with map"),
        ({"conflicts": "hard"}, "conflicts: got 'hard', allowed: 'soft', 'priority', 'block_both'"),
        ({"conflicts": None}, "conflicts: got None"),
        ({"on_arrival": "finish"}, "on_arrival: got 'finish', allowed: 'stay', 'disappear', 'restart'"),
        ({"team_weight": 1.5}, "team_weight: expected a number from 0.0 to 1.0, got 1.5"),
        ({"team_weight": float("nan")}, "team_weight: expected a number"),
        ({"check_reachable": 1}, "check_reachable: expected True or False, got 1"),
        ({"mask_in_info": 1}, "mask_in_info: expected True or False, got 1"),
        ({"observation": "global"}, "observation: got 'global', allowed: 'egocentric', 'coordinates', 'combined'"),
        ({"observation": "coordinates", "radius": 3}, "radius: has no meaning for observation='coordinates'"),
        ({"radius": 0}, "radius: expected a whole number from 1 to 64, got 0"),
        ({"reward": RewardConfig(hole=-1.0)}, "reward.hole: there are no holes where many agents are"),
        ({"reward": 1.0}, "reward: expected a RewardConfig"),
        ({"time_limit": 0}, "time_limit: expected a whole number from 1"),
        ({"max_cycles": 0}, "max_cycles: expected a whole number from 1"),
        ({"max_episode_steps": 5}, "max_episode_steps: is called max_cycles here"),
        ({"num_envs": 2}, "num_envs: is for GridMultiAgentVectorEnv"),
        ({"num_threads": 2}, "num_threads: is for GridMultiAgentVectorEnv"),
        ({"render_mode": "svg"}, "render_mode: got 'svg', allowed: None, human, ansi, rgb_array"),
        ({"first_level": 3}, "first_level: needs num_levels"),
        ({"split": "valid"}, "split: got 'valid', allowed: None, 'train', 'test'"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_named_with_what_is_allowed(arguments, message):
    for make in (
        mapf_v0.parallel_env,
        mapf_v0.env,
        lambda **given: pettingzoo.make("aec", "gridpath/mapf_v0", **given),
    ):
        with pytest.raises(ConfigurationError, match=message.replace("(", r"\(")):
            make(**arguments)


@pytest.mark.parametrize("name", ["length_range", "detour_range", "goal_conditioned", "moves", "stay", "slip", "trail"])
def test_what_only_one_agent_has_is_no_argument_of_many(name):
    with pytest.raises(UnknownNameError, match=f"unknown argument '{name}'.*known: block_size, check_reachable"):
        mapf_v0.parallel_env(**{name: True})
    with pytest.raises(UnknownNameError, match=f"unknown argument '{name}'"):
        GridMultiAgentVectorEnv("gridpath/mapf_v0", 2, **{name: True})


def test_an_argument_that_is_nearly_one_is_asked_for():
    with pytest.raises(UnknownNameError, match=r"unknown argument 'conflict' \(did you mean 'conflicts'\?\)"):
        lifelong_v0.parallel_env(conflict="soft")


@pytest.mark.parametrize(
    ("rows", "num_agents", "on_arrival"),
    [
        ([".#.", "#.#", ".#."], 1, "stay"),
        (["..#.", "..##"], 5, "stay"),
        (["...", "..."], 6, "restart"),
        (["..#..", "..#.."], 7, "restart"),
    ],
)
def test_where_there_is_no_room_for_all_the_agents_none_is_made(rows, num_agents, on_arrival):
    with pytest.raises(InfeasibleLevelError, match=f"no level was found with {num_agents} different starts") as caught:
        mapf_v0.parallel_env(map=rows, num_agents=num_agents, on_arrival=on_arrival)
    assert ("needs a cell more than agents" in str(caught.value)) is (on_arrival == "restart")
    mapf_v0.parallel_env(map=[*rows, "." * len(rows[0])], num_agents=num_agents, on_arrival=on_arrival)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"starts": [(0, 0)]}, r"starts: expected integers of shape \(2, 2\), a cell \(row, col\) an agent, got"),
        ({"goals": [(0, 0), (0, 1), (0, 2)]}, r"goals: expected integers of shape \(2, 2\)"),
        ({"goals": [(0.0, 0.0), (0.0, 1.0)]}, r"goals: expected integers of shape \(2, 2\)"),
        ({"starts": [(0, 0), (0,)]}, r"starts: expected integers of shape \(2, 2\)"),
        ({"starts": "ab"}, r"starts: expected integers of shape \(2, 2\)"),
        ({"starts": [(0, 1), (0, 1)]}, r"starts: agents 0 and 1 have the same cell \(0, 1\)"),
        ({"goals": [(2, 3), (2, 3)]}, r"goals: agents 0 and 1 have the same cell \(2, 3\)"),
        ({"starts": [(0, 0), (0, 6)]}, r"starts: \(0, 6\) of agent 1 lies outside the map of 5 x 6 cells"),
        ({"goals": [(-1, 0), (0, 0)]}, r"goals: \(-1, 0\) of agent 0 lies outside"),
        (
            {"starts": [(0, 0), (1, 2)]},
            r"starts: cell \(1, 2\) is blocked \(a wall\); a free cell is needed, for agent 1",
        ),
        (
            {"goals": [(3, 3), (0, 0)]},
            r"goals: cell \(3, 3\) is blocked \(a wall\); a free cell is needed, for agent 0",
        ),
        ({"level": -1}, "level: expected a whole number from 0"),
        ({"level": 1, "episode_seeds": 2}, "level and episode_seeds both choose the level"),
        ({"episode_seeds": 1.5}, "episode_seeds: expected a whole number from 0"),
    ],
    ids=str,
)
def test_a_wrong_option_is_named_and_the_episode_goes_on(options, message):
    env = mapf_v0.parallel_env(map=OPEN, num_agents=2)
    env.reset(seed=0)
    env.step(dict.fromkeys(env.agents, 1))
    state = env.get_state()
    with pytest.raises(InvalidOptionError, match=message):
        env.reset(seed=1, options=options)
    np.testing.assert_array_equal(env.get_state(), state)
    env.step(dict.fromkeys(env.agents, 1))


def test_a_seed_that_is_none_is_named():
    env = mapf_v0.parallel_env(num_agents=2)
    for seed in (-1, 1.5, "a", 2**64):
        with pytest.raises(InvalidOptionError, match="seed: expected a whole number from 0"):
            env.reset(seed=seed)
    with pytest.raises(InvalidOptionError, match="options: expected a dict, got list"):
        env.reset(options=[])


def test_a_blocked_cell_of_a_map_that_is_drawn_is_named():
    env = mapf_v0.parallel_env(size=(6, 6), density=0.4, num_agents=2, num_levels=1)
    env.reset(seed=0)
    (wall, free) = (cells_of(np.argwhere(env.grid_map.blocked == blocked)) for blocked in (True, False))
    with pytest.raises(InfeasibleLevelError, match=r"starts: cell .* of agent 1 is blocked on its map"):
        env.reset(options={"starts": [free[0], wall[0]]})


def test_goals_out_of_reach_are_an_error_unless_they_are_allowed():
    options = {"starts": [(0, 0), (0, 1)], "goals": [(1, 0), (1, 6)]}
    env = mapf_v0.parallel_env(map=HALVES, num_agents=2)
    with pytest.raises(InfeasibleLevelError, match=r"goals: that of agent 1 is out of reach .*check_reachable=False"):
        env.reset(options=options)
    shaped = RewardConfig(shaping=1.0, step=0.0, discount=1.0)
    env = mapf_v0.parallel_env(map=HALVES, num_agents=2, check_reachable=False, time_limit=2.0, reward=shaped)
    infos = env.reset(options=options)[1]
    assert [info["optimal_length"] for info in infos.values()] == [1.0, math.inf]
    assert env.distance_to_goal().tolist() == [1.0, math.inf]
    assert env.optimal_actions().any(axis=1).tolist() == [True, False]
    # The longest of those that can be reached says how long there is; and no potential is infinite.
    assert env.step({"agent_0": 4, "agent_1": 1})[1] == {"agent_0": 0.0, "agent_1": 0.0}
    assert all(env.step({"agent_0": 4, "agent_1": 4})[3].values())


def test_starts_that_leave_no_room_for_goals_are_an_error():
    env = mapf_v0.parallel_env(map=["..#....."], num_agents=3)
    env.reset(seed=0, options={"starts": [(0, 0), (0, 1), (0, 3)]})
    assert set(cells_of(env.goals[:2])) == {(0, 0), (0, 1)} and env.goals[0].tolist() != [0, 0]
    lone = mapf_v0.parallel_env(map=[".#....."], num_agents=2)
    for name in ("starts", "goals"):
        with pytest.raises(InfeasibleLevelError, match="not enough room within reach of them"):
            lone.reset(options={name: [(0, 0), (0, 3)]})
    new_goals = lifelong_v0.parallel_env(map=["..#....."], num_agents=2)
    with pytest.raises(InfeasibleLevelError, match="not enough room"):
        new_goals.reset(options={"starts": [(0, 0), (0, 1)], "goals": [(0, 1), (0, 0)]})


def test_where_goals_are_drawn_anew_those_of_agents_that_never_come_leave_one_to_draw():
    starts, goals = [(0, 0), (0, 1), (0, 4)], [(0, 4), (0, 6), (0, 5)]
    for cells, is_room in ("...#...", False), ("...#....", True):
        env = lifelong_v0.parallel_env(map=[cells], num_agents=3, check_reachable=False)
        if is_room:
            env.reset(options={"starts": starts, "goals": goals})
            env.step({"agent_0": 4, "agent_1": 4, "agent_2": 1})
            assert cells_of(env.goals) == [(0, 4), (0, 6), (0, 7)]
        else:
            with pytest.raises(InfeasibleLevelError, match="not enough room"):
                env.reset(options={"starts": starts, "goals": goals})


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({"agent_0": 1}, "actions: that of agent_1 is missing; needed of each of env.agents"),
        ({}, "actions: that of agent_0 is missing"),
        ({"agent_0": 1, "agent_1": 1, "agent_2": 1}, "there is no agent 'agent_2'; they are agent_0 to agent_1"),
        ({"agent_0": 5, "agent_1": 1}, "actions: of agent_0: action: got 5, allowed: 0 to 4"),
        ({"agent_0": 1, "agent_1": -1}, "actions: of agent_1: action: got -1, allowed: 0 to 4"),
        ({"agent_0": 1.0, "agent_1": 1}, "actions: of agent_0: action: expected an integer from 0 to 4"),
        ({"agent_0": None, "agent_1": 1}, "actions: of agent_0: action: expected an integer from 0 to 4, got None"),
        ({"agent_0": True, "agent_1": 1}, "actions: of agent_0: action: got True"),
        ([1, 1], r"actions: expected a dict with an action for each agent, got \[1, 1\]"),
    ],
    ids=str,
)
def test_a_wrong_action_is_named_and_nobody_moves(actions, message):
    env = mapf_v0.parallel_env(size=(5, 5), num_agents=2)
    env.reset(seed=0)
    state = env.get_state()
    with pytest.raises(InvalidActionError, match=message):
        env.step(actions)
    np.testing.assert_array_equal(env.get_state(), state)


def test_whose_episode_has_ended_acts_no_more():
    env = mapf_v0.parallel_env(map=["...."], num_agents=2, on_arrival="disappear")
    with pytest.raises(ResetNeededError, match="step: there is no agent left, or there was no reset yet"):
        env.step({})
    for question in (
        env.state,
        env.action_masks,
        env.get_state,
        env.distance_to_goal,
        env.render_all if False else env.scene,
    ):
        with pytest.raises(ResetNeededError):
            question()
    env.reset(options={"starts": [(0, 0), (0, 1)], "goals": [(0, 3), (0, 2)]})
    env.step(dict.fromkeys(env.agents, 1))
    with pytest.raises(InvalidActionError, match=r"actions: the episode of agent_1 has ended; only env\.agents act"):
        env.step({"agent_0": 1, "agent_1": 1})
    env.step({"agent_0": 1})
    env.step({"agent_0": 1})
    with pytest.raises(ResetNeededError, match=r"call reset\(\) first"):
        env.step({})


def test_an_agent_that_does_not_exist_is_named_where_one_is_asked_for():
    envs = GridMultiAgentVectorEnv(num_envs=2, num_agents=3)
    envs.reset(seed=0)
    assert envs.shortest_path(1, 2)[0] == tuple(envs.positions[1, 2])
    for wrong in (3, -1, 1.5, "a"):
        with pytest.raises(ConfigurationError, match="agent: expected a whole number from 0 to 2, got"):
            envs.shortest_path(0, wrong)
    with pytest.raises(InvalidStateError, match="indices: expected lanes from 0 to 1"):
        envs.grid_map(2)
    with pytest.raises(ConfigurationError, match="optimal_return: is for one agent"):
        envs.optimal_return()


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([1, 1], r"actions: expected integers of shape \(2, 3\)"),
        (np.ones((2, 3)), r"actions: expected integers of shape \(2, 3\), got float64"),
        (np.full((2, 3), 5), "actions: agent 0 of environment 0 has the action 5, allowed: 0 to 4"),
        ([[0, 0, 0], [0, -1, 0]], "actions: agent 1 of environment 1 has the action -1, allowed: 0 to 4"),
        (None, "actions: expected integers"),
    ],
)
def test_wrong_actions_of_a_batch_are_named(actions, message):
    envs = GridMultiAgentVectorEnv(num_envs=2, num_agents=3)
    with pytest.raises(ResetNeededError, match=r"call reset\(\) first"):
        envs.step(np.zeros((2, 3), dtype=int))
    envs.reset(seed=0)
    with pytest.raises(InvalidActionError, match=message):
        envs.step(actions)


def test_a_batch_is_of_an_id_of_many_agents():
    with pytest.raises(ConfigurationError, match="task: 'GridPath-v0' is of one agent; allowed: 'gridpath/mapf_v0'"):
        GridMultiAgentVectorEnv("GridPath-v0")
    with pytest.raises(
        UnknownNameError, match=r"unknown environment 'gridpath/mapf' \(did you mean 'gridpath/mapf_v0'"
    ):
        GridMultiAgentVectorEnv("gridpath/mapf")
    with pytest.raises(ConfigurationError, match="render_mode"):
        GridMultiAgentVectorEnv(render_mode="human")
    with pytest.raises(InvalidOptionError, match="options: unknown key 'start', allowed: starts, goals"):
        GridMultiAgentVectorEnv().reset(options={"start": (0, 0)})
