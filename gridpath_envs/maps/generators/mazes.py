"""Mazes: spanning trees over every other cell, joined by passages one cell wide.

The algorithms differ in how the trees look: a depth-first search winds in long corridors, Prim and Kruskal branch into
many short dead ends, Wilson draws each tree with the same probability, and a recursive division has long walls.
Where a side of the map is even, one line of cells is left over, first or last by a draw.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.rng import below, draw
from gridpath_envs.maps.generators.lattice import (
    EAST,
    JOINED,
    OUTSIDE,
    SOUTH,
    clear_lattice,
    draw_lattice,
    neighbour,
    open_more,
    open_side,
)

DEPTH_FIRST, PRIM, KRUSKAL, WILSON, RECURSIVE_DIVISION = 0, 1, 2, 3, 4

MAZES = {
    "depth_first": DEPTH_FIRST,
    "prim": PRIM,
    "kruskal": KRUSKAL,
    "wilson": WILSON,
    "recursive_division": RECURSIVE_DIVISION,
}


@kernel
def generate_maze(blocked, params, key, counter, queues):
    """Draw a perfect maze with the algorithm of the parameters, then open a share ``loops`` of its inner walls.

    Args:
        blocked: (cells,) uint8, padded; the inner cells are written.
        params: PARAMETERS record.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.
        queues: (2, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw.
    """
    rows, cols = (params.height + 1) // 2, (params.width + 1) // 2
    lattice, scratch = queues[0], queues[1]
    bits = draw(key, counter)
    counter += 1
    top = np.int64(bits & np.uint64(1)) & (1 - (params.height & 1))
    left = np.int64((bits >> np.uint64(1)) & np.uint64(1)) & (1 - (params.width & 1))
    # The node that a tree grows from.
    start = np.uint64((1 + below(bits, rows)) * (cols + 2) + 1 + below(bits << np.uint64(16), cols))
    is_whole = params.maze == RECURSIVE_DIVISION
    clear_lattice(lattice, rows, cols, EAST | SOUTH | JOINED if is_whole else 0)
    if params.maze == DEPTH_FIRST:
        counter = _search_depth_first(lattice, scratch, rows, cols, start, key, counter)
    elif params.maze == PRIM:
        counter = _grow_by_prim(lattice, scratch, rows, cols, start, key, counter)
    elif params.maze == KRUSKAL:
        counter = _join_by_kruskal(lattice, scratch, rows, cols, key, counter)
    elif params.maze == WILSON:
        counter = _walk_by_wilson(lattice, scratch, rows, cols, key, counter)
    else:
        counter = _divide(lattice, scratch, rows, cols, key, counter)
    if params.loops > np.uint64(0):
        counter = open_more(lattice, rows, cols, params.loops, key, counter)
    draw_lattice(lattice, blocked, rows, cols, top, left, params)
    return counter


@kernel
def _search_depth_first(lattice, stack, rows, cols, node, key, counter):
    """Go on to a new neighbour, drawn uniformly, while there is one, else back to the last node that has one."""
    pitch = np.uint64(cols + 2)
    lattice[node] |= JOINED
    depth = np.uint64(0)
    left = rows * cols - 1
    while left > 0:
        sides, num_sides = np.uint64(0), np.uint64(0)
        for side in range(4):
            direction = np.uint64(side)
            is_new = np.uint64((lattice[neighbour(node, direction, pitch)] & JOINED) == 0)
            sides |= (direction * is_new) << (np.uint64(2) * num_sides)
            num_sides += is_new
        if num_sides == np.uint64(0):
            depth -= np.uint64(1)
            node = np.uint64(stack[depth])
            continue
        stack[depth] = node
        depth += np.uint64(1)
        chosen = np.uint64(below(draw(key, counter), num_sides))
        counter += 1
        node = open_side(lattice, node, (sides >> (np.uint64(2) * chosen)) & np.uint64(3), pitch)
        lattice[node] |= JOINED
        left -= 1
    return counter


@kernel
def _grow_by_prim(lattice, frontier, rows, cols, node, key, counter):
    """Join a node across a side drawn among all those that lead out of the tree, again and again.

    Reference:
        Prim 1957, Shortest connection networks and some generalizations, doi:10.1002/j.1538-7305.1957.tb01515.x; the
        side is drawn, as usual for mazes, instead of the one of least weight being taken.
    """
    pitch = np.uint64(cols + 2)
    size = np.uint64(0)
    left = rows * cols
    while True:
        lattice[node] |= JOINED
        left -= 1
        if left == 0:
            return counter
        for side in range(4):
            direction = np.uint64(side)
            frontier[size] = (node << np.uint64(2)) | direction
            size += np.uint64((lattice[neighbour(node, direction, pitch)] & JOINED) == 0)
        is_joined = True
        while is_joined:
            chosen = np.uint64(below(draw(key, counter), size))
            counter += 1
            inner = np.uint64(frontier[chosen])
            size -= np.uint64(1)
            frontier[chosen] = frontier[size]
            direction = inner & np.uint64(3)
            inner >>= np.uint64(2)
            is_joined = (lattice[neighbour(inner, direction, pitch)] & JOINED) != 0
        node = open_side(lattice, inner, direction, pitch)


@kernel
def _find_root(parents, node):
    """Return the root of a node's tree of parents, halving the way to it."""
    while np.uint64(parents[node]) != node:
        parents[node] = parents[np.uint64(parents[node])]
        node = np.uint64(parents[node])
    return node


@kernel
def _join_by_kruskal(lattice, scratch, rows, cols, key, counter):
    """Go through all sides in random order and open those between two trees, until one tree is left.

    Reference:
        Kruskal 1956, On the shortest spanning subtree of a graph and the traveling salesman problem,
        doi:10.1090/S0002-9939-1956-0078686-7.
    """
    pitch = np.uint64(cols + 2)
    # There are fewer than two sides a node; behind them is room for the parents of all nodes.
    sides, parents = scratch, scratch[2 * rows * cols :]
    num_sides = np.uint64(0)
    for row in range(rows):
        for col in range(cols):
            node = np.uint64(row + 1) * pitch + np.uint64(col + 1)
            parents[node] = node
            sides[num_sides] = node << np.uint64(1)
            num_sides += np.uint64(col < cols - 1)
            sides[num_sides] = (node << np.uint64(1)) | np.uint64(1)
            num_sides += np.uint64(row < rows - 1)
    left = rows * cols - 1
    while left > 0:
        chosen = np.uint64(below(draw(key, counter), num_sides))
        counter += 1
        node = np.uint64(sides[chosen])
        num_sides -= np.uint64(1)
        sides[chosen] = sides[num_sides]
        direction = node & np.uint64(1)
        node >>= np.uint64(1)
        root = _find_root(parents, node)
        other = _find_root(parents, neighbour(node, direction, pitch))
        if root != other:
            parents[other] = root
            open_side(lattice, node, direction, pitch)
            left -= 1
    return counter


@kernel
def _walk_by_wilson(lattice, exits, rows, cols, key, counter):
    """Walk at random from each node to the tree and join the walk, less its loops: each tree is equally likely.

    Reference:
        Wilson 1996, Generating random spanning trees more quickly than the cover time, doi:10.1145/237814.237880.
    """
    pitch = np.uint64(cols + 2)
    # Any root will do, and walks are shortest to one in the middle.
    lattice[np.uint64(rows // 2 + 1) * pitch + np.uint64(cols // 2 + 1)] |= JOINED
    bits, num_bits = np.uint64(0), 0
    for row in range(rows):
        for col in range(cols):
            start = np.uint64(row + 1) * pitch + np.uint64(col + 1)
            node = start
            while lattice[node] & JOINED == 0:
                if num_bits == 0:
                    bits = draw(key, counter)
                    counter += 1
                    num_bits = 64
                direction = bits & np.uint64(3)
                bits >>= np.uint64(2)
                num_bits -= 2
                beyond = neighbour(node, direction, pitch)
                # Only a node's last exit is kept, which takes the loops out. A step out of the map is drawn anew.
                exits[node] = direction
                node = node if lattice[beyond] & OUTSIDE else beyond
            node = start
            while lattice[node] & JOINED == 0:
                lattice[node] |= JOINED
                node = open_side(lattice, node, np.uint64(exits[node]), pitch)
    return counter


@kernel
def _divide(lattice, stack, rows, cols, key, counter):
    """Divide each chamber by a wall with one gap, across its longer side, until all are one node wide.

    The stack holds the first node of each chamber and, in one number, its rows and columns.
    """
    pitch = np.uint64(cols + 2)
    stack[0] = cols + 3
    stack[1] = (rows << 16) | cols
    depth = 2
    while depth > 0:
        depth -= 2
        first, rows, cols = (
            np.uint64(stack[depth]),
            np.int64(stack[depth + 1] >> 16),
            np.int64(stack[depth + 1] & 0xFFFF),
        )
        if min(rows, cols) < 2:
            continue
        bits = draw(key, counter)
        counter += 1
        is_across = rows > cols or (rows == cols and (bits & np.uint64(1)) != np.uint64(0))
        side, length = (rows, cols) if is_across else (cols, rows)
        along, over = (np.uint64(1), pitch) if is_across else (pitch, np.uint64(1))
        near = 1 + below(bits, side - 1)
        gap = below(bits << np.uint64(32), length)
        node = first + np.uint64(near - 1) * over
        for k in range(length):
            if k != gap:
                lattice[node] &= ~(SOUTH if is_across else EAST)
            node += along
        stack[depth] = first
        stack[depth + 1] = (near << 16) | cols if is_across else (rows << 16) | near
        stack[depth + 2] = first + np.uint64(near) * over
        stack[depth + 3] = ((side - near) << 16) | cols if is_across else (rows << 16) | (side - near)
        depth += 4
    return counter
