"""What agents share that have nothing to learn: a seed, and files that hold no more than it."""

from __future__ import annotations

from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np

from gridpath_agents.archive import read_archive, write_archive


class UntrainedAgent:
    """Base of agents that do not learn; a subclass has a name and ``predict``.

    Args:
        env: VecEnv to act in.
        seed: Seed of its choices.
    """

    name: ClassVar[str]
    uses_action_masks: ClassVar[bool] = False

    def __init__(self, env: Any, seed: int | None = 0) -> None:
        """Take the environment and begin the stream of choices."""
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

    def set_env(self, env: Any) -> None:
        """Act in another VecEnv."""
        self.env = env
        self.observation_space = env.observation_space
        self.action_space = env.action_space

    def save(self, path: str | PathLike[str]) -> None:
        """Write the seed; a loaded agent begins its choices anew."""
        write_archive(path, self.name, {"seed": self.seed}, {})

    @classmethod
    def load(cls, path: str | PathLike[str], env: Any = None) -> Self:
        """Read an agent; it needs an environment to act in.

        Raises:
            CheckpointError: The file is missing, damaged, or of another agent.
        """
        header, _ = read_archive(path, cls.name)
        return cls(env, seed=header["seed"])
