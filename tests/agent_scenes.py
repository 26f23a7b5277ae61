"""Scenes of many agents for tests of their pictures."""

import numpy as np

from gridpath_envs.maps import GridMap
from gridpath_envs.rendering.scene import AgentMark, Scene

ROOM = GridMap.from_text("......\n.##...\n......\n......")


def ground(height, width):
    """Return a map without walls."""
    return GridMap(np.full((height, width), ord("."), dtype=np.uint8))


def scene(*agents, grid_map=ROOM):
    """Return the scene of some agents."""
    return Scene(grid_map, agents[0].place, agents=agents)


def cell_of(image, grid_map, at):
    """Return the pixels of a cell (row, col)."""
    side = image.shape[0] // grid_map.shape[0]
    return image[at[0] * side : (at[0] + 1) * side, at[1] * side : (at[1] + 1) * side]


def has(image, colour):
    """Tell whether a pixel has a colour."""
    return bool((image == colour).all(axis=-1).any())


def random_agents(count, side, seed=0, **marks):
    """Return agents and goals in cells of their own."""
    rng = np.random.default_rng(seed)
    cells = [divmod(cell, side) for cell in rng.permutation(side * side)[: 2 * count].tolist()]
    return [AgentMark(place, goal, **marks) for place, goal in zip(cells[:count], cells[count:], strict=True)]
