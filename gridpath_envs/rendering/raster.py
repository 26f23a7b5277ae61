"""Where the pixels of a picture are, and how marks are laid over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.grid_map import Cell
from gridpath_envs.rendering.tiles import FULL_SHARE

# The colours of a mark (side, side, 3), already weighted with how much each pixel takes of them, and how much each
# pixel keeps of what is beneath (side, side, 1); both in units of FULL_SHARE.
Mark = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Raster:
    """Which cells a picture shows, and where its pixels are.

    Args:
        top: Row of its first cell.
        left: Column of its first cell.
        rows: Cells from top to bottom.
        cols: Cells from left to right.
        pixels: Of the longer side.
        cells: Of the longer side.
    """

    top: int
    left: int
    rows: int
    cols: int
    pixels: int
    cells: int

    def edge(self, k: int) -> int:
        """Return the first pixel of cell k, counted from the picture's first one, also where k lies outside."""
        return k * self.pixels // self.cells

    def spans(self, count: int) -> list[tuple[int, int]]:
        """Return the first pixel of each of the first cells, and the first one after it."""
        return [(self.edge(k), self.edge(k + 1)) for k in range(count)]

    def middle(self, at: Cell) -> tuple[int, int]:
        """Return the pixel, down and right, in the middle of a cell."""
        row, col = at[0] - self.top, at[1] - self.left
        return (self.edge(row) + self.edge(row + 1)) // 2, (self.edge(col) + self.edge(col + 1)) // 2

    def has(self, at: Cell) -> bool:
        """Tell whether a cell is shown."""
        return 0 <= at[0] - self.top < self.rows and 0 <= at[1] - self.left < self.cols

    def nearest(self, at: Cell) -> Cell:
        """Return the cell that is shown nearest to one."""
        row = min(max(at[0], self.top), self.top + self.rows - 1)
        return row, min(max(at[1], self.left), self.left + self.cols - 1)


def stamp(image: NDArray[np.uint8], mark: Mark, down: int, right: int) -> None:
    """Lay a mark over a picture, cut off where it reaches past it.

    Args:
        image: (rows, columns, 3) uint8, written.
        mark: The mark.
        down: Row of the pixel that its middle is at.
        right: Column of that pixel.
    """
    colours, kept = mark
    size = len(colours)
    top, left = down - size // 2, right - size // 2
    first_row, first_col = max(0, -top), max(0, -left)
    last_row, last_col = max(0, min(size, image.shape[0] - top)), max(0, min(size, image.shape[1] - left))
    inner = np.s_[first_row:last_row, first_col:last_col]
    patch = image[max(0, top) : max(0, top + last_row), max(0, left) : max(0, left + last_col)]
    # In integers, so that a kernel can do the very same.
    patch[:] = (colours[inner] + kept[inner] * patch + FULL_SHARE // 2) // FULL_SHARE
