"""Lines of sight of a disc: whether it can move straight from one point to another."""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.jit import kernel

# Touching is not entering, whatever the rounding.
_TOLERANCE = 1e-9


@kernel
def _rim(at, from_major, from_minor, to_major, to_minor, slope, normal_major, normal_minor, radius):
    """Return the minor coordinate of a capsule's upper rim at a major coordinate that it spans."""
    if at < from_major + normal_major:
        gap = at - from_major
        return from_minor + math.sqrt(max(radius * radius - gap * gap, 0.0))
    if at > to_major + normal_major:
        gap = at - to_major
        return to_minor + math.sqrt(max(radius * radius - gap * gap, 0.0))
    return from_minor + normal_minor + (at - from_major - normal_major) * slope


@kernel
def line_of_sight_disc(row0, col0, row1, col1, radius, world, params):
    """Tell whether a disc can move straight from one point to another; touching a wall is no hindrance.

    The disc sweeps a capsule, which is convex: what it covers of one row of cells is therefore an interval, and the
    row hinders it where a solid cell lies in that. Rows are those across the line, be they rows or columns of the map.

    Args:
        row0: Row of the first point, in cells; inside the map.
        col0: Column of the first point.
        row1: Row of the second point, inside the map.
        col1: Column of the second point.
        radius: Radius of the disc, in cells, in (0, MAX_RADIUS].
        world: (S,) uint8, padded map.
        params: PARAMETERS record.

    Returns:
        Whether no part of a solid cell is inside the capsule; the same if the points are exchanged.
    """
    pitch = params.pitch
    along_rows = abs(row1 - row0) >= abs(col1 - col0)
    major_step, minor_step = (pitch, np.int64(1)) if along_rows else (np.int64(1), pitch)
    from_major, from_minor = (row0, col0) if along_rows else (col0, row0)
    to_major, to_minor = (row1, col1) if along_rows else (col1, row1)
    if from_major > to_major:
        from_major, to_major = to_major, from_major
        from_minor, to_minor = to_minor, from_minor
    dmajor = to_major - from_major
    dminor = to_minor - from_minor
    slope = dminor / dmajor if dmajor > 0.0 else 0.0
    normal_minor = radius / math.sqrt(1.0 + slope * slope)
    normal_major = -slope * normal_minor
    # Where the capsule is widest, upwards and downwards.
    upper_peak = to_major if dminor >= 0.0 else from_major
    lower_peak = from_major if dminor >= 0.0 else to_major
    first = np.int64(math.floor(from_major - radius + _TOLERANCE))
    last = np.int64(math.floor(to_major + radius - _TOLERANCE))
    base = params.pad * (pitch + 1)
    for major in range(first, last + 1):
        at = min(max(upper_peak, float(major)), float(major + 1))
        upper = _rim(at, from_major, from_minor, to_major, to_minor, slope, normal_major, normal_minor, radius)
        at = min(max(lower_peak, float(major)), float(major + 1))
        # The lower rim is the upper one of the mirror image.
        lower = -_rim(at, from_major, -from_minor, to_major, -to_minor, -slope, -normal_major, normal_minor, radius)
        start = np.int64(math.floor(lower + _TOLERANCE))
        stop = np.int64(math.floor(upper - _TOLERANCE))
        index = base + major * major_step + start * minor_step
        for _ in range(start, stop + 1):
            if world[np.uint64(index)] & SOLID:
                return False
            index += minor_step
    return True
