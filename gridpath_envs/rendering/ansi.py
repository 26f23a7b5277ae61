"""A map as text, one character a cell."""

from __future__ import annotations

from gridpath_envs.maps.grid_map import Cell, GridMap


def draw_ansi(grid_map: GridMap, position: Cell) -> str:
    """Return the map as text: ``#`` wall, ``.`` ground, ``S`` start, ``G`` goal, ``A`` agent, ``*`` agent at goal.

    Args:
        grid_map: The map, with start and goal.
        position: Cell (row, col) of the agent.
    """
    rows = [list(row) for row in grid_map.to_text().split("\n")]
    rows[position[0]][position[1]] = "*" if position == grid_map.goal else "A"
    return "\n".join("".join(row) for row in rows) + "\n"
