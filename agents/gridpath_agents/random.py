"""The random agent: the floor that every score is read against."""

from __future__ import annotations

from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.archive import read_archive, write_archive
from gridpath_agents.base import batch_size


class RandomAgent:
    """Takes each action with the same probability, among those that a mask allows where one is given.

    Args:
        env: VecEnv.
        seed: Seed of its choices.
    """

    uses_action_masks: ClassVar[bool] = False

    def __init__(self, env: Any, seed: int | None = 0) -> None:
        """Read the spaces."""
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
        """Return random actions, (B,) int64, or one for a single observation."""
        count = batch_size(observation, self.observation_space)
        num_actions = int(self.action_space.n)
        if action_masks is None:
            actions = self._rng.integers(0, num_actions, size=count)
        else:
            scores = self._rng.random((*(() if count is None else (count,)), num_actions))
            actions = np.where(action_masks, scores, -1.0).argmax(axis=-1)
        return np.asarray(actions, dtype=np.int64), state

    def set_env(self, env: Any) -> None:
        """Act in another VecEnv."""
        self.env = env
        self.observation_space = env.observation_space
        self.action_space = env.action_space

    def save(self, path: str | PathLike[str]) -> None:
        """Write the seed; a loaded agent begins its choices anew."""
        write_archive(path, "random", {"seed": self.seed}, {})

    @classmethod
    def load(cls, path: str | PathLike[str], env: Any = None) -> Self:
        """Read an agent; it needs an environment to act in.

        Raises:
            CheckpointError: The file is missing, damaged, or of another agent.
        """
        header, _ = read_archive(path, "random")
        return cls(env, seed=header["seed"])
