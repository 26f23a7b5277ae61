"""Proximal policy optimisation: Stable-Baselines3's.

Reference:
    Schulman et al. 2017, Proximal policy optimization algorithms, arXiv 1707.06347.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import stable_baselines3
import torch
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_agents.agent_buffer import agent_buffer_class
from gridpath_agents.base import batch_size, check_masks, refuse_masks
from gridpath_agents.sb3 import SB3Agent


class PPO(SB3Agent, stable_baselines3.PPO):  # type: ignore[misc]  # load takes the rest by keyword
    """SB3's PPO, whose ``predict`` also takes action masks.

    Where the lanes are agents that disappear, it does not learn from what is left of those that have, see
    ``gridpath_agents.agent_buffer``.
    """

    def _setup_model(self) -> None:
        if self.rollout_buffer_class is None:
            self.rollout_buffer_class = agent_buffer_class(self.env)
        super()._setup_model()

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
        if not isinstance(self.action_space, spaces.Discrete):
            refuse_masks(action_masks)
        if action_masks is None:
            return super().predict(observation, state, episode_start, deterministic)
        num_actions = int(self.action_space.n)  # type: ignore[attr-defined]
        count = batch_size(observation, self.observation_space)
        masks = check_masks(action_masks, (num_actions,) if count is None else (count, num_actions))
        self.policy.set_training_mode(False)
        tensor, _ = self.policy.obs_to_tensor(observation)
        with torch.no_grad():
            logits = self.policy.get_distribution(tensor).distribution.logits  # type: ignore[union-attr]
            allowed = torch.as_tensor(np.atleast_2d(masks), device=logits.device)
            masked = torch.distributions.Categorical(logits=logits.masked_fill(~allowed, -torch.inf))
            chosen = masked.mode if deterministic else masked.sample()  # type: ignore[no-untyped-call]
            actions = chosen.cpu().numpy()
        return (actions[0] if count is None else actions), state
