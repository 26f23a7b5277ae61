"""The protocol of agents, and what those of our own share."""

from __future__ import annotations

from os import PathLike
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_envs.checks import as_array, check_int
from gridpath_envs.errors import ConfigurationError


class Agent(Protocol):
    """What every agent offers, with SB3's names and meanings.

    One that draws its own choices does so from a NumPy generator named ``rng``, so that scoring can put it back.
    """

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


def check_env(env: Any) -> None:
    """Refuse what is no VecEnv.

    Raises:
        ConfigurationError: It is something else.
    """
    if not all(hasattr(env, name) for name in ("num_envs", "observation_space", "action_space", "env_method")):
        raise ConfigurationError(
            "env: expected a VecEnv, such as gridpath_envs.adaptors.sb3.make_vec_env makes, got"
            f" {'None' if env is None else type(env).__name__}"
        )


def check_seed(seed: object) -> int | None:
    """Return a seed as an int; None asks for fresh entropy.

    Raises:
        ConfigurationError: It is no whole number from 0 to 2**32 - 1.
    """
    return None if seed is None else check_int("seed", seed, 0, 2**32 - 1)


def check_masks(action_masks: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return action masks as booleans.

    Args:
        action_masks: bool, or integers that are 0 or not.
        shape: What they must have: (B, A), or (A,) for a single observation.

    Raises:
        ConfigurationError: They have another shape, or one allows no action at all.
    """
    masks = as_array(action_masks)
    if masks.shape != shape or masks.dtype.kind not in "biu":
        raise ConfigurationError(f"action_masks: expected booleans of shape {shape}, got {masks.dtype} {masks.shape}")
    masks = masks.astype(np.bool_)
    if not masks.any(axis=-1).all():
        raise ConfigurationError("action_masks: one of them allows no action")
    return masks


def refuse_masks(action_masks: Any) -> None:
    """Refuse masks where actions are continuous.

    Raises:
        ConfigurationError: There are masks.
    """
    if action_masks is not None:
        raise ConfigurationError("action_masks: continuous actions have none")


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
