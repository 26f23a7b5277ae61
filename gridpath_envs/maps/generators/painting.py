"""Rectangles of cells, which several generators draw with."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index

# Numba would compile ``paint`` anew for Python's own integers.
FIRST, ONE = np.int64(0), np.int64(1)


@kernel
def paint(blocked, top, left, height, width, value, params):
    """Set a rectangle of cells, (top, left) its first one, to 1 (wall) or 0 (free)."""
    for row in range(height):
        index = cell_index(top + row, left, params)
        for col in range(width):
            blocked[index + np.uint64(col)] = value
