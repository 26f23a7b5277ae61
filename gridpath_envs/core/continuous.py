"""A disc-shaped robot in the grid's plane: how it moves, slides along walls and rolls around their corners.

Positions are (row, col) in cells, the centre of cell (r, c) being (r + 0.5, c + 0.5); speeds are in cells a second. The
robot's centre is always inside the map, and its radius at most MAX_RADIUS, so that it passes wherever a cell is free.

Reference:
    Ericson 2005, Real-Time Collision Detection, section 5.5.7 (a moving sphere against a box).
"""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index

DEFAULT_RADIUS = 0.3  # cells
MAX_RADIUS = 0.45  # cells

# A step of 0.2 cells: from corner to corner of a 10x10 map takes 64 steps in the open.
DEFAULT_DT = 0.1  # seconds a step
DEFAULT_MAX_SPEED = 2.0  # cells a second
DEFAULT_MAX_ACCELERATION = 8.0  # cells a second, each second: full speed within three steps
DEFAULT_DAMPING = 1.0  # a second

# The longest displacement, in cells, that is swept at once.
MAX_STEP = 1.0

# The gap, in cells, that is kept to a wall: more than all rounding, less than anything that could be seen.
SKIN = 1e-9
_GRAZE = 1e-10

# Contacts that end one sweep. A disc less than a cell wide touches two walls at once only where they are at right
# angles, so that what slides along the one and then along the other stands still, whichever comes first.
_MAX_CONTACTS = 4


@kernel
def _is_grazed(from_row, from_col, drow, dcol, reach):
    """Tell whether the line from a corner's side passes the corner, if not by ``reach``, by next to nothing less.

    A flat wall has corners too, where its cells meet. Rounding must not make a disc that slides along it trip there.
    """
    across = from_row * dcol - from_col * drow
    return across * across >= (reach - _GRAZE) * (reach - _GRAZE) * (drow * drow + dcol * dcol)


@kernel
def _time_of_contact(row, col, drow, dcol, reach, cell_row, cell_col):
    """Return which share of a displacement a disc has made when it touches a solid cell; 2 where it does not.

    The centre is a point that runs into the square grown by ``reach``, whose corners are round. Where it enters the
    box around that says what it hits: beside a face that face, else nothing but the one corner that is near.
    """
    row -= cell_row
    col -= cell_col
    away_row = row - min(max(row, 0.0), 1.0)
    away_col = col - min(max(col, 0.0), 1.0)
    if away_row * away_row + away_col * away_col < reach * reach:
        # Within the gap already. What moves away from a convex shape, or along it, never comes back to it. A corner may
        # be grazed; beside a face the line that leads into it, however flat, would get the further the longer it is.
        is_corner = away_row != 0.0 and away_col != 0.0
        if away_row * drow + away_col * dcol >= 0.0 or (
            is_corner and _is_grazed(away_row, away_col, drow, dcol, reach)
        ):
            return 2.0
        return 0.0
    enter = 0.0
    leave = 1.0
    if drow != 0.0:
        inverse = 1.0 / drow
        near, far = (-reach - row) * inverse, (1.0 + reach - row) * inverse
        enter = max(enter, min(near, far))
        leave = min(leave, max(near, far))
    elif row <= -reach or row >= 1.0 + reach:
        return 2.0
    if dcol != 0.0:
        inverse = 1.0 / dcol
        near, far = (-reach - col) * inverse, (1.0 + reach - col) * inverse
        enter = max(enter, min(near, far))
        leave = min(leave, max(near, far))
    elif col <= -reach or col >= 1.0 + reach:
        return 2.0
    if enter >= leave:
        return 2.0
    entry_row = row + enter * drow
    entry_col = col + enter * dcol
    if 0.0 <= entry_row <= 1.0 or 0.0 <= entry_col <= 1.0:
        return enter
    from_row = row - (0.0 if entry_row < 0.0 else 1.0)
    from_col = col - (0.0 if entry_col < 0.0 else 1.0)
    approach = -(from_row * drow + from_col * dcol)
    if approach <= 0.0 or _is_grazed(from_row, from_col, drow, dcol, reach):
        return 2.0
    gap = from_row * from_row + from_col * from_col - reach * reach
    root = approach * approach - (drow * drow + dcol * dcol) * gap
    # The smaller solution of the quadratic, in the form that subtracts no two numbers that are alike.
    return gap / (approach + math.sqrt(root))


@kernel
def _sweep(row, col, drow, dcol, velocity_row, velocity_col, radius, world, params):
    """Move a disc by at most MAX_STEP; return position, velocity, whether it touched a wall, and how far it went."""
    reach = radius + SKIN
    touched = False
    travelled = 0.0
    for _ in range(_MAX_CONTACTS):
        # Beyond the first ring of padding there is nothing to run into, since nothing gets past that.
        first_row = max(np.int64(math.floor(min(row, row + drow) - reach)), np.int64(-1))
        last_cell_row = min(np.int64(math.floor(max(row, row + drow) + reach)), params.height)
        first_col = max(np.int64(math.floor(min(col, col + dcol) - reach)), np.int64(-1))
        last_cell_col = min(np.int64(math.floor(max(col, col + dcol) + reach)), params.width)
        time = 2.0
        hit_row, hit_col = np.int64(0), np.int64(0)
        for cell_row in range(first_row, last_cell_row + 1):
            index = cell_index(cell_row, first_col, params)
            for cell_col in range(first_col, last_cell_col + 1):
                if world[index] & SOLID:
                    candidate = _time_of_contact(row, col, drow, dcol, reach, float(cell_row), float(cell_col))
                    if candidate < time:
                        time = candidate
                        hit_row, hit_col = cell_row, cell_col
                index += np.uint64(1)
        if time >= 1.0:
            travelled += math.sqrt(drow * drow + dcol * dcol)
            return row + drow, col + dcol, velocity_row, velocity_col, touched, travelled
        touched = True
        travelled += time * math.sqrt(drow * drow + dcol * dcol)
        row += time * drow
        col += time * dcol
        normal_row = row - min(max(row, float(hit_row)), float(hit_row + 1))
        normal_col = col - min(max(col, float(hit_col)), float(hit_col + 1))
        # Divided by it, a normal along an axis is exactly 1, so that of what leads into a face exactly nothing remains.
        away = math.sqrt(normal_row * normal_row + normal_col * normal_col)
        normal_row /= away
        normal_col /= away
        into = (drow * normal_row + dcol * normal_col) * (1.0 - time)
        drow = drow * (1.0 - time) - into * normal_row
        dcol = dcol * (1.0 - time) - into * normal_col
        into = min(velocity_row * normal_row + velocity_col * normal_col, 0.0)
        velocity_row -= into * normal_row
        velocity_col -= into * normal_col
        if drow == 0.0 and dcol == 0.0:
            break
    return row, col, velocity_row, velocity_col, touched, travelled


@kernel
def slide_disc(row, col, drow, dcol, velocity_row, velocity_col, radius, world, params):
    """Move a disc until it touches a wall, and along the wall with what remains.

    At each contact the displacement and the velocity lose what leads into the wall; there is no friction. Sweeps are
    exact, so that no wall is passed through and none entered, whatever the displacement.

    Args:
        row: Row of the centre, inside the map, at least the radius away from what is solid.
        col: Column of the centre.
        drow: Displacement, in cells.
        dcol: Displacement, in cells.
        velocity_row: Velocity, in cells a second.
        velocity_col: Velocity, in cells a second.
        radius: Radius of the disc, in cells, in (0, MAX_RADIUS].
        world: (S,) uint8, padded map.
        params: PARAMETERS record.

    Returns:
        Row, column, row velocity and column velocity after the displacement, whether a wall was run into, and the
        length of the way that was gone.
    """
    length = drow * drow + dcol * dcol
    if length <= MAX_STEP * MAX_STEP:
        return _sweep(row, col, drow, dcol, velocity_row, velocity_col, radius, world, params)
    parts = math.ceil(math.sqrt(length) / MAX_STEP)
    touched = False
    travelled = 0.0
    for _ in range(parts):
        row, col, velocity_row, velocity_col, touches, way = _sweep(
            row, col, drow / parts, dcol / parts, velocity_row, velocity_col, radius, world, params
        )
        touched |= touches
        travelled += way
    return row, col, velocity_row, velocity_col, touched, travelled


@kernel
def move_disc(row, col, drow, dcol, radius, world, params):
    """Move a disc as ``slide_disc`` does; return its row and column, and whether a wall was run into."""
    row, col, _, _, touched, _ = slide_disc(row, col, drow, dcol, 0.0, 0.0, radius, world, params)
    return row, col, touched


@kernel
def step_disc(
    row,
    col,
    velocity_row,
    velocity_col,
    action_row,
    action_col,
    noise_row,
    noise_col,
    accelerates,
    dt,
    max_speed,
    max_acceleration,
    damping,
    radius,
    world,
    params,
):
    """Let a disc take one action for the time of one step.

    An action longer than 1 is shortened to 1, so that no direction is faster than another. It is a share of the
    greatest speed, or of the greatest acceleration. Drag is taken at the end of the step (implicit Euler), which is
    stable for every damping.

    Args:
        row: Row of the centre.
        col: Column of the centre.
        velocity_row: Velocity, in cells a second.
        velocity_col: Velocity, in cells a second.
        action_row: In [-1, 1].
        action_col: In [-1, 1].
        noise_row: Displacement that is added, in cells.
        noise_col: Displacement that is added, in cells.
        accelerates: Whether actions are accelerations, else they are velocities.
        dt: Time of a step, in seconds.
        max_speed: In cells a second.
        max_acceleration: In cells a second, each second.
        damping: Share of the velocity lost to drag, a second, where actions are accelerations.
        radius: Radius of the disc, in cells, in (0, MAX_RADIUS].
        world: (S,) uint8, padded map.
        params: PARAMETERS record.

    Returns:
        Row, column, row velocity and column velocity after the step, whether a wall was run into, and the length of
        the way that was gone.
    """
    length = math.sqrt(action_row * action_row + action_col * action_col)
    if length > 1.0:
        action_row /= length
        action_col /= length
    if accelerates:
        drag = 1.0 / (1.0 + damping * dt)
        velocity_row = (velocity_row + action_row * max_acceleration * dt) * drag
        velocity_col = (velocity_col + action_col * max_acceleration * dt) * drag
        speed = math.sqrt(velocity_row * velocity_row + velocity_col * velocity_col)
        if speed > max_speed:
            velocity_row *= max_speed / speed
            velocity_col *= max_speed / speed
    else:
        velocity_row = action_row * max_speed
        velocity_col = action_col * max_speed
    return slide_disc(
        row,
        col,
        velocity_row * dt + noise_row,
        velocity_col * dt + noise_col,
        velocity_row,
        velocity_col,
        radius,
        world,
        params,
    )
