"""A still picture of the ways that many agents took."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps import GridMap
from gridpath_envs.rendering.colours import Colour, to_hex
from gridpath_envs.rendering.svg_parts import line, line_data, map_parts, number, opening

__all__ = ["draw_ways"]

SIDE = 320  # pixels of the longer side


def draw_ways(
    grid_map: GridMap,
    positions: NDArray[np.int64],
    goals: NDArray[np.int64],
    active: NDArray[np.bool_],
    refused: NDArray[np.bool_],
    title: str,
) -> str:
    """Draw each agent's way in a colour of its own, from a disc where it starts to a square around its last goal.

    The arguments are those of an animation, so that one can take this picture's place; a still one shows no moment, and
    so neither who has gone when nor whose move was refused.

    Args:
        grid_map: The map, (H, W) cells.
        positions: (T + 1, N, 2) cells of the agents.
        goals: (T + 1, N, 2) cells of their goals.
        active: (T + 1, N) bool, which agents are there.
        refused: (T, N) bool, whose move was refused.
        title: Accessible name and tooltip; escaped.

    Returns:
        The text of an SVG document without XML declaration.

    Raises:
        ConfigurationError: A cell lies outside the map.
    """
    height, width = grid_map.shape
    for name, cells in (("positions", positions), ("goals", goals)):
        if ((cells < 0) | (cells >= (height, width))).any():
            raise ConfigurationError(f"{name}: one lies outside the map of {height}x{width} cells")
    parts = [opening(height, width, SIDE / max(height, width), title), *map_parts(grid_map)]
    num_agents = positions.shape[1]
    for k in range(num_agents):
        colour = _colour(k)
        # Beside each other where agents share a way.
        aside = 0.3 * (k % 5 - 2) / 2
        way = (positions[:, k] + aside).tolist()
        (row, col), (goal_row, goal_col) = positions[0, k].tolist(), goals[-1, k].tolist()
        fill = to_hex(colour)
        parts += [
            f'<rect x="{number(goal_col + 0.15)}" y="{number(goal_row + 0.15)}" width=".7" height=".7" fill="none" '
            f'stroke="{fill}" stroke-width=".14"/>',
            line(line_data(way), colour, 0.12, 0.8),
            f'<circle cx="{number(col + 0.5)}" cy="{number(row + 0.5)}" r=".26" fill="{fill}"/>',
        ]
    return "".join([*parts, "</svg>"])


def _colour(k: int) -> Colour:
    """Return an agent's colour: hues by the golden ratio, so that neighbours in number differ."""
    red, green, blue = colorsys.hls_to_rgb(k * 0.618034 % 1.0, (0.42, 0.55)[k // 8 % 2], 0.75)
    return round(255 * red), round(255 * green), round(255 * blue)
