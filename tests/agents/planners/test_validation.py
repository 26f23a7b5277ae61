"""The check of plans accepts what the rules allow, and says what is wrong with everything else."""

import numpy as np
import pytest

from gridpath_agents.planners import validation
from gridpath_agents.planners.validation import check_plan
from gridpath_envs.errors import GridPathError, InvalidPlanError
from gridpath_envs.maps import GridMap

GRID_MAP = GridMap.from_text("...\n.#.\n...")


def plan(*agents):
    """Return positions from one list of cells an agent."""
    return np.array(agents, dtype=np.int32).transpose(1, 0, 2)


def check(*agents, **arguments):
    positions = plan(*agents)
    check_plan(GRID_MAP, positions[0], [agent[-1] for agent in agents], positions, **arguments)


def test_agents_may_follow_one_another():
    check([(0, 0), (0, 1), (0, 2)], [(0, 1), (0, 2), (1, 2)])


def test_agents_may_go_round_in_a_circle():
    ring = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    check(*([cell, ring[(k + 1) % 8]] for k, cell in enumerate(ring)))


def test_agents_may_wait_and_be_at_their_goals_from_the_start():
    check([(0, 0), (0, 0), (0, 1)], [(2, 2), (2, 2), (2, 2)])
    check([(0, 0)])


@pytest.mark.parametrize(
    ("agents", "message"),
    [
        ([[(0, 0), (0, 1), (0, 2)], [(0, 2), (0, 2), (0, 2)]], r"vertex .* 0 and 1 in cell \(0, 2\) at time step 2"),
        ([[(0, 0), (0, 0)], [(2, 0), (2, 0)], [(2, 0), (2, 1)]], r"vertex .* 1 and 2 in cell \(2, 0\) at time step 0"),
        (
            [[(2, 0), (2, 0), (2, 0)], [(0, 0), (0, 0), (0, 1)], [(0, 1), (0, 1), (0, 0)]],
            r"swap .* 1 and 2 between cells \(0, 0\) and \(0, 1\) from time step 1 to 2",
        ),
        ([[(0, 1), (1, 1)]], r"agent 0 is in the blocked cell \(1, 1\) at time step 1"),
        ([[(0, 0), (-1, 0)]], r"agent 0 is at \(-1, 0\) at time step 1, outside the map of 3 x 3 cells"),
        ([[(0, 2), (0, 3)]], r"agent 0 is at \(0, 3\) at time step 1, outside"),
        ([[(0, 0), (0, 0)], [(0, 1), (1, 2)]], r"agent 1 jumps from \(0, 1\) at time step 0 to \(1, 2\)"),
        ([[(0, 0), (0, 0), (0, 2)]], r"agent 0 jumps from \(0, 0\) at time step 1 to \(0, 2\)"),
    ],
)
def test_a_broken_rule_is_named_with_agents_time_and_cells(agents, message):
    with pytest.raises(InvalidPlanError, match=message):
        check(*agents)


def test_another_start_is_refused():
    with pytest.raises(InvalidPlanError, match=r"agent 1 is at \(0, 2\) at time step 0, not at its start \(2, 2\)"):
        check_plan(GRID_MAP, [(0, 0), (2, 2)], [(0, 0), (0, 2)], plan([(0, 0)], [(0, 2)]))


def test_an_end_elsewhere_is_refused_unless_the_plan_need_not_solve():
    arguments = GRID_MAP, [(0, 0), (2, 2)], [(0, 0), (2, 1)], plan([(0, 0)] * 3, [(2, 2)] * 3)
    with pytest.raises(InvalidPlanError, match=r"agent 1 ends at \(2, 2\) at time step 2, not at its goal \(2, 1\)"):
        check_plan(*arguments)
    check_plan(*arguments, must_solve=False)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (np.zeros((3, 1, 2)), "an array of integers, got float64"),
        ([[[0, 0]], [[0]]], "an array of integers, got rows of different lengths"),
        ("plan", "an array of integers, got <U4"),
        (np.zeros((3, 2, 2), dtype=np.int32), r"shape \(T \+ 1, 1, 2\), got \(3, 2, 2\)"),
        (np.zeros((0, 1, 2), dtype=np.int32), r"got \(0, 1, 2\)"),
        (np.zeros((3, 2), dtype=np.int32), r"got \(3, 2\)"),
    ],
)
def test_another_shape_or_type_is_refused(positions, message):
    with pytest.raises(InvalidPlanError, match=message):
        check_plan(GRID_MAP, [(0, 0)], [(0, 0)], positions)


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint8, list])
def test_integers_of_any_kind_are_a_plan(kind):
    positions = [[[0, 0]], [[0, 1]]]
    check_plan(GRID_MAP, [(0, 0)], [(0, 1)], positions if kind is list else np.array(positions, dtype=kind))


def test_as_many_goals_as_starts_are_needed():
    with pytest.raises(InvalidPlanError, match=r"starts have shape \(1, 2\) and goals \(2, 2\)"):
        check_plan(GRID_MAP, [(0, 0)], [(0, 0), (0, 1)], plan([(0, 0)]))


def test_the_error_is_one_of_the_projects_and_a_value_error():
    assert issubclass(InvalidPlanError, GridPathError) and issubclass(InvalidPlanError, ValueError)


def test_it_stands_apart_from_what_it_checks():
    text = open(validation.__file__).read()
    imported = [line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))]
    own = [name for name in imported if name.startswith("gridpath")]
    assert own == ["gridpath_envs.errors", "gridpath_envs.maps"]
