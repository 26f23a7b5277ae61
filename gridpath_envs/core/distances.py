"""Exact distances: floods over a padded map, cardinal and octile, and what follows from them."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import SQRT2, cell_index, is_legal

# Two sums of the same moves in another order differ by rounding, two different costs by far more than this.
TOLERANCE = 1e-6


@kernel
def flood_cardinal(blocked, pitch, source, target, distance, order):
    """Breadth-first search from one cell; stops early once the target is reached.

    Args:
        blocked: (cells,) uint8, padded.
        pitch: Cells from one row to the next.
        source: Index of the free cell that distances are measured from.
        target: Index of a cell to stop at, or 0 (always padding) to reach everything.
        distance: (cells,) float64, written; infinite where unreachable.
        order: (cells,) int32, written; the reached cells, nearest first.

    Returns:
        How many cells were reached.
    """
    distance[:] = np.inf
    distance[source] = 0.0
    order[0] = source
    # Unsigned, so that an index needs no test for counting from the end.
    head = np.uint64(0)
    tail = np.uint64(1)
    while head < tail:
        cell = np.int64(order[head])
        head += np.uint64(1)
        if cell == target:
            break
        next_distance = distance[np.uint64(cell)] + 1.0
        for neighbour in (cell - pitch, cell + 1, cell + pitch, cell - 1):
            index = np.uint64(neighbour)
            # Without branches: on a map that was just generated, every second guess of the processor would be wrong.
            is_new = (blocked[index] == 0) & (distance[index] == np.inf)
            distance[index] = next_distance if is_new else distance[index]
            order[tail] = neighbour
            tail += np.uint64(is_new)
    return np.int64(tail)


@kernel
def _relax(blocked, neighbour, candidate, distance, queue, tail):
    index = np.uint64(neighbour)
    if blocked[index] == 0 and candidate < distance[index] - TOLERANCE:
        distance[index] = candidate
        queue[tail] = neighbour
        return tail + 1
    return tail


@kernel
def flood_octile(blocked, pitch, source, target, distance, queues):
    """Dijkstra's algorithm for 8-connected moves without corner cutting; stops early once the target is settled.

    There are two costs of a move only, so two first-in-first-out queues, one fed by straight and one by diagonal
    moves, are each in order of distance, and the smaller of their two heads is the next cell: no heap is needed. A
    cell enters each queue at most once, since the first move of a kind that reaches it is the best of that kind.

    Args:
        blocked: (cells,) uint8, padded.
        pitch: Cells from one row to the next.
        source: Index of the free cell that distances are measured from.
        target: Index of a cell to stop at, or 0 (always padding) to reach everything.
        distance: (cells,) float64, written; infinite where unreachable.
        queues: (2, cells) int32, scratch.
    """
    straight = queues[0]
    diagonal = queues[1]
    distance[:] = np.inf
    distance[source] = 0.0
    straight[0] = source
    straight_head, straight_tail, diagonal_head, diagonal_tail = 0, 1, 0, 0
    while straight_head < straight_tail or diagonal_head < diagonal_tail:
        from_straight = diagonal_head == diagonal_tail or (
            straight_head < straight_tail and distance[straight[straight_head]] <= distance[diagonal[diagonal_head]]
        )
        if from_straight:
            cell = np.int64(straight[straight_head])
            straight_head += 1
        else:
            cell = np.int64(diagonal[diagonal_head])
            diagonal_head += 1
        if cell == target:
            break
        here = distance[cell]
        up = blocked[np.uint64(cell - pitch)] == 0
        right = blocked[np.uint64(cell + 1)] == 0
        down = blocked[np.uint64(cell + pitch)] == 0
        left = blocked[np.uint64(cell - 1)] == 0
        if up:
            straight_tail = _relax(blocked, cell - pitch, here + 1.0, distance, straight, straight_tail)
        if right:
            straight_tail = _relax(blocked, cell + 1, here + 1.0, distance, straight, straight_tail)
        if down:
            straight_tail = _relax(blocked, cell + pitch, here + 1.0, distance, straight, straight_tail)
        if left:
            straight_tail = _relax(blocked, cell - 1, here + 1.0, distance, straight, straight_tail)
        if up and right:
            diagonal_tail = _relax(blocked, cell - pitch + 1, here + SQRT2, distance, diagonal, diagonal_tail)
        if down and right:
            diagonal_tail = _relax(blocked, cell + pitch + 1, here + SQRT2, distance, diagonal, diagonal_tail)
        if down and left:
            diagonal_tail = _relax(blocked, cell + pitch - 1, here + SQRT2, distance, diagonal, diagonal_tail)
        if up and left:
            diagonal_tail = _relax(blocked, cell - pitch - 1, here + SQRT2, distance, diagonal, diagonal_tail)


@kernel
def flood(blocked, octile, pitch, source, target, distance, queues):
    """Write the distance from every cell to ``source`` under the moves that are allowed."""
    if octile:
        flood_octile(blocked, pitch, source, target, distance, queues)
    else:
        flood_cardinal(blocked, pitch, source, target, distance, queues[0])


@kernel
def goal_distances_batch(lanes, maps, params, distances, queues):
    """Bring the distance field of every lane up to date.

    Args:
        lanes: (B,) LANE.
        maps: (M, cells) uint8, padded.
        params: (1,) PARAMETERS.
        distances: (B, cells) float64, written where a lane's goal or map is new.
        queues: (2, cells) int32, scratch.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        if not lane.has_distances:
            goal = cell_index(lane.goal_row, lane.goal_col, p)
            flood(maps[lane.map], p.octile, p.pitch, np.int64(goal), 0, distances[i], queues)
            lane.has_distances = True


@kernel
def distance_to_goal_batch(lanes, params, distances, out):
    """Write the cost of the shortest path from each lane's agent to its goal; out: (B,) float64."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        out[i] = distances[i, cell_index(lane.row, lane.col, p)]


@kernel
def optimal_actions_batch(lanes, maps, params, distances, out):
    """Write for each lane which actions begin a shortest path; none at the goal. out: (B, A) bool."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        blocked = maps[lane.map]
        here = distances[i, cell_index(lane.row, lane.col, p)]
        for action in range(out.shape[1]):
            out[i, action] = False
            if p.cost[action] > 0.0 and is_legal(lane.row, lane.col, action, blocked, p):
                row = lane.row + p.row_delta[action]
                col = lane.col + p.col_delta[action]
                out[i, action] = p.cost[action] + distances[i, cell_index(row, col, p)] <= here + TOLERANCE
