"""LaCAM*: solves what there is a plan for, says where there is none, and makes its plans better."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridpath_agents.planners import lacam_search, lns
from gridpath_agents.planners.lacam import lacam
from gridpath_agents.planners.plan import lower_bound
from gridpath_agents.planners.prioritised import prioritised
from gridpath_agents.planners.validation import check_plan
from mapf import BAY, CROSSING, HOPELESS, ROTATION, least_sum_of_costs, random_question, real_question

WITHOUT_CLOCK = {"time_limit": None, "max_iterations": 3000}


def checked(question, **arguments):
    """Return the plan, checked."""
    plan = lacam(*question, **arguments)
    check_plan(*question, plan.positions, must_solve=plan.is_solved)
    if plan.is_solved:
        costs = [cost for _, cost in plan.history]
        assert plan.sum_of_costs == costs[-1] >= lower_bound(*question)
        assert costs == sorted(set(costs), reverse=True)
        assert plan.first_seconds == plan.history[0][0] <= plan.history[-1][0] <= plan.seconds
    return plan


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    height=st.integers(1, 7),
    width=st.integers(2, 7),
    walls=st.floats(0.0, 0.5),
    num_agents=st.integers(1, 20),
    improve=st.booleans(),
)
def test_no_plan_has_a_conflict(seed, height, width, walls, num_agents, improve):
    question = random_question(seed, height, width, walls, num_agents)
    checked(question, seed=seed, improve=improve, **WITHOUT_CLOCK)


@pytest.mark.parametrize(("question", "cost"), [(BAY, 7), (ROTATION, 4), (CROSSING, 5)], ids=["bay", "ring", "cross"])
def test_small_questions_are_solved_at_the_least_cost(question, cost):
    plan = checked(question, **WITHOUT_CLOCK)
    assert plan.is_solved and plan.sum_of_costs == least_sum_of_costs(*question) == cost


# The same examples each time: steps away from goals are not quite the sum of costs, so "hardly" has no sure bound.
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), walls=st.floats(0.0, 0.5), num_agents=st.integers(2, 3))
def test_brute_force_finds_plans_where_it_does_and_hardly_better_ones(seed, walls, num_agents):
    question = random_question(seed, 3, 3, walls, num_agents)
    least = least_sum_of_costs(*question)
    plan = checked(question, time_limit=None, max_iterations=20_000)
    assert plan.is_solved == (least is not None)
    if plan.is_solved:
        assert least <= plan.sum_of_costs <= least + 1


def test_it_solves_what_prioritised_planning_cannot():
    assert not prioritised(*BAY, time_limit=None, max_restarts=20).is_solved
    assert checked(BAY, improve=False).is_solved


def test_where_there_is_no_plan_the_search_comes_to_its_end():
    begun = time.perf_counter()
    plan = checked(HOPELESS, time_limit=60.0)
    assert time.perf_counter() - begun < 30.0
    assert not plan.is_solved and plan.positions.tolist() == [[[0, 0], [0, 3]]]
    assert plan.history == () and plan.first_seconds == np.inf


def test_a_plan_that_is_known_to_be_best_is_returned_at_once():
    assert checked(CROSSING, time_limit=60.0).seconds < 30.0


def test_one_number_of_iterations_and_one_seed_give_one_plan():
    question = random_question(3, 12, 12, 0.1, 50)
    positions = [checked(question, seed=seed, **WITHOUT_CLOCK).positions.tolist() for seed in (1, 1, 2)]
    assert positions[0] == positions[1] != positions[2]


def test_without_improvement_the_first_plan_is_returned():
    question = random_question(3, 12, 12, 0.1, 50)
    first = checked(question, improve=False, **WITHOUT_CLOCK)
    better = checked(question, **WITHOUT_CLOCK)
    assert len(first.history) == 1 and len(better.history) > 1
    assert better.history[0][1] == first.sum_of_costs > better.sum_of_costs


def test_too_few_iterations_give_no_plan():
    question = random_question(3, 12, 12, 0.1, 50)
    for arguments in ({"max_iterations": 2}, {"time_limit": 0.0}):
        plan = checked(question, **arguments)
        assert not plan.is_solved and plan.positions.tolist() == [question[1].tolist()]


def test_where_memory_is_short_the_search_ends_and_says_so(monkeypatch):
    question = random_question(5, 12, 12, 0.1, 60)
    monkeypatch.setattr(lacam_search, "_FIRST_NODES", 8)
    assert checked(question, improve=False, **WITHOUT_CLOCK).is_solved
    monkeypatch.setattr(lacam_search, "MAX_MEMORY", 1)
    assert not checked(question, time_limit=60.0).is_solved


def test_without_memory_for_a_timetable_the_search_itself_makes_plans_better(monkeypatch):
    monkeypatch.setattr(lns, "MAX_MEMORY", 1)
    question = random_question(4, 4, 4, 0.1, 4)
    plan = checked(question, time_limit=None, max_iterations=200_000)
    assert len(plan.history) > 1


def test_only_true_and_false_say_whether_to_improve():
    with pytest.raises(ValueError, match="improve: expected True or False"):
        lacam(*BAY, improve=1)


@pytest.mark.parametrize(
    ("name", "num_agents"), [("random-32-32-20", 300), ("maze-32-32-2", 200), ("warehouse-10-20-10-2-1", 500)]
)
def test_real_maps_are_solved_and_plans_made_better_in_time(name, num_agents):
    question = real_question(name, num_agents)
    plan = checked(question, time_limit=1.0)
    assert plan.is_solved and plan.seconds < 5.0
    assert plan.sum_of_costs < plan.history[0][1]


@pytest.mark.parametrize("number", range(1, 6))
def test_the_most_crowded_mazes_are_solved(number):
    question = real_question("maze-32-32-2", 300, number)
    assert checked(question, time_limit=30.0, improve=False).is_solved
