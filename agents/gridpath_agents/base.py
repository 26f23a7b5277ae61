"""The protocol of agents, and what those of our own share."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError


class Agent(Protocol):
    """What every agent offers, with SB3's names and meanings."""

    uses_action_masks: ClassVar[bool]

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv."""
        ...

    def learn(self, total_timesteps: int, callback: Any = None, progress_bar: bool = False) -> Any:
        """Train for a number of steps, counted over all lanes."""
        ...

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return an action for each observation, and the recurrent state."""
        ...

    def set_env(self, env: Any) -> None:
        """Let the agent act in another VecEnv of the same spaces."""
        ...

    def save(self, path: str | PathLike[str]) -> None:
        """Write the agent to a file."""
        ...

    @classmethod
    def load(cls, path: str | PathLike[str], env: Any = None) -> Self:
        """Read an agent from a file."""
        ...


def check_choice(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Refuse a parameter that is not among its choices.

    Raises:
        ConfigurationError: It is not.
    """
    if value not in allowed:
        raise ConfigurationError(f"{name}: got {value!r}, allowed: {', '.join(map(repr, allowed))}")


def check_range(name: str, value: object, low: float, high: float) -> None:
    """Refuse a parameter that is no number within its bounds, both included.

    Raises:
        ConfigurationError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low <= value <= high:
        raise ConfigurationError(f"{name}: expected a number from {low} to {high}, got {value!r}")


def batch_size(observation: Any, space: spaces.Space[Any]) -> int | None:
    """Return how many observations there are, or None for a single one without a batch axis.

    Args:
        observation: One observation or a batch; a dict of arrays for a Dict space.
        space: The space of one.
    """
    if isinstance(space, spaces.Dict):
        key, inner = next(iter(space.spaces.items()))
        return batch_size(observation[key], inner)
    shape = np.shape(observation)
    return None if len(shape) == len(space.shape or ()) else shape[0]


def linear_schedules(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Turn ``learning_rate = {start, end}`` into SB3's linear schedule, since data files cannot hold functions.

    Raises:
        ConfigurationError: The table has other keys.
    """
    from stable_baselines3.common.utils import LinearSchedule

    result = dict(parameters)
    rate = result.get("learning_rate")
    if isinstance(rate, Mapping):
        if set(rate) != {"start", "end"}:
            raise ConfigurationError(f"learning_rate: expected a number or a table {{start, end}}, got {dict(rate)!r}")
        for key, value in rate.items():
            check_range(f"learning_rate.{key}", value, 0.0, 1e3)
        result["learning_rate"] = LinearSchedule(rate["start"], rate["end"], 1.0)
    return result
