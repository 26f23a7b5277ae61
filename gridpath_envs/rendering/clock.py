"""When what is seen in an animated SVG picture."""

from __future__ import annotations

from collections.abc import Sequence

from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rendering.scene import Place, portal_entered
from gridpath_envs.rendering.svg_parts import number

HOLD = 1.5  # seconds that the last moment stays


class Clock:
    """When each moment of a loop is shown: the moments a step apart, and the last one for a while.

    Args:
        count: Moments.
        fps: Steps a second.
    """

    def __init__(self, count: int, fps: float) -> None:
        """Find out how long the loop takes."""
        self.count = count
        self.last = count - 1 + max(1, round(HOLD * fps))
        # A moment is shown within a hundredth of a step, however many there are.
        self.digits = max(3, len(str(self.last)) + 2)
        self.loop = f'dur="{number(self.last / fps)}s" repeatCount="indefinite"'

    def animate(self, name: str, values: Sequence[tuple[float, str]], discrete: bool = False) -> str:
        """Return an animation through values, each at its moment; none where all are the same.

        Args:
            name: The attribute, or "transform".
            values: (moment, value) in order, the first at moment 0.
            discrete: Whether values change at once instead of gradually.
        """
        if len({value for _, value in values}) == 1:
            return ""
        if not discrete:
            values = [*values, (self.last, values[-1][1])]
        kept = [
            values[k]
            for k in range(len(values))
            # Of a run of one value the ends say all, and where it changes at once its beginning does.
            if k == 0
            or values[k][1] != values[k - 1][1]
            or (not discrete and (k + 1 == len(values) or values[k][1] != values[k + 1][1]))
        ]
        times = ";".join(self._share(moment) for moment, _ in kept)
        mode = ' calcMode="discrete"' if discrete else ""
        kind = (
            'Transform attributeName="transform" type="translate"'
            if name == "transform"
            else f' attributeName="{name}"'
        )
        series = ";".join(value for _, value in kept)
        return f'<animate{kind} {self.loop}{mode} keyTimes="{times}" values="{series}"/>'

    def moves(self, cells: Sequence[Place], grid_map: GridMap | None) -> str:
        """Return the animation of what goes from cell to cell, and through portals where there is a map."""
        values: list[tuple[float, str]] = []
        for moment, cell in enumerate(cells):
            entered = portal_entered(grid_map, cells[moment - 1], cell) if grid_map is not None and moment else None
            if entered is not None:
                values.append((moment, f"{entered[1]} {entered[0]}"))
            values.append((moment, f"{number(cell[1])} {number(cell[0])}"))
        return self.animate("transform", values)

    def _share(self, moment: float) -> str:
        share = f"{moment / self.last:.{self.digits}f}".rstrip("0").rstrip(".")
        return share.removeprefix("0") or "0"
