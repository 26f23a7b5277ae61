"""A scene as an RGB image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.grid_map import Cell
from gridpath_envs.rendering.colours import WINDOW
from gridpath_envs.rendering.scene import Scene, entered_cells, window_mask
from gridpath_envs.rendering.tiles import CLEAR, DIM, HIDDEN, mark, tile_index, tiles

_IMAGE_SIDE = 512
# Pixels that a mark has at least, in a picture of _IMAGE_SIDE: on a map of many cells it is larger than its cell.
_LEAST_MARK, _LEAST_MARK_ON_TINY_CELLS, _LEAST_OBSTACLE = 14, 20, 8


def draw_rgb(scene: Scene, optimal_path: Sequence[Cell] = ()) -> NDArray[np.uint8]:
    """Return a picture of a scene: the agent a disc, the start a ring, the goal a star, moving obstacles diamonds.

    Visited cells are tinted. What lies outside the agent's window is dimmed, and what the agent does not see within it
    or outside it is in fog, where it does not see all of its window. Marks are larger than cells of a few pixels.

    Args:
        scene: The lane's state.
        optimal_path: Cells (row, col) of a shortest path, drawn pale beneath the marks.

    Returns:
        (H * c, W * c, 3) uint8; c pixels a cell make the longer side about 512 pixels, but for maps of over 128 cells,
        which get 4 pixels a cell, and of over 512, which get one.
    """
    grid_map = scene.grid_map
    height, width = grid_map.shape
    cell = max(_IMAGE_SIDE // max(height, width), 4 if max(height, width) <= _IMAGE_SIDE else 1)
    index = tile_index(grid_map.terrain)
    if scene.path:
        rows, cols = np.array(scene.path, dtype=np.intp).T
        visited = np.zeros((height, width), dtype=np.bool_)
        visited[rows, cols] = True
        index += visited
    visible = window_mask(scene)
    if visible is not None:
        index += np.where(visible, CLEAR, DIM if scene.seen is None else HIDDEN)
    image = np.ascontiguousarray(tiles(cell)[index].transpose(0, 2, 1, 3, 4)).reshape(height * cell, width * cell, 3)
    scale = max(1.0, max(image.shape) / _IMAGE_SIDE)
    if scene.radius is not None:
        _outline(image, scene.position, scene.radius, cell, max(1, round(cell / 16), round(scale)))
    _beads(image, entered_cells(optimal_path, grid_map), cell, max(2, round(0.24 * cell), round(3 * scale)))
    size = max(cell, round((_LEAST_MARK if cell >= 8 else _LEAST_MARK_ON_TINY_CELLS) * scale))
    for obstacle in scene.moving_obstacles:
        _stamp(image, "obstacle", obstacle, cell, max(cell, round(_LEAST_OBSTACLE * scale)))
    for name, at in (("start", grid_map.start), ("goal", grid_map.goal), ("agent", scene.position)):
        if at is not None:
            # At its goal the agent is smaller, so that both are seen.
            arrived = name == "agent" and at == grid_map.goal
            _stamp(image, "arrived" if arrived else name, at, cell, max(5, round(0.5 * size)) if arrived else size)
    return image


def _stamp(image: NDArray[np.uint8], name: str, at: Cell, cell: int, size: int) -> None:
    """Lay a mark over the middle of a cell, cut off where it reaches past the picture."""
    _stamp_at(image, name, at[0] * cell + cell // 2, at[1] * cell + cell // 2, size)


def _stamp_at(image: NDArray[np.uint8], name: str, down: int, right: int, size: int) -> None:
    colours, opacity = mark(name, size)
    top, left = down - size // 2, right - size // 2
    first_row, first_col = max(0, -top), max(0, -left)
    last_row, last_col = min(size, image.shape[0] - top), min(size, image.shape[1] - left)
    inner = np.s_[first_row:last_row, first_col:last_col]
    patch = image[top + first_row : top + last_row, left + first_col : left + last_col]
    patch[:] = np.rint(colours[inner] + (1.0 - opacity[inner]) * patch)


def _beads(image: NDArray[np.uint8], strokes: list[list[Cell]], cell: int, size: int) -> None:
    """Draw a path as beads so close that they make a line."""
    for stroke in strokes:
        count = max(1, -(-cell // max(1, size // 2)))
        centres = np.array(stroke, dtype=np.float64)
        steps = np.arange(count * (len(stroke) - 1) + 1) / count
        for down, right in zip(
            np.interp(steps, np.arange(len(stroke)), centres[:, 0]).tolist(),
            np.interp(steps, np.arange(len(stroke)), centres[:, 1]).tolist(),
            strict=True,
        ):
            _stamp_at(image, "optimal", round((down + 0.5) * cell), round((right + 0.5) * cell), size)


def _outline(image: NDArray[np.uint8], position: Cell, radius: int, cell: int, width: int) -> None:
    """Frame the agent's window; sides beyond the map are not drawn."""
    top, bottom = ((position[0] + reach) * cell for reach in (-radius, radius + 1))
    left, right = ((position[1] + reach) * cell for reach in (-radius, radius + 1))
    rows, cols = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
    for edge in (top, bottom - width):
        if 0 <= edge < image.shape[0]:
            image[edge : edge + width, cols] = WINDOW
    for edge in (left, right - width):
        if 0 <= edge < image.shape[1]:
            image[rows, edge : edge + width] = WINDOW
