"""Proximal policy optimisation: Stable-Baselines3's.

Reference:
    Schulman et al. 2017, Proximal policy optimization algorithms, arXiv 1707.06347.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import stable_baselines3
import torch
from numpy.typing import NDArray

from gridpath_agents.base import batch_size, linear_schedules


class PPO(stable_baselines3.PPO):
    """SB3's PPO, whose ``predict`` also takes action masks."""

    uses_action_masks: ClassVar[bool] = False

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv, with an MLP where no ``policy`` is given."""
        return cls(parameters.pop("policy", "MlpPolicy"), env, **linear_schedules(parameters))

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return an action for each observation: the most probable one, or a sample if not deterministic.

        Args:
            observation: (B, ...) or one without a batch axis.
            state: Passed through.
            episode_start: Ignored; the policy has no memory.
            deterministic: Whether to take the most probable action.
            action_masks: (B, A) bool, the allowed actions; the others get probability 0.
        """
        if action_masks is None:
            return super().predict(observation, state, episode_start, deterministic)
        self.policy.set_training_mode(False)
        tensor, _ = self.policy.obs_to_tensor(observation)
        with torch.no_grad():
            logits = self.policy.get_distribution(tensor).distribution.logits  # type: ignore[union-attr]
            allowed = torch.as_tensor(np.atleast_2d(action_masks), device=logits.device)
            masked = torch.distributions.Categorical(logits=logits.masked_fill(~allowed, -torch.inf))
            chosen = masked.mode if deterministic else masked.sample()  # type: ignore[no-untyped-call]
            actions = chosen.cpu().numpy()
        return (actions[0] if batch_size(observation, self.observation_space) is None else actions), state
