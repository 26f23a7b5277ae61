"""Planners as agents: what those share that read an environment of many agents and say where all of them go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_agents.untrained import UntrainedAgent
from gridpath_envs.adaptors.sb3_agents import AgentVecEnv
from gridpath_envs.errors import ConfigurationError

# (row change, column change) + 1 -> action: up, right, down, left, stay.
_ACTION_OF_MOVE = np.full((3, 3), 4, dtype=np.int64)
_ACTION_OF_MOVE[0, 1], _ACTION_OF_MOVE[1, 2], _ACTION_OF_MOVE[2, 1], _ACTION_OF_MOVE[1, 0] = 0, 1, 2, 3


class PlannerAgent(UntrainedAgent, ABC):
    """Acts by where a planner says that agents go, read from the environment that it is set to.

    Args:
        env: VecEnv of an environment of many agents.
        seed: Seed of the planner's choices.

    Raises:
        ConfigurationError: The environment is of one agent, or plans cannot be carried out in it.
    """

    name: ClassVar[str]
    # Whether what it says holds where agents get new goals on the way, and where moves may be refused.
    plans_ahead: ClassVar[bool] = True

    def set_env(self, env: Any) -> None:
        """Act in another VecEnv.

        Raises:
            ConfigurationError: It is of one agent, or plans cannot be carried out in it.
        """
        inner = getattr(env, "unwrapped", env)
        if not isinstance(inner, AgentVecEnv) or not isinstance(inner.action_space, spaces.Discrete):
            raise ConfigurationError(
                f"{self.name}: plans for many agents; expected the VecEnv of a multi-agent id such as"
                f" 'gridpath/mapf_v0' with discrete actions, got {type(inner).__name__}"
            )
        config = inner.vector.config
        if self.plans_ahead and config.on_arrival == "restart":
            raise ConfigurationError(
                f"{self.name}: plans whole episodes, and on_arrival='restart' gives new goals on the way; pibt does not"
            )
        if self.plans_ahead and config.conflicts != "soft":
            raise ConfigurationError(
                f"{self.name}: plans let agents follow one another, which conflicts={config.conflicts!r} refuses"
            )
        super().set_env(env)
        self.lanes, self.vector = inner, inner.vector
        self._forget()

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return the action of each agent, (B * N,) int64: the one that leads to where the planner sends it."""
        positions = self.vector.positions
        after = np.stack([self._next_cells(i, positions[i]) for i in range(self.vector.num_envs)])
        moves = after - positions + 1
        return _ACTION_OF_MOVE[moves[..., 0], moves[..., 1]].ravel(), state

    @abstractmethod
    def _forget(self) -> None:
        """Forget what was planned for another environment."""

    @abstractmethod
    def _next_cells(self, i: int, positions: NDArray[np.int64]) -> NDArray[Any]:
        """Return where the agents of environment ``i`` go next, (N, 2)."""

    def _task_of(self, i: int) -> bytes:
        """Return a mark of what an environment's agents have to do: the same for the same level, starts and goals."""
        vector = self.vector
        return b"".join(values[i].tobytes() for values in (vector.levels, vector.starts, vector.goals))
