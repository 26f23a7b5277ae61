"""What plans cost, and what planners may be asked."""

import numpy as np
import pytest

from gridpath_agents.planners import instance
from gridpath_agents.planners.lacam import lacam
from gridpath_agents.planners.pibt import pibt
from gridpath_agents.planners.plan import Plan, lower_bound
from gridpath_agents.planners.prioritised import prioritised
from gridpath_agents.planners.validation import check_plan
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError
from gridpath_envs.maps import GridMap
from mapf import CROSSING, random_question

GRID_MAP = GridMap.from_text("...#.\n.#.#.\n...#.")


def test_an_agent_costs_what_it_takes_to_get_to_its_goal_to_stay():
    # The first passes its goal and comes back, the second never leaves, the third arrives early.
    paths = [[(0, 0), (0, 1), (0, 2), (0, 1), (0, 1)], [(2, 2)] * 5, [(1, 0), (2, 0), (2, 0), (2, 0), (2, 0)]]
    positions = np.array(paths, dtype=np.int32).transpose(1, 0, 2)
    check_plan(GRID_MAP, positions[0], positions[-1], positions)
    plan = Plan(positions, True, 0.0, 0.0)
    assert plan.costs.tolist() == [3, 0, 1]
    assert (plan.sum_of_costs, plan.makespan) == (4, 3)


def test_the_lower_bound_counts_moves_and_no_diagonals():
    assert lower_bound(GRID_MAP, [(0, 0), (0, 4)], [(2, 2), (2, 4)]) == 4 + 2


def test_the_lower_bound_is_none_where_a_goal_cannot_be_reached():
    with pytest.raises(InfeasibleLevelError, match=r"agent 1: no path leads from \(0, 4\) to \(0, 1\)"):
        lower_bound(GRID_MAP, [(0, 0), (0, 4)], [(2, 2), (0, 1)])


PLANNERS = pytest.mark.parametrize("planner", [pibt, prioritised, lacam], ids=lambda planner: planner.__name__)


@PLANNERS
@pytest.mark.parametrize(
    ("starts", "goals", "message"),
    [
        ([(0, 0), (1, 1)], [(0, 1), (0, 2)], r"starts: agent 1: cell \(1, 1\) is blocked"),
        ([(0, 0), (0, 1)], [(0, 1), (3, 2)], r"goals: agent 1: cell \(3, 2\) lies outside the map"),
        ([(0, 0), (-1, 0)], [(0, 1), (0, 2)], r"starts: agent 1: cell \(-1, 0\) lies outside the map"),
        ([(0, 0), (0, 1), (0, 0)], [(0, 1), (0, 2), (1, 0)], r"starts: agents 0 and 2 have the same cell \(0, 0\)"),
        ([(0, 0), (0, 1)], [(2, 2), (2, 2)], r"goals: agents 0 and 1 have the same cell \(2, 2\)"),
        ([(0, 0), (0, 1)], [(2, 2)], "2 starts and 1 goals"),
        ([(0.0, 0.0)], [(0, 1)], "starts: expected an .N, 2. array of integers"),
        ([], [], "starts: expected"),
        ([(0, 0, 0)], [(0, 1)], "starts: expected"),
        ("ab", [(0, 1)], "starts: expected"),
        ([(0, 0), (0,)], [(0, 1)], "starts: expected"),
        (
            np.array([(0, 2**63)], dtype=np.uint64),
            [(0, 1)],
            r"cell \(0, 9223372036854775808\) lies outside",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(planner, starts, goals, message):
    with pytest.raises(ConfigurationError, match=message):
        planner(GRID_MAP, starts, goals)


@PLANNERS
def test_a_goal_without_a_path_is_named(planner):
    with pytest.raises(InfeasibleLevelError, match=r"agent 1: no path leads from its start \(0, 1\) .* \(0, 4\)"):
        planner(GRID_MAP, [(0, 0), (0, 1)], [(0, 1), (0, 4)])


@PLANNERS
def test_portals_are_refused(planner):
    with pytest.raises(ConfigurationError, match="portals"):
        planner(GridMap.from_text("1.1\n..."), [(0, 1)], [(1, 1)])


@PLANNERS
def test_tables_that_take_too_much_memory_are_refused_before_they_are_made(planner, monkeypatch):
    grid_map, starts, goals = CROSSING
    plan = planner(grid_map, starts, goals)
    check_plan(grid_map, starts, goals, plan.positions)
    monkeypatch.setattr(instance, "MAX_TABLE_BYTES", 39)
    with pytest.raises(ConfigurationError, match="distance tables of 2 agents on 5 free cells"):
        planner(grid_map, starts, goals)


@PLANNERS
def test_holes_are_gone_round(planner):
    grid_map = GridMap.from_text(".H.\n...")
    plan = planner(grid_map, [(0, 0)], [(0, 2)])
    check_plan(grid_map, [(0, 0)], [(0, 2)], plan.positions)
    assert plan.sum_of_costs == 4


@PLANNERS
def test_who_is_there_already_stays(planner):
    grid_map, starts, _ = random_question(0, 5, 5, 0.1, 6)
    plan = planner(grid_map, starts, starts)
    check_plan(grid_map, starts, starts, plan.positions)
    assert plan.is_solved and plan.sum_of_costs == 0


@PLANNERS
@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, None])
def test_a_seed_is_a_whole_number(planner, seed):
    with pytest.raises(ConfigurationError, match="seed"):
        planner(*CROSSING, seed=seed)


@pytest.mark.parametrize(("planner", "name"), [(lacam, "max_iterations"), (prioritised, "max_restarts")])
def test_one_limit_is_needed_and_each_is_checked(planner, name):
    for wrong in ({"time_limit": None}, {"time_limit": -1.0}, {"time_limit": np.nan}, {name: -1}, {name: 0.5}):
        with pytest.raises(ConfigurationError, match=name if name in wrong else "time_limit"):
            planner(*CROSSING, **wrong)


def test_the_planners_take_lists_and_arrays_of_any_integers():
    grid_map, starts, goals = CROSSING
    plans = [pibt(grid_map, np.array(starts, dtype=kind), goals) for kind in (np.uint8, np.int16, np.uint64)]
    for plan in plans:
        check_plan(grid_map, starts, goals, plan.positions)
        assert (plan.positions == plans[0].positions).all()
