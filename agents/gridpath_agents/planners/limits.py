"""When a planner has to stop."""

from __future__ import annotations

import time

from gridpath_envs.checks import check_int, check_number
from gridpath_envs.errors import ConfigurationError


class Limits:
    """A limit of time, counted from here, and one of rounds, of what kind the planner says.

    Args:
        time_limit: Seconds, or None.
        name: What the other argument is called.
        max_rounds: Its value, or None.

    Raises:
        ConfigurationError: A number is out of range, or both are None.
    """

    def __init__(self, time_limit: float | None, name: str, max_rounds: int | None) -> None:
        """Start the clock."""
        self._begun = time.perf_counter()
        if time_limit is None and max_rounds is None:
            raise ConfigurationError(f"time_limit and {name} are both None; the planner needs one of them to stop")
        self._time_limit = None if time_limit is None else check_number("time_limit", time_limit, 0.0, 1e9)
        self._max_rounds = None if max_rounds is None else check_int(name, max_rounds, 0, 2**62)

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.perf_counter() - self._begun

    def are_reached(self, rounds: int) -> bool:
        """Tell whether it is time to stop after so many rounds."""
        if self._max_rounds is not None and rounds >= self._max_rounds:
            return True
        return self.is_late

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        return self._time_limit is not None and self.seconds >= self._time_limit

    def at_most(self, num_rounds: int, done: int) -> int:
        """Return how many of some rounds may still be done after those that were."""
        return num_rounds if self._max_rounds is None else min(num_rounds, self._max_rounds - done)
