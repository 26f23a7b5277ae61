"""Obstacles: each cell is blocked independently of the others."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import draw


@kernel
def generate_obstacles(blocked, params, key, counter):
    """Block each cell independently with probability ``density``; four cells share a draw of 64 bits.

    Args:
        blocked: (cells,) uint8, padded; the inner cells are written.
        params: PARAMETERS record.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.

    Returns:
        The number of the stream's next unused draw.
    """
    bits = np.uint64(0)
    left = 0
    for row in range(params.height):
        index = cell_index(row, 0, params)
        for _ in range(params.width):
            if left == 0:
                bits = draw(key, counter)
                counter += 1
                left = 4
            blocked[index] = np.uint8((bits & np.uint64(0xFFFF)) < params.density)
            bits >>= np.uint64(16)
            left -= 1
            index += np.uint64(1)
    return counter
