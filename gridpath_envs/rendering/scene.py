"""What a picture shows: the state of one lane, without the lane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.maps.grid_map import Cell, GridMap

# A cell (row, col), or a place between cells in the same numbers: cell (r, c) has its middle at (r, c).
Place = tuple[float, float]

# A square of cells: row and column of its first cell, which may lie outside of the map, and its side.
View = tuple[int, int, int]

# Whole paths of more agents than these would cover the map; of each there are then so many cells.
_FEW_AGENTS, _SHORT_TRAIL = 20, 8


@dataclass(frozen=True)
class AgentMark:
    """One of many agents.

    Args:
        place: Cell (row, col) that it is in, or its place between cells.
        goal: Its goal.
        path: Cells that it has been in, the oldest first; may be empty.
        is_active: Whether it takes part; one that does not is not shown, nor is its goal.
        is_refused: Whether its last move was refused because of another agent.
    """

    place: Place
    goal: Cell
    path: tuple[Place, ...] = ()
    is_active: bool = True
    is_refused: bool = False

    @property
    def has_arrived(self) -> bool:
        """Whether it is on its goal."""
        return self.place == self.goal


@dataclass(frozen=True)
class Scene:
    """One moment of an episode.

    Args:
        grid_map: The lane's map, with its start and goal.
        position: Cell (row, col) of the agent, or its place between cells.
        path: Cells that the agent was in so far, or places, in order, the start first and ``position`` last; may be
            empty.
        moving_obstacles: Cells of the moving obstacles.
        radius: Cells that the agent's window reaches in each direction, or None where it has no window.
        seen: (V, V) bool, which cells of the window the agent sees, or None where it sees all of them.
        visited: (H, W) bool, the cells that an image tints, or None for those of ``path``.
        body_radius: Radius of an agent that is a disc between cells, in cells, or None where it is in a cell.
        agents: Where there are many agents, all of them; the fields that are of one then mean nothing.
    """

    grid_map: GridMap
    position: Place
    path: tuple[Place, ...] = ()
    moving_obstacles: tuple[Cell, ...] = ()
    radius: int | None = None
    seen: NDArray[np.bool_] | None = None
    visited: NDArray[np.bool_] | None = None
    body_radius: float | None = None
    agents: tuple[AgentMark, ...] = ()

    @property
    def cell(self) -> Cell:
        """The cell (row, col) that the agent's middle is in."""
        return math.floor(self.position[0] + 0.5), math.floor(self.position[1] + 0.5)


def visited_cells(path: Sequence[Place]) -> list[Cell]:
    """Return the cells that the places of a path are in.

    Args:
        path: Cells (row, col), or places between them.
    """
    return [(math.floor(row + 0.5), math.floor(col + 0.5)) for row, col in path]


def agents_side(shape: tuple[int, int], count: int) -> float:
    """Return the side of the square, in cells, that the mark of one of many agents stands in.

    On a map of many cells it is larger than its cell, but not so large that agents would cover each other.

    Args:
        shape: (H, W) of what is shown, in cells.
        count: N, how many agents there are.
    """
    room = math.sqrt(shape[0] * shape[1] / count)
    return max(1.0, min(max(shape) / 36, room / 2))


def agent_trail(agent: AgentMark, count: int) -> tuple[Place, ...]:
    """Return what is drawn of the path of one of many agents: all of it, or where there are many only its end.

    Args:
        agent: The agent.
        count: N, how many agents there are.
    """
    return agent.path if count <= _FEW_AGENTS else agent.path[-_SHORT_TRAIL:]


def square_view(shape: tuple[int, int]) -> View:
    """Return the smallest square of cells that shows a whole map, the map in its middle.

    Args:
        shape: (H, W) of the map, in cells.
    """
    side = max(shape)
    return -((side - shape[0]) // 2), -((side - shape[1]) // 2), side


def window_view(position: Cell, radius: int) -> View:
    """Return the square of cells around an agent.

    Args:
        position: Cell (row, col) of the agent.
        radius: Cells that it reaches in each direction.
    """
    return position[0] - radius, position[1] - radius, 2 * radius + 1


def window_mask(scene: Scene) -> NDArray[np.bool_] | None:
    """Return which cells of the map the agent sees, (H, W) bool, or None where it has no window.

    Args:
        scene: The lane's state.
    """
    if scene.radius is None:
        return None
    height, width = scene.grid_map.shape
    top, left = scene.cell[0] - scene.radius, scene.cell[1] - scene.radius
    side = 2 * scene.radius + 1
    rows, cols = slice(max(0, top), min(height, top + side)), slice(max(0, left), min(width, left + side))
    mask = np.zeros((height, width), dtype=np.bool_)
    # The window reaches past the map's edge; the map has only what of it lies within.
    within = np.s_[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
    mask[rows, cols] = True if scene.seen is None else scene.seen[within]
    return mask


def portal_entered(grid_map: GridMap, before: Place, after: Place) -> Cell | None:
    """Return the portal that a move led into, or None where it led to no other place.

    Args:
        grid_map: The map.
        before: Cell (row, col) before the move.
        after: Cell after it: who is on a portal and was not there before came through the other one of its pair.
    """
    if before != after:
        for one, other in grid_map.portals:
            if after in (one, other):
                return other if after == one else one
    return None


def entered_cells(path: Sequence[Place], grid_map: GridMap) -> list[list[Place]]:
    """Return the lines that a path is drawn as: one, or several where portals led elsewhere.

    Args:
        path: Cells (row, col), or places between them, in order.
        grid_map: The map.

    Returns:
        Lists of cells; each but the last ends with the portal that was entered, and each but the first begins with the
        one where the agent came out.
    """
    strokes: list[list[Place]] = []
    for row, col in path:
        cell = (row, col)
        entered = portal_entered(grid_map, strokes[-1][-1], cell) if strokes else None
        if entered is not None:
            strokes[-1].append(entered)
        if entered is not None or not strokes:
            strokes.append([])
        strokes[-1].append(cell)
    return strokes
