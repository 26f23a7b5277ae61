"""Exact distances and shortest paths on a map, without any environment."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import check_choice
from gridpath_envs.core.distances import flood
from gridpath_envs.core.shortest_paths import cardinal_length, cardinal_path, octile_length, octile_path
from gridpath_envs.core.state import pad_map
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps.grid_map import Cell, GridMap, Scratch

MOVES = ("cardinal", "octile")


def distances_to(grid_map: GridMap, goal: Cell, moves: str = "cardinal") -> NDArray[np.float64]:
    """Return the cost of the shortest path from every cell to a goal.

    Args:
        grid_map: The map.
        goal: Free cell (row, col).
        moves: "cardinal", or "octile": diagonals cost sqrt(2) and never cut corners.

    Returns:
        (H, W) float64, in cells; infinite where the goal cannot be reached from.

    Raises:
        ConfigurationError: The goal is not a free cell, or moves is unknown.
    """
    goal = grid_map.check_free(goal, "goal")
    octile = _is_octile(moves)
    height, width = grid_map.shape
    pitch = width + 2
    blocked = pad_map(grid_map.blocked, 1)
    distance = np.empty(blocked.shape, dtype=np.float64)
    queues = np.empty((2, blocked.size), dtype=np.int32)
    flood(blocked, octile, pitch, (goal[0] + 1) * pitch + goal[1] + 1, 0, distance, queues)
    return distance.reshape(height + 2, pitch)[1:-1, 1:-1].copy()


def shortest_path_length(grid_map: GridMap, start: Cell, goal: Cell, moves: str = "cardinal") -> float:
    """Return the cost of the shortest path between two cells, infinite where there is none.

    Args:
        grid_map: The map.
        start: Free cell (row, col).
        goal: Free cell (row, col).
        moves: "cardinal" or "octile".

    Raises:
        ConfigurationError: An end is not a free cell, or moves is unknown.
    """
    start = grid_map.check_free(start, "start")
    goal = grid_map.check_free(goal, "goal")
    octile = _is_octile(moves)
    pitch = grid_map.shape[1] + 2
    start_index = (start[0] + 1) * pitch + start[1] + 1
    goal_index = (goal[0] + 1) * pitch + goal[1] + 1
    pool = grid_map.scratch[octile]
    field, queues, _ = scratch = _take(grid_map, pool, octile)
    measure = octile_length if octile else cardinal_length
    length = float(measure(field, queues, pitch, start_index, goal_index))
    pool.append(scratch)
    return length if length >= 0.0 else math.inf


def shortest_path(grid_map: GridMap, start: Cell, goal: Cell, moves: str = "cardinal") -> list[Cell]:
    """Return the cells of one shortest path; of several, the one whose first differing move has the lowest number.

    Args:
        grid_map: The map.
        start: Free cell (row, col).
        goal: Free cell (row, col).
        moves: "cardinal" or "octile".

    Returns:
        Cells (row, col) from start to goal, both included.

    Raises:
        ConfigurationError: An end is not a free cell, or moves is unknown.
        InfeasibleLevelError: The goal cannot be reached.
    """
    start = grid_map.check_free(start, "start")
    goal = grid_map.check_free(goal, "goal")
    octile = _is_octile(moves)
    pitch = grid_map.shape[1] + 2
    start_index = (start[0] + 1) * pitch + start[1] + 1
    goal_index = (goal[0] + 1) * pitch + goal[1] + 1
    pool = grid_map.scratch[octile]
    field, queues, path = scratch = _take(grid_map, pool, octile)
    write = octile_path if octile else cardinal_path
    count = write(field, queues, pitch, start_index, goal_index, path)
    rows, cols = path[:, :count].tolist()
    pool.append(scratch)
    if count == 0:
        raise InfeasibleLevelError(f"no path from {start} to {goal}")
    return list(zip(rows, cols, strict=True))


def _is_octile(moves: str) -> bool:
    # The whole check takes as long as a short query.
    if not (type(moves) is str and moves in MOVES):
        check_choice("moves", moves, MOVES)
    return moves == "octile"


def _take(grid_map: GridMap, pool: list[Scratch], octile: bool) -> Scratch:
    """Return scratch for one query, from the map's pool or new, with all that its kernel wants to find there.

    Popping and appending are atomic, so threads that ask at once take different scratch. Scratch that a query was
    interrupted with is not given back.
    """
    try:
        return pool.pop()
    except IndexError:
        is_blocked = pad_map(grid_map.blocked, 1) != 0
        path = np.empty((2, is_blocked.size), dtype=np.int32)
        if octile:
            return np.where(is_blocked, -1.0, np.inf), np.empty((2, is_blocked.size), dtype=np.int32), path
        return is_blocked.astype(np.uint8), np.empty(is_blocked.size, dtype=np.int32), path
