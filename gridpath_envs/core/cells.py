"""What a cell of a padded map holds: a byte of flags that every kernel reads.

The lower bits are the level's own and never change during an episode; OCCUPIED and VISITED change as it goes, on maps
that a lane has for itself. Portals come in pairs, whose cells are listed behind the map's last padded cell.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel

# NumPy's integers, since Numba would compile a function anew for each of Python's that it is called with.
BLOCKED = np.uint8(1)
HOLE = np.uint8(2)
TERRAIN = np.uint8(0b1100)  # two bits: ground, road, sand, swamp
TERRAIN_SHIFT = 2
PORTAL = np.uint8(16)
RESERVED = np.uint8(32)  # only while moving obstacles are being placed
OCCUPIED = np.uint8(64)  # by a moving obstacle
VISITED = np.uint8(128)  # by the agent, this episode

# Where many agents share a map, which knows neither trails nor moving obstacles.
AGENT = VISITED  # one stands here
AGENT_GOAL = RESERVED  # it is the goal of one

STATIC = BLOCKED | HOLE | TERRAIN | PORTAL
SOLID = BLOCKED | HOLE  # what no path leads through
IMPASSABLE = BLOCKED | OCCUPIED  # what a move cannot enter

TERRAINS = ("ground", "road", "sand", "swamp")
MAX_PORTALS = 8  # pairs
PORTAL_BYTES = MAX_PORTALS * 2 * 4


@kernel
def load_index(world, at):
    """Read the cell index that four bytes hold, lowest first."""
    at = np.uint64(at)
    value = np.int64(world[at]) | np.int64(world[at + np.uint64(1)]) << 8
    return value | np.int64(world[at + np.uint64(2)]) << 16 | np.int64(world[at + np.uint64(3)]) << 24


@kernel
def store_index(world, at, value):
    """Write a cell index as four bytes, lowest first."""
    at = np.uint64(at)
    for k in range(4):
        world[at + np.uint64(k)] = np.uint8((value >> (8 * k)) & 0xFF)


@kernel
def other_portal(world, params, index):
    """Return the cell that a portal leads to, given that it is one."""
    for k in range(2 * MAX_PORTALS):
        if load_index(world, params.num_cells + 4 * k) == np.int64(index):
            return np.uint64(load_index(world, params.num_cells + 4 * (k ^ 1)))
    return np.uint64(index)
