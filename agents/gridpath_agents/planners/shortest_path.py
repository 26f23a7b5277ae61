"""The exact oracle as an agent: the ceiling that every score is read against."""

from __future__ import annotations

from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.archive import read_archive, write_archive
from gridpath_envs.errors import ConfigurationError


class ShortestPathAgent:
    """Follows a shortest path, read from the environment that it is set to and not from its observations.

    Args:
        env: VecEnv whose lanes have ``optimal_actions``.
        seed: Seed of the choice among several optimal actions, where actions are sampled.

    Raises:
        ConfigurationError: The environment has no oracle.
    """

    uses_action_masks: ClassVar[bool] = False

    def __init__(self, env: Any, seed: int | None = 0) -> None:
        """Check that the environment has an oracle."""
        self.set_env(env)
        self.seed = seed
        self._rng = np.random.default_rng(seed)

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv."""
        return cls(env, **parameters)

    def learn(self, total_timesteps: int, callback: Any = None, progress_bar: bool = False) -> Self:
        """Return at once: there is nothing to learn."""
        return self

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.int64], Any]:
        """Return an optimal action for each lane, (B,) int64: the first of several, or any if not deterministic."""
        optimal = np.stack(self.env.env_method("optimal_actions"))
        scores = optimal if deterministic else optimal * self._rng.random(optimal.shape)
        return scores.argmax(axis=1).astype(np.int64), state

    def set_env(self, env: Any) -> None:
        """Act in another VecEnv.

        Raises:
            ConfigurationError: It has no oracle.
        """
        if env is not None and not env.has_attr("optimal_actions"):
            raise ConfigurationError(f"shortest_path: {type(env).__name__} has no optimal_actions")
        self.env = env

    def save(self, path: str | PathLike[str]) -> None:
        """Write the seed."""
        write_archive(path, "shortest_path", {"seed": self.seed}, {})

    @classmethod
    def load(cls, path: str | PathLike[str], env: Any = None) -> Self:
        """Read an agent.

        Raises:
            CheckpointError: The file is missing, damaged, or of another agent.
        """
        header, _ = read_archive(path, "shortest_path")
        return cls(env, seed=header["seed"])
