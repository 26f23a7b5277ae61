"""Pictures of a lane, from its state alone; nothing here needs a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gridpath_envs.rendering.ansi import draw_ansi
from gridpath_envs.rendering.rgb import draw_rgb
from gridpath_envs.rendering.scene import Scene

RENDER_MODES = ("ansi", "rgb_array")

_DRAW: dict[str, Callable[[Scene], Any]] = {"ansi": draw_ansi, "rgb_array": draw_rgb}


def render_scene(mode: str, scene: Scene) -> Any:
    """Draw a lane in a render mode.

    Args:
        mode: One of RENDER_MODES.
        scene: The lane's state.
    """
    return _DRAW[mode](scene)
