"""Moving obstacles: where they begin, and how they go on.

They keep within ``obstacle_range`` cells of their home, to and fro on a line or at random, and are placed so that a
path from start to goal is left that none of them ever enters: whatever they do, a level can be solved. An agent cannot
enter an obstacle's cell, nor an obstacle the agent's.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import (
    BLOCKED,
    HOLE,
    OCCUPIED,
    PORTAL,
    RESERVED,
    SOLID,
    load_index,
    store_index,
)
from gridpath_envs.core.distances import flood_plain
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import OBSTACLE_STREAM, below, draw, stream_key
from gridpath_envs.core.state import OBSTACLE_BYTES

_TRIES = 16

# Where obstacles never go.
_CLOSED = BLOCKED | HOLE | PORTAL

# What is left for a way round.
_AVOIDED = SOLID | RESERVED

_ALL, _NONE, _NOT_RESERVED = np.uint8(255), np.uint8(0), ~RESERVED
_NOT_OCCUPIED = ~OCCUPIED
_NOWHERE = np.int64(0)


@kernel
def _episode_key(lane):
    return draw(stream_key(lane.key, OBSTACLE_STREAM), lane.episode)


@kernel
def _step_of(heading, params):
    """Return the change of index of a heading: up, right, down, left."""
    if heading == 0:
        return -params.pitch
    if heading == 1:
        return np.int64(1)
    if heading == 2:
        return params.pitch
    return np.int64(-1)


@kernel
def _is_within(index, home, params):
    """Tell whether a cell is within the range of a home, in rows and in columns."""
    row, col = index // params.pitch, index % params.pitch
    home_row, home_col = home // params.pitch, home % params.pitch
    return abs(row - home_row) <= params.obstacle_range and abs(col - home_col) <= params.obstacle_range


@kernel
def _mark_range(world, home, heading, params, kept, added):
    """Change the flags of every cell that an obstacle may ever enter: keep some, add some.

    Returns:
        How many there are.
    """
    count = 0
    if params.random_walk:
        span = params.obstacle_range
        home_row, home_col = home // params.pitch - params.pad, home % params.pitch - params.pad
        for row in range(max(home_row - span, 0), min(home_row + span + 1, params.height)):
            for col in range(max(home_col - span, 0), min(home_col + span + 1, params.width)):
                index = np.int64(cell_index(row, col, params))
                if world[index] & _CLOSED == 0:
                    count += 1
                    world[index] = world[index] & kept | added
        return count
    for direction in (heading, heading ^ 2):
        index = np.int64(home)
        step = _step_of(direction, params)
        while world[index] & _CLOSED == 0 and _is_within(index, home, params):
            count += 1
            world[index] = world[index] & kept | added
            index += step
    return count - 1


@kernel
def place_obstacles(lane, world, params, distance, queues):
    """Begin a lane's moving obstacles; those that find no place where they leave a way round are left out.

    Args:
        lane: LANE record, with start, goal and stream.
        world: (S,) uint8, the lane's map and what lies behind it, written.
        params: PARAMETERS record.
        distance: (cells,) float64, scratch.
        queues: (Q, cells) int32, scratch.
    """
    key = _episode_key(lane)
    start = np.int64(cell_index(lane.start_row, lane.start_col, params))
    goal = np.int64(cell_index(lane.goal_row, lane.goal_col, params))
    counter = 0
    for k in range(params.num_obstacles):
        at = params.obstacles_at + k * OBSTACLE_BYTES
        store_index(world, at, _NOWHERE)
        for _ in range(_TRIES):
            row = below(draw(key, counter), params.height)
            col = below(draw(key, counter + 1), params.width)
            heading = below(draw(key, counter + 2), 4)
            counter += 3
            home = np.int64(cell_index(row, col, params))
            if home == start or world[home] & (_CLOSED | RESERVED):
                continue
            is_free = _mark_range(world, home, heading, params, _ALL, RESERVED) >= 2
            if is_free and (world[start] | world[goal]) & RESERVED == 0:
                flood_plain(world, _AVOIDED, params, goal, start, distance, queues)
                is_free = distance[start] != np.inf
            else:
                is_free = False
            if is_free:
                store_index(world, at, home)
                store_index(world, at + 4, home)
                world[np.uint64(at + 8)] = np.uint8(heading)
                break
            # Ranges overlap, so those of the obstacles before this one are marked anew.
            _mark_range(world, home, heading, params, _NOT_RESERVED, _NONE)
            _mark_all(world, params, k, _ALL, RESERVED)
    _mark_all(world, params, params.num_obstacles, _NOT_RESERVED, _NONE)
    for k in range(params.num_obstacles):
        home = load_index(world, params.obstacles_at + k * OBSTACLE_BYTES)
        if home > 0:
            world[home] |= OCCUPIED


@kernel
def _mark_all(world, params, count, kept, added):
    """Change the flags of the ranges of the first obstacles."""
    for k in range(count):
        at = params.obstacles_at + k * OBSTACLE_BYTES
        home = load_index(world, at)
        if home > 0:
            _mark_range(world, home, np.int64(world[at + 8]), params, kept, added)


@kernel
def move_obstacles(lane, world, params):
    """Let each moving obstacle of a lane take its turn, one after another, after the agent's."""
    key = _episode_key(lane)
    agent = np.int64(cell_index(lane.row, lane.col, params))
    for k in range(params.num_obstacles):
        at = params.obstacles_at + k * OBSTACLE_BYTES
        index = load_index(world, at)
        if index == 0:
            continue
        home = load_index(world, at + 4)
        heading = np.int64(world[at + 8])
        tries = 2
        if params.random_walk:
            # Five choices, the last of which is to stay.
            counter = np.uint64(lane.steps) * np.uint64(params.num_obstacles) + np.uint64(k)
            heading = below(draw(key, (np.uint64(1) << np.uint64(40)) + counter), 5)
            tries = 1 if heading < 4 else 0
        for _ in range(tries):
            target = index + _step_of(heading, params)
            is_open = world[target] & (_CLOSED | OCCUPIED) == 0 and target != agent
            if is_open and _is_within(target, home, params):
                world[index] &= _NOT_OCCUPIED
                world[target] |= OCCUPIED
                store_index(world, at, target)
                break
            heading ^= 2
        if not params.random_walk:
            world[at + 8] = np.uint8(heading)
