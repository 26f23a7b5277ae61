"""Exact distances: floods over a padded map, by moves of one cost, of two or of many, and what follows from them."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import PORTAL, SOLID, TERRAIN, TERRAIN_SHIFT, other_portal
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import SQRT2, cell_index, entry_cost, is_legal, target_of

# Two sums of the same moves in another order differ by rounding, two different costs by far more than this.
TOLERANCE = 1e-6

# The target of a flood that is to reach everything.
EVERYWHERE = np.int64(0)


@kernel
def flood_cardinal(cells, solid, pitch, source, target, distance, order):
    """Breadth-first search from one cell; stops early once the target is reached.

    Args:
        cells: (cells,) uint8, padded.
        solid: Flags of the cells that no path leads through.
        pitch: Cells from one row to the next.
        source: Index of the free cell that distances are measured from.
        target: Index of a cell to stop at, or EVERYWHERE.
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
            is_new = (cells[index] & solid == 0) & (distance[index] == np.inf)
            distance[index] = next_distance if is_new else distance[index]
            order[tail] = neighbour
            tail += np.uint64(is_new)
    return np.int64(tail)


@kernel
def _relax(cells, solid, neighbour, candidate, distance, queue, tail):
    index = np.uint64(neighbour)
    if cells[index] & solid == 0 and candidate < distance[index] - TOLERANCE:
        distance[index] = candidate
        queue[tail] = neighbour
        return tail + 1
    return tail


@kernel
def flood_octile(cells, solid, pitch, source, target, distance, queues):
    """Dijkstra's algorithm for 8-connected moves without corner cutting; stops early once the target is settled.

    There are two costs of a move only, so two first-in-first-out queues, one fed by straight and one by diagonal
    moves, are each in order of distance, and the smaller of their two heads is the next cell: no heap is needed. A
    cell enters each queue at most once, since the first move of a kind that reaches it is the best of that kind.

    Args:
        cells: (cells,) uint8, padded.
        solid: Flags of the cells that no path leads through.
        pitch: Cells from one row to the next.
        source: Index of the free cell that distances are measured from.
        target: Index of a cell to stop at, or EVERYWHERE.
        distance: (cells,) float64, written; infinite where unreachable.
        queues: (2, cells) int32, scratch.
    """
    straight = queues[0]
    diagonal = queues[1]
    distance[:] = np.inf
    distance[source] = 0.0
    straight[0] = source
    straight_head, straight_tail, diagonal_head, diagonal_tail = np.int64(0), np.int64(1), np.int64(0), np.int64(0)
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
        up = cells[np.uint64(cell - pitch)] & solid == 0
        right = cells[np.uint64(cell + 1)] & solid == 0
        down = cells[np.uint64(cell + pitch)] & solid == 0
        left = cells[np.uint64(cell - 1)] & solid == 0
        if up:
            straight_tail = _relax(cells, solid, cell - pitch, here + 1.0, distance, straight, straight_tail)
        if right:
            straight_tail = _relax(cells, solid, cell + 1, here + 1.0, distance, straight, straight_tail)
        if down:
            straight_tail = _relax(cells, solid, cell + pitch, here + 1.0, distance, straight, straight_tail)
        if left:
            straight_tail = _relax(cells, solid, cell - 1, here + 1.0, distance, straight, straight_tail)
        if up and right:
            diagonal_tail = _relax(cells, solid, cell - pitch + 1, here + SQRT2, distance, diagonal, diagonal_tail)
        if down and right:
            diagonal_tail = _relax(cells, solid, cell + pitch + 1, here + SQRT2, distance, diagonal, diagonal_tail)
        if down and left:
            diagonal_tail = _relax(cells, solid, cell + pitch - 1, here + SQRT2, distance, diagonal, diagonal_tail)
        if up and left:
            diagonal_tail = _relax(cells, solid, cell - pitch - 1, here + SQRT2, distance, diagonal, diagonal_tail)


@kernel
def flood_weighted(world, solid, params, source, target, distance, queues):
    """Dijkstra's algorithm where terrain has costs, or portals lead elsewhere; stops early once the target is settled.

    The cost of a move is that of the terrain entered, times sqrt(2) on a diagonal: eight kinds of moves at most, so
    eight first-in-first-out queues, each in order of distance, take the place of a heap.

    Args:
        world: (S,) uint8, padded map and what lies behind it.
        solid: Flags of the cells that no path leads through.
        params: PARAMETERS record.
        source: Index of the free cell that distances are measured to.
        target: Index of a cell to stop at, or EVERYWHERE.
        distance: (cells,) float64, written; infinite where unreachable.
        queues: (8, cells) int32, scratch.
    """
    distance[:] = np.inf
    distance[source] = 0.0
    pitch = params.pitch
    # Numba has no small arrays without allocation; heads and tails therefore live in the queues' first cells, which are
    # padding and never queued. A queue has room for two more, since padding is wider than that.
    for kind in range(8):
        queues[kind, 0] = 2
        queues[kind, 1] = 2
    queues[0, 2] = source
    queues[0, 1] = 3
    while True:
        best = -1
        least = np.inf
        for kind in range(8):
            head = queues[kind, 0]
            if head < queues[kind, 1] and distance[queues[kind, head]] < least:
                least = distance[queues[kind, head]]
                best = kind
        if best < 0:
            break
        cell = np.int64(queues[best, queues[best, 0]])
        queues[best, 0] += 1
        if cell == target:
            break
        # Who stands on a portal came in through its other end.
        entered = cell
        if params.has_portals and world[cell] & PORTAL:
            entered = np.int64(other_portal(world, params, np.uint64(cell)))
        terrain = (np.int64(world[entered]) & TERRAIN) >> TERRAIN_SHIFT
        straight = least + params.terrain_cost[terrain]
        kind = 2 * terrain
        for delta in (-pitch, np.int64(1), pitch, np.int64(-1)):
            queues[kind, 1] = _relax(
                world, solid, entered + delta, straight, distance, queues[kind], np.int64(queues[kind, 1])
            )
        if params.octile:
            diagonal = least + SQRT2 * params.terrain_cost[terrain]
            kind += 1
            for vertical in (-pitch, pitch):
                for horizontal in (np.int64(-1), np.int64(1)):
                    # Corners are those of the cell that is entered, wherever it leads.
                    if (world[entered + vertical] | world[entered + horizontal]) & solid == 0:
                        queues[kind, 1] = _relax(
                            world,
                            solid,
                            entered + vertical + horizontal,
                            diagonal,
                            distance,
                            queues[kind],
                            np.int64(queues[kind, 1]),
                        )


@kernel
def flood(world, params, source, target, distance, queues):
    """Write the cost of the shortest path from every cell to ``source`` under the moves that are allowed."""
    if params.is_weighted or params.has_portals:
        flood_weighted(world, SOLID, params, source, target, distance, queues)
    elif params.octile:
        flood_octile(world, SOLID, params.pitch, source, target, distance, queues)
    else:
        flood_cardinal(world, SOLID, params.pitch, source, target, distance, queues[0])


@kernel
def flood_plain(world, solid, params, source, target, distance, queues):
    """Find which cells reach ``source``, leaving what it costs aside: infinite distance where one does not."""
    if params.has_portals:
        flood_weighted(world, solid, params, source, target, distance, queues)
    else:
        flood_cardinal(world, solid, params.pitch, source, target, distance, queues[0])


@kernel
def goal_distances_lane(lane, world, params, distance, queues):
    """Bring a lane's distance field up to date."""
    goal = np.int64(cell_index(lane.goal_row, lane.goal_col, params))
    flood(world, params, goal, EVERYWHERE, distance, queues)
    lane.has_distances = True


@kernel
def goal_distances_batch(lanes, maps, params, distances, queues):
    """Bring the distance field of every lane up to date.

    Args:
        lanes: (B,) LANE.
        maps: (M, S) uint8, padded.
        params: (1,) PARAMETERS.
        distances: (B, cells) float64, written where a lane's goal or map is new.
        queues: (Q, cells) int32, scratch.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        if not lane.has_distances:
            goal_distances_lane(lane, maps[lane.map], p, distances[i], queues)


@kernel
def distance_to_goal_batch(lanes, params, distances, out):
    """Write the cost of the shortest path from each lane's agent to its goal; out: (B,) float64."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        out[i] = distances[i, cell_index(lane.row, lane.col, p)]


@kernel
def optimal_actions_cell(row, col, world, params, distance, out):
    """Write which actions begin a shortest path from a cell; none at the goal. out: (A,) bool."""
    here = distance[cell_index(row, col, params)]
    for action in range(out.shape[0]):
        out[action] = False
        if params.cost[action] > 0.0 and here < np.inf and is_legal(row, col, action, world, SOLID, params):
            entered = cell_index(row + params.row_delta[action], col + params.col_delta[action], params)
            cost = params.cost[action] * entry_cost(world[entered], params)
            target = target_of(row, col, action, world, params)
            out[action] = cost + distance[target] <= here + TOLERANCE * max(1.0, cost)


@kernel
def trace_path(row, col, world, params, distance, actions, path):
    """Write the cells of a shortest path, taking the first of the optimal actions in each; path: (2, H * W) int32.

    Returns:
        How many cells it has, 0 where there is no path.
    """
    count = 0
    while count < path.shape[1] and distance[cell_index(row, col, params)] < np.inf:
        path[0, count] = row
        path[1, count] = col
        count += 1
        if distance[cell_index(row, col, params)] == 0.0:
            return count
        optimal_actions_cell(row, col, world, params, distance, actions)
        first = 0
        while first < actions.shape[0] and not actions[first]:
            first += 1
        if first == actions.shape[0]:
            break
        index = np.int64(target_of(row, col, first, world, params))
        row = index // params.pitch - params.pad
        col = index % params.pitch - params.pad
    return 0


@kernel
def optimal_actions_batch(lanes, maps, params, distances, out):
    """Write for each lane which actions begin a shortest path; none at the goal. out: (B, A) bool."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        optimal_actions_cell(lane.row, lane.col, maps[lane.map], p, distances[i], out[i])


@kernel
def optimal_actions_field(world, params, distance, out):
    """Write for each cell which actions begin a shortest path; out: (H, W, A) bool."""
    p = params[0]
    for row in range(p.height):
        for col in range(p.width):
            optimal_actions_cell(row, col, world, p, distance, out[row, col])
