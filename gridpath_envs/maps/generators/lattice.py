"""The lattice of a maze: its nodes, every other cell of the map, and which neighbours among them are joined.

A node is an int32: one bit for the passage to its right, one for that below it, and one that an algorithm marks it by.
A border of marked nodes surrounds the lattice, so that no algorithm tests for the edge; (row, col) is at
``(row + 1) * pitch + col + 1`` with ``pitch = cols + 2``, which never takes more room than the padded map.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import draw
from gridpath_envs.maps.generators.painting import FIRST, paint

EAST, SOUTH, JOINED, OUTSIDE = 1, 2, 4, 8


@kernel
def clear_lattice(lattice, rows, cols, value):
    """Set all nodes of a lattice to ``value``, and draw the border around it."""
    pitch = np.uint64(cols + 2)
    for index in range((rows + 2) * (cols + 2)):
        lattice[np.uint64(index)] = JOINED | OUTSIDE
    for row in range(rows):
        first = np.uint64(row + 1) * pitch + np.uint64(1)
        for col in range(cols):
            lattice[first + np.uint64(col)] = value


@kernel
def neighbour(node, direction, pitch):
    """Return the node beyond a side: 0 right, 1 below, 2 left, 3 above; all of it uint64."""
    step = pitch if direction & np.uint64(1) else np.uint64(1)
    return node - step if direction & np.uint64(2) else node + step


@kernel
def open_side(lattice, node, direction, pitch):
    """Open the passage on a side of a node and return the node beyond."""
    beyond = neighbour(node, direction, pitch)
    lattice[min(node, beyond)] |= np.int32(1) << np.int32(direction & np.uint64(1))
    return beyond


@kernel
def open_more(lattice, rows, cols, share, key, counter):
    """Open each closed side between two nodes with probability ``share``, of 2**16.

    Sides on the lattice's edge get a bit as well, which nothing reads.
    """
    for row in range(rows):
        first = np.uint64((row + 1) * (cols + 2) + 1)
        for col in range(cols):
            bits = draw(key, counter)
            counter += 1
            east = (bits & np.uint64(0xFFFF)) < share
            south = ((bits >> np.uint64(16)) & np.uint64(0xFFFF)) < share
            lattice[first + np.uint64(col)] |= np.int32(east) | (np.int32(south) << np.int32(1))
    return counter


@kernel
def draw_lattice(lattice, blocked, rows, cols, top, left, params):
    """Write the map of a lattice whose first node is the cell (top, left)."""
    paint(blocked, FIRST, FIRST, params.height, params.width, np.uint8(1), params)
    pitch = np.uint64(params.pitch)
    for row in range(rows):
        first = np.uint64((row + 1) * (cols + 2) + 1)
        index = cell_index(top + 2 * row, left, params)
        for col in range(cols):
            node = lattice[first + np.uint64(col)]
            blocked[index] = 0
            if col < cols - 1:
                blocked[index + np.uint64(1)] = 1 - (node & EAST)
            if row < rows - 1:
                blocked[index + pitch] = 1 - ((node & SOUTH) >> 1)
            index += np.uint64(2)
