"""Rollout buffers for lanes that are agents: what an agent's lane holds after it is gone is not learned from.

With ``on_arrival="disappear"`` the lane of an agent that was at its goal goes on without it, see ``AgentVecEnv``. Its
rows hold observations of zeros and whatever the policy chose there: in the loss they would count as much as those of
agents on their way, and advantages would be normalised by them.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictRolloutBuffer, RolloutBuffer
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

from gridpath_envs.adaptors.sb3_agents import AgentVecEnv
from gridpath_envs.errors import ConfigurationError

_ROWS = ("actions", "values", "log_probs", "advantages", "returns")


class _AgentRows:
    """What both buffers do: keep the rows of agents that take part, and deal out minibatches of them."""

    # Of SB3's buffers.
    observations: Any
    full: bool
    generator_ready: bool

    def get(self, batch_size: int | None = None) -> Generator[Any, None, None]:
        """Yield the rows of agents that take part, in a random order.

        Args:
            batch_size: Rows of a minibatch at most; None for one of all rows. Where rows are left out, minibatches are
                of equal sizes, give or take one, since what is left over may be a few rows only.
        """
        if not self.full:
            raise RuntimeError("get: the buffer is not full yet")
        if not self.generator_ready:
            self._keep_active()
            self.generator_ready = True
        count = len(self._column("returns"))
        order = np.random.permutation(count)  # noqa: NPY002 - as SB3 draws it
        size = count if batch_size is None else batch_size
        if self._is_whole:
            parts = [order[first : first + size] for first in range(0, count, size)]
        else:
            parts = np.array_split(order, -(-count // size)) if count else []
        for part in parts:
            yield self._get_samples(part)  # type: ignore[attr-defined]

    def _keep_active(self) -> None:
        """Put the rows of all lanes behind each other, (T * L, ...), without those of agents that are gone."""
        flatten = self.swap_and_flatten  # type: ignore[attr-defined]
        is_dict = isinstance(self.observations, dict)
        parts = self.observations if is_dict else {"": self.observations}
        parts = {name: flatten(part) for name, part in parts.items()}
        is_active = np.any([part.reshape(len(part), -1).any(axis=1) for part in parts.values()], axis=0)
        self._is_whole = bool(is_active.all())
        rows: Any = slice(None) if self._is_whole else is_active
        parts = {name: part[rows] for name, part in parts.items()}
        self.observations = parts if is_dict else parts[""]
        for name in _ROWS:
            setattr(self, name, flatten(self._column(name))[rows])

    def _column(self, name: str) -> NDArray[Any]:
        column: NDArray[Any] = getattr(self, name)
        return column


class AgentRolloutBuffer(_AgentRows, RolloutBuffer):
    """SB3's RolloutBuffer without the rows whose observations are all zeros, those of agents that are gone.

    An agent's lane is done when the agent has arrived, so the advantages of its own rows are those of an episode that
    ended there. Pass it as ``rollout_buffer_class``, for an ``AgentVecEnv`` of ``on_arrival="disappear"`` whose
    observations nothing normalises on the way; our PPO chooses it there by itself. Without such rows it is SB3's.
    """


class AgentDictRolloutBuffer(_AgentRows, DictRolloutBuffer):
    """``AgentRolloutBuffer`` for observations that are dicts: a row is left out where every part of it is zeros."""


def agent_buffer_class(env: Any) -> type[RolloutBuffer] | None:
    """Return the buffer for an environment whose agents disappear, None where SB3's own does.

    Args:
        env: VecEnv, or None.

    Raises:
        ConfigurationError: Observations are normalised, which hides the zeros that tell who has disappeared.
    """
    inner = getattr(env, "unwrapped", None)
    if not isinstance(inner, AgentVecEnv) or inner.vector.config.on_arrival != "disappear":
        return None
    wrapper = env
    while isinstance(wrapper, VecEnvWrapper):
        if isinstance(wrapper, VecNormalize) and wrapper.norm_obs:
            raise ConfigurationError(
                "env: VecNormalize hides the zeros that tell which agents have disappeared; give it norm_obs=False"
            )
        wrapper = wrapper.venv
    return AgentDictRolloutBuffer if isinstance(inner.observation_space, spaces.Dict) else AgentRolloutBuffer
