"""A scene as an RGB image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.grid_map import Cell
from gridpath_envs.rendering.agents_rgb import lay_agents
from gridpath_envs.rendering.colours import WINDOW
from gridpath_envs.rendering.raster import Raster, stamp
from gridpath_envs.rendering.scene import Place, Scene, View, entered_cells, square_view, window_mask
from gridpath_envs.rendering.tiles import (
    AGENT_RADIUS,
    CLEAR,
    DIM,
    HIDDEN,
    IMAGE_SIDE,
    OUTSIDE,
    mark,
    mark_sizes,
    tile_index,
    tiles,
)


def draw_rgb(
    scene: Scene, optimal_path: Sequence[Place] = (), size: int | None = None, view: View | None = None
) -> NDArray[np.uint8]:
    """Return a picture of a scene: the agent a disc, the start a ring, the goal a star, moving obstacles diamonds.

    Of many agents each is a disc in a colour of its own, its goal a square; see ``agents_rgb``. Nothing else of those
    named here is then drawn but moving obstacles.

    Visited cells are tinted, or the way of a disc between cells is drawn as a line. What lies outside the window of the
    agent is dimmed, and what the agent does not see within it or outside it is in fog, where it does not see all of its
    window. Marks are larger than cells of a few pixels.

    Args:
        scene: The lane's state.
        optimal_path: Cells (row, col) of a shortest path, or places between them, drawn pale beneath the marks.
        size: Pixels of a side of a square picture, at least one a cell; the edge of its cell k of n is at pixel
            k * size // n. None: a whole number of pixels a cell.
        view: The square of cells that is shown, what lies outside of the map as walls; a goal outside of it is drawn in
            the cell on its edge that is nearest. None: the map, in the middle of a square where there is a ``size``.

    Returns:
        (size, size, 3) uint8. Without a size (H * c, W * c, 3), or with a view of n cells (n * c, n * c, 3); c pixels a
        cell make the longer side about 512 pixels, but for maps of over 128 cells, which get 4 pixels a cell, and of
        over 512, which get one.
    """
    if scene.agents:
        scene = replace(scene, path=(), radius=None, visited=None, body_radius=None)
    grid_map = scene.grid_map
    if view is None and size is not None:
        view = square_view(grid_map.shape)
    top, left = (0, 0) if view is None else view[:2]
    rows, cols = grid_map.shape if view is None else (view[2], view[2])
    cells = max(rows, cols)
    if size is None:
        pixels = cells * max(IMAGE_SIDE // cells, 4 if cells <= IMAGE_SIDE else 1)
        scale = max(1.0, pixels / IMAGE_SIDE)
    else:
        pixels, scale = size, size / IMAGE_SIDE
    raster = Raster(top, left, rows, cols, pixels, cells)
    image = _cells(scene, raster)
    cell = pixels // cells
    if scene.radius is not None:
        _outline(image, scene.cell, scene.radius, raster, max(1, round(cell / 16), round(scale)))
    beads = max(2, round(0.24 * cell), round(3 * scale)) if size is None else max(1, round(0.24 * cell))
    _beads(image, "optimal", entered_cells(optimal_path, grid_map), raster, beads)
    if scene.body_radius is not None:
        _beads(image, "track", [list(scene.path)] if scene.path else [], raster, max(1, beads // 2))
    sizes = mark_sizes(cell, scale)
    for obstacle in scene.moving_obstacles:
        _stamp(image, "obstacle", obstacle, raster, sizes["obstacle"])
    if scene.agents:
        lay_agents(image, scene.agents, grid_map, raster)
        return image
    goal = None if grid_map.goal is None else raster.nearest(grid_map.goal)
    for name, at in (("start", grid_map.start), ("goal", goal), ("agent", scene.position)):
        if name == "agent" and scene.body_radius is not None:
            _stamp_disc(image, scene.position, raster, scene.body_radius, max(1, sizes[name] // 2))
        elif at is not None:
            # At its goal the agent is smaller, so that both are seen.
            kind = "arrived" if name == "agent" and at == grid_map.goal else name
            _stamp(image, kind, (int(at[0]), int(at[1])), raster, sizes[kind])
    return image


def _cells(scene: Scene, raster: Raster) -> NDArray[np.uint8]:
    """Draw the cells with what the agent sees of them, without marks."""
    index = tile_index(scene.grid_map.terrain)
    if scene.visited is not None:
        index += scene.visited
    elif scene.path and scene.body_radius is None:
        rows, cols = np.array(scene.path, dtype=np.intp).T
        visited = np.zeros(index.shape, dtype=np.bool_)
        visited[rows, cols] = True
        index += visited
    beyond = CLEAR
    visible = window_mask(scene)
    if visible is not None:
        beyond = DIM if scene.seen is None else HIDDEN
        index += np.where(visible, CLEAR, beyond)
    shown = np.full((raster.rows, raster.cols), OUTSIDE + beyond, dtype=np.intp)
    top, left = max(raster.top, 0), max(raster.left, 0)
    inner = index[top : raster.top + raster.rows, left : raster.left + raster.cols]
    top, left = top - raster.top, left - raster.left
    shown[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    side = -(-raster.pixels // raster.cells)
    image = tiles(side)[shown].transpose(0, 2, 1, 3, 4).reshape(raster.rows * side, raster.cols * side, 3)
    if raster.pixels % raster.cells:
        # Some cells have a pixel less: their tiles lose the last one.
        kept = [
            np.concatenate([k * side + np.arange(last - first) for k, (first, last) in enumerate(raster.spans(count))])
            for count in (raster.rows, raster.cols)
        ]
        image = image[np.ix_(*kept)]
    return np.ascontiguousarray(image)


def _stamp(image: NDArray[np.uint8], name: str, at: Cell, raster: Raster, size: int) -> None:
    """Lay a mark over the middle of a cell that is shown, cut off where it reaches past the picture."""
    if raster.has(at):
        stamp(image, mark(name, size), *raster.middle(at))


def _stamp_disc(image: NDArray[np.uint8], place: Place, raster: Raster, radius: float, least: int) -> None:
    """Lay the agent's mark over its place, as large as the agent is, but not less than can be seen."""
    cell = raster.pixels / raster.cells
    down, right = round((place[0] - raster.top + 0.5) * cell), round((place[1] - raster.left + 0.5) * cell)
    stamp(image, mark("agent", max(least, round(radius * cell / AGENT_RADIUS))), down, right)


def _beads(image: NDArray[np.uint8], name: str, strokes: list[list[Place]], raster: Raster, size: int) -> None:
    """Draw a path as beads so close that they make a line."""
    cell, picture = raster.pixels / raster.cells, mark(name, size)
    for stroke in strokes:
        centres = np.array(stroke, dtype=np.float64) - (raster.top, raster.left)
        along = np.append(0.0, np.hypot(*np.diff(centres, axis=0).T).cumsum())
        # A bead each half a bead, and one at each end.
        count = max(1, math.ceil(along[-1] * cell / max(1, size // 2)))
        at = along[-1] * np.arange(count + 1) / count
        for down, right in zip(*(np.interp(at, along, axis).tolist() for axis in centres.T), strict=True):
            stamp(image, picture, round((down + 0.5) * cell), round((right + 0.5) * cell))


def _outline(image: NDArray[np.uint8], position: Cell, radius: int, raster: Raster, width: int) -> None:
    """Frame the agent's window; sides beyond the picture are not drawn."""
    top, bottom = (raster.edge(position[0] - raster.top + reach) for reach in (-radius, radius + 1))
    left, right = (raster.edge(position[1] - raster.left + reach) for reach in (-radius, radius + 1))
    rows, cols = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
    for edge in (top, bottom - width):
        if 0 <= edge < image.shape[0]:
            image[edge : edge + width, cols] = WINDOW
    for edge in (left, right - width):
        if 0 <= edge < image.shape[1]:
            image[rows, edge : edge + width] = WINDOW
