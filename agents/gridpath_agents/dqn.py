"""Deep Q-networks: Stable-Baselines3's, with exploration drawn for each lane.

Reference:
    Mnih et al. 2015, Human-level control through deep reinforcement learning, doi:10.1038/nature14236.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import stable_baselines3
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import NStepReplayBuffer

from gridpath_agents.base import batch_size, check_masks
from gridpath_agents.sb3 import SB3Agent


class DQN(SB3Agent, stable_baselines3.DQN):  # type: ignore[misc]  # load takes the rest by keyword
    """SB3's DQN, but for exploration: SB3 draws once for the whole batch, so that all lanes explore or none does."""

    def _setup_model(self) -> None:
        if self.replay_buffer_class is NStepReplayBuffer and self.replay_buffer_kwargs.get("n_steps") == self.n_steps:
            # SB3's own choice, as a checkpoint holds it, which SB3 would take for a user's and warn of.
            self.replay_buffer_class = None
        super()._setup_model()
        # A loaded agent brings its own, and goes on drawing where it stopped.
        if not hasattr(self, "rng"):
            self.rng = np.random.default_rng(self.seed)

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return an action for each observation: of the highest value, or epsilon-greedy if not deterministic.

        Args:
            observation: (B, ...) or one without a batch axis.
            state: Passed through.
            episode_start: Ignored; the policy has no memory.
            deterministic: Whether to take the action of the highest value.
            action_masks: (B, A) bool, the allowed actions.
        """
        num_actions = int(self.action_space.n)  # type: ignore[attr-defined]
        count = batch_size(observation, self.observation_space)
        if action_masks is None:
            actions, state = self.policy.predict(observation, state, episode_start, deterministic=True)
        else:
            action_masks = check_masks(action_masks, (num_actions,) if count is None else (count, num_actions))
            self.policy.set_training_mode(False)
            tensor, _ = self.policy.obs_to_tensor(observation)
            with torch.no_grad():
                values = self.q_net(tensor).cpu().numpy()
            actions = np.where(action_masks, values, -np.inf).argmax(axis=1)
            if count is None:
                actions = actions[0]
        if not deterministic:
            scores = 1.0 - self.rng.random((*np.shape(actions), num_actions))
            explored = (scores if action_masks is None else scores * action_masks).argmax(axis=-1)
            explores = self.rng.random(np.shape(actions)) < self.exploration_rate
            actions = np.where(explores, explored, actions)
        return np.asarray(actions), state
