"""Whether a plan keeps the rules of multi-agent pathfinding; written apart from whatever makes or plays plans."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_envs.errors import InvalidPlanError
from gridpath_envs.maps import GridMap


def check_plan(grid_map: GridMap, starts: ArrayLike, goals: ArrayLike, positions: Any, must_solve: bool = True) -> None:
    """Refuse a plan that breaks a rule.

    Agents begin at their starts, and at each step stay or move to a free cell beside theirs, up, right, down or left.
    No two are in one cell at one time (vertex conflict), nor do two exchange their cells in one step (swap conflict).
    Agents may follow one another, and three or more may go round in a circle.

    Args:
        grid_map: The map.
        starts: (N, 2) integers, cells (row, col).
        goals: (N, 2) integers, cells (row, col).
        positions: (T + 1, N, 2) integers, the cell (row, col) of each agent at each time step.
        must_solve: Whether every agent has to be at its goal at the last time step.

    Raises:
        InvalidPlanError: A rule is broken; the message names agents, time step and cells.

    Reference:
        Stern et al. 2019, Multi-agent pathfinding: definitions, variants, and benchmarks, arXiv:1906.08291.
    """
    begin, end = np.asarray(starts), np.asarray(goals)
    try:
        positions = np.asarray(positions)
    except ValueError:
        raise InvalidPlanError("plan: expected an array of integers, got rows of different lengths") from None
    if positions.dtype.kind not in "iu":
        raise InvalidPlanError(f"plan: expected an array of integers, got {positions.dtype}")
    if positions.ndim != 3 or positions.shape[0] < 1 or positions.shape[1:] != begin.shape:
        raise InvalidPlanError(f"plan: expected shape (T + 1, {len(begin)}, 2), got {positions.shape}")
    if end.shape != begin.shape:
        raise InvalidPlanError(f"plan: starts have shape {begin.shape} and goals {end.shape}")
    plan = positions.astype(np.int64)
    found = _first((plan[0] != begin).any(axis=1))
    if found is not None:
        raise InvalidPlanError(
            f"plan: agent {found[0]} is at {_cell(plan[0, found[0]])} at time step 0, not at its start"
            f" {_cell(begin[found[0]])}"
        )
    _check_cells(grid_map, plan)
    _check_moves(plan)
    _check_conflicts(grid_map, plan)
    found = _first((plan[-1] != end).any(axis=1))
    if must_solve and found is not None:
        raise InvalidPlanError(
            f"plan: agent {found[0]} ends at {_cell(plan[-1, found[0]])} at time step {len(plan) - 1}, not at its goal"
            f" {_cell(end[found[0]])}"
        )


def _check_cells(grid_map: GridMap, plan: NDArray[np.int64]) -> None:
    found = _first(((plan < 0) | (plan >= np.array(grid_map.shape))).any(axis=2))
    if found is not None:
        step, agent = found
        raise InvalidPlanError(
            f"plan: agent {agent} is at {_cell(plan[step, agent])} at time step {step}, outside the map of"
            f" {grid_map.shape[0]} x {grid_map.shape[1]} cells"
        )
    found = _first(grid_map.blocked[plan[..., 0], plan[..., 1]])
    if found is not None:
        step, agent = found
        raise InvalidPlanError(
            f"plan: agent {agent} is in the blocked cell {_cell(plan[step, agent])} at time step {step}"
        )


def _check_moves(plan: NDArray[np.int64]) -> None:
    found = _first(np.abs(np.diff(plan, axis=0)).sum(axis=2) > 1)
    if found is not None:
        step, agent = found
        raise InvalidPlanError(
            f"plan: agent {agent} jumps from {_cell(plan[step, agent])} at time step {step} to"
            f" {_cell(plan[step + 1, agent])}; a move leads to a cell above, below or beside"
        )


def _check_conflicts(grid_map: GridMap, plan: NDArray[np.int64]) -> None:
    num_cells = grid_map.shape[0] * grid_map.shape[1]
    numbers = plan[..., 0] * grid_map.shape[1] + plan[..., 1]
    found = _first_equal(numbers)
    if found is not None:
        step, one, two = found
        raise InvalidPlanError(
            f"plan: vertex conflict of agents {one} and {two} in cell {_cell(plan[step, one])} at time step {step}"
        )
    before, after = numbers[:-1], numbers[1:]
    # A move and its reverse have the same key, and nobody else can have it without a vertex conflict.
    keys = np.minimum(before, after) * num_cells + np.maximum(before, after)
    stays = -1 - np.broadcast_to(np.arange(plan.shape[1]), before.shape)
    found = _first_equal(np.where(before == after, stays, keys))
    if found is not None:
        step, one, two = found
        raise InvalidPlanError(
            f"plan: swap conflict of agents {one} and {two} between cells {_cell(plan[step, one])} and"
            f" {_cell(plan[step, two])} from time step {step} to {step + 1}"
        )


def _first(wrong: Any) -> tuple[int, ...] | None:
    """Return the indices of the first True of an array of truth values, None where there is none."""
    if not wrong.any():
        return None
    return tuple(int(index) for index in np.unravel_index(int(wrong.argmax()), wrong.shape))


def _first_equal(keys: NDArray[np.int64]) -> tuple[int, int, int] | None:
    """Return (row, column, column) of the first row with two equal entries, None where there is none."""
    order = np.argsort(keys, axis=1, kind="stable")
    in_order = np.take_along_axis(keys, order, axis=1)
    found = _first(in_order[:, 1:] == in_order[:, :-1])
    if found is None:
        return None
    row, column = found
    one, two = sorted(order[row, column : column + 2].tolist())
    return row, one, two


def _cell(cell: Any) -> str:
    return f"({int(cell[0])}, {int(cell[1])})"
