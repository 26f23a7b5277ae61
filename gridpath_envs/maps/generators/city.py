"""Cities: blocks of buildings, yards and parks between streets, some of which are closed."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import below, draw
from gridpath_envs.maps.generators.painting import FIRST, ONE, paint

_PARKS, _YARDS, _CLOSED = 2, 5, 2  # of 16


@kernel
def generate_city(blocked, params, key, counter, queues):
    """Lay streets of one to three cells around blocks of about ``block_size`` cells a side, and build on the blocks.

    At each crossing the street to the right or that below may be closed by a barrier. Never both, and none at the last
    crossing of a row or column: so all crossings stay connected, as in a maze by binary tree.

    Args:
        blocked: (cells,) uint8, padded; the inner cells are written.
        params: PARAMETERS record.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.
        queues: (2, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw.
    """
    rows, cols = queues[0], queues[1]
    counter, num_rows = _survey(rows, params.height, params.block_size, key, counter)
    counter, num_cols = _survey(cols, params.width, params.block_size, key, counter)
    paint(blocked, FIRST, FIRST, params.height, params.width, np.uint8(0), params)
    for i in range(num_rows):
        top, height = np.int64(rows[2 * i]), np.int64(rows[2 * i + 1])
        for j in range(num_cols):
            left, width = np.int64(cols[2 * j]), np.int64(cols[2 * j + 1])
            bits = draw(key, counter)
            counter += 1
            if below(bits, 16) >= _PARKS:
                paint(blocked, top, left, height, width, np.uint8(1), params)
            # The crossing is the one above and to the left of the block, the streets are those along it.
            is_inner = 0 < i < num_rows - 1 and 0 < j < num_cols - 1
            if is_inner and (bits & np.uint64(15)) < np.uint64(_CLOSED):
                street_row = np.int64(rows[2 * i - 2] + rows[2 * i - 1])
                street_col = np.int64(cols[2 * j - 2] + cols[2 * j - 1])
                if bits & np.uint64(16):
                    paint(blocked, street_row, left + width // 2, top - street_row, ONE, np.uint8(1), params)
                else:
                    paint(blocked, top + height // 2, street_col, ONE, left - street_col, np.uint8(1), params)
    # Yards come last, since their gates must not open on a barrier.
    for i in range(num_rows):
        for j in range(num_cols):
            if rows[2 * i + 1] > 2 and cols[2 * j + 1] > 2:
                bits = draw(key, counter)
                counter += 1
                if below(bits, 16) < _YARDS:
                    _open_yard(blocked, rows[2 * i], cols[2 * j], rows[2 * i + 1], cols[2 * j + 1], bits, params)
    return counter


@kernel
def _survey(lots, side, block_size, key, counter):
    """Divide a side of the map into blocks with streets between them; the first and the last block may be cut or empty.

    Args:
        lots: (2 * blocks,) int32, written: first line and number of lines of each block.
        side: Cells.
        block_size: Cells.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.

    Returns:
        The number of the stream's next unused draw, and that of the blocks, two or more.
    """
    size = min(block_size, side // 2)
    bits = draw(key, counter)
    counter += 1
    line, num = 0, 0
    length = below(bits, size + 1)
    while True:
        length = min(length, side - line)
        lots[2 * num] = line
        lots[2 * num + 1] = length
        num += 1
        line += length
        if line == side and num > 1:
            return counter, num
        bits = draw(key, counter)
        counter += 1
        kind = np.int64(bits & np.uint64(7))
        line = min(line + min(1 + (kind > 4) + (kind > 6), side // 4), side)
        length = max(1, size - 1 + below(bits, 3))


@kernel
def _open_yard(blocked, top, left, height, width, bits, params):
    """Hollow out a block and open a gate to a street in the middle of a side; the first side to try is drawn."""
    pitch = np.uint64(params.pitch)
    for turn in range(4):
        side = (np.uint64(turn) + (bits & np.uint64(3))) & np.uint64(3)
        if side & np.uint64(1):
            gate = cell_index(top + height // 2, left if side & np.uint64(2) else left + width - 1, params)
            outside = gate - np.uint64(1) if side & np.uint64(2) else gate + np.uint64(1)
        else:
            gate = cell_index(top if side & np.uint64(2) else top + height - 1, left + width // 2, params)
            outside = gate - pitch if side & np.uint64(2) else gate + pitch
        # Outside the map all is blocked.
        if blocked[outside] == 0:
            paint(blocked, top + 1, left + 1, height - 2, width - 2, np.uint8(0), params)
            blocked[gate] = 0
            return
