"""Continuous actions for vector environments, under the name that the wrapper of a single one has."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import VectorActionWrapper, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError, shown
from gridpath_envs.wrappers.preferences import choose_actions, preference_space


class ContinuousActions(VectorActionWrapper[Any, NDArray[Any], Any, Any]):
    """Plays lanes of A discrete actions with A preferences each, of which the highest is taken.

    As ``gridpath_envs.wrappers.ContinuousActions`` does for one environment: of equal preferences the first is taken,
    and they are not clipped to the space.

    Args:
        env: Vector environment of any library whose ``single_action_space`` is ``Discrete``.

    Raises:
        ConfigurationError: It is no vector environment, or its actions are not discrete.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        """Replace the action spaces."""
        if not isinstance(env, VectorEnv):
            raise ConfigurationError(f"env: expected a gymnasium.vector.VectorEnv, got {shown(env)}")
        space: Any = env.single_action_space
        preferences = preference_space(space)
        super().__init__(env)
        self.single_action_space = preferences
        self.action_space = batch_space(preferences, env.num_envs)
        self._shape = (env.num_envs, *preferences.shape)
        self._start = space.start
        self._dtype = space.dtype

    def actions(self, actions: Any) -> NDArray[np.integer[Any]]:
        """Return the discrete actions that preferences choose, (B,) integers.

        Args:
            actions: (B, A) real numbers.

        Raises:
            InvalidActionError: The preferences have another shape or dtype, or one is NaN.
        """
        chosen: NDArray[np.integer[Any]] = self._start + choose_actions(actions, self._shape)
        return chosen.astype(self._dtype, copy=False)
