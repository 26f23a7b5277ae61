"""Rooms: the map is halved by walls until no room is larger than asked, and each wall gets a door."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import below, draw
from gridpath_envs.maps.generators.painting import FIRST, paint


@kernel
def generate_rooms(blocked, params, key, counter, queues):
    """Split the map into rooms of at most ``block_size`` cells a side, and join them by doors.

    There is a door in each wall that split a room, which connects all, and a share ``loops`` of the other pairs of
    rooms side by side have one as well.

    Args:
        blocked: (cells,) uint8, padded; the inner cells are written.
        params: PARAMETERS record.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.
        queues: (2, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw.
    """
    paint(blocked, FIRST, FIRST, params.height, params.width, np.uint8(0), params)
    stack, walls = queues[0], queues[1]
    counter, num_walls = _raise_walls(blocked, params, stack, walls, key, counter)
    # In the order in which they were raised: the walls that end at a wall still have no door there.
    for wall in range(num_walls):
        counter = _open_doors(blocked, params, walls[2 * wall], walls[2 * wall + 1], key, counter)
    return counter


@kernel
def _raise_walls(blocked, params, stack, walls, key, counter):
    """Split rooms across their longer side until none is too large; the map as a whole is split in any case.

    Both queues hold pairs: the first cell and, in one number, rows and columns of a room; the first cell of a wall and
    twice its length, plus one where it runs across.

    Returns:
        The number of the stream's next unused draw, and that of the walls.
    """
    pitch = np.uint64(params.pitch)
    stack[0] = cell_index(0, 0, params)
    stack[1] = (params.height << 16) | params.width
    depth = 2
    num_walls = 0
    while depth > 0:
        depth -= 2
        first, rows, cols = (
            np.uint64(stack[depth]),
            np.int64(stack[depth + 1] >> 16),
            np.int64(stack[depth + 1] & 0xFFFF),
        )
        side = max(rows, cols)
        if side < 3 or (side <= params.block_size and num_walls > 0):
            continue
        bits = draw(key, counter)
        counter += 1
        is_across = rows > cols or (rows == cols and (bits & np.uint64(1)) != np.uint64(0))
        length = min(rows, cols)
        along, over = (np.uint64(1), pitch) if is_across else (pitch, np.uint64(1))
        # Rooms one cell wide only where there is no choice.
        least = 2 if side >= 5 else 1
        near = least + below(bits, side - 2 * least)
        far = side - near - 1
        index = first + np.uint64(near) * over
        walls[2 * num_walls] = index
        walls[2 * num_walls + 1] = (length << 1) | np.int64(is_across)
        num_walls += 1
        stack[depth] = first
        stack[depth + 1] = (near << 16) | cols if is_across else (rows << 16) | near
        stack[depth + 2] = index + over
        stack[depth + 3] = (far << 16) | cols if is_across else (rows << 16) | far
        depth += 4
        for _ in range(length):
            blocked[index] = 1
            index += along
    return counter, num_walls


@kernel
def _open_doors(blocked, params, first, shape, key, counter):
    """Open a door of a wall, drawn among the cells where no other wall ends, and perhaps more of them.

    A run of such cells is what two rooms share: it gets at most one door.
    """
    pitch = np.uint64(params.pitch)
    length = shape >> 1
    along, over = (np.uint64(1), pitch) if shape & 1 else (pitch, np.uint64(1))
    num_cells = 0
    index = np.uint64(first)
    for _ in range(length):
        num_cells += (blocked[index - over] | blocked[index + over]) == 0
        index += along
    # Rooms are a cell wide at least, so that the first and the last cell of a wall will always do.
    door = below(draw(key, counter), num_cells)
    counter += 1
    seen = 0
    run = 0
    index = np.uint64(first)
    for k in range(length + 1):
        if k < length and (blocked[index - over] | blocked[index + over]) == 0:
            run += 1
        elif run > 0:
            bits = draw(key, counter)
            counter += 1
            place = -1
            if seen <= door < seen + run:
                place = door - seen
            elif (bits & np.uint64(0xFFFF)) < params.loops:
                place = below(bits, run)
            if place >= 0:
                blocked[index - np.uint64(run - place) * along] = 0
            seen += run
            run = 0
        index += along
    return counter
