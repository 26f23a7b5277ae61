"""The colours of every picture, told apart by the colour-blind too (Okabe & Ito 2008)."""

from __future__ import annotations

import colorsys
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.terrain import PORTAL_CODES

Colour = tuple[int, int, int]

GROUND = (246, 245, 241)
GRID_LINE = (226, 224, 217)
INK = (20, 24, 29)
PAPER = (255, 255, 255)

# Shades of one hue, neighbours in number far apart in lightness: pairs are told apart without seeing any hue.
_PORTAL_SHADES = (
    (204, 121, 167),
    (112, 36, 92),
    (240, 188, 218),
    (163, 78, 137),
    (222, 150, 192),
    (84, 18, 70),
    (183, 98, 150),
    (136, 54, 114),
)
PORTALS: dict[str, Colour] = dict(zip(PORTAL_CODES, _PORTAL_SHADES, strict=True))

TERRAIN: dict[str, Colour] = {
    ".": GROUND,
    "G": GROUND,
    "S": (190, 200, 150),
    "R": (212, 209, 204),
    "D": (240, 220, 165),
    "H": (12, 14, 34),
    "@": (52, 58, 70),
    "O": (20, 22, 28),
    "T": (58, 110, 84),
    "W": (110, 160, 205),
}
TERRAIN |= PORTALS
# What is drawn on a cell of a terrain, so that it need not be known by its colour alone.
TEXTURE: dict[str, Colour] = {
    "S": (122, 134, 78),
    "R": (186, 182, 175),
    "D": (205, 172, 98),
    "T": (112, 160, 128),
    "W": (188, 216, 238),
    "O": (52, 58, 70),
}

START = (0, 114, 178)
GOAL = (0, 158, 115)
AGENT = (213, 94, 0)
OBSTACLE = (240, 228, 66)
OPTIMAL = (143, 193, 234)
WINDOW = (60, 66, 80)

# The first of many agents, told apart with every kind of colour vision. Further ones are not: there are too many.
_AGENTS = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
    (86, 180, 233),
    (96, 52, 140),
    (240, 228, 66),
)
_GOLDEN_TURN = (5**0.5 - 1) / 2

# Where the agent does not look, and what is hidden from it: a colour and how much of it.
DIMMED: tuple[Colour, float] = ((150, 154, 165), 0.45)
FOG: tuple[Colour, float] = ((112, 118, 132), 0.72)
TRAIL: tuple[Colour, float] = (AGENT, 0.3)


@lru_cache(maxsize=4096)
def agent_colour(index: int) -> Colour:
    """Return the colour of one of many agents; the next one's is always far from it.

    Args:
        index: Its number, from 0.
    """
    if index < len(_AGENTS):
        return _AGENTS[index]
    # A hue each golden turn keeps all of them apart, however many there are; lightness sets neighbours further apart.
    lightness = (0.38, 0.66)[index % 2]
    red, green, blue = colorsys.hls_to_rgb((index * _GOLDEN_TURN) % 1.0, lightness, 0.62)
    return round(255 * red), round(255 * green), round(255 * blue)


def is_dark(colour: Colour) -> bool:
    """Tell whether white stands out better on a colour than ink does.

    Args:
        colour: Red, green and blue, 0 to 255.
    """
    return 299 * colour[0] + 587 * colour[1] + 114 * colour[2] < 125_000


def to_hex(colour: Colour) -> str:
    """Return a colour as CSS writes it.

    Args:
        colour: Red, green and blue, 0 to 255.
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)


def to_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture in grey: the luma of ITU-R BT.601, rounded, (..., 1) uint8.

    Args:
        image: (..., 3) uint8, red, green and blue.
    """
    luma = (image.astype(np.uint32) * np.array([299, 587, 114], dtype=np.uint32)).sum(axis=-1, keepdims=True)
    grey: NDArray[np.uint8] = ((luma + 500) // 1000).astype(np.uint8)
    return grey
