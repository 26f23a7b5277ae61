"""Prioritised planning: quick where an order of the agents works, and honest where none does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridpath_agents.planners.plan import lower_bound
from gridpath_agents.planners.prioritised import prioritised
from gridpath_agents.planners.validation import check_plan
from gridpath_envs.maps import GridMap
from mapf import BAY, CROSSING, HOPELESS, ROTATION, random_question, real_question

WITHOUT_CLOCK = {"time_limit": None, "max_restarts": 5}


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    height=st.integers(1, 8),
    width=st.integers(1, 8),
    walls=st.floats(0.0, 0.4),
    num_agents=st.integers(1, 12),
)
def test_no_plan_has_a_conflict(seed, height, width, walls, num_agents):
    question = random_question(seed, height, width, walls, num_agents)
    plan = prioritised(*question, seed=seed, **WITHOUT_CLOCK)
    check_plan(*question, plan.positions, must_solve=plan.is_solved)
    if plan.is_solved:
        assert plan.sum_of_costs >= lower_bound(*question)
        assert plan.history == ((plan.first_seconds, plan.sum_of_costs),)
    else:
        assert plan.positions.tolist() == [question[1].tolist()]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_single_agent_takes_a_shortest_path(seed):
    question = random_question(seed, 8, 8, 0.3, 1)
    plan = prioritised(*question)
    check_plan(*question, plan.positions)
    assert plan.sum_of_costs == lower_bound(*question)


def test_two_crossing_agents_cost_one_step_more_than_apart():
    plan = prioritised(*CROSSING)
    check_plan(*CROSSING, plan.positions)
    assert plan.sum_of_costs == lower_bound(*CROSSING) + 1 == 5


def test_all_may_move_on_in_a_circle_at_once():
    plan = prioritised(*ROTATION)
    check_plan(*ROTATION, plan.positions)
    assert (plan.sum_of_costs, plan.makespan) == (4, 1)


@pytest.mark.parametrize("question", [BAY, HOPELESS], ids=["bay", "hopeless"])
def test_where_no_order_works_it_says_so(question):
    plan = prioritised(*question, **WITHOUT_CLOCK)
    check_plan(*question, plan.positions, must_solve=False)
    assert not plan.is_solved and plan.first_seconds == np.inf and plan.history == ()


def test_an_agent_comes_to_rest_only_after_the_last_that_crosses_its_goal():
    # The first comes a long way through the goal of the second, which is there at once but has to make room.
    grid_map = GridMap.from_text("......\n####.#")
    question = grid_map, [(0, 0), (0, 3)], [(0, 5), (0, 4)]
    plan = prioritised(*question, **WITHOUT_CLOCK)
    check_plan(*question, plan.positions)
    assert plan.costs.tolist() == [5, 5]


def test_nobody_crosses_a_goal_whose_agent_has_arrived():
    # The first, with the longer way, rests in the corridor before the second could pass.
    grid_map = GridMap.from_text("......\n.####.\n......")
    question = grid_map, [(0, 0), (0, 1)], [(0, 4), (0, 5)]
    plan = prioritised(*question, **WITHOUT_CLOCK)
    check_plan(*question, plan.positions)
    assert plan.sum_of_costs == lower_bound(*question)


def test_the_seed_decides_the_orders_after_the_first():
    question = random_question(0, 10, 10, 0.2, 25)
    assert not prioritised(*question, time_limit=None, max_restarts=0).is_solved
    plans = [prioritised(*question, seed=seed, time_limit=None, max_restarts=50) for seed in (1, 1, 2)]
    for plan in plans:
        check_plan(*question, plan.positions)
    positions = [plan.positions.tolist() for plan in plans]
    assert positions[0] == positions[1] != positions[2]


def test_no_time_is_no_plan():
    plan = prioritised(*CROSSING, time_limit=0.0)
    check_plan(*CROSSING, plan.positions, must_solve=False)
    assert not plan.is_solved


@pytest.mark.parametrize(("name", "num_agents"), [("random-32-32-20", 100), ("den312d", 200)])
def test_real_maps_with_room_are_solved(name, num_agents):
    question = real_question(name, num_agents)
    plan = prioritised(*question, time_limit=20.0)
    check_plan(*question, plan.positions)
    assert plan.is_solved
