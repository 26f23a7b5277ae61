"""A map as an RGB image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.rendering.colours import AGENT, GOAL, GRID_LINE, START, TERRAIN
from gridpath_envs.rendering.scene import Scene

_IMAGE_SIDE = 512


def draw_rgb(scene: Scene) -> NDArray[np.uint8]:
    """Return a picture of the map: the agent a disc, the start a ring, the goal a square.

    Args:
        scene: The lane's state.

    Returns:
        (H * c, W * c, 3) uint8; c pixels a cell make the longer side about 512 pixels, but for maps of over 128 cells,
        which get 4 pixels a cell, and of over 512, which get one.
    """
    grid_map, position = scene.grid_map, scene.position
    side = max(grid_map.shape)
    cell = max(_IMAGE_SIDE // side, 4 if side <= _IMAGE_SIDE else 1)
    palette = np.zeros((256, 3), dtype=np.uint8)
    for code, colour in TERRAIN.items():
        palette[ord(code)] = colour
    image = palette[grid_map.terrain].repeat(cell, axis=0).repeat(cell, axis=1)
    if cell >= 8:
        free = (~grid_map.blocked).repeat(cell, axis=0).repeat(cell, axis=1)
        for lines in (np.s_[::cell, :], np.s_[:, ::cell]):
            image[lines][free[lines]] = GRID_LINE
    middle = (cell - 1) / 2
    offsets = np.arange(cell) - middle
    radius = np.hypot(*np.meshgrid(offsets, offsets))
    square = np.maximum(*np.abs(np.meshgrid(offsets, offsets)))
    disc = radius <= 0.36 * cell
    ring = (radius <= 0.42 * cell) & (radius >= 0.26 * cell)
    for at, shape, colour in (
        (grid_map.start, ring, START),
        (grid_map.goal, square <= 0.44 * cell, GOAL),
        (position, disc, AGENT),
    ):
        if at is not None:
            row, col = at[0] * cell, at[1] * cell
            image[row : row + cell, col : col + cell][shape] = colour
    return image
