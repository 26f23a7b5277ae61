"""What an observation is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gymnasium import spaces
from numpy.typing import NDArray


@dataclass(frozen=True)
class Part:
    """A part of what an agent observes: an array.

    Args:
        space: Of one lane.
        kernel: Writes it, see ``Observation``.
        tables: Arrays that the kernel reads besides.
    """

    space: spaces.Space[Any]
    kernel: Callable[..., None]
    tables: tuple[NDArray[Any], ...] = ()
