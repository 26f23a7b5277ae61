"""The random agent: the floor that every score is read against."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_agents.base import batch_size, check_masks, refuse_masks
from gridpath_agents.untrained import UntrainedAgent


class RandomAgent(UntrainedAgent):
    """Takes each action with the same probability, among those that a mask allows where one is given.

    Of continuous actions, it draws each number evenly between its bounds.
    """

    name: ClassVar[str] = "random"

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return random actions, (B,) int64 or (B, ...) of a Box, or one for a single observation."""
        count = batch_size(observation, self.observation_space)
        if isinstance(self.action_space, spaces.Box):
            refuse_masks(action_masks)
            shape = self.action_space.shape if count is None else (count, *self.action_space.shape)
            drawn = self.rng.uniform(self.action_space.low, self.action_space.high, shape)
            return drawn.astype(self.action_space.dtype), state
        num_actions = int(self.action_space.n)
        if action_masks is None:
            actions = self.rng.integers(0, num_actions, size=count)
        else:
            masks = check_masks(action_masks, (num_actions,) if count is None else (count, num_actions))
            actions = np.where(masks, self.rng.random(masks.shape), -1.0).argmax(axis=-1)
        return np.asarray(actions, dtype=np.int64), state
