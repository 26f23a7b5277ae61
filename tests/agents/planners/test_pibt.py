"""PIBT: no step ever has a conflict, whatever the goals are by then."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridpath_agents.planners import pibt as module
from gridpath_agents.planners.pibt import PIBT, pibt
from gridpath_agents.planners.validation import check_plan
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps import GridMap
from mapf import BAY, CROSSING, ROTATION, random_question, real_question


def take_steps(planner, positions, goals_of, num_steps):
    """Return (T + 1, N, 2) int32, the positions over some steps; goals_of: time step -> goals."""
    visited = [np.array(positions, dtype=np.int32)]
    for time in range(num_steps):
        visited.append(planner.step(visited[-1], goals_of(time)))
    return np.stack(visited)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    walls=st.floats(0.0, 0.6),
    num_agents=st.integers(1, 49),
)
def test_no_step_has_a_conflict_even_where_goals_change_coincide_or_cannot_be_reached(
    seed, height, width, walls, num_agents
):
    rng = np.random.default_rng(seed)
    blocked = rng.random((height, width)) < walls
    blocked[-1, -1] = False
    free = np.argwhere(~blocked)
    starts = rng.permutation(free)[:num_agents]
    goals = free[rng.integers(len(free), size=(30, len(starts)))]
    grid_map = GridMap.from_array(blocked)
    visited = take_steps(PIBT(grid_map, len(starts), seed), starts, lambda time: goals[time // 3], 30)
    check_plan(grid_map, starts, starts, visited, must_solve=False)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), walls=st.floats(0.0, 0.4), num_agents=st.integers(1, 30))
def test_a_plan_has_no_conflict_whether_it_solves_or_not(seed, walls, num_agents):
    question = random_question(seed, 6, 6, walls, num_agents)
    plan = pibt(*question, seed=seed, max_steps=60)
    check_plan(*question, plan.positions, must_solve=plan.is_solved)
    assert len(plan.positions) <= 61


@pytest.mark.parametrize(("question", "cost"), [(ROTATION, 4), (CROSSING, 5)])
def test_small_questions_are_solved_at_the_least_cost(question, cost):
    plan = pibt(*question)
    check_plan(*question, plan.positions)
    assert plan.is_solved and plan.sum_of_costs == cost
    assert plan.history == ((plan.first_seconds, cost),)


def test_two_agents_change_places_where_there_is_room_beside_the_corridor():
    grid_map = GridMap.from_text("......\n###.##")
    question = grid_map, [(0, 0), (0, 5)], [(0, 5), (0, 0)]
    plan = pibt(*question)
    check_plan(*question, plan.positions)
    assert plan.is_solved


def test_in_the_smallest_bay_two_agents_change_places():
    plan = pibt(*BAY)
    check_plan(*BAY, plan.positions)
    assert plan.is_solved


def test_on_a_map_of_circles_every_agent_comes_by_its_goal_again_and_again():
    rng = np.random.default_rng(0)
    grid_map = GridMap.from_array(np.zeros((8, 8), dtype=bool))
    cells = np.argwhere(~grid_map.blocked)
    now = rng.permutation(cells)[:40].astype(np.int32)
    goals = cells[rng.integers(64, size=40)]
    planner, arrivals, visited = PIBT(grid_map, 40), np.zeros(40, dtype=int), [now]
    for _ in range(400):
        now = planner.step(now, goals)
        visited.append(now)
        arrived = (now == goals).all(axis=1)
        arrivals += arrived
        goals = np.where(arrived[:, np.newaxis], cells[rng.integers(64, size=40)], goals)
    check_plan(grid_map, visited[0], visited[0], np.stack(visited), must_solve=False)
    assert arrivals.min() >= 5


def test_distances_are_measured_anew_only_where_goals_changed(monkeypatch):
    measured = []

    def spy(graph, goals, agents, tables, queue):
        measured.append(agents.tolist())
        original(graph, goals, agents, tables, queue)

    original = module.measure_distances
    monkeypatch.setattr(module, "measure_distances", spy)
    grid_map, starts, goals = random_question(1, 6, 6, 0.1, 5)
    planner = PIBT(grid_map, 5)
    now = planner.step(starts, goals)
    now = planner.step(now, goals)
    goals = goals.copy()
    goals[3] = goals[1]
    planner.step(now, goals)
    assert measured == [[0, 1, 2, 3, 4], [3]]


def test_where_no_goal_can_be_reached_nothing_breaks():
    grid_map = GridMap.from_text("...#.\n...#.")
    starts = [(0, 0), (0, 1), (1, 2), (0, 4)]
    visited = take_steps(PIBT(grid_map, 4), starts, lambda time: [(0, 4), (1, 4), (0, 4), (0, 0)], 50)
    check_plan(grid_map, starts, starts, visited, must_solve=False)


def test_the_seed_decides_and_a_reset_begins_anew():
    grid_map, starts, goals = random_question(2, 10, 10, 0.1, 40)

    def walked(planner):
        visited = take_steps(planner, starts, lambda time: goals, 15)
        check_plan(grid_map, starts, goals, visited, must_solve=False)
        return visited.tolist()

    planner = PIBT(grid_map, 40, seed=1)
    first = walked(planner)
    planner.reset()
    assert walked(planner) == first == walked(PIBT(grid_map, 40, seed=1)) != walked(PIBT(grid_map, 40, seed=2))
    plans = [pibt(grid_map, starts, goals, seed=seed).positions.tolist() for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


def test_too_few_steps_leave_agents_on_their_way():
    grid_map, starts, goals = CROSSING
    plan = pibt(grid_map, starts, goals, max_steps=1)
    check_plan(grid_map, starts, goals, plan.positions, must_solve=False)
    assert not plan.is_solved and len(plan.positions) == 2 and plan.history == () and plan.first_seconds == np.inf


@pytest.mark.parametrize(
    ("positions", "goals", "message"),
    [
        ([(0, 0), (0, 0)], [(0, 1), (0, 1)], r"positions: agents 0 and 1 have the same cell \(0, 0\)"),
        ([(0, 0)], [(0, 1), (0, 1)], "positions: expected those of 2 agents, got 1"),
        ([(0, 0), (0, 1)], [(0, 1)], "goals: expected those of 2 agents, got 1"),
        ([(0, 0), (0, 1)], [(0, 1), (1, 0)], r"goals: agent 1: cell \(1, 0\) is blocked"),
    ],
)
def test_wrong_positions_and_goals_are_refused(positions, goals, message):
    with pytest.raises(ConfigurationError, match=message):
        PIBT(BAY[0], 2).step(positions, goals)


@pytest.mark.parametrize("num_agents", [0, 5, 1.0])
def test_a_number_of_agents_has_to_fit_the_map(num_agents):
    with pytest.raises(ConfigurationError, match="num_agents"):
        PIBT(BAY[0], num_agents)


def test_three_hundred_agents_find_their_ways_on_a_real_map():
    question = real_question("random-32-32-20", 300)
    plan = pibt(*question)
    check_plan(*question, plan.positions, must_solve=plan.is_solved)
    assert plan.seconds < 5.0
