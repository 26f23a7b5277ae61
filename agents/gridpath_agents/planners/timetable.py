"""Who is where when, a bit for each cell and time step, and the search for a path that fits in between.

The cells that can be reached at one time step are a set, and a step turns it into the next: shifted by a cell in each
direction, less the moves and cells that others have taken. Sixty-four cells go through each instruction at once, so
the whole map takes less time than a search cell by cell takes where many agents crowd.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.rng import below, draw

# Directions are numbered up, right, down, left, so that the opposite of each is the number with bit 2 flipped.
UP, RIGHT, DOWN, LEFT = range(4)

_ONE = np.uint64(1)


class Timetable(NamedTuple):
    """The cells and moves that agents have taken, over T steps; a bit's index is that of its cell, row by row.

    Args:
        closed: (T + 1, K) uint64, cells that are blocked or taken at a time step.
        barred: (T, 4, K) uint64, cells that cannot be left in a direction, since an agent takes the opposite move.
        reach: (T + 1, K) uint64, scratch: cells that can be reached by a time step.
        owner: (T + 1, V) int32, the agent in each vertex while it is under way, -1 where there is none.
        parked: (V,) int32, the agent whose goal each vertex is, -1 where it is nobody's.
        bit_of: (V,) int32, the bit of each vertex.
        vertex_of: (64 * K,) int32, the vertex of each bit, -1 where it is none.
        geometry: (3,) int64, the bits from one row to the next, and the first and last word that hold cells.
    """

    closed: NDArray[np.uint64]
    barred: NDArray[np.uint64]
    reach: NDArray[np.uint64]
    owner: NDArray[np.int32]
    parked: NDArray[np.int32]
    bit_of: NDArray[np.int32]
    vertex_of: NDArray[np.int32]
    geometry: NDArray[np.int64]


def _layout(shape: tuple[int, int]) -> tuple[int, int, int]:
    """Return the bits from row to row, the words of padding on each side, and the words that hold cells."""
    # A column that is never free keeps moves to the side from ending in another row.
    pitch = shape[1] + 1
    return pitch, 2 * (pitch // 64 + 1) + 1, -(-shape[0] * pitch // 64)


def timetable_bytes(shape: tuple[int, int], num_vertices: int, num_steps: int) -> int:
    """Return how much memory a timetable takes."""
    _, padding, words = _layout(shape)
    return (num_steps + 1) * (48 * (words + 2 * padding) + 4 * num_vertices)


def make_timetable(free: NDArray[np.bool_], num_steps: int) -> Timetable:
    """Make a timetable that no agent has taken anything in.

    Args:
        free: (H, W) bool.
        num_steps: T.
    """
    height, width = free.shape
    pitch, padding, words = _layout((height, width))
    num_words = words + 2 * padding
    rows, cols = np.nonzero(free)
    bit_of = (64 * padding + rows * pitch + cols).astype(np.int32)
    vertex_of = np.full(64 * num_words, -1, dtype=np.int32)
    vertex_of[bit_of] = np.arange(len(bit_of), dtype=np.int32)
    blocked = np.packbits(vertex_of < 0, bitorder="little").view("<u8").astype(np.uint64)
    return Timetable(
        closed=np.tile(blocked, (num_steps + 1, 1)),
        barred=np.zeros((num_steps, 4, num_words), dtype=np.uint64),
        reach=np.zeros((num_steps + 1, num_words), dtype=np.uint64),
        owner=np.full((num_steps + 1, len(bit_of)), -1, dtype=np.int32),
        parked=np.full(len(bit_of), -1, dtype=np.int32),
        bit_of=bit_of,
        vertex_of=vertex_of,
        geometry=np.array([pitch, padding, padding + words - 1], dtype=np.int64),
    )


@kernel
def _has(words, bit):
    return (words[np.uint64(bit) >> np.uint64(6)] >> (np.uint64(bit) & np.uint64(63))) & _ONE != 0


@kernel
def _put(words, bit, is_set):
    word = np.uint64(bit) >> np.uint64(6)
    mask = _ONE << (np.uint64(bit) & np.uint64(63))
    words[word] = words[word] | mask if is_set else words[word] & ~mask


@kernel
def _direction(delta, pitch):
    if delta == 1:
        return RIGHT
    if delta == -1:
        return LEFT
    return DOWN if delta == pitch else UP


@kernel
def write_path(table, path, cost, agent, is_set):
    """Take what a path needs, or give it back.

    Args:
        table: Timetable.
        path: (T + 1,) int32, bits; behind ``cost`` not read.
        cost: The time step from which on the agent rests.
        agent: Its number.
        is_set: Whether to take or to give back.
    """
    pitch = table.geometry[0]
    owner = np.int32(agent if is_set else -1)
    for time in range(np.uint64(cost)):
        bit = path[time]
        _put(table.closed[time], bit, is_set)
        table.owner[time, np.uint64(table.vertex_of[np.uint64(bit)])] = owner
        following = path[time + _ONE]
        if following != bit:
            _put(table.barred[time, np.uint64(_direction(following - bit, pitch) ^ 2)], following, is_set)
    end = path[np.uint64(cost)]
    for time in range(np.uint64(cost), np.uint64(table.closed.shape[0])):
        _put(table.closed[time], end, is_set)


@kernel
def occupant(table, costs, time, vertex):
    """Return the agent that is in a vertex at a time step, -1 where there is none."""
    agent = table.parked[vertex]
    if agent >= 0 and costs[agent] <= time:
        return np.int64(agent)
    return np.int64(table.owner[time, vertex])


@kernel
def sweep(table, start, goal, latest):
    """Find when an agent can be at its goal to stay, if it takes nothing that is taken.

    Args:
        table: Timetable; its ``reach`` is written.
        start: Bit.
        goal: Bit.
        latest: The last time step at which it may get there, T at most.

    Returns:
        The earliest time step, -1 if there is none up to ``latest``; and how many words were worked out.
    """
    pitch, first, last = table.geometry[0], table.geometry[1], table.geometry[2]
    num_words = np.int64(0)
    earliest = np.int64(table.closed.shape[0])
    while earliest > 0 and not _has(table.closed[earliest - 1], goal):
        earliest -= 1
    if earliest > latest:
        return np.int64(-1), num_words
    skip = pitch >> 6
    margin = skip + 1
    shift = np.uint64(pitch & 63)
    rest = np.uint64(63) - shift
    low = np.int64(start) >> 6
    high = low
    end = np.int64(goal) >> 6
    for word in range(np.uint64(low - 2 * margin), np.uint64(high + 2 * margin + 1)):
        table.reach[0, word] = np.uint64(0)
    _put(table.reach[0], start, True)
    if earliest == 0 and start == goal:
        return np.int64(0), num_words
    ahead = np.uint64(skip)
    for time in range(latest):
        # Neither farther than it can have got by now, nor farther than it can get back from.
        left = (latest - time - 1) * pitch
        low = max(low - margin, first, (np.int64(goal) - left) >> 6)
        high = min(high + margin, last, (np.int64(goal) + left) >> 6)
        now = table.reach[time]
        after = table.reach[time + 1]
        closed = table.closed[time + 1]
        barred = table.barred[time]
        up, right, down, left_of = barred[UP], barred[RIGHT], barred[DOWN], barred[LEFT]
        found = np.uint64(0)
        for word in range(np.uint64(low), np.uint64(high + 1)):
            here = now[word]
            below_it = word + ahead
            above_it = word - ahead
            risen = (now[below_it] & ~up[below_it]) >> shift
            risen |= ((now[below_it + _ONE] & ~up[below_it + _ONE]) << _ONE) << rest
            sunk = (now[above_it] & ~down[above_it]) << shift
            sunk |= ((now[above_it - _ONE] & ~down[above_it - _ONE]) >> _ONE) >> rest
            gone_right = (here & ~right[word]) << _ONE
            gone_right |= (now[word - _ONE] & ~right[word - _ONE]) >> np.uint64(63)
            gone_left = (here & ~left_of[word]) >> _ONE
            gone_left |= (now[word + _ONE] & ~left_of[word + _ONE]) << np.uint64(63)
            reached = (here | risen | sunk | gone_right | gone_left) & ~closed[word]
            after[word] = reached
            found |= reached
        num_words += high - low + 1
        if found == 0:
            return np.int64(-1), num_words
        for word in range(np.uint64(low - 2 * margin), np.uint64(low)):
            after[word] = np.uint64(0)
        for word in range(np.uint64(high + 1), np.uint64(high + 2 * margin + 1)):
            after[word] = np.uint64(0)
        # Beyond the words that were worked out lies what an earlier search left.
        if time + 1 >= earliest and low <= end <= high and _has(after, goal):
            return np.int64(time + 1), num_words
    return np.int64(-1), num_words


@kernel
def trace(table, goal, cost, path, key, counter):
    """Write a path that a sweep found, drawn at random among those that arrive as early.

    Args:
        table: Timetable, just swept.
        goal: Bit.
        cost: The time step that the sweep returned.
        path: (T + 1,) int32, written up to ``cost``: bits.
        key: Key of the stream of random numbers.
        counter: Number of the first draw; it uses ``cost``.
    """
    pitch = table.geometry[0]
    path[cost] = goal
    for time in range(cost - 1, -1, -1):
        following = np.int64(path[time + 1])
        reach = table.reach[time]
        bits = draw(key, counter + time)
        chosen = following
        count = np.int64(0)
        if _has(reach, following):
            count = np.int64(1)
        for direction in range(4):
            delta = -pitch if direction == UP else pitch if direction == DOWN else 1 if direction == RIGHT else -1
            bit = following - delta
            if _has(reach, bit) and not _has(table.barred[time, direction], bit):
                count += 1
                if below(bits, count) == 0:
                    chosen = bit
                bits = bits * np.uint64(0x9E3779B97F4A7C15)
        path[time] = chosen
