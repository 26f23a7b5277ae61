"""Many agents in an RGB image."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rendering import shapes
from gridpath_envs.rendering.colours import INK, PAPER, Colour, agent_colour, is_dark
from gridpath_envs.rendering.raster import Mark, Raster, stamp
from gridpath_envs.rendering.scene import AgentMark, Place, agent_trail, agents_side, entered_cells
from gridpath_envs.rendering.tiles import FULL_SHARE

__all__ = ["lay_agents"]

TRAIL_SHARE = 0.45  # how much of its colour a path has

# Pixels of a mark from which on there is room for an outline in ink, and for two and a jagged ring around an agent.
_INKED, _RINGED = 7, 11
_RING = 1.3  # the square that a jagged ring stands in, in marks


def lay_agents(image: NDArray[np.uint8], agents: Sequence[AgentMark], grid_map: GridMap, raster: Raster) -> None:
    """Draw each agent as a disc, its goal as a square of the same colour, and its path as a thin line.

    The square is hollow, and full where the agent is on it. A jagged ring around an agent, or a cross on a small one,
    says that its move was refused.

    Args:
        image: The picture of the map, written.
        agents: All of them; those that take no part are not drawn.
        grid_map: The map.
        raster: Where the picture's cells are.
    """
    cell = raster.pixels / raster.cells
    size = max(3, round(cell * agents_side((raster.rows, raster.cols), len(agents))))
    shown = [(agent_colour(k), agent) for k, agent in enumerate(agents) if agent.is_active]
    for colour, agent in shown:
        _trail(image, agent_trail(agent, len(agents)), grid_map, raster, max(1, round(0.12 * size)), colour)
    for colour, agent in shown:
        if raster.has(agent.goal):
            name = "reached" if agent.has_arrived else "goal"
            stamp(image, _mark(name, size, colour), *raster.middle(agent.goal))
    ring = round(_RING * size)
    for colour, agent in shown:
        at = int(agent.place[0]), int(agent.place[1])
        if raster.has(at):
            if agent.is_refused and size >= _RINGED:
                stamp(image, _mark("ring", ring, colour), *raster.middle(at))
            stamp(image, _mark(_look(agent, size, colour), size, colour), *raster.middle(at))


def _look(agent: AgentMark, size: int, colour: Colour) -> str:
    if agent.is_refused and size < _RINGED:
        return "refused"
    if not agent.has_arrived:
        return "agent"
    return "arrived, dark" if is_dark(colour) else "arrived"


def _trail(
    image: NDArray[np.uint8], path: Sequence[Place], grid_map: GridMap, raster: Raster, width: int, colour: Colour
) -> None:
    """Draw a path as a line that lets what is beneath shine through; each pixel is blended once."""
    cell = raster.pixels / raster.cells
    places: list[NDArray[np.int64]] = []
    for stroke in entered_cells(path, grid_map) if grid_map.portals else [list(path)]:
        corners = (np.array(stroke, dtype=np.float64).reshape(-1, 2) - (raster.top, raster.left) + 0.5) * cell
        if len(corners) > 1:
            along = np.append(0.0, np.abs(np.diff(corners, axis=0)).max(axis=1).cumsum())
            at = np.arange(int(along[-1]) + 1)
            places.append(np.stack([np.interp(at, along, axis) for axis in corners.T], axis=-1).astype(np.int64))
    if not places:
        return
    brush = np.stack(np.meshgrid(np.arange(width), np.arange(width)), axis=-1).reshape(-1, 2) - width // 2
    pixels = (np.concatenate(places)[:, np.newaxis] + brush).reshape(-1, 2)
    inside = ((pixels >= 0) & (pixels < image.shape[:2])).all(axis=1)
    chosen = np.unique(pixels[inside] @ (image.shape[1], 1))
    flat = image.reshape(-1, 3)
    flat[chosen] = np.rint(flat[chosen] + TRAIL_SHARE * (np.array(colour) - flat[chosen]))


def _mark(name: str, side: int, colour: Colour) -> Mark:
    fixed, own, kept = _parts(name, side)
    return fixed + own * np.array(colour), kept


@lru_cache(maxsize=64)
def _parts(name: str, side: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return a mark without its agent's colour: what it has itself, how much of that colour, how much of what is below.

    Args:
        name: "agent", "arrived" on its goal, so smaller, and "arrived, dark" in a dark colour, "refused", "ring" around
            an agent, "goal", or "reached".
        side: Pixels of the square it stands in.
    """
    fixed, own, kept = np.zeros((side, side, 3)), np.zeros((side, side, 1)), np.ones((side, side, 1))
    for distance, colour, most in _small(name, side) if side < _INKED else _layers(name, side):
        share = most * shapes.coverage(distance)[..., np.newaxis]
        fixed, own, kept = (1 - share) * fixed, (1 - share) * own, (1 - share) * kept
        if colour is None:
            own = own + share
        else:
            fixed = fixed + share * np.array(colour)
    fixed_share, own_share, kept_share = (np.rint(FULL_SHARE * part).astype(np.int64) for part in (fixed, own, kept))
    return fixed_share, own_share, kept_share


# The distance from a shape, its colour or None for the agent's, and how much of it.
_Layer = tuple[NDArray[np.float64], Colour | None, float]


def _layers(name: str, side: int) -> list[_Layer]:
    """Return the layers of a mark, the lowest first."""
    edge = max(0.06, 1.0 / side)
    if name == "ring":
        burst = shapes.polygon(side, shapes.burst_points(0.48))
        return [(burst, PAPER, 1.0), (burst + edge, INK, 1.0)]
    if name in ("goal", "reached"):
        # In whole pixels, or the lines of small ones would be grey.
        square = _square(side, 0.5 - round(0.04 * side) / side)
        ink = max(1, round(0.05 * side)) / side
        layers: list[_Layer] = [(square, INK, 1.0), (square + ink, None, 1.0)]
        if name == "goal" and side < _RINGED:
            layers.append((square + ink + 1 / side, PAPER, 1.0))
        elif name == "goal":
            inner = square + ink + max(2, round(0.1 * side)) / side
            layers += [(inner, INK, 1.0), (inner + ink, PAPER, 1.0)]
        return layers
    disc = shapes.circle(side, 0.27 if name.startswith("arrived") else 0.36)
    outline = PAPER if name == "arrived, dark" else INK
    layers = [(disc - edge / 2, outline, 1.0), (disc + edge / 2, None, 1.0)]
    if name == "refused":
        layers.append((_cross(side, 0.3, max(0.12, 1.2 / side)), INK, 1.0))
    return layers


def _small(name: str, side: int) -> list[_Layer]:
    """Return the layers of a mark of so few pixels that ink around it would leave none of its colour."""
    square = _square(side, 0.5)
    if name == "goal":
        return [(square, None, 1.0), (square + 1.0 / side, PAPER, 1.0)]
    if name == "reached":
        return [(square, None, 1.0)]
    disc: list[_Layer] = [(shapes.circle(side, 0.5), None, 1.0)]
    return [*disc, (_cross(side, 0.5, 1.2 / side), INK, 1.0)] if name == "refused" else disc


def _square(side: int, reach: float) -> NDArray[np.float64]:
    down, right = shapes.pixel_centres(side)
    distance: NDArray[np.float64] = np.maximum(np.abs(down), np.abs(right)) - reach
    return distance


def _cross(side: int, reach: float, width: float) -> NDArray[np.float64]:
    lines = [shapes.polyline(side, [(-reach, -end), (reach, end)], width) for end in (-reach, reach)]
    return np.minimum(*lines)
