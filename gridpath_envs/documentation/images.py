"""What the page of an environment says of images."""

from __future__ import annotations

import numpy as np

from gridpath_envs.documentation.text import entry, wrap
from gridpath_envs.maps.terrain import NAMES
from gridpath_envs.tasks import GridPathConfig

# What an image shows, in the order in which one lies over another.
IMAGE = {
    "ground": "off-white",
    "a wall": "dark blue-grey; so is what lies outside of the map",
    "out of bounds": "nearly black",
    "trees": "dark green",
    "water": "blue",
    "road": "light grey",
    "sand": "pale yellow",
    "swamp": "olive",
    "a hole": "black",
    "a portal": "purple, a shade for each pair",
    "trail": "an orange tint on the cells that the agent has been in",
    "moving obstacle": "a yellow diamond",
    "start": "a blue ring",
    "goal": "a green star; a cross where it has less than 7 pixels",
    "agent": "an orange disc, a smaller one on top of its goal",
}


def image(config: GridPathConfig) -> str:
    """Return what an image shows in which colour, and how it is cut into cells."""
    size = config.image_size or 0
    rows, cols = config.shape
    side = max(rows, cols) if config.radius is None else 2 * config.radius + 1
    shown = _image_parts(config)
    lines = [wrap("What it shows, one over another:"), ""]
    lines += [entry(name, colour) for name, colour in IMAGE.items() if name in shown]
    if config.radius is None:
        what = f"The {side} x {side} cells" + ("" if rows == cols else " of a square with the map in its middle")
    else:
        what = f"The {side} x {side} cells around the agent, a goal outside of them in the nearest one,"
    pixels = f"{size // side}" if size % side == 0 else f"{size // side} or {size // side + 1}"
    channels = "in grey (the luma of ITU-R BT.601)" if config.greyscale else "red, green and blue"
    what += f" are {size} x {size} pixels, {pixels} for each side of a cell, {channels}."
    what += " `image_size`, `greyscale` and `radius` change that; `trail=True` tints the cells that the agent was in."
    return "\n".join([*lines, "", wrap(what)])


def _image_parts(config: GridPathConfig) -> set[str]:
    """Return what of IMAGE pictures of a configuration may show."""
    shown = {"ground", "a wall", "start", "agent"}
    if config.fixed_map is not None:
        shown |= {NAMES[chr(terrain)] for terrain in np.unique(config.fixed_map.terrain)}
    elif config.terrain:
        shown |= {"road", "sand", "swamp"}
    shown |= {"a hole"} if config.has_holes else set()
    shown |= {"a portal"} if config.has_portals else set()
    shown |= {"trail"} if config.trail else set()
    shown |= {"moving obstacle"} if config.moving_obstacles else set()
    return shown if config.goal_conditioned else shown | {"goal"}
