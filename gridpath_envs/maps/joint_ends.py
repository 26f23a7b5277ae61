"""The ends of a level of many agents: a start and a goal for each, within reach of each other, no cell twice."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.joint_dynamics import RESTART
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import below, draw

# Rows of scratch that hold what the choice of a level works out; what chooses them has no need of floods yet.
POOL, USED, STARTS, GOALS, ORDER, REGION, SIZES = 0, 1, 4, 5, 6, 7, 8
MARKS = ORDER


@kernel
def find_regions(world, params, order, region, sizes):
    """Sort the free cells into regions, the cells of which reach each other.

    Args:
        world: (S,) uint8, padded.
        params: PARAMETERS record.
        order: (cells,) int32, written: the free cells, those of a region side by side.
        region: (cells,) int32, written: for each free cell, where its region begins in ``order``; -1 for other cells.
        sizes: (cells,) int32, written where regions begin: how many cells there are.

    Returns:
        The number of free cells.
    """
    region[:] = -1
    count = np.int64(0)
    for row in range(params.height):
        for col in range(params.width):
            source = cell_index(row, col, params)
            if world[source] & SOLID or region[source] >= 0:
                continue
            first = count
            order[count] = source
            region[source] = first
            count += 1
            head = first
            while head < count:
                cell = np.int64(order[head])
                head += 1
                for neighbour in (cell - params.pitch, cell + 1, cell + params.pitch, cell - 1):
                    index = np.uint64(neighbour)
                    if world[index] & SOLID == 0 and region[index] < 0:
                        region[index] = first
                        order[count] = neighbour
                        count += 1
            sizes[first] = count - first
    return count


@kernel
def capacity(size, params):
    """Return how many agents a region has room for; where goals are drawn anew, one cell is left to draw."""
    return size - 1 if params.on_arrival == RESTART or size == 1 else size


@kernel
def _draw_starts(params, key, counter, num_free, queues):
    """Draw a different start for each agent, uniformly among the free cells, as far as regions have room.

    Returns:
        The number of the stream's next unused draw, or -1 where there is not enough room.
    """
    pool, used, starts = queues[POOL], queues[USED], queues[STARTS]
    region, sizes = queues[REGION], queues[SIZES]
    for k in range(num_free):
        pool[k] = queues[ORDER, k]
        used[k] = 0
    placed = 0
    for k in range(num_free):
        if placed == params.num_agents:
            break
        other = k + below(draw(key, counter), num_free - k)
        counter += 1
        cell = pool[other]
        pool[other] = pool[k]
        first = region[cell]
        if used[first] < capacity(sizes[first], params):
            used[first] += 1
            starts[placed] = cell
            placed += 1
    return counter if placed == params.num_agents else np.int64(-1)


@kernel
def _draw_partners(ends, partners, params, key, counter, queues):
    """Draw for each agent another cell of the region that its given end is in, no cell twice.

    Returns:
        The number of the stream's next unused draw, or -1 where a region has not enough room.
    """
    used, order, region, sizes = queues[USED], queues[ORDER], queues[REGION], queues[SIZES]
    for k in range(params.num_agents):
        used[region[ends[k]]] = 0
    for k in range(params.num_agents):
        end = ends[k]
        first = np.int64(region[end])
        size = np.int64(sizes[first])
        at = np.int64(used[first])
        if at >= capacity(size, params):
            return np.int64(-1)
        used[first] += 1
        chosen = first + at + below(draw(key, counter), size - at)
        counter += 1
        if order[chosen] == end and at < size - 1:
            # Itself: one of the others that are left.
            order[chosen] = order[first + at]
            order[first + at] = end
            chosen = first + at + 1 + below(draw(key, counter), size - at - 1)
            counter += 1
        cell = order[chosen]
        order[chosen] = order[first + at]
        order[first + at] = cell
        partners[k] = cell
        if cell == end:
            # Itself is all that is left: it changes with the first agent of its region.
            other = 0
            while region[ends[other]] != first:
                other += 1
            partners[k] = partners[other]
            partners[other] = end
    return counter


@kernel
def choose_joint_ends(world, params, given_starts, given_goals, key, counter, queues):
    """Choose a start and a goal for each agent, within reach of each other, into the rows STARTS and GOALS.

    Args:
        world: (S,) uint8, padded.
        params: PARAMETERS record.
        given_starts: Whether the row STARTS holds them already.
        given_goals: The same of the row GOALS.
        key: Key of the stream to draw from.
        counter: Number of the stream's first unused draw.
        queues: (NUM_ROWS, cells) int32, scratch.

    Returns:
        Whether there is room.
    """
    num_free = find_regions(world, params, queues[ORDER], queues[REGION], queues[SIZES])
    if not given_starts and not given_goals:
        counter = _draw_starts(params, key, counter, num_free, queues)
        given_starts = counter >= 0
    if given_starts and not given_goals:
        counter = _draw_partners(queues[STARTS], queues[GOALS], params, key, counter, queues)
    elif given_goals and not given_starts:
        counter = _draw_partners(queues[GOALS], queues[STARTS], params, key, counter, queues)
    return counter >= 0


@kernel
def path_length(world, params, source, target, base, now, later, marks):
    """Return the length of the shortest path between two cells that reach each other, by A*.

    A move either comes nearer to the target, by the straight distance, and leaves the estimate as it is, or makes it
    two cells longer: two stacks take the place of a heap.

    Args:
        world: (S,) uint8, padded.
        params: PARAMETERS record.
        source: Index of a free cell.
        target: Index of a free cell.
        base: Marks of this search are from here on, at most two for each cell of the map; there is none as high yet.
        now: (cells,) int32, scratch: cells of the present estimate.
        later: (cells,) int32, scratch: cells of an estimate two longer.
        marks: (cells,) int32, written: ``base`` and twice the level of the estimate, one more where a cell is done.

    Returns:
        The length and the highest mark.

    Reference:
        Hart, Nilsson & Raphael 1968, A formal basis for the heuristic determination of minimum cost paths,
        doi:10.1109/TSSC.1968.300136.
    """
    goal_row, goal_col = target // params.pitch, target % params.pitch
    first = abs(source // params.pitch - goal_row) + abs(source % params.pitch - goal_col)
    level = np.int32(0)
    count, count_later = np.int64(1), np.int64(0)
    now[0] = source
    marks[source] = base
    while True:
        while count > 0:
            count -= 1
            cell = np.int64(now[count])
            if cell == target:
                return np.float64(first + 2 * level), base + 2 * level + 2
            mark = base + 2 * level
            if marks[cell] != mark:
                continue
            marks[cell] = mark + 1
            row, col = cell // params.pitch, cell % params.pitch
            for direction in range(4):
                step = params.pitch if direction & 1 else np.int64(1)
                goes_back = direction & 2 != 0
                neighbour = cell - step if goes_back else cell + step
                if world[np.uint64(neighbour)] & SOLID:
                    continue
                gap = goal_row - row if direction & 1 else goal_col - col
                nears = gap < 0 if goes_back else gap > 0
                seen = marks[neighbour]
                if nears:
                    if seen < base or seen == mark + 2:
                        marks[neighbour] = mark
                        now[count] = neighbour
                        count += 1
                elif seen < base:
                    marks[neighbour] = mark + 2
                    later[count_later] = neighbour
                    count_later += 1
        level += np.int32(1)
        now, later = later, now
        count, count_later = count_later, np.int64(0)
