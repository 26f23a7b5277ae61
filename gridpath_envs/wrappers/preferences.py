"""What every environment of continuous actions shares: the space of preferences, and the choice among them."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, Space
from numpy.typing import NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.core.preferences import choose_actions_batch
from gridpath_envs.errors import ConfigurationError, InvalidActionError, shown


def preference_space(action_space: Space[Any]) -> Box:
    """Return the space of a preference for each of A actions, ``Box(-1, 1, (A,), float32)``.

    Args:
        action_space: ``Discrete(A)``, whatever number it starts at.

    Raises:
        ConfigurationError: The action space is another.
    """
    if not isinstance(action_space, Discrete):
        raise ConfigurationError(f"continuous actions: need a Discrete action space, got {shown(action_space)}")
    return Box(-1.0, 1.0, (int(action_space.n),), np.float32)


def choose_actions(preferences: Any, shape: tuple[int, ...], name: str = "actions") -> NDArray[np.int64]:
    """Return for each lane the number of the highest preference, the first of equal ones, (B,) int64.

    Args:
        preferences: Real numbers, compared as float32; they are not clipped, which would make ties.
        shape: What they must have: (B, A), or (A,) for a single lane.
        name: What an error calls them.

    Raises:
        InvalidActionError: The preferences have another shape or dtype, or one is NaN.
    """
    array = as_array(preferences)
    if array.shape != shape or array.dtype.kind not in "fiu":
        raise InvalidActionError(
            f"{name}: expected real numbers of shape {shape}, got {array.dtype} of shape {array.shape}"
        )
    # A copy, so that the kernel is compiled for one layout only.
    checked = (array.copy() if array.dtype == np.float32 else _as_float32(array)).reshape(-1, shape[-1])
    chosen = np.empty(len(checked), dtype=np.int64)
    lane = choose_actions_batch(checked, chosen)
    if lane >= 0:
        action = int(np.flatnonzero(np.isnan(checked[lane]))[0])
        where = f"lane {lane} has" if len(shape) > 1 else "got"
        raise InvalidActionError(f"{name}: {where} NaN as the preference of action {action}, allowed: any other number")
    return chosen


def _as_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    # What is too large becomes an infinity, which is a number like others here. Apart, since to set this aside takes a
    # third of what a single choice does.
    with np.errstate(over="ignore"):
        return np.array(array, dtype=np.float32, order="C")
