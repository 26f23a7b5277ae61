"""A map as text, one character a cell."""

from __future__ import annotations

from gridpath_envs.rendering.scene import Scene


def draw_ansi(scene: Scene) -> str:
    """Return the map as text: ``#`` wall, ``.`` ground, ``S`` start, ``G`` goal, ``A`` agent, ``*`` agent at goal.

    Args:
        scene: The lane's state.
    """
    grid_map, position = scene.grid_map, scene.position
    rows = [list(row) for row in grid_map.to_text().split("\n")]
    rows[position[0]][position[1]] = "*" if position == grid_map.goal else "A"
    return "\n".join("".join(row) for row in rows) + "\n"
