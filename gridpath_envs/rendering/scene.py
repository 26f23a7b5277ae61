"""What a picture shows: the state of one lane, without the lane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.grid_map import Cell, GridMap


@dataclass(frozen=True)
class Scene:
    """One moment of an episode.

    Args:
        grid_map: The lane's map, with its start and goal.
        position: Cell (row, col) of the agent.
        path: Cells that the agent was in so far, in order, the start first and ``position`` last; may be empty.
        moving_obstacles: Cells of the moving obstacles.
        radius: Cells that the agent's window reaches in each direction, or None where it has no window.
        seen: (V, V) bool, which cells of the window the agent sees, or None where it sees all of them.
    """

    grid_map: GridMap
    position: Cell
    path: tuple[Cell, ...] = ()
    moving_obstacles: tuple[Cell, ...] = ()
    radius: int | None = None
    seen: NDArray[np.bool_] | None = None
