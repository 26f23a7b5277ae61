"""The ends of a level: which start and goal it has, and whether the path between them is as long as was asked for."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import PORTAL, SOLID
from gridpath_envs.core.distances import EVERYWHERE, TOLERANCE, flood, flood_cardinal
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import SQRT2, cell_index
from gridpath_envs.core.rng import below, draw

# In the place of which one: how many there are.
_COUNT = np.int64(-1)


@kernel
def _find_connected(world, params, k):
    """Return the index of the k-th possible end that has a free neighbour, or how many there are if k is -1."""
    count = np.int64(0)
    pitch = np.uint64(params.pitch)
    closed = SOLID | PORTAL
    for row in range(params.height):
        index = cell_index(row, 0, params)
        for _ in range(params.width):
            walled_in = (
                (world[index - pitch] & SOLID != 0)
                & (world[index + np.uint64(1)] & SOLID != 0)
                & (world[index + pitch] & SOLID != 0)
                & (world[index - np.uint64(1)] & SOLID != 0)
            )
            is_connected = (world[index] & closed == 0) & (not walled_in)
            if is_connected & (count == k):
                return np.int64(index)
            count += is_connected
            index += np.uint64(1)
    return count


@kernel
def _straight_line(from_index, to_index, params):
    """Return the length of the shortest path between two cells of a map without obstacles."""
    rows = abs(from_index // params.pitch - to_index // params.pitch)
    cols = abs(from_index % params.pitch - to_index % params.pitch)
    if params.octile:
        return max(rows, cols) - min(rows, cols) + SQRT2 * min(rows, cols)
    return np.float64(rows + cols)


@kernel
def _is_within_bounds(length, straight, params):
    """Tell whether a path's length, and its ratio to the straight line, are within the ranges asked for."""
    return (
        length >= params.length_range[0] - TOLERANCE
        and length <= params.length_range[1] + TOLERANCE
        and length >= params.detour_range[0] * straight - TOLERANCE
        and length <= params.detour_range[1] * straight + TOLERANCE
    )


@kernel
def _find_reached(world, params, source, distance, bounded, k):
    """Return the index of the k-th cell that reaches ``source`` and can be an end, or how many there are if k is -1."""
    count = np.int64(0)
    closed = SOLID | PORTAL
    for row in range(params.height):
        index = np.int64(cell_index(row, 0, params))
        for _ in range(params.width):
            if distance[index] < np.inf and world[index] & closed == 0 and index != source:
                if not bounded or _is_within_bounds(distance[index], _straight_line(index, source, params), params):
                    if count == k:
                        return index
                    count += 1
            index += 1
    return count


@kernel
def _draw_end(world, params, source, bounded, bits, distance, queues):
    """Draw uniformly one of the cells that reach ``source``, or return 0 where there is none."""
    if bounded or params.has_portals:
        flood(world, params, source, EVERYWHERE, distance, queues)
        count = _find_reached(world, params, source, distance, bounded, _COUNT)
        if count == 0:
            return np.int64(0)
        return _find_reached(world, params, source, distance, bounded, below(bits, count))
    reached = flood_cardinal(world, SOLID, params.pitch, source, EVERYWHERE, distance, queues[0])
    return np.int64(0) if reached < 2 else np.int64(queues[0, 1 + below(bits, reached - 1)])


@kernel
def farthest_end(world, params, distance):
    """Return the index of the cell that is farthest by a distance field and can be an end, or 0 without one."""
    farthest = np.int64(0)
    length = 0.0
    for row in range(params.height):
        index = np.int64(cell_index(row, 0, params))
        for _ in range(params.width):
            if distance[index] < np.inf and distance[index] > length and world[index] & (SOLID | PORTAL) == 0:
                farthest = index
                length = distance[index]
            index += 1
    return farthest


@kernel
def _set_ends(lane, start, goal, params):
    """Put the agent at ``start`` with ``goal`` to reach, both indices of cells of a padded map."""
    lane.start_row = lane.row = start // params.pitch - params.pad
    lane.start_col = lane.col = start % params.pitch - params.pad
    lane.goal_row = goal // params.pitch - params.pad
    lane.goal_col = goal % params.pitch - params.pad


@kernel
def fixed_cell(row, col, params):
    """Return the index of a cell that the parameters fix, or 0 where they leave it to be drawn."""
    return np.int64(cell_index(row, col, params)) if row >= 0 else np.int64(0)


@kernel
def choose_ends(lane, world, params, start, goal, bounded, key, counter, distance, queues):
    """Choose start and goal among the free cells, each reachable from the other, and measure the shortest path.

    Args:
        lane: LANE record, written.
        world: (S,) uint8, padded map and what lies behind it.
        params: PARAMETERS record.
        start: Index of the start, or 0 to draw it uniformly from the cells that reach the goal.
        goal: Index of the goal, or 0 to draw it.
        bounded: Whether the path must be within the ranges asked for.
        key: Key of the stream to draw from.
        counter: Number of the stream's first unused draw.
        distance: (cells,) float64, scratch.
        queues: (Q, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw, or -1 where no pair of cells will do.
    """
    if goal == 0 and start != 0:
        # What a path costs depends on its direction where terrain has costs, and the flood is that of paths to the
        # start: then any goal is drawn, and whether its path is within the bounds is seen below.
        tells = bounded and not params.is_weighted
        goal = _draw_end(world, params, start, tells, draw(key, counter), distance, queues)
        if goal == 0:
            return -1
        counter += 1
    if goal == 0:
        num_connected = _find_connected(world, params, _COUNT)
        if num_connected == 0:
            return -1
        goal = _find_connected(world, params, below(draw(key, counter), num_connected))
        counter += 1
    if start == 0:
        start = _draw_end(world, params, goal, bounded, draw(key, counter), distance, queues)
        if start == 0:
            return -1
        if params.octile or params.is_weighted or params.has_portals:
            flood(world, params, goal, start, distance, queues)
        counter += 1
    else:
        flood(world, params, goal, start, distance, queues)
    if distance[start] == np.inf:
        return -1
    if bounded and not _is_within_bounds(distance[start], _straight_line(start, goal, params), params):
        return -1
    _set_ends(lane, start, goal, params)
    lane.optimal_length = distance[start]
    return counter
