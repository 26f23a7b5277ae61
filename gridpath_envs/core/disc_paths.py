"""The shortest path of a disc's centre among walls: straight lines, and arcs around the corners that it touches.

Reference:
    Liu & Arimoto 1992, Path planning using a tangent graph for mobile robots among polygonal and curved obstacles,
    doi:10.1177/027836499201100409.
"""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.line_of_sight import line_of_sight_disc
from gridpath_envs.core.tangents import GOAL, GRAZE, QUARTER, TOLERANCE, node_place, node_steps, search_tangents

_ARC_STEP = math.pi / 18  # the most that two successive points of an arc are apart


def disc_path_scratch(params: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scratch, ``costs`` and ``cells``, that a disc's path needs; params: (1,) PARAMETERS."""
    nodes = 2 * int(params[0]["num_cells"])
    return np.zeros((5, nodes)), np.zeros((6, nodes), dtype=np.int32)


@kernel
def disc_path_length(row, col, goal_row, goal_col, radius, world, params, costs, cells):
    """Return the length of the shortest path of a disc's centre between two points.

    Exact but for rounding and for what passes walls 1e-7 nearer than the radius, as tangents that touch them must.

    Args:
        row: Row of the start, in cells: any point that is at least the radius away from what is solid.
        col: Column of the start.
        goal_row: Row of the goal, such a point too.
        goal_col: Column of the goal.
        radius: Radius of the disc, in cells, in (0, MAX_RADIUS].
        world: (S,) uint8, padded map.
        params: PARAMETERS record.
        costs: (5, 2 * cells) float64, scratch; cells are those of the padded map.
        cells: (6, 2 * cells) int32, scratch.

    Returns:
        The length in cells, infinite where there is no path.
    """
    if line_of_sight_disc(row, col, goal_row, goal_col, radius - GRAZE, world, params):
        return math.sqrt((goal_row - row) ** 2 + (goal_col - col) ** 2)
    return search_tangents(row, col, (goal_row, goal_col, radius), world, params, costs, cells)


@kernel
def _write_arc(points, end, place, arrive, leave, radius):
    """Write the points of an arc so that the last is before ``end``; return how many, however many fit."""
    row, col, u_row, u_col, v_row, v_col = place
    parts = np.int64(math.ceil((leave - arrive) / _ARC_STEP - TOLERANCE))
    for k in range(parts + 1):
        angle = leave - (leave - arrive) * k / max(parts, 1)
        sin, cos = math.sin(angle), math.cos(angle)
        if end - 1 - k >= 0:
            points[end - 1 - k, 0] = row + radius * (sin * u_row - cos * v_row)
            points[end - 1 - k, 1] = col + radius * (sin * u_col - cos * v_col)
    return parts + 1


@kernel
def _differ(row, col, other_row, other_col):
    return max(abs(row - other_row), abs(col - other_col)) > TOLERANCE


@kernel
def trace_disc_path(row, col, goal_row, goal_col, radius, world, params, costs, cells, points):
    """Write the shortest path of a disc's centre between two points.

    Args:
        row: Row of the start, as of ``disc_path_length``.
        col: Column of the start.
        goal_row: Row of the goal.
        goal_col: Column of the goal.
        radius: Radius of the disc, in cells, in (0, MAX_RADIUS].
        world: (S,) uint8, padded map.
        params: PARAMETERS record.
        costs: (5, 2 * cells) float64, scratch.
        cells: (6, 2 * cells) int32, scratch.
        points: (N, 2) float64, written: row and column of the start, of points of the path, of the goal. Between two
            the path is straight, or part of an arc of at most 10 degrees.

    Returns:
        How many points were written; 0 where there is no path, -1 where they are more than ``points`` holds.
    """
    capacity = points.shape[0]
    count = np.int64(2)
    is_straight = line_of_sight_disc(row, col, goal_row, goal_col, radius - GRAZE, world, params)
    if not is_straight:
        if search_tangents(row, col, (goal_row, goal_col, radius), world, params, costs, cells) == np.inf:
            return np.int64(0)
        # From the goal back to the start, at the end of the array; then moved to its beginning.
        count = np.int64(1)
        node, before = np.int64(cells[2, GOAL]), np.int64(cells[2, GOAL + 1])
        leave, arrive = costs[2, GOAL], costs[2, GOAL + 1]
        while node >= 0:
            u_step, v_step = node_steps(node, world, params.pitch)
            place = node_place(node, u_step, v_step, params)
            count += _write_arc(points, capacity - count, place, arrive, leave, radius)
            if before >= 0:
                leave = arrive if (node ^ before) & 1 == 0 else QUARTER - arrive
                arrive = min(costs[2, before], leave)
                node, before = before, np.int64(cells[2, before])
            else:
                node = before
        count += 1
    if count > capacity:
        return np.int64(-1)
    points[0, 0], points[0, 1] = row, col
    written = np.int64(1)
    for k in range(capacity - count + 1, capacity - 1):
        # A start on an arc is that arc's first point too; a leg of no length would have no direction.
        if _differ(points[k, 0], points[k, 1], points[written - 1, 0], points[written - 1, 1]):
            points[written, 0], points[written, 1] = points[k, 0], points[k, 1]
            written += 1
    if written == 1 or _differ(goal_row, goal_col, points[written - 1, 0], points[written - 1, 1]):
        written += 1
    points[written - 1, 0], points[written - 1, 1] = goal_row, goal_col
    return written
