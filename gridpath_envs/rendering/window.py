"""The window of ``render_mode="human"`` and of play; needs pygame, which is imported when a window opens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.errors import WindowError
from gridpath_envs.rendering.extras import import_human

__all__ = ["Window"]

LARGEST = 1024  # pixels a side that a screen has room for


class Window:
    """A window that shows one image after another.

    Where its user closes it, it stays closed and whatever is shown from then on is dropped without a word: a training
    that is watched goes on unwatched. pygame has one window a process: two Windows share it, and the last to show wins.

    Args:
        title: Text in the title bar.

    Raises:
        MissingPackageError: pygame is not installed.
    """

    def __init__(self, title: str = "GridPath") -> None:
        """Import pygame; the window itself opens with the first image."""
        self._pygame = import_human("pygame", "pygame", "a window")
        self._title = title
        self._clock: Any = None
        self._keys: list[str] = []
        self.is_closed = False

    def show(self, image: NDArray[np.uint8], title: str | None = None, fps: float = 0.0) -> None:
        """Show an image, in a window of its size; one larger than a screen loses every other row and column, or more.

        Args:
            image: (rows, columns, 3) uint8, in pixels.
            title: New text of the title bar.
            fps: Frames a second to keep to, by waiting before this one; 0 for no waiting.

        Raises:
            WindowError: No window can be opened, since there is no screen.
        """
        if self.is_closed:
            return
        pygame = self._pygame
        image = image[:: -(-max(image.shape) // LARGEST), :: -(-max(image.shape) // LARGEST)]
        size = (image.shape[1], image.shape[0])
        try:
            pygame.display.init()
            screen = pygame.display.get_surface()
            if screen is None or screen.get_size() != size:
                screen = pygame.display.set_mode(size)
        except pygame.error as error:
            raise WindowError(f"no window can be opened ({error}); render_mode='rgb_array' needs none") from None
        self._title = self._title if title is None else title
        pygame.display.set_caption(self._title)
        screen.blit(pygame.image.frombuffer(np.ascontiguousarray(image).tobytes(), size, "RGB"), (0, 0))
        pygame.display.flip()
        if fps > 0:
            self._clock = self._clock or pygame.time.Clock()
            self._clock.tick(fps)
        self._take_events()

    def keys(self, wait: float = 0.0) -> list[str]:
        """Return the names of the keys pressed since the last call, as ``pygame.key.name`` has them.

        Args:
            wait: Seconds to wait for one, where none was pressed.
        """
        self._take_events()
        if not self._keys and not self.is_closed and wait > 0 and self._pygame.display.get_init():
            self._take_event(self._pygame.event.wait(round(1000 * wait)))
        keys, self._keys = self._keys, []
        return keys

    def close(self) -> None:
        """Close the window; the next image opens it again."""
        self._pygame.display.quit()
        self._keys, self.is_closed = [], False

    def _take_events(self) -> None:
        # Unless events are taken, the system thinks that the program hangs.
        if not self.is_closed and self._pygame.display.get_init():
            for event in self._pygame.event.get():
                self._take_event(event)

    def _take_event(self, event: Any) -> None:
        if event.type == self._pygame.QUIT and not self.is_closed:
            self._pygame.display.quit()
            self.is_closed = True
        elif event.type == self._pygame.KEYDOWN:
            self._keys.append(self._pygame.key.name(event.key))
