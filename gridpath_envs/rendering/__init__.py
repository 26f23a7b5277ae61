"""Pictures of a lane, from its state alone; nothing here needs a window."""

from __future__ import annotations

from typing import Any

from gridpath_envs.maps.grid_map import Cell, GridMap
from gridpath_envs.rendering.ansi import draw_ansi
from gridpath_envs.rendering.rgb import draw_rgb

RENDER_MODES = ("ansi", "rgb_array")

_DRAW = {"ansi": draw_ansi, "rgb_array": draw_rgb}


def render_lane(mode: str | None, grid_map: GridMap, position: Cell) -> Any:
    """Draw a lane in a render mode.

    Args:
        mode: One of RENDER_MODES.
        grid_map: The lane's map, with its start and goal.
        position: Cell (row, col) of the agent.
    """
    return _DRAW[mode or ""](grid_map, position)
