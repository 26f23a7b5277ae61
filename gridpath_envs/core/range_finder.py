"""A range finder: how far the walls are around a point of the grid's plane.

Reference:
    Amanatides & Woo 1987, A fast voxel traversal algorithm for ray tracing, doi:10.2312/egtp.19871000.
"""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index

# Stands for the distance between two grid lines along a beam that is parallel to them.
_NEVER = 1e300


def beam_table(num_beams: int) -> np.ndarray:
    """Return the directions of evenly spaced beams, the first one up, the others clockwise from it.

    Args:
        num_beams: At least 1.

    Returns:
        (num_beams, 4) float64: the change of row and of column per cell of distance, then the distance, in cells, from
        one row to the next and from one column to the next.
    """
    table = np.empty((num_beams, 4))
    for beam in range(num_beams):
        # By the nearest eighth of a turn, so that opposite, mirrored and diagonal beams are so to the last bit: from a
        # cell's centre, diagonal beams run exactly through the corners of cells.
        eighth, rest = divmod(8 * beam, num_beams)
        angle = math.pi / 4 * (rest if eighth % 2 == 0 else num_beams - rest) / num_beams
        along, aside = math.cos(angle), math.sin(angle)
        if angle == math.pi / 4:
            along = aside = math.sqrt(0.5)
        up, right = (along, aside) if eighth in (0, 3, 4, 7) else (aside, along)
        table[beam, 0] = up if eighth in (2, 3, 4, 5) else -up
        table[beam, 1] = right if eighth < 4 else -right
    with np.errstate(divide="ignore"):
        table[:, 2:] = np.minimum(1.0 / np.abs(table[:, :2]), _NEVER)
    return table + 0.0  # no negative zeros


@kernel
def range_finder(row, col, beams, max_range, world, params, out):
    """Write how far each beam gets from a point to the first wall, as a share of ``max_range``.

    Beams go from cell to cell, so that they are exact. Walls have their edges and corners: a beam through a corner
    where a wall is on either side ends there, and so does one between two cells that are not both free.

    Args:
        row: Row of the point, in cells, in a free cell of the map.
        col: Column of the point.
        beams: (num_beams, 4) float64, from ``beam_table``.
        max_range: In cells, greater than 0.
        world: (S,) uint8, padded map.
        params: PARAMETERS record.
        out: (num_beams,) float32, written; in [0, 1].
    """
    cell_row = math.floor(row)
    cell_col = math.floor(col)
    above = row - cell_row
    left = col - cell_col
    start = np.int64(cell_index(np.int64(cell_row), np.int64(cell_col), params))
    pitch = params.pitch
    scale = 1.0 / max_range
    for beam in range(np.uint64(out.shape[0])):
        drow = beams[beam, 0]
        dcol = beams[beam, 1]
        row_gap = beams[beam, 2]
        col_gap = beams[beam, 3]
        row_step = pitch if drow > 0.0 else -pitch
        col_step = np.int64(1) if dcol > 0.0 else np.int64(-1)
        to_row = (1.0 - above if drow > 0.0 else above) * row_gap
        to_col = (1.0 - left if dcol > 0.0 else left) * col_gap
        beside = np.int64(0)
        # Parallel beams cross nothing; on a grid line they run between two cells.
        if drow == 0.0:
            to_row = _NEVER
            beside = -pitch if above == 0.0 else beside
        if dcol == 0.0:
            to_col = _NEVER
            beside = np.int64(-1) if left == 0.0 else beside
        cell = start
        distance = 0.0
        blocked = np.uint8(0)
        while blocked == 0 and distance < max_range:
            if to_row == to_col:
                blocked = world[np.uint64(cell + row_step)] | world[np.uint64(cell + col_step)]
            by_row = to_row <= to_col
            by_col = to_col <= to_row
            distance = to_row if by_row else to_col
            cell += row_step if by_row else np.int64(0)
            cell += col_step if by_col else np.int64(0)
            to_row += row_gap if by_row else 0.0
            to_col += col_gap if by_col else 0.0
            blocked = (blocked | world[np.uint64(cell)] | world[np.uint64(cell + beside)]) & SOLID
        out[beam] = np.float32(min(distance, max_range) * scale)
