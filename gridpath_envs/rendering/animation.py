"""An episode as an animated SVG picture without scripts, which also plays where a page shows it as an image."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from gridpath_envs.errors import ConfigurationError
from gridpath_envs.rendering.agents_animation import animate_joint_scenes
from gridpath_envs.rendering.clock import Clock
from gridpath_envs.rendering.colours import AGENT, DIMMED, FOG, INK, OBSTACLE, OPTIMAL, WINDOW, to_hex
from gridpath_envs.rendering.scene import Place, Scene, entered_cells, window_mask
from gridpath_envs.rendering.svg_parts import (
    goal_star,
    line,
    line_data,
    map_parts,
    number,
    opening,
    rectangles,
    start_ring,
    translation,
)

__all__ = ["animate_svg", "check_scenes"]

DEFAULT_SIDE = 400  # pixels of the longer side


def animate_svg(
    scenes: Sequence[Scene], optimal_path: Sequence[Place] | None = None, fps: float = 6.0, title: str | None = None
) -> str:
    """Draw an episode as it goes on: the agent with its window and path, and moving obstacles; it loops for ever.

    Where animations are not played, the picture shows the last moment with the whole path. Many agents are drawn as
    ``animate_agents`` does, without paths.

    Args:
        scenes: Moments of one episode in order, one a step; all on the same map.
        optimal_path: Cells (row, col) of a shortest path to compare with, drawn pale and wide beneath.
        fps: Steps a second.
        title: Accessible name and tooltip; escaped.

    Returns:
        The text of an SVG document without XML declaration.

    Raises:
        ConfigurationError: There is no scene, the scenes do not belong together, or ``fps`` is out of range.
    """
    check_scenes(scenes, fps)
    if scenes[0].agents:
        return animate_joint_scenes(scenes, fps, title)
    grid_map = scenes[-1].grid_map
    height, width = grid_map.shape
    clock = Clock(len(scenes), fps)
    unit, mark = max(1.0, max(height, width) / 20), max(1.0, max(height, width) / 16)
    name = "Episode on a map" if title is None else title
    parts = [opening(height, width, DEFAULT_SIDE / max(height, width), name), *map_parts(grid_map)]
    agent_moves = clock.moves([scene.position for scene in scenes], grid_map)
    parts.append(_view(scenes, clock))
    if optimal_path:
        strokes = entered_cells(optimal_path, grid_map)
        parts.append(line("".join(map(line_data, strokes)), OPTIMAL, 0.6 * unit))
    parts.extend(_growing_path(scenes, clock, 0.24 * unit))
    for index in range(len(scenes[0].moving_obstacles)):
        at = [scene.moving_obstacles[index] for scene in scenes]
        reach = number(0.42 * max(1.0, mark / 2))
        parts.append(
            f'<g transform="{translation(at[-1])}"><path d="M.5 .5m0-{reach}l{reach} {reach}-{reach} {reach}'
            f'-{reach}-{reach}z" fill="{to_hex(OBSTACLE)}" stroke="{to_hex(INK)}" stroke-width=".06"/>'
            f"{clock.moves(at, None)}</g>"
        )
    if grid_map.goal is not None:
        parts.append(goal_star(grid_map.goal, 0.46 * mark))
    if grid_map.start is not None:
        parts.append(start_ring(grid_map.start, mark))
    body = scenes[-1].body_radius
    radius = 0.3 * mark if body is None else max(body, 0.2 * mark)
    parts.append(
        f'<g transform="{translation(scenes[-1].position)}"><circle cx=".5" cy=".5" r="{number(radius)}" '
        f'fill="{to_hex(AGENT)}" stroke="{to_hex(INK)}" stroke-width="{number(0.06 * mark)}"/>{agent_moves}</g></svg>'
    )
    return "".join(parts)


def check_scenes(scenes: Sequence[Scene], fps: float) -> None:
    """Refuse scenes that are not the moments of one episode, and a speed that no picture can have.

    Args:
        scenes: The moments.
        fps: Steps a second.

    Raises:
        ConfigurationError: There is no scene, maps or numbers of obstacles or agents differ, or ``fps`` is not from
            0.1 to 50.
    """
    if not scenes:
        raise ConfigurationError("scenes: got none, expected at least one")
    if not 0.1 <= fps <= 50:
        raise ConfigurationError(f"fps: got {fps!r}, expected steps a second from 0.1 to 50")
    for index, scene in enumerate(scenes):
        if scene.grid_map != scenes[0].grid_map:
            raise ConfigurationError(f"scenes[{index}]: has another map than the first; one episode is drawn at a time")
        if len(scene.agents) != len(scenes[0].agents):
            raise ConfigurationError(f"scenes[{index}]: has another number of agents than the first")
        if len(scene.moving_obstacles) != len(scenes[0].moving_obstacles):
            raise ConfigurationError(f"scenes[{index}]: has another number of moving obstacles than the first")


def _growing_path(scenes: Sequence[Scene], clock: Clock, width: float) -> list[str]:
    """Draw the path as it is walked: a dash as long as the line, which is pushed along it."""
    strokes = entered_cells([scene.position for scene in scenes], scenes[0].grid_map)
    parts, moment = [], 0
    for index, stroke in enumerate(strokes):
        walked = np.cumsum([0.0, *(math.dist(a, b) for a, b in itertools.pairwise(stroke))])
        length = float(walked[-1])
        # A little more than the length hides the round end too.
        values = [(0.0, number(length + 0.01))] if moment else []
        values += [(moment + k, number(length - along + (0.01 if k == 0 else 0.0))) for k, along in enumerate(walked)]
        dash = f' stroke-dasharray="{number(length)} {number(2 * length + 1)}"' if length else ""
        grow = clock.animate("stroke-dashoffset", values) if length else ""
        parts.append(line(line_data(stroke), AGENT, width, 0.95, grow, dash))
        # The cell that a portal was entered at and the one where it led to share a moment.
        moment += len(stroke) - (1 if index + 1 < len(strokes) else 0)
    return parts


def _view(scenes: Sequence[Scene], clock: Clock) -> str:
    """Draw what the agent does not see: dimmed outside its window, or fog that follows what it saw each moment."""
    last = scenes[-1]
    if last.radius is None:
        return ""
    height, width = last.grid_map.shape
    side = 2 * last.radius + 1
    frame = f"M-{last.radius}-{last.radius}h{side}v{side}h-{side}z"
    outline = f'<path d="{frame}" fill="none" stroke="{to_hex(WINDOW)}" stroke-width=".08"/>'
    if last.seen is None:
        beyond = f"M-{width}-{height}h{2 * width}v{2 * height}h-{2 * width}z{frame}"
        colour, share = DIMMED
        shade = f'<path fill-rule="evenodd" fill="{to_hex(colour)}" fill-opacity="{share}" d="{beyond}"/>'
        moves = clock.moves([scene.cell for scene in scenes], last.grid_map)
        return f'<g transform="{translation(last.cell)}">{shade}{outline}{moves}</g>'
    values: list[tuple[float, str]] = []
    for moment, scene in enumerate(scenes):
        mask = window_mask(scene)
        values.append((moment, "M0 0" if mask is None else f"M0 0h{width}v{height}h-{width}z{rectangles(mask)}"))
    colour, share = FOG
    fog = (
        f'<path fill-rule="evenodd" fill="{to_hex(colour)}" fill-opacity="{share}" d="{values[-1][1]}">'
        f"{clock.animate('d', values, discrete=True)}</path>"
    )
    # The frame jumps with the fog; it would else slide past it.
    jumps = clock.animate("transform", [(k, f"{s.cell[1]} {s.cell[0]}") for k, s in enumerate(scenes)], True)
    return f'{fog}<g transform="{translation(last.cell)}">{outline}{jumps}</g>'
