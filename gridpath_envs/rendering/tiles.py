"""The pictures of single cells and of the marks on them, made once for each size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.terrain import PORTAL_CODES
from gridpath_envs.rendering import shapes
from gridpath_envs.rendering.colours import (
    AGENT,
    DIMMED,
    FOG,
    GOAL,
    GRID_LINE,
    GROUND,
    INK,
    OBSTACLE,
    OPTIMAL,
    PAPER,
    START,
    TERRAIN,
    TEXTURE,
    TRAIL,
    Colour,
)

# A tile is found at ``VARIANTS * code + variant``: how it is seen (clear, dimmed, in fog), and one more where visited.
CLEAR, DIM, HIDDEN = 0, 2, 4
VARIANTS = 6

# Pixels of a cell from which on there is room for grid lines and textures; smaller tiles are of one colour.
DETAILED = 8

IMAGE_SIDE = 512  # pixels of a picture's longer side, about, where no size is asked for
# Pixels that a mark has at least, in a picture of IMAGE_SIDE: on a map of many cells it is larger than its cell.
_LEAST_MARK, _LEAST_MARK_ON_TINY_CELLS, _LEAST_OBSTACLE = 14, 20, 8

# Pixels of a mark from which on there is room for an outline in ink.
_INKED = 7

# Shares of a pixel are counted in these: pictures are then the same to the last bit wherever they are made.
FULL_SHARE = 1 << 16

_INDEX_OF_CODE = np.zeros(256, dtype=np.intp)
for _index, _code in enumerate(TERRAIN):
    _INDEX_OF_CODE[ord(_code)] = VARIANTS * _index

OUTSIDE = int(_INDEX_OF_CODE[ord("@")])  # what lies outside of the map is a wall


def tile_index(terrain: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return which tile shows each cell clear and not visited, the shape of ``terrain``."""
    index: NDArray[np.intp] = _INDEX_OF_CODE[terrain]
    return index


@lru_cache(maxsize=8)
def tiles(side: int) -> NDArray[np.uint8]:
    """Return the picture of every kind of cell in each variant, (K, side, side, 3).

    Args:
        side: Pixels of a cell.
    """
    drawn = []
    for code in TERRAIN:
        plain = _terrain_tile(code, side)
        # A trail leaves a margin, so that the cells of a long one can be counted; on tiny cells it must be stronger.
        inset = np.full((side, side), 2 * TRAIL[1])
        if side >= DETAILED:
            inset[:] = 0.0
            margin = max(1, side // 10)
            inset[margin : side - margin + 1, margin : side - margin + 1] = TRAIL[1]
        visited = _over(plain, inset, TRAIL[0])
        for colour, share in ((None, 0.0), DIMMED, FOG):
            for tile in (plain, visited):
                drawn.append(tile if colour is None else _over(tile, np.full((side, side), share), colour))
    return np.rint(np.stack(drawn)).astype(np.uint8)


def mark_sizes(cell: int, scale: float) -> dict[str, int]:
    """Return the pixels of the square that each mark stands in.

    Args:
        cell: Pixels of a cell.
        scale: Pixels of the picture, of IMAGE_SIDE.
    """
    size = max(cell, round((_LEAST_MARK if cell >= DETAILED else _LEAST_MARK_ON_TINY_CELLS) * scale))
    half = size // 2
    # One that is small lies in the middle to the pixel.
    arrived = round(0.5 * size) if size >= _LEAST_MARK else half + (size - half) % 2
    obstacle = max(cell, round(_LEAST_OBSTACLE * scale))
    return {"start": size, "goal": size, "agent": size, "arrived": arrived, "obstacle": obstacle}


# Of the square that the agent's mark stands in.
AGENT_RADIUS = 0.36


@lru_cache(maxsize=32)
def mark(name: str, side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a mark to lay over a picture, both in units of FULL_SHARE.

    Its colours (side, side, 3), already weighted with how much each pixel takes of them, and how much each pixel keeps
    of what is beneath (side, side, 1).

    Args:
        name: "start", "goal", "agent", "arrived" (the agent on top of its goal), "obstacle", or a bead of a line:
            "optimal" of the optimal path, "track" of the agent's way.
        side: Pixels of the square it stands in.
    """
    edge = max(0.06, 1.0 / side)
    if name in ("optimal", "track"):
        layers = [(shapes.circle(side, 0.5), OPTIMAL if name == "optimal" else AGENT, 1.0)]
    elif side < _INKED and (name != "obstacle" or side < 3):
        layers = _small_mark(name, side)
    elif name == "start":
        layers = [
            (shapes.circle(side, 0.44), PAPER, 0.75),
            (shapes.ring(side, 0.34, max(0.14, 1.6 / side)), START, 1.0),
        ]
    elif name == "goal":
        star = shapes.polygon(side, shapes.star_points(0.44))
        ink = [(star - edge / 2, INK, 1.0)] if side >= _LEAST_MARK else []
        layers = [(star - 2 * edge, PAPER, 0.8), *ink, (star + edge / 2 if ink else star - edge / 2, GOAL, 1.0)]
    elif name == "agent":
        disc = shapes.circle(side, AGENT_RADIUS)
        layers = [(disc - 2 * edge, PAPER, 0.9), (disc - edge / 2, INK, 1.0), (disc + edge / 2, AGENT, 1.0)]
    elif name == "arrived":
        disc = shapes.circle(side, AGENT_RADIUS)
        layers = [(disc - edge / 2, INK, 1.0), (disc + edge / 2, AGENT, 1.0)]
    else:
        diamond = shapes.polygon(side, shapes.diamond_points(0.42))
        layers = [(diamond - edge / 2, INK, 1.0), (diamond + 0.75 * edge, OBSTACLE, 1.0)]
    picture, opacity = np.zeros((side, side, 3)), np.zeros((side, side, 1))
    for distance, colour, most in layers:
        share = most * shapes.coverage(distance)[..., None]
        picture = share * np.array(colour) + (1.0 - share) * picture
        opacity = share + (1.0 - share) * opacity
    weighted = np.rint(FULL_SHARE * picture).astype(np.int64)
    return weighted, np.rint(FULL_SHARE * (1.0 - opacity)).astype(np.int64)


def _small_mark(name: str, side: int) -> list[tuple[NDArray[np.float64], Colour, float]]:
    """Return the layers of a mark of so few pixels that ink would leave none of its colour."""
    everything = np.full((side, side), -1.0)
    if name in ("agent", "arrived"):
        return [(shapes.circle(side, 0.5 if side > 2 else 1.0), AGENT, 1.0)]
    if name == "obstacle" or side < 3:
        return [(everything, {"start": START, "goal": GOAL, "obstacle": OBSTACLE}[name], 1.0)]
    if name == "start":
        return [(everything, PAPER, 1.0), (shapes.ring(side, 0.5 - 0.5 / side, 1.0 / side), START, 1.0)]
    # A cross on its own paper: a disc, a ring and a cross are told apart without their colours.
    cross = np.full((side, side), 1.0)
    tip = 0.5 - 0.5 / side
    for end in (-tip, tip):
        cross = np.minimum(cross, shapes.polyline(side, [(-tip, -end), (tip, end)], 1.2 / side))
    return [(everything, PAPER, 1.0), (cross, GOAL, 1.0)]


def _over(picture: NDArray[np.float64], share: NDArray[np.float64], colour: Colour) -> NDArray[np.float64]:
    blended: NDArray[np.float64] = picture + share[..., None] * (np.array(colour) - picture)
    return blended


def _terrain_tile(code: str, side: int) -> NDArray[np.float64]:
    """Draw a cell: a flat colour, and where there is room a texture that tells its kind without the colour."""
    detailed = side >= DETAILED
    is_flat = not detailed or code not in ("H", *PORTAL_CODES)
    tile = np.tile(np.array(TERRAIN[code] if is_flat else GROUND, dtype=np.float64), (side, side, 1))
    if not detailed:
        return tile
    thin = max(0.07, 1.0 / side)
    ink: list[tuple[NDArray[np.float64], Colour]] = []
    if code == "H":
        ink = [(shapes.coverage(shapes.circle(side, 0.42)), TERRAIN["H"])]
    elif code in PORTAL_CODES:
        dark = sum(TERRAIN[code]) < 400
        ink = [(shapes.coverage(shapes.circle(side, 0.47)), TERRAIN[code])]
        if side >= 24:
            ink.append((shapes.coverage(shapes.ring(side, 0.38, 0.04)), PAPER if dark else INK))
        ink.append((shapes.digit(side, code), PAPER if dark else INK))
    elif code == "S":
        for down, right in ((-0.18, -0.16), (0.2, 0.14)):
            dash = shapes.polyline(side, [(down, right - 0.14), (down, right + 0.14)], thin)
            ink.append((shapes.coverage(dash), TEXTURE["S"]))
    elif code == "R":
        bricks = [
            [(0.0, -0.5), (0.0, 0.5)],
            [(-0.5, -0.5), (-0.5, 0.5)],
            [(0.5, -0.5), (0.5, 0.5)],
            [(-0.5, -0.2), (0.0, -0.2)],
            [(0.0, 0.2), (0.5, 0.2)],
        ]
        ink = [(shapes.coverage(shapes.polyline(side, line, thin)), TEXTURE["R"]) for line in bricks]
    elif code == "D":
        for centre in ((-0.25, -0.2), (-0.1, 0.25), (0.15, -0.05), (0.3, 0.3), (0.3, -0.32)):
            ink.append((shapes.coverage(shapes.circle(side, thin * 0.7, centre)), TEXTURE["D"]))
    elif code == "T":
        crown = shapes.polygon(side, [(-0.36, 0.0), (0.26, 0.3), (0.26, -0.3)])
        trunk = shapes.polyline(side, [(0.2, 0.0), (0.38, 0.0)], max(0.1, thin))
        ink = [(shapes.coverage(np.minimum(crown, trunk)), TEXTURE["T"])]
    elif code == "W":
        for down in (-0.2, 0.2):
            wave = [(down + 0.06, -0.36), (down - 0.06, -0.14), (down + 0.06, 0.1), (down - 0.06, 0.34)]
            ink.append((shapes.coverage(shapes.polyline(side, wave, thin)), TEXTURE["W"]))
    elif code == "O":
        ink = [(shapes.coverage(shapes.polyline(side, [(0.2, -0.2), (-0.2, 0.2)], thin)), TEXTURE["O"])]
    for covered, colour in ink:
        tile = _over(tile, covered, colour)
    if code not in "@OTW":
        tile[0] = tile[:, 0] = GRID_LINE
    return tile
