"""What agents share that have nothing to learn: a seed, and files that hold no more than it and their parameters."""

from __future__ import annotations

from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np

from gridpath_agents.archive import read_archive, write_archive
from gridpath_agents.base import check_env, check_seed
from gridpath_envs.errors import unknown_name


class UntrainedAgent:
    """Base of agents that do not learn; a subclass has a name and ``predict``.

    One with more parameters than a seed names them in ``parameters``, and keeps each in an attribute of that name.

    Args:
        env: VecEnv to act in.
        seed: Seed of its choices.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]] = ()
    uses_action_masks: ClassVar[bool] = False

    def __init__(self, env: Any, seed: int | None = 0) -> None:
        """Take the environment and begin the stream of choices."""
        self.set_env(env)
        self.seed = check_seed(seed)
        self.rng = np.random.default_rng(self.seed)

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv.

        Raises:
            ConfigurationError: A parameter is unknown or out of range.
        """
        known = ("seed", *cls.parameters)
        for name in parameters:
            if name not in known:
                raise unknown_name("parameter", name, known)
        return cls(env, **parameters)

    def learn(self, total_timesteps: int, callback: Any = None, progress_bar: bool = False) -> Self:
        """Return at once: there is nothing to learn."""
        return self

    def set_env(self, env: Any) -> None:
        """Act in another VecEnv.

        Raises:
            ConfigurationError: It is no VecEnv.
        """
        check_env(env)
        self.env = env
        self.observation_space = env.observation_space
        self.action_space = env.action_space

    def save(self, path: str | PathLike[str]) -> None:
        """Write the seed and the parameters; a loaded agent begins its choices anew."""
        write_archive(path, self.name, {name: getattr(self, name) for name in ("seed", *self.parameters)}, {})

    @classmethod
    def load(cls, path: str | PathLike[str], env: Any = None) -> Self:
        """Read an agent; it needs an environment to act in.

        Raises:
            CheckpointError: The file is missing, damaged, or of another agent.
        """
        header, _ = read_archive(path, cls.name, {"seed", *cls.parameters})
        return cls(env, **header)
