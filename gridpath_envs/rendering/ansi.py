"""A scene as text, one character a cell."""

from __future__ import annotations

from gridpath_envs.rendering.scene import Scene, visited_cells


def draw_ansi(scene: Scene) -> str:
    """Return the map as text, as ``GridMap.from_text`` reads it, and on it what the episode adds.

    ``A`` is the agent, ``*`` the agent at its goal, ``o`` a moving obstacle and ``+`` ground that was visited. The
    agent's window is left out: text has no room to show a cell and that it is hidden.

    Args:
        scene: The lane's state.
    """
    grid_map, position = scene.grid_map, scene.cell
    rows = [list(row) for row in grid_map.to_text().split("\n")]
    for row, col in visited_cells(scene.path):
        if rows[row][col] == ".":
            rows[row][col] = "+"
    for row, col in scene.moving_obstacles:
        rows[row][col] = "o"
    rows[position[0]][position[1]] = "*" if position == grid_map.goal else "A"
    return "\n".join("".join(row) for row in rows) + "\n"
