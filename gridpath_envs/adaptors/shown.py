"""Pictures and windows of an environment: what Gymnasium's and PettingZoo's have in common."""

from __future__ import annotations

from typing import Any

from gridpath_envs.errors import ConfigurationError, shown
from gridpath_envs.rendering import RENDER_MODES, render_scene
from gridpath_envs.rendering.scene import Scene
from gridpath_envs.rendering.window import Window

# Those of vector environments, and a window.
WINDOW_MODES = ("human", *RENDER_MODES)


class Shown:
    """Mixin of an environment that pictures are taken of, or that a window shows."""

    metadata: dict[str, Any]
    render_mode: str | None
    _vector: Any
    _window: Window | None

    def _open(self, render_mode: str | None) -> str | None:
        """Keep a render mode, open the window where it asks for one, and return the lanes' render mode.

        Raises:
            ConfigurationError: There is no such mode.
            MissingPackageError: ``"human"`` needs pygame, which is not installed.
        """
        if render_mode is not None and not (isinstance(render_mode, str) and render_mode in WINDOW_MODES):
            raise ConfigurationError(f"render_mode: got {shown(render_mode)}, allowed: None, {', '.join(WINDOW_MODES)}")
        self.render_mode = render_mode
        self._window = Window() if render_mode == "human" else None
        return "rgb_array" if render_mode == "human" else render_mode

    def __getstate__(self) -> dict[str, Any]:
        """Leave the window out of pickles and copies."""
        return {name: value for name, value in self.__dict__.items() if name != "_window"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state of a pickled or copied environment."""
        self.__dict__.update(state)
        self._window = Window() if self.render_mode == "human" else None

    def render(self) -> Any:
        """Return a picture, or None without a render mode and where a window shows it."""
        if self.render_mode is None:
            return None
        if self._window is not None:
            self._vector._check_started()
            return None
        return self._vector._render_lane(0)

    def close(self) -> None:
        """Close the window, where there is one."""
        if self._window is not None:
            self._window.close()

    def scene(self) -> Scene:
        """Return what a picture shows; paths only with a render mode, without one they are not kept."""
        scene: Scene = self._vector._scene(0)
        return scene

    def _show(self, window: Window) -> None:
        window.show(render_scene("rgb_array", self._vector._scene(0)), fps=self.metadata["render_fps"])
