"""Paths drawn on a map as a standalone SVG picture, small enough to put dozens on one page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rendering.colours import AGENT, OPTIMAL
from gridpath_envs.rendering.scene import entered_cells
from gridpath_envs.rendering.svg_parts import Cell, goal_star, line, line_data, map_parts, opening, start_ring

__all__ = ["draw_paths"]

DEFAULT_SIDE = 320  # pixels of the longer side where no cell size is asked for


def draw_paths(
    grid_map: GridMap,
    start: Cell,
    goal: Cell,
    path: Sequence[Cell],
    optimal_path: Sequence[Cell] | None = None,
    cell_size: float | None = None,
    title: str | None = None,
) -> str:
    """Draw a path, and the optimal one beneath it, on a map.

    Terrain has colours and textures of its own, holes are black discs and portals numbered ones; the start is a
    ring and the goal a star. Lines end at the portal that was entered and go on at the other. Lines and marks grow
    with the map, so that a path on 128x128 cells can still be seen at the default size.

    Args:
        grid_map: The map, (H, W) cells.
        start: (row, col) of the start.
        goal: (row, col) of the goal.
        path: (row, col) of each cell visited, in order; a repeated cell is a wait. May be empty. Also places between
            cells, whose middles have whole numbers.
        optimal_path: A shortest path to compare with, drawn pale and wide beneath.
        cell_size: Pixels a cell; without it the longer side has 320 pixels.
        title: Accessible name and tooltip; escaped.

    Returns:
        The text of an SVG document without XML declaration, which can stand in a file or inline in HTML.

    Raises:
        ConfigurationError: If a cell lies outside the map or the cell size is not positive.
    """
    height, width = grid_map.blocked.shape
    if cell_size is not None and not (math.isfinite(cell_size) and cell_size > 0):
        raise ConfigurationError(f"cell_size: got {cell_size!r}, expected a positive number of pixels")
    _check_cells("start", [start], height, width)
    _check_cells("goal", [goal], height, width)
    _check_cells("path", path, height, width)
    _check_cells("optimal_path", optimal_path or (), height, width)

    scale = DEFAULT_SIDE / max(height, width) if cell_size is None else float(cell_size)
    # Lines and marks are sized in cells; on a big map they must span several or they vanish.
    line_unit, mark = max(1.0, max(height, width) / 20), max(1.0, max(height, width) / 16)
    parts = [opening(height, width, scale, "Path on a map" if title is None else title), *map_parts(grid_map)]
    for cells, colour, line_width, opacity in (
        (optimal_path or (), OPTIMAL, 0.6 * line_unit, 1.0),
        (path, AGENT, 0.24 * line_unit, 0.95),
    ):
        strokes = entered_cells([(cell[0], cell[1]) for cell in cells], grid_map)
        if strokes:
            parts.append(line("".join(map(line_data, strokes)), colour, line_width, opacity))
    parts += [goal_star(goal, 0.46 * mark), start_ring(start, mark), "</svg>"]
    return "".join(parts)


def _check_cells(name: str, cells: Sequence[Cell], height: int, width: int) -> None:
    for index, cell in enumerate(cells):
        if len(cell) != 2 or not (-0.5 < cell[0] < height - 0.5 and -0.5 < cell[1] < width - 0.5):
            raise ConfigurationError(
                f"{name}[{index}]: got {cell!r}, expected (row, col) inside the map of {height}x{width} cells"
            )
