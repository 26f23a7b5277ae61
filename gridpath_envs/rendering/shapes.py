"""Shapes as coverage: for each pixel of a square, how much of it a shape covers, without jagged edges.

A shape is a signed distance from its outline, negative inside, in units of the square's side; the square reaches from
-0.5 to 0.5 in both directions, down and to the right.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Distance = NDArray[np.float64]
Point = tuple[float, float]

# Three columns of five rows for each digit, a bit a pixel.
_DIGITS = {
    "1": "010110010010111",
    "2": "111001111100111",
    "3": "111001111001111",
    "4": "101101111001001",
    "5": "111100111001111",
    "6": "111100111101111",
    "7": "111001010010010",
    "8": "111101111101111",
}


def pixel_centres(side: int) -> tuple[Distance, Distance]:
    """Return how far down and how far to the right of the middle each pixel lies, two (side, side) arrays.

    Args:
        side: Pixels of the square.
    """
    offsets = (np.arange(side) + 0.5) / side - 0.5
    down, right = np.meshgrid(offsets, offsets, indexing="ij")
    return down, right


def coverage(distance: Distance) -> Distance:
    """Return how much of each pixel lies inside a shape, (side, side) from 0 to 1."""
    inside: Distance = np.clip(0.5 - distance * len(distance), 0.0, 1.0)
    return inside


def circle(side: int, radius: float, centre: Point = (0.0, 0.0)) -> Distance:
    """Return the signed distance from a circle."""
    down, right = pixel_centres(side)
    distance: Distance = np.hypot(down - centre[0], right - centre[1]) - radius
    return distance


def ring(side: int, radius: float, width: float, centre: Point = (0.0, 0.0)) -> Distance:
    """Return the signed distance from a ring whose middle line has a radius."""
    distance: Distance = np.abs(circle(side, radius, centre)) - width / 2
    return distance


def polyline(side: int, points: Sequence[Point], width: float) -> Distance:
    """Return the signed distance from a line with round ends through points (down, right)."""
    down, right = pixel_centres(side)
    nearest = np.full((side, side), np.inf)
    for (d0, r0), (d1, r1) in itertools.pairwise(points):
        along_down, along_right = d1 - d0, r1 - r0
        length = along_down**2 + along_right**2
        share = np.clip(((down - d0) * along_down + (right - r0) * along_right) / length, 0.0, 1.0)
        nearest = np.minimum(nearest, np.hypot(down - d0 - share * along_down, right - r0 - share * along_right))
    return nearest - width / 2


def polygon(side: int, points: Sequence[Point]) -> Distance:
    """Return the signed distance from a polygon with corners (down, right)."""
    down, right = pixel_centres(side)
    closed = [*points, points[0]]
    inside = np.zeros((side, side), dtype=np.bool_)
    for (d0, r0), (d1, r1) in itertools.pairwise(closed):
        if d0 != d1:
            crosses = ((d0 <= down) != (d1 <= down)) & (right < r0 + (down - d0) / (d1 - d0) * (r1 - r0))
            inside ^= crosses
    outline = polyline(side, closed, 0.0)
    distance: Distance = np.where(inside, -outline, outline)
    return distance


def star_points(radius: float) -> list[Point]:
    """Return the corners (down, right) of a star of five tips that stands upright.

    Args:
        radius: Of its tips.
    """
    reach = [radius if tip % 2 == 0 else 0.45 * radius for tip in range(10)]
    return [(-r * math.cos(math.pi * tip / 5), r * math.sin(math.pi * tip / 5)) for tip, r in enumerate(reach)]


def burst_points(radius: float, tips: int = 10) -> list[Point]:
    """Return the corners (down, right) of a jagged ring's outline.

    Args:
        radius: Of its tips.
        tips: How many.
    """
    reach = [radius if corner % 2 == 0 else 0.72 * radius for corner in range(2 * tips)]
    return [(-r * math.cos(math.pi * k / tips), r * math.sin(math.pi * k / tips)) for k, r in enumerate(reach)]


def diamond_points(radius: float) -> list[Point]:
    """Return the corners (down, right) of a square that stands on a tip."""
    return [(-radius, 0.0), (0.0, radius), (radius, 0.0), (0.0, -radius)]


def digit(side: int, character: str) -> Distance:
    """Return the coverage of a digit in the middle of a square, (side, side) of 0 and 1; none where it has no room.

    Args:
        side: Pixels of the square.
        character: "1" to "8".
    """
    pixels = np.array([int(bit) for bit in _DIGITS[character]], dtype=np.float64).reshape(5, 3)
    scale = int(0.5 * side / 5) or (1 if side >= 7 else 0)
    covered = np.zeros((side, side))
    if scale:
        pixels = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
        top, left = (side - pixels.shape[0] + 1) // 2, (side - pixels.shape[1] + 1) // 2
        covered[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return covered
