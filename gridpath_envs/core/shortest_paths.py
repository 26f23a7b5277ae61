"""Exact answers to one query, from a start to a goal: lengths and paths, cardinal and octile.

Each kernel works in scratch that it leaves exactly as it found it, by undoing what it wrote, so that a query costs what
it searches and not what the map measures. Whoever calls sees to it that no two calls share scratch at the same time.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.distances import TOLERANCE
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import SQRT2

# What a byte of the cardinal search says. From the start: FORWARD + number of the move that first reached the cell.
# From the goal: BACKWARD + distance modulo 3, which tells of any neighbour whether it is nearer or farther.
FREE, BLOCKED = 0, 1
FORWARD, BACKWARD = 2, 6


# One function for both ends, told its marks and its direction, was measured to be a tenth to a sixth slower.
@kernel
def _expand_start(state, queue, pitch, head, end, tail):
    """Expand one level of the start's cells; return the new tail, and whether one touches the goal's."""
    met = False
    while head < end and not met:
        cell = np.int64(queue[np.uint64(head)])
        head += 1
        mark = np.uint8(FORWARD)
        for neighbour in (cell - pitch, cell + 1, cell + pitch, cell - 1):
            index = np.uint64(neighbour)
            known = state[index]
            # Without branches, as in flood_cardinal: what a neighbour is, no processor can guess.
            is_new = known == FREE
            met |= known >= BACKWARD
            state[index] = mark if is_new else known
            queue[np.uint64(tail)] = neighbour
            tail += np.int64(is_new)
            mark += np.uint8(1)
    return tail, met


@kernel
def _expand_goal(state, queue, pitch, head, end, tail, mark):
    """Expand one level of the goal's cells, downwards; return the new tail, and whether one touches the start's."""
    met = False
    while head > end and not met:
        cell = np.int64(queue[np.uint64(head)])
        head -= 1
        for neighbour in (cell - pitch, cell + 1, cell + pitch, cell - 1):
            index = np.uint64(neighbour)
            known = state[index]
            is_new = known == FREE
            met |= (known >= FORWARD) & (known < BACKWARD)
            state[index] = mark if is_new else known
            queue[np.uint64(tail)] = neighbour
            tail -= np.int64(is_new)
    return tail, met


@kernel
def _search(state, queue, pitch, start, goal):
    """Search breadth first from both ends, a level of the smaller frontier at a time, until the two meet.

    A cell belongs to the end that reaches it first. Until the ends meet, the start's cells are all those within
    ``near`` of it and the goal's all those within ``far`` of it, so a move that joins them is part of a shortest path.
    The start's cells grow from the queue's front, in order of distance, and of several at one distance in the order of
    their paths: those whose first differing move has the lower number come first. The goal's grow from its back.

    Returns:
        The length, -1 without a path; where the start's outermost whole level begins and ends in the queue; its
        distance from the start and that of the goal's from the goal; and where the two ends' cells end in the queue.
    """
    last = np.int64(queue.shape[0] - 1)
    state[np.uint64(start)] = FORWARD
    state[np.uint64(goal)] = BACKWARD
    queue[np.uint64(0)] = start
    queue[np.uint64(last)] = goal
    front, front_tail, back, back_tail = np.int64(0), np.int64(1), last, last - 1
    near, far = np.int64(0), np.int64(0)
    while front < front_tail and back > back_tail:
        begin, end, back_end = front, front_tail, back_tail
        if front_tail - front <= back - back_tail:
            front_tail, met = _expand_start(state, queue, pitch, begin, end, front_tail)
            if met:
                return near + far + 1, begin, end, near, far, front_tail, back_tail
            front = end
            near += 1
        else:
            mark = np.uint8(BACKWARD + (far + 1) % 3)
            back_tail, met = _expand_goal(state, queue, pitch, back, back_end, back_tail, mark)
            if met:
                return near + far + 1, begin, end, near, far, front_tail, back_tail
            back = back_end
            far += 1
    return np.int64(-1), front, front_tail, near, far, front_tail, back_tail


@kernel
def _clear(state, queue, front_tail, back_tail):
    for k in range(front_tail):
        state[np.uint64(queue[np.uint64(k)])] = FREE
    for k in range(back_tail + 1, queue.shape[0]):
        state[np.uint64(queue[np.uint64(k)])] = FREE


@kernel
def _write(path, k, cell, pitch):
    row = cell // pitch
    path[0, np.uint64(k)] = row - 1
    path[1, np.uint64(k)] = cell - row * pitch - 1


@kernel
def cardinal_length(state, queue, pitch, start, goal):
    """Return the number of moves of a shortest cardinal path, -1 where there is none.

    Args:
        state: (cells,) uint8, a map padded by one cell, 0 free and 1 blocked; scratch, left as it was.
        queue: (cells,) int32, scratch.
        pitch: Cells from one row to the next.
        start: Index of a free cell.
        goal: Index of a free cell.
    """
    if start == goal:
        return np.int64(0)
    length, _, _, _, _, front_tail, back_tail = _search(state, queue, pitch, start, goal)
    _clear(state, queue, front_tail, back_tail)
    return length


@kernel
def cardinal_path(state, queue, pitch, start, goal, path):
    """Write a shortest cardinal path; of several, the one whose first differing move has the lowest number.

    Args:
        state: (cells,) uint8, a map padded by one cell, 0 free and 1 blocked; scratch, left as it was.
        queue: (cells,) int32, scratch.
        pitch: Cells from one row to the next.
        start: Index of a free cell.
        goal: Index of a free cell.
        path: (2, cells) int32, written: rows and columns, unpadded, of start, goal and all between.

    Returns:
        The number of cells written, 0 where there is no path.
    """
    if start == goal:
        _write(path, 0, start, pitch)
        return np.int64(1)
    length, begin, end, near, far, front_tail, back_tail = _search(state, queue, pitch, start, goal)
    if length >= 0:
        # The first of the start's outermost cells, in their order, that touches the goal's outermost.
        wanted = np.uint8(BACKWARD + far % 3)
        cell = np.int64(start)
        after = np.int64(goal)
        found = False
        while begin < end and not found:
            cell = np.int64(queue[np.uint64(begin)])
            begin += 1
            for neighbour in (cell - pitch, cell + 1, cell + pitch, cell - 1):
                if not found and state[np.uint64(neighbour)] == wanted:
                    after = neighbour
                    found = True
        for k in range(near, -1, -1):
            _write(path, k, cell, pitch)
            move = state[np.uint64(cell)] - FORWARD
            # Back along the move that reached it: up, right, down or left.
            cell += pitch if move == 0 else -1 if move == 1 else -pitch if move == 2 else 1
        cell = after
        _write(path, near + 1, cell, pitch)
        for k in range(near + 2, length + 1):
            wanted = np.uint8(BACKWARD + (length - k) % 3)
            if state[np.uint64(cell - pitch)] == wanted:
                cell -= pitch
            elif state[np.uint64(cell + 1)] == wanted:
                cell += 1
            elif state[np.uint64(cell + pitch)] == wanted:
                cell += pitch
            else:
                cell -= 1
            _write(path, k, cell, pitch)
    _clear(state, queue, front_tail, back_tail)
    return length + 1


@kernel
def _relax(distance, neighbour, candidate, queue, tail):
    index = np.uint64(neighbour)
    known = distance[index]
    is_better = candidate < known - TOLERANCE
    distance[index] = candidate if is_better else known
    queue[np.uint64(tail)] = neighbour
    return tail + np.int64(is_better)


@kernel
def _search_octile(distance, straight, diagonal, pitch, source, target):
    """Do what flood_octile does, with the same sums in the same order, until the target is settled."""
    distance[np.uint64(source)] = 0.0
    straight[0] = source
    straight_head, straight_tail = np.int64(0), np.int64(1)
    diagonal_head, diagonal_tail = np.int64(0), np.int64(0)
    while straight_head < straight_tail or diagonal_head < diagonal_tail:
        from_straight = diagonal_head == diagonal_tail or (
            straight_head < straight_tail
            and distance[np.uint64(straight[np.uint64(straight_head)])]
            <= distance[np.uint64(diagonal[np.uint64(diagonal_head)])]
        )
        if from_straight:
            cell = np.int64(straight[np.uint64(straight_head)])
            straight_head += 1
        else:
            cell = np.int64(diagonal[np.uint64(diagonal_head)])
            diagonal_head += 1
        if cell == target:
            break
        here = distance[np.uint64(cell)]
        up = distance[np.uint64(cell - pitch)] >= 0.0
        right = distance[np.uint64(cell + 1)] >= 0.0
        down = distance[np.uint64(cell + pitch)] >= 0.0
        left = distance[np.uint64(cell - 1)] >= 0.0
        beside = here + 1.0
        straight_tail = _relax(distance, cell - pitch, beside, straight, straight_tail)
        straight_tail = _relax(distance, cell + 1, beside, straight, straight_tail)
        straight_tail = _relax(distance, cell + pitch, beside, straight, straight_tail)
        straight_tail = _relax(distance, cell - 1, beside, straight, straight_tail)
        across = here + SQRT2
        diagonal_tail = _relax(distance, cell - pitch + 1, across if up & right else np.inf, diagonal, diagonal_tail)
        diagonal_tail = _relax(distance, cell + pitch + 1, across if down & right else np.inf, diagonal, diagonal_tail)
        diagonal_tail = _relax(distance, cell + pitch - 1, across if down & left else np.inf, diagonal, diagonal_tail)
        diagonal_tail = _relax(distance, cell - pitch - 1, across if up & left else np.inf, diagonal, diagonal_tail)
    return straight_tail, diagonal_tail


@kernel
def _clear_octile(distance, straight, diagonal, straight_tail, diagonal_tail):
    for k in range(straight_tail):
        distance[np.uint64(straight[np.uint64(k)])] = np.inf
    for k in range(diagonal_tail):
        distance[np.uint64(diagonal[np.uint64(k)])] = np.inf


@kernel
def octile_length(distance, queues, pitch, start, goal):
    """Return the cost of a shortest octile path, infinite where there is none.

    Args:
        distance: (cells,) float64, a map padded by one cell, infinite where free and -1 where blocked; scratch, left as
            it was.
        queues: (2, cells) int32, scratch.
        pitch: Cells from one row to the next.
        start: Index of a free cell.
        goal: Index of a free cell.
    """
    straight, diagonal = queues[0], queues[1]
    straight_tail, diagonal_tail = _search_octile(distance, straight, diagonal, pitch, goal, start)
    length = distance[np.uint64(start)]
    _clear_octile(distance, straight, diagonal, straight_tail, diagonal_tail)
    return length


@kernel
def octile_path(distance, queues, pitch, start, goal, path):
    """Write a shortest octile path; of several, the one whose first differing move has the lowest number.

    Args:
        distance: (cells,) float64, a map padded by one cell, infinite where free and -1 where blocked; scratch, left as
            it was.
        queues: (2, cells) int32, scratch.
        pitch: Cells from one row to the next.
        start: Index of a free cell.
        goal: Index of a free cell.
        path: (2, cells) int32, written: rows and columns, unpadded, of start, goal and all between.

    Returns:
        The number of cells written, 0 where there is no path.
    """
    straight, diagonal = queues[0], queues[1]
    straight_tail, diagonal_tail = _search_octile(distance, straight, diagonal, pitch, goal, start)
    count = np.int64(0)
    if distance[np.uint64(start)] < np.inf:
        cell = np.int64(start)
        _write(path, 0, cell, pitch)
        count += 1
        while cell != goal:
            cell = _octile_step(distance, pitch, cell)
            _write(path, count, cell, pitch)
            count += 1
    _clear_octile(distance, straight, diagonal, straight_tail, diagonal_tail)
    return count


@kernel
def _octile_step(distance, pitch, cell):
    """Return the neighbour that the lowest move of a shortest path leads to."""
    limit = distance[np.uint64(cell)] + TOLERANCE
    up = distance[np.uint64(cell - pitch)]
    right = distance[np.uint64(cell + 1)]
    down = distance[np.uint64(cell + pitch)]
    left = distance[np.uint64(cell - 1)]
    # A blocked cell is at -1: not to be stepped on, and nothing to pass diagonally.
    if up >= 0.0 and up + 1.0 <= limit:
        return cell - pitch
    if right >= 0.0 and right + 1.0 <= limit:
        return cell + 1
    if down >= 0.0 and down + 1.0 <= limit:
        return cell + pitch
    if left >= 0.0 and left + 1.0 <= limit:
        return cell - 1
    for neighbour, one, other in (
        (cell - pitch + 1, up, right),
        (cell + pitch + 1, down, right),
        (cell + pitch - 1, down, left),
    ):
        here = distance[np.uint64(neighbour)]
        if one >= 0.0 and other >= 0.0 and here >= 0.0 and here + SQRT2 <= limit:
            return neighbour
    return cell - pitch - 1
