"""Warehouses: rows of shelves with aisles between them."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import below, draw

_MISSING = 4  # of 16


@kernel
def generate_warehouse(blocked, params, key, counter, queues):
    """Set up shelves of ``block_size`` cells, one or two deep, along aisles of one or two cells.

    Some shelves are missing. A free line runs around the map and aisles run from end to end of it, which connects
    all. Shelves lie along the rows or along the columns.

    Args:
        blocked: (cells,) uint8, padded; the inner cells are written.
        params: PARAMETERS record.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.
        queues: (2, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw.
    """
    bits = draw(key, counter)
    counter += 1
    depth = 1 + np.int64(bits & np.uint64(1))
    is_across = (bits & np.uint64(2)) != np.uint64(0)
    aisle = 2 if (bits & np.uint64(12)) == np.uint64(0) else 1
    tall, row_gap = (depth, aisle) if is_across else (params.block_size, 1)
    wide, col_gap = (params.block_size, 1) if is_across else (depth, aisle)
    of_row, of_col = queues[0], queues[1]
    counter, num_rows = _spread(of_row, params.height, tall, row_gap, key, counter)
    counter, num_cols = _spread(of_col, params.width, wide, col_gap, key, counter)
    # There is always this one.
    kept = below(bits, num_rows * num_cols)
    for row in range(params.height):
        index = cell_index(row, 0, params)
        shelf_row = np.int64(of_row[row])
        for col in range(params.width):
            shelf_col = np.int64(of_col[col])
            is_shelf = False
            if shelf_row >= 0 and shelf_col >= 0:
                # Each row of a shelf makes the same draw again.
                shelf = shelf_row * num_cols + shelf_col
                is_shelf = shelf == kept or below(draw(key, counter + shelf), 16) >= _MISSING
            blocked[index] = np.uint8(is_shelf)
            index += np.uint64(1)
    return counter + num_rows * num_cols


@kernel
def _spread(of_line, side, length, gap, key, counter):
    """Spread shelves over a side of the map, as many as it holds or up to a quarter fewer, with gaps drawn at random.

    Args:
        of_line: (side or more,) int32, written: which shelf a line of cells belongs to, or -1.
        side: Cells.
        length: Cells of a shelf along this side.
        gap: Cells between two shelves, at least.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.

    Returns:
        The number of the stream's next unused draw, and that of the shelves.
    """
    length = min(length, side - 2)
    num = (side - 2 + gap) // (length + gap)
    # Small warehouses would be too much alike if all were full.
    num -= below(draw(key, counter), num // 4 + 1)
    counter += 1
    left = side - 2 - num * length - (num - 1) * gap
    line = 0
    for shelf in range(num + 1):
        num_gaps = num + 1 - shelf
        extra = left // num_gaps
        extra += below(draw(key, counter), num_gaps) < left - extra * num_gaps
        counter += 1
        left -= extra
        for _ in range(extra + (gap if 0 < shelf < num else 1)):
            of_line[line] = -1
            line += 1
        if shelf < num:
            for _ in range(length):
                of_line[line] = shelf
                line += 1
    return counter, num
