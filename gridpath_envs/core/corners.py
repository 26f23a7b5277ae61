"""The corners of walls that are in sight of a point: what a shortest path can turn around next.

A corner is a vertex of the grid of which exactly one of the four cells around is solid. Vertices have the index of the
padded map's cell that lies below and right of them.
"""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.jit import kernel

# What rounding may hide of a corner that is just in sight, in cells.
_TOLERANCE = 1e-9

# Stands for the slope of a line straight along a row, and for more columns than there are.
_STEEP = 1e300
_FAR = 1e9


@kernel
def corners_in_sight(corner, u_step, v_step, u_gap, v_gap, low, world, params, costs, cells):
    """List the corners in sight of a point, in one quadrant around it, spanned by the directions u and v.

    Row by row away from the point, slopes are kept of which nothing is known to block the line: those between two walls
    make one interval. All that is seen is listed, and a little that a disc does not see; whoever calls tests it.

    Args:
        corner: Index of the vertex that the quadrant's first cell has at its lower end, in both directions.
        u_step: Difference of index from one row of the quadrant to the next.
        v_step: Difference of index from one of its columns to the next.
        u_gap: How far the point is from the first row's end, in (0, 1].
        v_gap: How far the point is from the first column's end, in (0, 1].
        low: Least slope, columns per row, that matters.
        world: (S,) uint8, padded map.
        params: PARAMETERS record.
        costs: (5, 2 * cells) float64; the two last are scratch.
        cells: (6, 2 * cells) int32; the fourth is scratch, the last two are written: how many rows each corner is away
            from ``corner``, and twice how many columns, plus 1 where the line passes the wall on its other side.

    Returns:
        How many corners were listed.
    """
    lows, highs = costs[3], costs[4]
    rows, listed_u, listed_v = cells[3], cells[4], cells[5]
    base = corner + min(u_step, 0) + min(v_step, 0)
    pitch = params.pitch
    # The quadrant's last column is the padding's: no cell is behind it.
    if abs(v_step) == 1:
        before, size = corner % pitch, pitch
    else:
        before, size = corner // pitch, params.height + 2 * params.pad
    end = before - 1 if v_step < 0 else size - 1 - before
    # Corners that face the point matter only if the disc reaches beyond the line of the grid on which they lie.
    is_between = u_gap < 1.0 or v_gap < 1.0
    count, pending = np.int64(0), np.int64(0)
    high = _STEEP
    row = np.int64(0)
    while True:
        bottom = max(u_gap + row - 1.0, 0.0)
        top = u_gap + row
        first = max(np.int64(math.floor(low * bottom - v_gap + 1.0 - _TOLERANCE)), np.int64(0))
        last = min(np.int64(math.floor(min(high * top, _FAR) - v_gap + 1.0 + _TOLERANCE)), end)
        index = base + row * u_step + first * v_step
        was_solid = world[np.uint64(index - v_step)] & SOLID != 0
        is_free = False
        left = low
        next_low, next_high = 1.0, 0.0
        for col in range(first, last + 2):
            is_solid = True
            if col <= last:
                is_solid = world[np.uint64(index)] & SOLID != 0
            if is_solid and not was_solid:
                edge = v_gap + col - 1.0
                right = high
                if col <= last:
                    right = min(high, edge / top)
                    if (
                        low * top - _TOLERANCE <= edge <= high * top + _TOLERANCE
                        and (world[np.uint64(index + u_step)] | world[np.uint64(index + u_step - v_step)]) & SOLID == 0
                    ):
                        listed_u[np.uint64(count)] = row + 1
                        listed_v[np.uint64(count)] = 2 * col
                        count += 1
                    if (
                        is_between
                        and row > 0
                        and (world[np.uint64(index - u_step)] | world[np.uint64(index - u_step - v_step)]) & SOLID == 0
                    ):
                        listed_u[np.uint64(count)] = row
                        listed_v[np.uint64(count)] = 2 * col
                        count += 1
                if is_free and right > left:
                    if next_low < next_high:
                        lows[np.uint64(pending)] = next_low
                        highs[np.uint64(pending)] = next_high
                        rows[np.uint64(pending)] = row + 1
                        pending += 1
                    next_low, next_high = left, right
                is_free = False
            elif not is_solid:
                if was_solid and row > 0:
                    edge = v_gap + col - 1.0
                    if edge >= low * bottom - _TOLERANCE:
                        left = max(low, edge / bottom)
                        if (
                            edge <= high * bottom + _TOLERANCE
                            and (world[np.uint64(index - u_step)] | world[np.uint64(index - u_step - v_step)]) & SOLID
                            == 0
                        ):
                            listed_u[np.uint64(count)] = row
                            listed_v[np.uint64(count)] = 2 * col + 1
                            count += 1
                is_free = True
            if is_solid and row == 0:
                break
            was_solid = is_solid
            index += v_step
        if next_low < next_high:
            low, high = next_low, next_high
            row += 1
        elif pending > 0:
            pending -= 1
            low, high = lows[np.uint64(pending)], highs[np.uint64(pending)]
            row = np.int64(rows[np.uint64(pending)])
        else:
            return count
