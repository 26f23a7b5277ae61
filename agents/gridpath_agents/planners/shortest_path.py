"""The exact oracle as an agent: the ceiling that every score is read against."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_agents.base import check_env
from gridpath_agents.untrained import UntrainedAgent
from gridpath_envs.adaptors.sb3_agents import AgentVecEnv
from gridpath_envs.errors import ConfigurationError


class ShortestPathAgent(UntrainedAgent):
    """Follows a shortest path, read from the environment that it is set to and not from its observations.

    Args:
        env: VecEnv whose lanes have ``optimal_actions``.
        seed: Seed of the choice among several optimal actions, where actions are sampled; of continuous ones there is
            one.

    Raises:
        ConfigurationError: The environment has no oracle, or is of many agents.
    """

    name: ClassVar[str] = "shortest_path"

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return an optimal action for each lane, (B,) int64: the first of several, or any if not deterministic.

        Where actions are continuous, (B, ...) float32: the one that goes on along a shortest path, or 1 for the
        discrete action that is preferred and 0 for the others.

        Where a moving obstacle is in the way of all of them, any action that runs into nothing: both would else wait
        for each other.
        """
        optimal = np.stack(self.env.env_method("optimal_actions"))
        if optimal.dtype != np.bool_:
            return optimal, state
        if self.env.get_attr("config")[0].moving_obstacles:
            open_ways = np.stack(self.env.env_method("action_masks"))
            stuck = ~(optimal & open_ways).any(axis=1) & optimal.any(axis=1)
            aside = open_ways * (1.0 - self.rng.random(open_ways.shape))
            optimal = np.where(stuck[:, np.newaxis], aside == aside.max(axis=1, keepdims=True), optimal & open_ways)
        scores = optimal if deterministic else optimal * (1.0 - self.rng.random(optimal.shape))
        chosen = scores.argmax(axis=1).astype(np.int64)
        if isinstance(self.action_space, spaces.Box):
            return np.eye(optimal.shape[1], dtype=np.float32)[chosen], state
        return chosen, state

    def set_env(self, env: Any) -> None:
        """Act in another VecEnv.

        Raises:
            ConfigurationError: It has no oracle, or is of many agents.
        """
        check_env(env)
        if isinstance(getattr(env, "unwrapped", env), AgentVecEnv):
            raise ConfigurationError("shortest_path: is for one agent; where there are many, 'greedy' does the same")
        if not env.has_attr("optimal_actions"):
            raise ConfigurationError(f"shortest_path: {type(env).__name__} has no optimal_actions")
        super().set_env(env)
