"""Caves: noise smoothed by a cellular automaton."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.maps.generators.obstacles import generate_obstacles

_STEPS = 4
_ATTEMPTS = 4


@kernel
def generate_caves(blocked, params, key, counter, queues):
    """Block each cell with probability ``density``, smooth, and keep the largest cave.

    Where that takes less than a quarter of the map, all is drawn anew; into the fourth draw the middle is carved.

    Args:
        blocked: (cells,) uint8, padded; the inner cells are written.
        params: PARAMETERS record.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.
        queues: (2, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw.

    Reference:
        Johnson, Yannakakis & Togelius 2010, Cellular automata for real-time generation of infinite cave levels,
        doi:10.1145/1814256.1814266.
    """
    height, width = params.height, params.width
    cells, spare = queues[0], queues[1]
    for attempt in range(_ATTEMPTS):
        counter = generate_obstacles(blocked, params, key, counter)
        for index in range(params.num_cells):
            cells[np.uint64(index)] = blocked[np.uint64(index)]
            spare[np.uint64(index)] = 1
        for _ in range(_STEPS // 2):
            _smooth(cells, spare, params)
            _smooth(spare, cells, params)
        if attempt == _ATTEMPTS - 1:
            for row in range(height // 4, height // 4 + height // 2):
                index = cell_index(row, width // 4, params)
                for _ in range(width // 2):
                    cells[index] = 0
                    index += np.uint64(1)
        largest, size = _label_caves(cells, spare, params)
        if 4 * size >= height * width:
            break
    for row in range(height):
        index = cell_index(row, 0, params)
        for col in range(width):
            blocked[index + np.uint64(col)] = cells[index + np.uint64(col)] != largest
    return counter


@kernel
def _smooth(cells, out, params):
    """Make each cell what most of the nine cells around it are; outside the map is wall."""
    pitch = np.uint64(params.pitch)
    for row in range(params.height):
        first = cell_index(row, 0, params)
        for col in range(params.width):
            index = first + np.uint64(col)
            above, below = index - pitch, index + pitch
            walls = cells[above - np.uint64(1)] + cells[above] + cells[above + np.uint64(1)]
            walls += cells[index - np.uint64(1)] + cells[index] + cells[index + np.uint64(1)]
            walls += cells[below - np.uint64(1)] + cells[below] + cells[below + np.uint64(1)]
            out[index] = np.int32(walls >= 5)


@kernel
def _label_caves(cells, stack, params):
    """Number the caves from 2 on, in place of their cells' 0.

    Returns:
        The number of the largest cave, the first of several, and its cells.
    """
    pitch = np.uint64(params.pitch)
    label, largest, largest_size = 1, 0, 0
    for row in range(params.height):
        index = cell_index(row, 0, params)
        for _ in range(params.width):
            if cells[index] == 0:
                label += 1
                cells[index] = label
                stack[np.uint64(0)] = index
                seen, size = np.uint64(0), np.uint64(1)
                while seen < size:
                    cell = np.uint64(stack[seen])
                    seen += np.uint64(1)
                    for beside in (cell - pitch, cell + np.uint64(1), cell + pitch, cell - np.uint64(1)):
                        # Written in any case and kept by counting it, which spares a branch that is hard to foresee.
                        is_new = cells[beside] == 0
                        stack[size] = beside
                        cells[beside] = label if is_new else cells[beside]
                        size += np.uint64(is_new)
                if np.int64(size) > largest_size:
                    largest, largest_size = label, np.int64(size)
            index += np.uint64(1)
    return largest, largest_size
