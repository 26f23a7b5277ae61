"""Soft actor-critic: Stable-Baselines3's.

Reference:
    Haarnoja et al. 2018, Soft actor-critic algorithms and applications, arXiv 1812.05905.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import stable_baselines3
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_agents.base import check_env, refuse_masks
from gridpath_agents.sb3 import SB3Agent
from gridpath_envs.errors import ConfigurationError


class SAC(SB3Agent, stable_baselines3.SAC):  # type: ignore[misc]  # load takes the rest by keyword
    """SB3's SAC, for environments with continuous actions."""

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv.

        Raises:
            ConfigurationError: Actions are not continuous, or a parameter is unknown or out of range.
        """
        check_env(env)
        if not isinstance(env.action_space, spaces.Box):
            raise ConfigurationError(
                "sac: needs continuous actions, those of GridPathContinuous-v0 or of any id with"
                " make_vec_env(..., continuous_actions=True)"
            )
        return super().make(env, **parameters)

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return an action for each observation: the mean one, or a sample if not deterministic.

        Args:
            observation: (B, ...) or one without a batch axis.
            state: Passed through.
            episode_start: Ignored; the policy has no memory.
            deterministic: Whether to take the mean action.
            action_masks: None; continuous actions have no masks.

        Raises:
            ConfigurationError: There are masks.
        """
        refuse_masks(action_masks)
        return super().predict(observation, state, episode_start, deterministic)
