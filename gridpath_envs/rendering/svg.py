"""Paths drawn on a map as a standalone SVG picture, small enough to put dozens on one page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rendering.colours import AGENT, GOAL, GRID_LINE, GROUND, START, TERRAIN

__all__ = ["draw_paths"]

Cell = Sequence[int]

OPTIMAL = (143, 193, 234)
INK = (20, 24, 29)
DEFAULT_SIDE = 320  # pixels of the longer side where no cell size is asked for
GRID_LINES_UP_TO = 32  # cells; finer lines would only grey the picture


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

    Walls, water, trees and swamp have colours of their own; the start is a ring and the goal a star. Lines and marks
    grow with the map, so that a path on 128x128 cells can still be seen at the default size.

    Args:
        grid_map: The map, (H, W) cells.
        start: (row, col) of the start.
        goal: (row, col) of the goal.
        path: (row, col) of each cell visited, in order; a repeated cell is a wait. May be empty.
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
    line, mark = max(1.0, max(height, width) / 20), max(1.0, max(height, width) / 16)
    name = "Path on a map" if title is None else title
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{_number(width * scale)}" '
        f'height="{_number(height * scale)}" role="img" aria-label="{escape(name)}">',
        f"<title>{escape(name, quote=False)}</title>",
        f'<path fill="{_hex(GROUND)}" d="M0 0h{width}v{height}h-{width}z"/>',
    ]
    if max(height, width) <= GRID_LINES_UP_TO:
        parts.append(_grid_lines(height, width))
    parts.extend(_terrain(grid_map))
    if optimal_path:
        parts.append(_line(optimal_path, _hex(OPTIMAL), 0.6 * line, 1.0))
    if len(path) > 0:
        parts.append(_line(path, _hex(AGENT), 0.24 * line, 0.95))
    parts.append(_goal_star(goal, 0.46 * mark))
    parts.append(
        f'<circle cx="{_number(start[1] + 0.5)}" cy="{_number(start[0] + 0.5)}" r="{_number(0.3 * mark)}" '
        f'fill="{_hex(GROUND)}" fill-opacity=".6" stroke="{_hex(START)}" stroke-width="{_number(0.13 * mark)}"/>'
    )
    parts.append("</svg>")
    return "".join(parts)


def _check_cells(name: str, cells: Sequence[Cell], height: int, width: int) -> None:
    for index, cell in enumerate(cells):
        if len(cell) != 2 or not (0 <= cell[0] < height and 0 <= cell[1] < width):
            raise ConfigurationError(
                f"{name}[{index}]: got {cell!r}, expected (row, col) inside the map of {height}x{width} cells"
            )


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _grid_lines(height: int, width: int) -> str:
    lines = "".join(f"M0 {row}h{width}" for row in range(1, height))
    lines += "".join(f"M{col} 0v{height}" for col in range(1, width))
    return f'<path d="{lines}" fill="none" stroke="{_hex(GRID_LINE)}" stroke-width=".03"/>' if lines else ""


def _terrain(grid_map: GridMap) -> list[str]:
    layers = [(colour, grid_map.terrain == ord(code)) for code, colour in TERRAIN.items() if colour != GROUND]
    return [
        f'<path fill="{_hex(colour)}" shape-rendering="crispEdges" d="{_rectangles(mask)}"/>'
        for colour, mask in layers
        if mask.any()
    ]


def _rectangles(mask: NDArray[Any]) -> str:
    """Path data covering the cells of a mask: runs of a row, merged downwards while the row below has the same run."""
    height, width = mask.shape
    padded = np.zeros((height, width + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    edges = np.diff(padded, axis=1)
    open_runs: dict[tuple[int, int], int] = {}
    data: list[str] = []
    for row in range(height + 1):
        runs: set[tuple[int, int]] = set()
        if row < height:
            first, last = np.flatnonzero(edges[row] == 1).tolist(), np.flatnonzero(edges[row] == -1).tolist()
            runs = set(zip(first, last, strict=True))
        for run in [run for run in open_runs if run not in runs]:
            top, span = open_runs.pop(run), run[1] - run[0]
            data.append(f"M{run[0]} {top}h{span}v{row - top}h-{span}z")
        for run in sorted(runs):
            open_runs.setdefault(run, row)
    return "".join(data)


def _line(path: Sequence[Cell], colour: str, line_width: float, opacity: float) -> str:
    corners: list[tuple[int, int]] = []
    for cell in path:
        point = (int(cell[0]), int(cell[1]))
        if corners and point == corners[-1]:
            continue
        # The middle one of three cells in one direction adds nothing but bytes.
        if len(corners) >= 2 and _direction(corners[-2], corners[-1]) == _direction(corners[-1], point):
            corners.pop()
        corners.append(point)
    data = "M" + "L".join(f"{_number(col + 0.5)} {_number(row + 0.5)}" for row, col in corners)
    if len(corners) == 1:
        data += "h0"  # with round caps a line of no length is a dot
    faded = "" if opacity == 1.0 else f' stroke-opacity="{_number(opacity)}"'
    return (
        f'<path d="{data}" fill="none" stroke="{colour}" stroke-width="{_number(line_width)}" '
        f'stroke-linecap="round" stroke-linejoin="round"{faded}/>'
    )


def _direction(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    rows, cols = second[0] - first[0], second[1] - first[1]
    length = math.hypot(rows, cols)
    return round(rows / length, 6), round(cols / length, 6)


def _goal_star(goal: Cell, radius: float) -> str:
    points = []
    for tip in range(10):
        reach = radius if tip % 2 == 0 else 0.45 * radius
        angle = math.pi * tip / 5
        points.append(
            f"{_number(goal[1] + 0.5 + reach * math.sin(angle))},{_number(goal[0] + 0.5 - reach * math.cos(angle))}"
        )
    return (
        f'<polygon points="{" ".join(points)}" fill="{_hex(GOAL)}" stroke="{_hex(INK)}" '
        f'stroke-width="{_number(0.12 * radius)}" stroke-linejoin="round"/>'
    )
