"""Continuous actions for a single environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError, shown
from gridpath_envs.wrappers.preferences import choose_actions, preference_space


class ContinuousActions(gymnasium.ActionWrapper[Any, NDArray[Any], Any], RecordConstructorArgs):
    """Plays an environment of A discrete actions with A preferences, of which the highest is taken.

    The action space is ``Box(-1, 1, (A,), float32)``; of equal preferences the first is taken. Preferences are not
    clipped to the space, which would make ties: infinities and values beyond it are compared as they are, as float32.

    Args:
        env: Environment of any library with a ``Discrete`` action space; for vector environments, see
            ``gridpath_envs.wrappers.vector.ContinuousActions``.

    Raises:
        ConfigurationError: It is no single environment, or its actions are not discrete.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Replace the action space."""
        if not isinstance(env, gymnasium.Env):
            raise ConfigurationError(f"env: expected a gymnasium.Env, got {shown(env)}")
        space: Any = env.action_space
        preferences = preference_space(space)
        RecordConstructorArgs.__init__(self)
        gymnasium.ActionWrapper.__init__(self, env)
        self.action_space = preferences
        self._shape = preferences.shape
        self._start = space.start
        # As the environment's own space samples them.
        self._dtype = space.dtype.type

    def action(self, action: Any) -> np.integer[Any]:
        """Return the discrete action that preferences choose.

        Args:
            action: (A,) real numbers.

        Raises:
            InvalidActionError: The preferences have another shape or dtype, or one is NaN.
        """
        chosen: np.integer[Any] = self._dtype(self._start + choose_actions(action, self._shape, "action")[0])
        return chosen
