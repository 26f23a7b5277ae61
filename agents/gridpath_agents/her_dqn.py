"""DQN with hindsight experience replay, for environments that are goal-conditioned.

Reference:
    Andrychowicz et al. 2017, Hindsight experience replay, arXiv 1707.01495.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from gymnasium import spaces
from stable_baselines3 import HerReplayBuffer
from stable_baselines3.common.buffers import DictReplayBuffer

from gridpath_agents.base import check_env
from gridpath_agents.dqn import DQN
from gridpath_envs.checks import check_int
from gridpath_envs.errors import ConfigurationError, shown


class HerDQN(DQN):
    """DQN whose replay buffer takes goals that were reached later for those that were meant."""

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv.

        Raises:
            ConfigurationError: The environment is not goal-conditioned, or a parameter is unknown or out of range.
        """
        check_env(env)
        space = env.observation_space
        if not isinstance(space, spaces.Dict) or "desired_goal" not in space.spaces:
            raise ConfigurationError("her_dqn: needs an environment that is goal_conditioned, such as GridPathGoal-v0")
        buffer = parameters.get("replay_buffer_kwargs", {})
        if not isinstance(buffer, Mapping):
            raise ConfigurationError(f"replay_buffer_kwargs: expected a table, got {shown(buffer)}")
        if "n_sampled_goal" in buffer:
            check_int("replay_buffer_kwargs.n_sampled_goal", buffer["n_sampled_goal"], 0, 1000)
        return super().make(env, **{"replay_buffer_class": HerReplayBuffer, **parameters})

    def _setup_model(self) -> None:
        if self.env is None:
            # Loaded to act only: the buffer asks an environment for rewards.
            kept = self.replay_buffer_class, self.replay_buffer_kwargs
            self.replay_buffer_class, self.replay_buffer_kwargs = DictReplayBuffer, {}
            super()._setup_model()
            self.replay_buffer_class, self.replay_buffer_kwargs = kept
        else:
            super()._setup_model()

    def set_env(self, env: Any, force_reset: bool = True) -> None:
        """Act and learn in another VecEnv of the same spaces.

        Args:
            env: The VecEnv.
            force_reset: Whether its next use begins with a reset.
        """
        super().set_env(env, force_reset)
        if isinstance(self.replay_buffer, HerReplayBuffer):
            # Its own method takes no second one.
            self.replay_buffer.env = self.get_env()
        else:
            # What was learnt stays: the buffer is all that an environment was needed for.
            self.replay_buffer = HerReplayBuffer(
                self.buffer_size,
                self.observation_space,  # type: ignore[arg-type]  # make has seen that it is a Dict
                self.action_space,
                device=self.device,
                n_envs=self.n_envs,
                optimize_memory_usage=self.optimize_memory_usage,
                **{**self.replay_buffer_kwargs, "env": self.get_env()},
            )
