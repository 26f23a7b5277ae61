"""What the kernel of image observations reads: the pictures of ``tiles``, as it wants them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.cells import STATIC, VISITED
from gridpath_envs.core.images import (
    AGENT_MARK,
    ARRIVED_MARK,
    CELLS,
    CHANNELS,
    GOAL_MARK,
    NUM_MARKS,
    OBSTACLE_MARK,
    ROW_WORDS,
    START_MARK,
    TILE_ROWS,
)
from gridpath_envs.maps.terrain import CODE_OF_CELL
from gridpath_envs.rendering.colours import to_grey
from gridpath_envs.rendering.tiles import (
    CLEAR,
    DETAILED,
    IMAGE_SIDE,
    VARIANTS,
    mark,
    mark_sizes,
    tile_index,
    tiles,
)

_MARKS = {
    "obstacle": OBSTACLE_MARK,
    "start": START_MARK,
    "goal": GOAL_MARK,
    "agent": AGENT_MARK,
    "arrived": ARRIVED_MARK,
}


def image_tables(
    size: int, num_cells: int, terrain: NDArray[np.uint8] | None, pad: int, greyscale: bool
) -> tuple[NDArray[Any], ...]:
    """Return the tables of ``core.images``, for pictures as ``draw_rgb`` draws them with a size and a view.

    Args:
        size: Pixels of a side.
        num_cells: Cells of a side.
        terrain: (H, W) uint8, the codes of the map that all lanes share, or None where maps are generated.
        pad: Blocked cells around a map.
        greyscale: Whether pictures are grey.

    Returns:
        The layout, see ``core.images``; the first pixel of each cell and the one after the last; the tile of each
        combination of a cell's flags; the tile of each cell of a padded map, none where maps are generated; the tiles'
        rows as words; the tiles' pixels in colour, none where ``greyscale`` is False; the side of each mark in pixels;
        the pixels of each mark, red, green and blue and how much is kept of what is beneath.
    """
    side = -(-size // num_cells)
    drawn = tiles(side)
    # Two of each kind of cell: as it is, and visited.
    kinds = drawn.reshape(-1, VARIANTS, side, side, 3)[:, CLEAR : CLEAR + 2].reshape(-1, side, side, 3)
    shown = to_grey(kinds) if greyscale else kinds
    if side < DETAILED:
        shown = shown[:, :1]
    channels = shown.shape[-1]
    words = -(-side * channels // 8)
    rows = np.zeros((*shown.shape[:2], words * 8), dtype=np.uint8)
    rows[..., : side * channels] = shown.reshape(*shown.shape[:2], -1)
    layout = np.zeros(4, dtype=np.int64)
    layout[[CELLS, TILE_ROWS, ROW_WORDS, CHANNELS]] = num_cells, shown.shape[1], words, channels
    flags = np.arange(256, dtype=np.uint8)
    by_flag = _tile_number(CODE_OF_CELL[flags & STATIC]) + (flags & VISITED != 0)
    by_cell = np.zeros(0, dtype=np.uint32)
    if terrain is not None:
        by_cell = _tile_number(np.pad(terrain, pad, constant_values=ord("@"))).ravel()
    sizes = mark_sizes(size // num_cells, size / IMAGE_SIDE)
    marks = np.zeros((NUM_MARKS, max(sizes.values()) ** 2, 4), dtype=np.uint32)
    for name, number in _MARKS.items():
        marks[number, : sizes[name] ** 2] = np.concatenate(mark(name, sizes[name]), axis=-1).reshape(-1, 4)
    return (
        layout,
        np.arange(num_cells + 1) * size // num_cells,
        by_flag,
        by_cell,
        rows.reshape(-1).view("<u8").astype(np.uint64),
        np.ascontiguousarray(kinds if greyscale else kinds[:0]),
        np.array([sizes[name] for name in sorted(_MARKS, key=_MARKS.__getitem__)], dtype=np.int64),
        marks,
    )


def _tile_number(codes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    return (tile_index(codes) // VARIANTS * 2).astype(np.uint32)
