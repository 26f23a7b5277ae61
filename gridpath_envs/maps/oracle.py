"""Exact distances and shortest paths on a map, without any environment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import check_choice
from gridpath_envs.core.distances import TOLERANCE, flood
from gridpath_envs.core.moves import action_table
from gridpath_envs.core.state import PARAMETERS, pad_map, set_geometry
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps.grid_map import Cell, GridMap

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
    return _flood_from(grid_map, grid_map.check_free(goal, "goal"), None, moves)


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
    return float(_flood_from(grid_map, grid_map.check_free(goal, "goal"), start, moves)[start])


def shortest_path(
    grid_map: GridMap, start: Cell, goal: Cell, moves: str = "cardinal", terrain_costs: object = None
) -> list[Cell]:
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
    distances = distances_to(grid_map, goal, moves)
    if not np.isfinite(distances[start]):
        raise InfeasibleLevelError(f"no path from {start} to {tuple(goal)}")
    height, width = grid_map.shape
    blocked = grid_map.blocked
    path = [start]
    while distances[path[-1]] > 0:
        row, col = path[-1]
        for drow, dcol, cost in action_table(moves == "octile", stay=False):
            to_row, to_col = row + drow, col + dcol
            if not (0 <= to_row < height and 0 <= to_col < width):
                continue
            if drow and dcol and (blocked[to_row, col] or blocked[row, to_col]):
                continue
            if distances[to_row, to_col] + cost <= distances[row, col] + TOLERANCE:
                path.append((to_row, to_col))
                break
    return path


def _flood_from(grid_map: GridMap, source: Cell, target: Cell | None, moves: str) -> NDArray[np.float64]:
    check_choice("moves", moves, MOVES)
    height, width = grid_map.shape
    pitch = width + 2
    blocked = pad_map(grid_map.blocked, 1)
    distance = np.empty(blocked.shape, dtype=np.float64)
    queues = np.empty((2, blocked.size), dtype=np.int32)
    source_index = (source[0] + 1) * pitch + source[1] + 1
    target_index = 0 if target is None else (target[0] + 1) * pitch + target[1] + 1
    params = np.zeros(1, dtype=PARAMETERS)
    set_geometry(params, height, width, 1, action_table(moves == "octile", False))
    flood(blocked, params[0], source_index, target_index, distance, queues)
    return distance.reshape(height + 2, pitch)[1:-1, 1:-1].copy()
