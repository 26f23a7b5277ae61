"""Many agents against the plain reference, on random play: positions, rewards, ends, infos and observations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from gridpath_envs import RewardConfig, mapf_v0
from gridpath_envs.core.conflicts import CONFLICTS
from gridpath_envs.core.joint_dynamics import ON_ARRIVAL
from gridpath_envs.errors import InfeasibleLevelError
from reference_agents import AgentsReference

REWARDS = [
    {"goal": 1.0, "step": -0.01},
    {"goal": 2.0, "step": -0.125, "path": -0.25, "collision": -0.5},
    {"goal": 1.0, "step": -0.05, "collision": -0.1, "shaping": 0.3, "discount": 0.9},
    {"shaping": 1.0, "discount": 1.0, "path": 0.125},
]


@st.composite
def crowded_maps(draw):
    height, width = draw(st.integers(2, 6)), draw(st.integers(2, 6))
    cells = [(row, col) for row in range(height) for col in range(width)]
    walls = draw(st.sets(st.sampled_from(cells), max_size=len(cells) // 2))
    most = min(7, len(cells) - len(walls))
    return [[(row, col) in walls for col in range(width)] for row in range(height)], draw(st.integers(1, most))


def cells_of(array):
    return [tuple(cell) for cell in array.tolist()]


def choose(rng, env, agents, wish):
    """Return an action of each agent: all the same one, ones at random, or such that lead to goals."""
    if wish == 0:
        return dict.fromkeys(agents, int(rng.integers(5)))
    actions = {k: int(rng.integers(5)) for k in agents}
    if wish > 1:
        for k, ways in enumerate(env.optimal_actions()):
            if k in actions:
                actions[k] = int(rng.choice(np.flatnonzero(ways))) if ways.any() else 4
    return actions


def assert_same_infos(infos, expected, agents):
    assert set(infos) == {f"agent_{k}" for k in agents}
    for k in agents:
        info = dict(infos[f"agent_{k}"])
        assert info.pop("action_mask").tolist() == expected.masks(k)
        assert info == expected.infos[k]


def assert_same_observations(observations, expected, agents, radius):
    assert set(observations) == {f"agent_{k}" for k in agents}
    for k in agents:
        seen = observations[f"agent_{k}"]
        np.testing.assert_array_equal(seen["egocentric"], expected.planes(k, radius))
        assert seen["coordinates"].tolist() == pytest.approx(expected.coordinates(k))


def assert_legal_draw(env, expected, k):
    """Check the goal that an agent was given on its arrival."""
    goal = tuple(env.goals[k].tolist())
    assert goal in reference.distances(expected.blocked, expected.cells[k])
    assert goal != expected.cells[k]
    assert cells_of(env.goals).count(goal) == 1


def play_both(env, expected, observations, infos, seed):
    """Play until the episode is over, and compare all that is returned and all that can be asked."""
    rng = np.random.default_rng(seed)
    assert_same_infos(infos, expected, expected.agents)
    while True:
        assert cells_of(env.positions) == expected.cells
        assert cells_of(env.goals) == expected.goals
        assert_same_observations(observations, expected, [int(name[6:]) for name in observations], env.config.radius)
        np.testing.assert_array_equal(env.state(), expected.state())
        assert env.agents == [f"agent_{k}" for k in expected.agents]
        if not expected.agents:
            break
        actions = choose(rng, env, expected.agents, int(rng.integers(4)))
        observations, *returned, infos = env.step({f"agent_{k}": action for k, action in actions.items()})
        wanted = expected.step(actions, cells_of(env.goals))
        for values, wants in zip(returned, wanted, strict=True):
            assert values == {f"agent_{k}": pytest.approx(want, abs=1e-6) for k, want in wants.items()}
        assert_same_infos(infos, expected, actions)
        if expected.on_arrival == "restart":
            for k in actions:
                if expected.infos[k]["arrival"] == expected.steps:
                    assert_legal_draw(env, expected, k)


@pytest.mark.parametrize("on_arrival", ON_ARRIVAL)
@pytest.mark.parametrize("conflicts", CONFLICTS)
@settings(max_examples=40, deadline=None)
@given(
    crowd=crowded_maps(),
    rewards=st.sampled_from(REWARDS),
    team_weight=st.sampled_from([0.0, 0.5, 1.0]),
    radius=st.integers(1, 3),
    limit=st.integers(1, 30),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_play_is_that_of_the_reference(conflicts, on_arrival, crowd, rewards, team_weight, radius, limit, seed):
    blocked, num_agents = crowd
    try:
        env = mapf_v0.parallel_env(
            map=blocked,
            num_agents=num_agents,
            conflicts=conflicts,
            on_arrival=on_arrival,
            team_weight=team_weight,
            time_limit=limit,
            observation="combined",
            radius=radius,
            mask_in_info=True,
            reward=RewardConfig(**{"goal": 0.0, "step": 0.0, **rewards}),
        )
    except InfeasibleLevelError:
        return
    observations, infos = env.reset(seed=seed)
    starts, goals = cells_of(env.starts), cells_of(env.goals)
    assert len(set(starts)) == len(set(goals)) == num_agents
    expected = AgentsReference(blocked, starts, goals, limit, conflicts, on_arrival, rewards, team_weight)
    assert all(
        start != goal and math.isfinite(info["optimal_length"])
        for start, goal, info in zip(starts, goals, expected.infos, strict=True)
    )
    play_both(env, expected, observations, infos, seed)


@pytest.mark.parametrize("on_arrival", ON_ARRIVAL)
@settings(max_examples=60, deadline=None)
@given(crowd=crowded_maps(), rewards=st.sampled_from(REWARDS[2:]), data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_random_play_with_goals_out_of_reach_is_that_of_the_reference(on_arrival, crowd, rewards, data, seed):
    blocked, num_agents = crowd
    try:
        env = mapf_v0.parallel_env(
            map=blocked,
            num_agents=num_agents,
            on_arrival=on_arrival,
            check_reachable=False,
            time_limit=12,
            observation="combined",
            radius=2,
            mask_in_info=True,
            reward=RewardConfig(**{"goal": 0.0, "step": 0.0, **rewards}),
        )
        free = [tuple(cell) for cell in np.argwhere(np.logical_not(blocked)).tolist()]
        starts, goals = (data.draw(st.permutations(free))[:num_agents] for _ in range(2))
        observations, infos = env.reset(options={"starts": starts, "goals": goals})
    except InfeasibleLevelError:
        return
    expected = AgentsReference(blocked, starts, goals, 12, "soft", on_arrival, rewards)
    play_both(env, expected, observations, infos, seed)


def test_goals_drawn_anew_are_those_of_the_level_whoever_plays_it():
    # With one agent every goal is free, so the actions on the way have no part in which is drawn.
    drawn = []
    for wander in (False, True):
        env = mapf_v0.parallel_env(size=(6, 6), num_agents=1, on_arrival="restart", time_limit=2000)
        env.reset(seed=3, options={"level": 77})
        rng, goals = np.random.default_rng(0), []
        while len(goals) < 15:
            if goals[-1:] != cells_of(env.goals):
                goals += cells_of(env.goals)
            ways = env.optimal_actions()[0]
            random = wander and rng.random() < 0.5
            env.step({"agent_0": int(rng.integers(5)) if random else int(np.flatnonzero(ways)[0])})
        drawn.append(goals)
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 8


def make_line(text, starts, goals, **arguments):
    env = mapf_v0.parallel_env(map=text, num_agents=len(starts), observation="coordinates", **arguments)
    env.reset(options={"starts": starts, "goals": goals})
    return env


def step(env, *actions):
    """Step those that take part, in their order."""
    return env.step(dict(zip(env.agents, actions, strict=True)))


def test_coming_and_going_is_worth_nothing_and_waiting_at_the_goal_costs_nothing():
    env = make_line("....\n....", [(0, 0), (1, 0)], [(0, 1), (1, 3)], reward=RewardConfig(goal=1.0, step=-0.25))
    rewards = [step(env, action, 4)[1]["agent_0"] for action in (1, 4, 4, 1, 3, 4)]
    assert rewards == [0.75, 0.0, 0.0, -1.25, 0.75, 0.0]
    _, _, _, _, infos = step(env, 4, 4)
    assert infos["agent_0"] | {"optimal_length": 1.0} == {
        "is_success": True,
        "optimal_length": 1.0,
        "path_length": 3.0,
        "arrival": 5,
        "num_arrivals": 2,
        "num_collisions": 0,
    }


def test_the_team_shares_the_mean_of_those_that_take_part():
    env = make_line(
        "....\n....",
        [(0, 0), (1, 0)],
        [(0, 1), (1, 3)],
        on_arrival="disappear",
        team_weight=0.5,
        reward=RewardConfig(goal=1.0, step=-0.5),
    )
    # 0.5 and -0.5 by themselves, 0 as a team.
    assert step(env, 1, 1)[1] == {"agent_0": 0.25, "agent_1": -0.25}
    assert env.agents == ["agent_1"]
    assert step(env, 1)[1] == {"agent_1": -0.5}


def test_an_agent_that_starts_on_its_goal_is_there_after_a_step_in_which_it_stays():
    for on_arrival, first_info in (("stay", True), ("disappear", False)):
        env = make_line("...\n...", [(0, 0), (1, 0)], [(0, 0), (1, 2)], on_arrival=on_arrival)
        infos = env.reset(options={"starts": env.starts, "goals": env.goals})[1]
        assert infos["agent_0"]["is_success"] is first_info
        assert infos["agent_0"]["optimal_length"] == 0.0
        terminated = step(env, 4, 4)[2]
        assert terminated == {"agent_0": on_arrival == "disappear", "agent_1": False}


def test_the_cell_of_one_that_disappears_is_free_from_the_next_step():
    env = make_line(["...."], [(0, 1), (0, 0)], [(0, 2), (0, 3)], on_arrival="disappear")
    step(env, 1, 1)
    assert env.agents == ["agent_1"]
    assert env.state()[1].tolist() == [[0, 1, 0, 0]]
    step(env, 1)
    assert env.positions.tolist() == [[0, 2], [0, 2]]


def test_a_time_limit_of_a_float_is_a_multiple_of_the_longest_of_all_agents_paths():
    env = make_line("......\n......", [(0, 0), (1, 0)], [(0, 1), (1, 5)], time_limit=1.5)
    truncated = [step(env, 4, 4)[3] for _ in range(8)]
    assert (
        [flags["agent_0"] for flags in truncated] == [flags["agent_1"] for flags in truncated] == [False] * 7 + [True]
    )
