"""A scene as text, one character a cell."""

from __future__ import annotations

from dataclasses import replace
from string import ascii_lowercase

from gridpath_envs.maps.terrain import BLOCKED_CODES
from gridpath_envs.rendering.scene import Scene, visited_cells


def draw_ansi(scene: Scene) -> str:
    """Return the map as text, as ``GridMap.from_text`` reads it, and on it what the episode adds.

    ``A`` is the agent, ``*`` the agent at its goal, ``o`` a moving obstacle and ``+`` ground that was visited. The
    agent's window is left out: text has no room to show a cell and that it is hidden.

    Where there are many agents they are ``a``, ``b``, ``c`` and so on, and their goals ``A``, ``B``, ``C``; ``*`` is an
    agent at its goal. More than 26 are ``o``, and their goals ``x``. All that is blocked is then ``#``, since trees
    would be read as a goal, and neither paths nor refused moves are shown.

    Args:
        scene: The lane's state.
    """
    if scene.agents:
        return _draw_agents(scene)
    grid_map, position = scene.grid_map, scene.cell
    rows = [list(row) for row in grid_map.to_text().split("\n")]
    for row, col in visited_cells(scene.path):
        if rows[row][col] == ".":
            rows[row][col] = "+"
    for row, col in scene.moving_obstacles:
        rows[row][col] = "o"
    rows[position[0]][position[1]] = "*" if position == grid_map.goal else "A"
    return _joined(rows)


def _draw_agents(scene: Scene) -> str:
    text = replace(scene.grid_map, start=None, goal=None).to_text()
    rows = [list(row) for row in text.translate({ord(code): "#" for code in BLOCKED_CODES}).split("\n")]
    has_letters = len(scene.agents) <= len(ascii_lowercase)
    shown = [(k, agent) for k, agent in enumerate(scene.agents) if agent.is_active]
    for k, agent in shown:
        rows[agent.goal[0]][agent.goal[1]] = ascii_lowercase[k].upper() if has_letters else "x"
    # Over all goals, so that no agent is hidden.
    for (k, agent), (row, col) in zip(shown, visited_cells([agent.place for _, agent in shown]), strict=True):
        rows[row][col] = "*" if agent.has_arrived else ascii_lowercase[k] if has_letters else "o"
    return _joined(rows)


def _joined(rows: list[list[str]]) -> str:
    return "\n".join("".join(row) for row in rows) + "\n"
