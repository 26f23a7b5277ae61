"""The search for a disc's shortest path among walls: from corner to corner along tangents, by A*.

The centre of a disc must stay its radius away from what is solid, so that walls grow by the radius and their corners
become quarter circles. A shortest path is made of straight lines, each tangent to the arcs it joins, and of parts of
those arcs: one node for each corner and sense of turning, one edge for each tangent that is free.

A node has its own directions: u is that of a disc that arrives at the arc's beginning, v that of one that leaves from
its end, so that the wall lies at -u and +v of the corner. Its angles are those of the direction of travel, from u
towards v, in [0, pi / 2]: the centre is at ``corner + radius * (sin(angle) u - cos(angle) v)``. Its cost is normalised:
less what the arc from its beginning costs, so that it is the same wherever on the arc a path arrives. One cost a node
is enough. Where the cheaper of two paths arrives at a greater angle than the other leaves at, the line of its arrival
crosses that of the other's departure, and turning there is shorter, since two tangents to an arc are longer than it.

Reference:
    Liu & Arimoto 1992, Path planning using a tangent graph for mobile robots among polygonal and curved obstacles,
    doi:10.1177/027836499201100409.
"""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.corners import corners_in_sight
from gridpath_envs.core.heap import UNSEEN, put_cell, take_cell
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.line_of_sight import line_of_sight_disc

# A tangent touches walls. What is closer to a wall than this, in cells, still passes it.
GRAZE = 1e-7

# Two lengths or directions of the same path differ by rounding.
TOLERANCE = 1e-9

# How far, in radians, a tangent may miss the beginning or end of an arc: a disc that rounding has put 1e-16 into a wall
# beside a corner misses it by the root of that. It then touches there, which is no less exact.
_SLIP = 1e-4

QUARTER = math.pi / 2

# The vertex 0 has nothing around it, so that its nodes stand for the goal, with what leads there.
GOAL = np.int64(0)
_START = np.int32(-1)


@kernel
def node_steps(node, world, pitch):
    """Return the differences of index along a node's two directions."""
    corner = node >> 1
    here = world[np.uint64(corner)]
    row_step = pitch if (here | world[np.uint64(corner - 1)]) & SOLID else -pitch
    col_step = np.int64(1) if (here | world[np.uint64(corner - pitch)]) & SOLID else np.int64(-1)
    if node & 1:
        return -col_step, row_step
    return -row_step, col_step


@kernel
def node_place(node, u_step, v_step, params):
    """Return the row and column of a node's corner, then those of its directions u and v."""
    row = float((node >> 1) // params.pitch - params.pad)
    col = float((node >> 1) % params.pitch - params.pad)
    u = 1.0 if u_step > 0 else -1.0
    v = 1.0 if v_step > 0 else -1.0
    if node & 1:
        return row, col, 0.0, u, v, 0.0
    return row, col, u, 0.0, 0.0, v


@kernel
def _meet_goal(place, node, normal, angle, before, aim, world, params, costs, cells):
    """Go on to the goal from a node that was come to at an angle, where that makes the path shorter.

    Returns:
        Whether the node leads to no shorter path than that.
    """
    row, col, u_row, u_col, v_row, v_col = place
    goal_row, goal_col, radius = aim
    du = (goal_row - row) * u_row + (goal_col - col) * u_col
    dv = (goal_row - row) * v_row + (goal_col - col) * v_col
    square = du * du + dv * dv
    straight = math.sqrt(max(square - radius * radius, 0.0))
    along, aside = du * straight - dv * radius, dv * straight + du * radius
    if along < -_SLIP * square or aside < -_SLIP * square:
        return False
    leave = min(max(math.atan2(aside, along), 0.0), QUARTER)
    if leave < angle - _SLIP:
        return False
    leave = max(leave, angle)
    sin, cos = math.sin(leave), math.cos(leave)
    row += radius * (sin * u_row - cos * v_row)
    col += radius * (sin * u_col - cos * v_col)
    total = normal + radius * leave + math.sqrt((goal_row - row) ** 2 + (goal_col - col) ** 2)
    if total >= costs[0, GOAL] - TOLERANCE:
        return True
    if not line_of_sight_disc(row, col, goal_row, goal_col, radius - GRAZE, world, params):
        return False
    costs[0, GOAL] = total
    cells[2, GOAL], cells[2, GOAL + 1] = node, before
    costs[2, GOAL], costs[2, GOAL + 1] = leave, angle
    return True


@kernel
def _arrive(place, node, normal, angle, before, start, aim, world, params, costs, cells, size):
    """Come straight from a point to a node at an angle, if that is worth it and free; return the size of the heap."""
    corner_row, corner_col, u_row, u_col, v_row, v_col = place
    row, col = start
    goal_row, goal_col, radius = aim
    away = (goal_row - corner_row) ** 2 + (goal_col - corner_col) ** 2
    # The goal may be too close to the corner for the crossing that makes one cost enough: it is seen to at once.
    is_near = away < 2.0 * radius * radius + TOLERANCE
    is_better = normal < costs[0, np.uint64(node)] - TOLERANCE
    if not (is_better or is_near):
        return size
    sin, cos = math.sin(angle), math.cos(angle)
    to_row = corner_row + radius * (sin * u_row - cos * v_row)
    to_col = corner_col + radius * (sin * u_col - cos * v_col)
    key = normal + radius * angle + math.sqrt((goal_row - to_row) ** 2 + (goal_col - to_col) ** 2)
    if key >= costs[0, GOAL] - TOLERANCE:
        return size
    if not line_of_sight_disc(row, col, to_row, to_col, radius - GRAZE, world, params):
        return size
    if is_near:
        _meet_goal(place, node, normal, angle, before, aim, world, params, costs, cells)
    if is_better:
        at = np.uint64(node)
        keys = costs[1]
        costs[0, at] = normal
        keys[at] = min(key, keys[at]) if cells[1, at] >= 0 else key
        costs[2, at] = angle
        cells[2, at] = before
        size = put_cell(cells[0], cells[1], keys, size, node)
    return size


@kernel
def _begin(row, col, aim, world, params, costs, cells):
    """Go from the start to every node whose tangent leads there; return the size of the heap."""
    pitch, radius = params.pitch, aim[2]
    start = (row, col)
    cell_row, cell_col = math.floor(row), math.floor(col)
    cell = (np.int64(cell_row) + params.pad) * pitch + np.int64(cell_col) + params.pad
    size = np.int64(0)
    for row_sign in (np.int64(-1), np.int64(1)):
        row_gap = cell_row + 1.0 - row if row_sign > 0 else row - cell_row
        for col_sign in (np.int64(-1), np.int64(1)):
            col_gap = cell_col + 1.0 - col if col_sign > 0 else col - cell_col
            corner = cell + (pitch if row_sign < 0 else np.int64(0)) + (np.int64(1) if col_sign < 0 else np.int64(0))
            row_step, row_gap, col_gap = row_sign * pitch, max(row_gap, TOLERANCE), max(col_gap, TOLERANCE)
            count = corners_in_sight(corner, row_step, col_sign, row_gap, col_gap, 0.0, world, params, costs, cells)
            for k in range(count):
                vertex = corner + cells[4, k] * row_step + (cells[5, k] >> 1) * col_sign
                for sense in (np.int64(0), np.int64(1)):
                    node = 2 * vertex + sense
                    u_step, v_step = node_steps(node, world, pitch)
                    place = node_place(node, u_step, v_step, params)
                    corner_row, corner_col, u_row, u_col, v_row, v_col = place
                    du = (corner_row - row) * u_row + (corner_col - col) * u_col
                    dv = (corner_row - row) * v_row + (corner_col - col) * v_col
                    square = du * du + dv * dv
                    straight = math.sqrt(max(square - radius * radius, 0.0))
                    along, aside = du * straight + dv * radius, dv * straight - du * radius
                    if along < -_SLIP * square or aside < -_SLIP * square:
                        continue
                    angle = min(max(math.atan2(aside, along), 0.0), QUARTER)
                    sin, cos = math.sin(angle), math.cos(angle)
                    du += radius * sin
                    dv -= radius * cos
                    normal = math.sqrt(du * du + dv * dv) - radius * angle
                    size = _arrive(place, node, normal, angle, _START, start, aim, world, params, costs, cells, size)
    return size


@kernel
def _leave(place, node, u_step, v_step, aim, world, params, costs, cells, size):
    """Go from a node along every tangent that leads on from it; return the size of the heap."""
    row, col, u_row, u_col, v_row, v_col = place
    corner, sense, radius = node >> 1, node & 1, aim[2]
    normal, angle = costs[0, np.uint64(node)], costs[2, np.uint64(node)]
    before = np.int32(node)
    # Along the wall, if it has a corner at its other end too.
    length = np.int64(1)
    beside = corner + min(u_step, 0) + min(v_step, 0) + v_step
    while world[np.uint64(beside - u_step)] & SOLID and not world[np.uint64(beside)] & SOLID:
        beside += v_step
        length += 1
    if (world[np.uint64(beside)] | world[np.uint64(beside - u_step)]) & SOLID == 0:
        to_place = (row + length * v_row, col + length * v_col, v_row, v_col, -u_row, -u_col)
        to_node = 2 * (corner + length * v_step) + (1 - sense)
        to_normal = normal + radius * QUARTER + length
        at = (row + radius * u_row, col + radius * u_col)
        size = _arrive(to_place, to_node, to_normal, 0.0, before, at, aim, world, params, costs, cells, size)
    if angle >= QUARTER - TOLERANCE:
        return size
    if angle <= TOLERANCE:
        # On past the arc's beginning, to the end of the next wall on that line, along which no line of sight is clear.
        length = np.int64(1)
        beside = corner + min(u_step, 0) + min(v_step, 0) + u_step
        while world[np.uint64(beside - v_step)] & SOLID == 0:
            after = beside + u_step
            is_end = world[np.uint64(beside)] & SOLID and not world[np.uint64(after)] & SOLID
            if is_end and world[np.uint64(after - v_step)] & SOLID == 0:
                length += 1
                at = (row - radius * v_row, col - radius * v_col)
                to_place = (row + length * u_row, col + length * u_col, u_row, u_col, v_row, v_col)
                to_node = 2 * (corner + length * u_step) + sense
                to_normal = normal + length
                size = _arrive(to_place, to_node, to_normal, 0.0, before, at, aim, world, params, costs, cells, size)
                break
            beside = after
            length += 1
    sin, cos = math.sin(angle), math.cos(angle)
    # A corner on the line's other side, at least a cell away, is seen at up to this much less than the line's angle.
    back_sin = 2.0 * radius
    back_cos = math.sqrt(1.0 - back_sin * back_sin)
    low = max((sin * back_cos - cos * back_sin) / (cos * back_cos + sin * back_sin), 0.0)
    count = corners_in_sight(corner, u_step, v_step, 1.0, 1.0, low, world, params, costs, cells)
    for k in range(count):
        u, v = np.int64(cells[4, np.uint64(k)]), np.int64(cells[5, np.uint64(k)])
        other = v & 1
        v >>= 1
        du, dv = float(u), float(v)
        square = du * du + dv * dv
        to_node = 2 * (corner + u * u_step + v * v_step) + (sense ^ other)
        at_row, at_col = row + du * u_row + dv * v_row, col + du * u_col + dv * v_col
        if other:
            straight = math.sqrt(square - 4.0 * radius * radius)
            along, aside = du * straight - 2.0 * radius * dv, dv * straight + 2.0 * radius * du
            if along < 0.0 or aside * cos < along * sin - TOLERANCE * square:
                continue
            leave = math.atan2(aside, along)
            to_normal = normal + straight + radius * (2.0 * leave - QUARTER)
            to_angle = QUARTER - leave
            to_place = (at_row, at_col, v_row, v_col, u_row, u_col)
        else:
            if dv * cos < du * sin - TOLERANCE:
                continue
            leave = math.atan2(dv, du)
            to_normal = normal + math.sqrt(square)
            to_angle = leave
            to_place = (at_row, at_col, u_row, u_col, v_row, v_col)
        sin_out, cos_out = math.sin(leave), math.cos(leave)
        at = (row + radius * (sin_out * u_row - cos_out * v_row), col + radius * (sin_out * u_col - cos_out * v_col))
        size = _arrive(to_place, to_node, to_normal, to_angle, before, at, aim, world, params, costs, cells, size)
    return size


@kernel
def search_tangents(row, col, aim, world, params, costs, cells):
    """Find the shortest path that is not straight.

    Args:
        row: Row of the start, in cells, at least the radius away from what is solid.
        col: Column of the start.
        aim: Row and column of the goal, and the radius of the disc, at most MAX_RADIUS.
        world: (S,) uint8, padded map.
        params: PARAMETERS record.
        costs: (5, 2 * cells) float64, scratch. The third row is written: the angle at which a node is arrived at; for
            GOAL, that at which its node is left; for GOAL + 1, that at which it is arrived at.
        cells: (6, 2 * cells) int32, scratch. The third row is written: the node before a node, -1 where that is the
            start; for GOAL, the node before the goal; for GOAL + 1, the one before that.

    Returns:
        The length in cells, infinite where there is no path.
    """
    costs[0, :] = np.inf
    cells[1, :] = UNSEEN
    heap, place_of, keys = cells[0], cells[1], costs[1]
    size = _begin(row, col, aim, world, params, costs, cells)
    while size > 0 and keys[np.uint64(heap[0])] < costs[0, GOAL] - TOLERANCE:
        node = take_cell(heap, place_of, keys, size)
        size -= 1
        u_step, v_step = node_steps(node, world, params.pitch)
        place = node_place(node, u_step, v_step, params)
        at = np.uint64(node)
        if not _meet_goal(place, node, costs[0, at], costs[2, at], cells[2, at], aim, world, params, costs, cells):
            size = _leave(place, node, u_step, v_step, aim, world, params, costs, cells, size)
    return costs[0, GOAL]
