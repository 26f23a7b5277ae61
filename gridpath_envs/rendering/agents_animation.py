"""A run of many agents as an animated SVG picture without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_envs.checks import as_array, check_number
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rendering.agents_svg import DEFAULT_SIDE, AgentMarks, Drawn
from gridpath_envs.rendering.clock import Clock
from gridpath_envs.rendering.scene import Scene
from gridpath_envs.rendering.svg_parts import map_parts, opening

__all__ = ["animate_agents", "animate_joint_scenes"]

_FADE = 0.4  # steps in which an agent that disappears fades


def animate_agents(
    grid_map: GridMap,
    positions: ArrayLike,
    goals: ArrayLike,
    active: ArrayLike | None = None,
    refused: ArrayLike | None = None,
    step_seconds: float = 0.25,
    title: str | None = None,
) -> str:
    """Draw a run of many agents as it goes on; it stays at the end for a while, and loops for ever.

    Each agent is a disc in a colour of its own, and its goal a square of the same colour, hollow or, while the agent
    rests on it, full. A jagged ring is around an agent during a step in which its move is refused. Where animations are
    not played, the picture shows the last moment.

    Args:
        grid_map: The map; its own start and goal are not drawn.
        positions: (T + 1, N, 2) integers, the cell (row, col) of each agent before the first step and after each.
        goals: (T + 1, N, 2) integers, their goals at those moments; or (N, 2), where they stay the same.
        active: (T + 1, N) bool, which agents take part; one that does not any more fades away with its goal.
        refused: (T, N) bool, whose move was refused in each step because of another agent.
        step_seconds: How long a step takes, in seconds.
        title: Accessible name and tooltip; escaped.

    Returns:
        The text of an SVG document without XML declaration.

    Raises:
        ConfigurationError: An array has another shape or other values, or ``step_seconds`` is not from 0.02 to 10.
    """
    height, width = grid_map.shape
    at = _cells("positions", positions, grid_map, None)
    steps, count = len(at) - 1, at.shape[1]
    given = as_array(goals)
    ends = _cells("goals", np.broadcast_to(given, at.shape) if given.shape == at.shape[1:] else given, grid_map, at)
    takes_part = _flags("active", active, (steps + 1, count), True)
    is_refused = _flags("refused", refused, (steps, count), False)
    clock = Clock(steps + 1, 1.0 / check_number("step_seconds", step_seconds, 0.02, 10))
    scale = DEFAULT_SIDE / max(height, width)
    marks = AgentMarks(grid_map, count, scale)
    rests = (at == ends).all(axis=-1)
    # One that is about to leave its goal does not rest on it any more; one that has just come does.
    rests[:-1] &= (at[1:] == at[:-1]).all(axis=-1)
    squares, discs = [], []
    for k in range(count):
        if not takes_part[:, k].any():
            continue
        fades = _fades(takes_part[:, k], clock)
        gone = "" if takes_part[-1, k] else ' opacity="0"'
        jumps, glides = _jumps(ends[:, k], clock), _glides(at[:, k], clock)
        squares.append(Drawn(k, _place(ends[-1, k]), _filling(rests[:, k], clock), jumps + fades, gone))
        ring = ""
        if is_refused[:, k].any():
            # A step is seen from its moment on, and the last one stays while the picture rests.
            ring = marks.ring(*_switch("opacity", [*is_refused[:, k], is_refused[-1, k]], clock))
        discs.append(Drawn(k, _place(at[-1, k]), ring, glides + fades, gone))
    name = "Agents on a map" if title is None else title
    parts = [opening(height, width, scale, name), *map_parts(grid_map), marks.goals(squares), marks.agents(discs)]
    return "".join(parts) + "</svg>"


def animate_joint_scenes(scenes: Sequence[Scene], fps: float = 6.0, title: str | None = None) -> str:
    """Draw the moments of one episode of many agents as ``animate_agents`` does.

    Args:
        scenes: Moments in order, one a step; all on the same map and with as many agents.
        fps: Steps a second.
        title: Accessible name and tooltip; escaped.

    Returns:
        The text of an SVG document without XML declaration.
    """
    marks = [scene.agents for scene in scenes]
    return animate_agents(
        scenes[0].grid_map,
        [[agent.place for agent in agents] for agents in marks],
        [[agent.goal for agent in agents] for agents in marks],
        [[agent.is_active for agent in agents] for agents in marks],
        # A scene says what became of the move that led to it.
        np.array([[agent.is_refused for agent in agents] for agents in marks])[1:],
        1.0 / fps,
        title,
    )


def _cells(name: str, given: ArrayLike, grid_map: GridMap, like: NDArray[np.int64] | None) -> NDArray[np.int64]:
    cells = as_array(given)
    form = "(T + 1, N, 2)" if like is None else f"{like.shape} or {like.shape[1:]}, as positions have it"
    fits = cells.ndim == 3 and cells.shape[2] == 2 and cells.size if like is None else cells.shape == like.shape
    if not fits or cells.dtype.kind not in "iu":
        raise ConfigurationError(f"{name}: expected integers {form}, got {cells.dtype} {cells.shape}")
    outside = np.argwhere(((cells < 0) | (cells >= grid_map.shape)).any(axis=-1))
    if len(outside):
        moment, agent = outside[0].tolist()
        raise ConfigurationError(
            f"{name}[{moment}, {agent}]: got {tuple(cells[moment, agent].tolist())}, expected (row, col) inside the "
            f"map of {grid_map.shape[0]}x{grid_map.shape[1]} cells"
        )
    return cells.astype(np.int64)


def _flags(name: str, given: ArrayLike | None, shape: tuple[int, int], default: bool) -> NDArray[np.bool_]:
    if given is None:
        return np.full(shape, default)
    flags = as_array(given)
    if flags.shape != shape or flags.dtype != np.bool_:
        raise ConfigurationError(f"{name}: expected bool {shape}, got {flags.dtype} {flags.shape}")
    return flags


def _place(cell: NDArray[np.int64]) -> tuple[int, int]:
    return int(cell[0]), int(cell[1])


def _shift(cell: NDArray[np.int64]) -> str:
    return f"{cell[1]} {cell[0]}"


def _glides(cells: NDArray[np.int64], clock: Clock) -> str:
    """Return the animation of an agent; on a straight way, and while it waits, its ends say all."""
    moves = np.diff(cells, axis=0)
    turns = 1 + np.flatnonzero((moves[1:] != moves[:-1]).any(axis=1))
    moments = sorted({0, *turns.tolist(), len(cells) - 1})
    return clock.animate("transform", [(moment, _shift(cells[moment])) for moment in moments])


def _jumps(cells: NDArray[np.int64], clock: Clock) -> str:
    return clock.animate("transform", [(moment, _shift(cell)) for moment, cell in enumerate(cells)], discrete=True)


def _fades(takes_part: NDArray[np.bool_], clock: Clock) -> str:
    values: list[tuple[float, str]] = []
    for moment, takes in enumerate(takes_part.tolist()):
        if moment and takes != takes_part[moment - 1]:
            values.append((moment, str(int(not takes))))
            values.append((moment + (0.0 if takes else _FADE), str(int(takes))))
        else:
            values.append((moment, str(int(takes))))
    return clock.animate("opacity", values)


def _switch(name: str, shown: Sequence[Any], clock: Clock) -> tuple[str, str]:
    """Return the animation of what is there or not from each moment on, and the attribute for the last."""
    values = [(moment, str(int(is_shown))) for moment, is_shown in enumerate(shown)]
    return clock.animate(name, values, discrete=True), "" if shown[-1] else f' {name}="0"'


def _filling(rests: NDArray[np.bool_], clock: Clock) -> str:
    animation, attribute = _switch("fill-opacity", rests.tolist(), clock)
    return f"{attribute}>{animation}" if animation else attribute
