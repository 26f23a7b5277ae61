"""What SVG pictures of maps are made of; coordinates are cells, so that a cell is one unit wide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rendering.colours import (
    GOAL,
    GRID_LINE,
    GROUND,
    INK,
    PAPER,
    PORTALS,
    START,
    TERRAIN,
    TEXTURE,
    Colour,
    to_hex,
)
from gridpath_envs.rendering.shapes import star_points

Cell = Sequence[float]

DETAILS_UP_TO = 32  # cells a side; finer lines and textures would only grey the picture

# Strokes on a cell of a terrain, which then need not be known by its colour alone.
_STROKES = {
    "S": "m.18 .32h.3m.06.36h.28",
    "R": "m0 .5h1m-.7-.5v.5m.4 0v.5",
    "D": "m.25 .3h0m.42.1h0m-.25.3h0m.36.1h0",
    "T": "m.5 .16l.28.56h-.56zv.7",
    "W": "m.15 .36l.2-.12.25.12.25-.12m-.7.5l.2-.12.25.12.25-.12",
}


def number(value: float) -> str:
    """Return a number in few characters."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def translation(cell: Cell) -> str:
    """Return the transform that takes what is drawn in the first cell to another one."""
    return f"translate({number(cell[1])} {number(cell[0])})"


def opening(height: int, width: int, scale: float, name: str) -> str:
    """Return the head of a document: its size, its accessible name and ground all over it.

    Args:
        height: H, in cells.
        width: W, in cells.
        scale: Pixels a cell.
        name: Accessible name and tooltip; escaped.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{number(width * scale)}" '
        f'height="{number(height * scale)}" role="img" aria-label="{escape(name)}">'
        f"<title>{escape(name, quote=False)}</title>"
        f'<path fill="{to_hex(GROUND)}" d="M0 0h{width}v{height}h-{width}z"/>'
    )


def map_parts(grid_map: GridMap) -> list[str]:
    """Return a map without its start and goal: grid lines, terrain, holes and portals."""
    height, width = grid_map.shape
    detailed = max(height, width) <= DETAILS_UP_TO
    parts = [_grid_lines(height, width)] if detailed else []
    for code, colour in TERRAIN.items():
        mask = grid_map.terrain == ord(code)
        if colour == GROUND or not mask.any():
            continue
        if detailed and (code == "H" or code in PORTALS):
            parts.append(_discs(mask, 0.42 if code == "H" else 0.47, colour))
            continue
        parts.append(f'<path fill="{to_hex(colour)}" shape-rendering="crispEdges" d="{rectangles(mask)}"/>')
        if detailed and code in _STROKES:
            data = "".join(f"M{col} {row}{_STROKES[code]}" for row, col in np.argwhere(mask).tolist())
            parts.append(
                f'<path d="{data}" fill="none" stroke="{to_hex(TEXTURE[code])}" stroke-width=".07" '
                'stroke-linecap="round"/>'
            )
    if detailed:
        parts.extend(_portal_numbers(grid_map))
    return parts


def _portal_numbers(grid_map: GridMap) -> Iterable[str]:
    for pair in grid_map.portals:
        code = chr(grid_map.terrain[pair[0]])
        colour = PAPER if sum(PORTALS[code]) < 400 else INK
        for row, col in pair:
            yield (
                f'<text x="{number(col + 0.5)}" y="{number(row + 0.72)}" font-family="sans-serif" font-size=".6" '
                f'font-weight="bold" text-anchor="middle" fill="{to_hex(colour)}">{code}</text>'
            )


def _grid_lines(height: int, width: int) -> str:
    lines = "".join(f"M0 {row}h{width}" for row in range(1, height))
    lines += "".join(f"M{col} 0v{height}" for col in range(1, width))
    return f'<path d="{lines}" fill="none" stroke="{to_hex(GRID_LINE)}" stroke-width=".03"/>' if lines else ""


def _discs(mask: NDArray[Any], radius: float, colour: Colour) -> str:
    r, d = number(radius), number(2 * radius)
    data = "".join(
        f"M{number(col + 0.5 - radius)} {row}.5a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z"
        for row, col in np.argwhere(mask).tolist()
    )
    return f'<path fill="{to_hex(colour)}" d="{data}"/>'


def rectangles(mask: NDArray[Any]) -> str:
    """Return path data covering the cells of a mask: runs of a row, merged down while the row below has the same run.

    Args:
        mask: (H, W), non-zero where covered.
    """
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


def line_data(path: Sequence[Cell]) -> str:
    """Return path data of a line through the middle of cells.

    Args:
        path: Cells (row, col) in order; a repeated cell is a wait.
    """
    corners: list[tuple[float, float]] = []
    for cell in path:
        point = (cell[0], cell[1])
        if corners and point == corners[-1]:
            continue
        # The middle one of three cells in one direction adds nothing but bytes.
        if len(corners) >= 2 and _direction(corners[-2], corners[-1]) == _direction(corners[-1], point):
            corners.pop()
        corners.append(point)
    data = "M" + "L".join(f"{number(col + 0.5)} {number(row + 0.5)}" for row, col in corners)
    # With round caps a line of no length is a dot.
    return data + "h0" if len(corners) == 1 else data


def line(data: str, colour: Colour, width: float, opacity: float = 1.0, inner: str = "", extra: str = "") -> str:
    """Return a line with round ends.

    Args:
        data: Path data.
        colour: Its colour.
        width: In cells.
        opacity: 0 to 1.
        inner: Elements inside it, such as an animation.
        extra: More attributes, each with a blank before it.
    """
    faded = "" if opacity == 1.0 else f' stroke-opacity="{number(opacity)}"'
    tail = f">{inner}</path>" if inner else "/>"
    return (
        f'<path d="{data}" fill="none" stroke="{to_hex(colour)}" stroke-width="{number(width)}" '
        f'stroke-linecap="round" stroke-linejoin="round"{faded}{extra}{tail}'
    )


def _direction(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    rows, cols = second[0] - first[0], second[1] - first[1]
    length = math.hypot(rows, cols)
    return round(rows / length, 6), round(cols / length, 6)


def goal_star(goal: Cell, radius: float) -> str:
    """Return a star in the middle of a cell."""
    points = " ".join(
        f"{number(goal[1] + 0.5 + right)},{number(goal[0] + 0.5 + down)}" for down, right in star_points(radius)
    )
    return (
        f'<polygon points="{points}" fill="{to_hex(GOAL)}" stroke="{to_hex(INK)}" '
        f'stroke-width="{number(0.12 * radius)}" stroke-linejoin="round"/>'
    )


def start_ring(start: Cell, mark: float) -> str:
    """Return a ring in the middle of a cell; ``mark`` is the side of the square it stands in, in cells."""
    return (
        f'<circle cx="{number(start[1] + 0.5)}" cy="{number(start[0] + 0.5)}" r="{number(0.3 * mark)}" '
        f'fill="{to_hex(GROUND)}" fill-opacity=".6" stroke="{to_hex(START)}" stroke-width="{number(0.13 * mark)}"/>'
    )
