"""Moves: the table of actions, and which moves a map allows."""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.cells import HOLE, IMPASSABLE, PORTAL, TERRAIN, TERRAIN_SHIFT, other_portal
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
def is_legal(row, col, action, cells, solid, params):
    """Tell whether an action moves the agent (or lets it stay), that is, whether it does not run into a wall.

    A diagonal move needs both cells beside it free, of holes too: corners are never cut. ``solid`` says which flags a
    cell may not have: IMPASSABLE for a move, SOLID for a path.
    """
    drow = params.row_delta[action]
    dcol = params.col_delta[action]
    if cells[cell_index(row + drow, col + dcol, params)] & solid:
        return False
    if drow != 0 and dcol != 0:
        beside = cells[cell_index(row + drow, col, params)] | cells[cell_index(row, col + dcol, params)]
        return beside & (solid | HOLE) == 0
    return True


@kernel
def entry_cost(cell, params):
    """Return what a straight move into a cell costs."""
    return params.terrain_cost[(cell & TERRAIN) >> TERRAIN_SHIFT]


@kernel
def target_of(row, col, action, world, params):
    """Return the index of the cell that a legal action leads to, through a portal where it enters one."""
    drow = params.row_delta[action]
    dcol = params.col_delta[action]
    index = cell_index(row + drow, col + dcol, params)
    # Who stays on a portal does not enter it.
    if params.has_portals and (drow != 0 or dcol != 0) and world[index] & PORTAL:
        return other_portal(world, params, index)
    return index


@kernel
def perpendicular(action, turn, params):
    """Return the move that is turned by 90 degrees, clockwise where ``turn`` is 1 and back where it is -1."""
    return (action & 4) | ((action + turn) & 3)


@kernel
def slipped(action, bits, params):
    """Return the action that is taken where ``action`` was meant, by a draw of 64 bits; staying never slips."""
    if params.cost[action] == 0.0:
        return action
    part = np.uint64(bits) >> np.uint64(32)
    if part < params.slip:
        return perpendicular(action, 1, params)
    if part < np.uint64(2) * params.slip:
        return perpendicular(action, -1, params)
    return action


@kernel
def legal_actions_batch(lanes, maps, params, out):
    """Write for each lane which actions move it; out: (B, A) bool."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        world = maps[lane.map]
        for action in range(out.shape[1]):
            out[i, action] = is_legal(lane.row, lane.col, action, world, IMPASSABLE, p)
