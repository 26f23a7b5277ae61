"""The kinds of observation: each a space and the kernel that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_envs.core import images as image_kernels
from gridpath_envs.core import observations
from gridpath_envs.core.cells import HOLE, OCCUPIED, PORTAL, TERRAIN, TERRAIN_SHIFT, TERRAINS, VISITED
from gridpath_envs.tasks import images
from gridpath_envs.tasks.parts import Part

if TYPE_CHECKING:
    from gridpath_envs.tasks.grid_path import GridPathConfig


@dataclass(frozen=True)
class Observation:
    """A kind of observation.

    Args:
        description: What the agent sees, in a sentence.
        space: Makes the single environment's space from the configuration.
        kernel: ``kernel(lanes, maps, params, *tables, out)``, with ``out`` flat: (B, size), or (B,) for a Discrete
            space.
        planes: Names of the planes that it always has; none where it has no planes.
        has_window: Whether it is a window around the agent, which has a radius, or may be one.
        is_image: Whether it is a picture, which has a size in pixels; of the whole map where no radius is given.
        tables: Makes from the configuration the arrays that its kernel reads besides.
        goal: How it shows the goal, where that needs to be said; nothing of it is true of goal-conditioned ones.
    """

    description: str
    space: Callable[[GridPathConfig], spaces.Space[Any]]
    kernel: Callable[..., None]
    planes: tuple[str, ...] = ()
    has_window: bool = False
    is_image: bool = False
    tables: Callable[[GridPathConfig], tuple[NDArray[Any], ...]] = lambda config: ()
    goal: str = ""


def observation_parts(config: GridPathConfig) -> dict[str, Part]:
    """Return what an observation is made of: one part without a name, or several by name, which make a dict."""
    kind = OBSERVATIONS[config.observation]
    observed = Part(kind.space(config), kind.kernel, kind.tables(config))
    if not config.goal_conditioned:
        return {"": observed}
    # No number of a space may be constant, also where a map has one row.
    last_row, last_col = max(config.shape[0] - 1, 1), max(config.shape[1] - 1, 1)
    cell = spaces.Box(0.0, np.array([last_row, last_col], np.float32), (2,), np.float32)
    return {
        "observation": observed,
        "achieved_goal": Part(cell, observations.observe_cell_batch),
        "desired_goal": Part(cell, observations.observe_goal_batch),
    }


def _window_space(config: GridPathConfig) -> spaces.Space[Any]:
    side = 2 * (config.radius or 0) + 1
    return spaces.Box(0, 1, (len(config.planes), side, side), np.uint8)


def _global_space(config: GridPathConfig) -> spaces.Space[Any]:
    return spaces.Box(0, 1, (len(config.planes), *config.shape), np.uint8)


def _position_space(config: GridPathConfig) -> spaces.Space[Any]:
    return spaces.Discrete(config.num_positions)


def _coordinates_space(config: GridPathConfig) -> spaces.Space[Any]:
    return spaces.Box(0.0, 1.0, (2 if config.goal_conditioned else 4,), np.float32)


OBSERVATIONS: dict[str, Observation] = {
    "egocentric": Observation(
        "a window around the agent",
        _window_space,
        observations.observe_egocentric_batch,
        ("obstacles", "goal"),
        has_window=True,
        goal="a goal outside of it is shown on its edge, nearest to where it lies",
    ),
    "line_of_sight": Observation(
        "a window around the agent, of which walls hide what is behind them",
        _window_space,
        observations.observe_line_of_sight_batch,
        ("obstacles", "goal", "seen"),
        has_window=True,
        goal="the goal only where it is seen",
    ),
    "global": Observation(
        "the whole map", _global_space, observations.observe_global_batch, ("obstacles", "goal", "agent")
    ),
    "position": Observation(
        "the number of the agent's cell, row by row",
        _position_space,
        observations.observe_position_batch,
        goal="where the goal varies, times the number of cells plus the number of the goal's",
    ),
    "coordinates": Observation(
        "row and column of the agent, each as a share of the last one",
        _coordinates_space,
        observations.observe_coordinates_batch,
        goal="then those of the goal",
    ),
    "image": Observation(
        'a picture, the one that `render_mode="rgb_array"` gives: of the whole map, or with a `radius` of the window',
        images.image_space,
        image_kernels.observe_image_batch,
        has_window=True,
        is_image=True,
        tables=images.tables,
    ),
}


def cell_planes(config: GridPathConfig) -> dict[str, tuple[np.uint8, np.uint8]]:
    """Return the planes that show one kind of cell each: name -> (mask, value) of the cells that they show."""
    planes: dict[str, tuple[np.uint8, np.uint8]] = {}
    if config.trail:
        planes["trail"] = (VISITED, VISITED)
    if config.terrain_costs is not None:
        planes |= {name: (TERRAIN, np.uint8(kind << TERRAIN_SHIFT)) for kind, name in enumerate(TERRAINS) if kind > 0}
    if config.has_holes:
        planes["holes"] = (HOLE, HOLE)
    if config.has_portals:
        planes["portals"] = (PORTAL, PORTAL)
    if config.moving_obstacles:
        planes["moving obstacles"] = (OCCUPIED, OCCUPIED)
    return planes
