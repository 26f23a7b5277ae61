"""Image observations: their arguments, their space, and the tables of their kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_envs.checks import check_bool, check_int
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.rendering.image_tables import image_tables

if TYPE_CHECKING:
    from gridpath_envs.tasks.grid_path import GridPathConfig

# What SB3's CnnPolicy is made for.
DEFAULT_SIZE = 84
MIN_SIZE, MAX_SIZE = 16, 512


def shown_cells(config: GridPathConfig) -> int:
    """Return the side of the square of cells that an image shows."""
    return max(config.shape) if config.radius is None else 2 * config.radius + 1


def check_image(config: GridPathConfig) -> tuple[int, bool]:
    """Return ``image_size`` and ``greyscale``, checked; the radius is checked before.

    Raises:
        ConfigurationError: One is out of range, or there are more cells than pixels.
    """
    size = DEFAULT_SIZE if config.image_size is None else config.image_size
    size = check_int("image_size", size, MIN_SIZE, MAX_SIZE)
    cells = shown_cells(config)
    if cells > size:
        fewer = "a radius shows only those around the agent" if config.radius is None else "a smaller radius shows less"
        raise ConfigurationError(
            f"image_size: {size} pixels are too few to show {cells} x {cells} cells, each of which needs one; {fewer}"
        )
    return size, check_bool("greyscale", config.greyscale)


def image_space(config: GridPathConfig) -> spaces.Space[Any]:
    """Return the space of an image."""
    size = config.image_size or DEFAULT_SIZE
    return spaces.Box(0, 255, (size, size, 1 if config.greyscale else 3), np.uint8)


def tables(config: GridPathConfig) -> tuple[NDArray[Any], ...]:
    """Return what the kernel reads besides the lanes."""
    terrain = None if config.fixed_map is None else config.fixed_map.terrain
    size = config.image_size or DEFAULT_SIZE
    return image_tables(size, shown_cells(config), terrain, config.pad, config.greyscale)
