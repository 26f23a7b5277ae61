"""Many agents as a standalone SVG picture, and what such pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass

from gridpath_envs.checks import check_number
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rendering.colours import INK, PAPER, Colour, agent_colour, is_dark, to_hex
from gridpath_envs.rendering.scene import Place, Scene, agent_trail, agents_side, entered_cells
from gridpath_envs.rendering.shapes import burst_points
from gridpath_envs.rendering.svg_parts import line, line_data, map_parts, number, opening, translation

__all__ = ["draw_agents"]

DEFAULT_SIDE = 400  # pixels of the longer side where no cell size is asked for
TRAIL_OPACITY = 0.5

# Numbers of two digits have room in marks of so many pixels.
_MOST_LABELLED, _LABELLED_SIDE = 99, 20


@dataclass(frozen=True)
class Drawn:
    """An agent or its goal as it is to be drawn.

    Args:
        index: Number of the agent.
        place: Cell (row, col), or a place between cells.
        part: Of an agent, elements beneath its disc; of a goal, the rest of what fills its square: attributes, each
            with a blank before it, and behind a ``>`` elements.
        animation: Elements that animate all of it.
        attributes: Of all of it, each with a blank before it.
    """

    index: int
    place: Place
    part: str = ""
    animation: str = ""
    attributes: str = ""


def draw_agents(scene: Scene, cell_size: float | None = None, title: str | None = None) -> str:
    """Draw one moment of many agents: each a disc, its goal a square of the same colour, its path a thin line.

    The square is hollow, and full where the agent is on it. A jagged ring around an agent says that its move was
    refused. Up to 99 agents have their number, from 0, where there is room for it.

    Args:
        scene: The moment; those of its ``agents`` that take no part are not drawn.
        cell_size: Pixels a cell; without it the longer side has 400 pixels.
        title: Accessible name and tooltip; escaped.

    Returns:
        The text of an SVG document without XML declaration.

    Raises:
        ConfigurationError: The scene is not one of many agents, one is outside of the map, or the cell size is out of
            range.
    """
    count, grid_map = len(scene.agents), scene.grid_map
    if not count:
        raise ConfigurationError("scene: has no agents; draw_paths draws the path of one")
    height, width = grid_map.shape
    for index, agent in enumerate(scene.agents):
        for name, cell in (("place", agent.place), ("goal", agent.goal)):
            if not (-0.5 < cell[0] < height - 0.5 and -0.5 < cell[1] < width - 0.5):
                raise ConfigurationError(
                    f"agents[{index}].{name}: got {cell!r}, expected (row, col) inside the map of {height}x{width}"
                )
    scale = DEFAULT_SIDE / max(height, width)
    if cell_size is not None:
        scale = check_number("cell_size", cell_size, 0.01, 1000)
    marks = AgentMarks(grid_map, count, scale)
    parts = [opening(height, width, scale, "Agents on a map" if title is None else title), *map_parts(grid_map)]
    shown = [(k, agent) for k, agent in enumerate(scene.agents) if agent.is_active]
    for k, agent in shown:
        strokes = entered_cells(agent_trail(agent, count), grid_map)
        if strokes:
            data = "".join(map(line_data, strokes))
            parts.append(line(data, agent_colour(k), 0.12 * marks.side, TRAIL_OPACITY))
    parts.append(marks.goals([Drawn(k, a.goal, "" if a.has_arrived else ' fill-opacity="0"') for k, a in shown]))
    parts.append(marks.agents([Drawn(k, a.place, marks.ring() if a.is_refused else "") for k, a in shown]))
    return "".join(parts) + "</svg>"


class AgentMarks:
    """The marks of many agents, all of one size.

    Args:
        grid_map: The map.
        count: N, how many agents there are.
        scale: Pixels a cell.
    """

    def __init__(self, grid_map: GridMap, count: int, scale: float) -> None:
        """Find out how large they are and whether they have numbers."""
        self.side = agents_side(grid_map.shape, count)
        self.is_labelled = count <= _MOST_LABELLED and self.side * scale >= _LABELLED_SIDE

    def goals(self, goals: list[Drawn]) -> str:
        """Return squares."""
        corner, side = number(0.5 - 0.39 * self.side), number(0.78 * self.side)
        square = f'd="M{corner} {corner}h{side}v{side}h-{side}z"'
        line_width = number(0.12 * self.side)
        drawn = [
            f'<g transform="{translation(goal.place)}"{goal.attributes}><path {square}/><path {square} '
            f'fill="{colour}" stroke="{colour}" stroke-width="{line_width}"{_closed(goal.part)}{goal.animation}</g>'
            for goal in goals
            for colour in [to_hex(agent_colour(goal.index))]
        ]
        return _group(drawn, f'fill="{to_hex(PAPER)}" stroke="{to_hex(INK)}" stroke-width="{number(0.2 * self.side)}"')

    def agents(self, agents: list[Drawn]) -> str:
        """Return discs."""
        drawn = [
            f'<g transform="{translation(agent.place)}"{agent.attributes}>{agent.part}'
            f"{self._disc(agent.index, agent_colour(agent.index))}{agent.animation}</g>"
            for agent in agents
        ]
        text = ""
        if self.is_labelled:
            size = number(0.38 * self.side)
            text = f' font-family="sans-serif" font-size="{size}" font-weight="bold" text-anchor="middle"'
        return _group(drawn, f'stroke="{to_hex(INK)}" stroke-width="{number(0.06 * self.side)}"{text}')

    def ring(self, inner: str = "", extra: str = "") -> str:
        """Return a jagged ring around an agent whose move is refused.

        Args:
            inner: Elements inside it, such as an animation.
            extra: More attributes, each with a blank before it.
        """
        # Its tips end before the disc in the next cell begins.
        corners = " ".join(
            f"{number(round(0.5 + right, 2))},{number(round(0.5 + down, 2))}"
            for down, right in burst_points(0.6 * self.side)
        )
        tail = f">{inner}</polygon>" if inner else "/>"
        return f'<polygon points="{corners}" fill="{to_hex(INK)}" stroke="{to_hex(PAPER)}"{extra}{tail}'

    def _disc(self, k: int, colour: Colour) -> str:
        # White around it, since on its own goal a dark one would be dark on dark.
        halo = f'<circle cx=".5" cy=".5" r="{number(0.385 * self.side)}" fill="{to_hex(PAPER)}" stroke="none"/>'
        disc = f'<circle cx=".5" cy=".5" r="{number(0.32 * self.side)}" fill="{to_hex(colour)}"/>'
        if not self.is_labelled:
            return halo + disc
        ink = to_hex(PAPER if is_dark(colour) else INK)
        return f'{halo}{disc}<text x=".5" y="{number(0.5 + 0.13 * self.side)}" fill="{ink}" stroke="none">{k}</text>'


def _closed(inside: str) -> str:
    """Return the rest of a path's element: attributes, or attributes and then what is inside it."""
    return inside + ("</path>" if ">" in inside else "/>")


def _group(drawn: list[str], attributes: str) -> str:
    return f"<g {attributes}>{''.join(drawn)}</g>"
