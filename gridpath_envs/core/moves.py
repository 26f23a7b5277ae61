"""Moves: the table of actions, and which moves a map allows."""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.jit import kernel

SQRT2 = math.sqrt(2.0)

UP, RIGHT, DOWN, LEFT = 0, 1, 2, 3

ACTION_NAMES = ("up", "right", "down", "left", "up-right", "down-right", "down-left", "up-left")

# (row change, column change, cost) of each action; each diagonal joins cardinal a - 4 and the next one.
CARDINAL = ((-1, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (0, -1, 1.0))
DIAGONAL = ((-1, 1, SQRT2), (1, 1, SQRT2), (1, -1, SQRT2), (-1, -1, SQRT2))
STAY = (0, 0, 0.0)


def action_table(octile: bool, stay: bool) -> tuple[tuple[int, int, float], ...]:
    """Return (row change, column change, cost) for each action, in the order that the action space has."""
    return CARDINAL + (DIAGONAL if octile else ()) + ((STAY,) if stay else ())


def action_names(octile: bool, stay: bool) -> tuple[str, ...]:
    """Return the name of each action."""
    return ACTION_NAMES[: 8 if octile else 4] + (("stay",) if stay else ())


@kernel
def cell_index(row, col, params):
    """Return where the cell (row, col) lies in a padded map; unsigned, so that indexing needs no wrap-around test."""
    return np.uint64((row + params.pad) * params.pitch + col + params.pad)


@kernel
def is_legal(row, col, action, blocked, params):
    """Tell whether an action moves the agent (or lets it stay), that is, whether it does not run into a wall.

    A diagonal move needs both cells beside it free: corners are never cut.
    """
    drow = params.row_delta[action]
    dcol = params.col_delta[action]
    if blocked[cell_index(row + drow, col + dcol, params)]:
        return False
    if drow != 0 and dcol != 0:
        return not (blocked[cell_index(row + drow, col, params)] or blocked[cell_index(row, col + dcol, params)])
    return True


@kernel
def legal_actions_batch(lanes, maps, params, out):
    """Write for each lane which actions move it; out: (B, A) bool."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        blocked = maps[lane.map]
        for action in range(out.shape[1]):
            out[i, action] = is_legal(lane.row, lane.col, action, blocked, p)
