"""The Stable-Baselines3 VecEnv over many agents: a lane an agent, for training that shares parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.adaptors.sb3_vec_env import LANE_METHODS, GridVecEnv
from gridpath_envs.errors import InvalidOptionError
from gridpath_envs.multi_agent_vector_env import GridMultiAgentVectorEnv


class AgentVecEnv(GridVecEnv):
    """SB3's VecEnv over the agents of B environments, for training that shares parameters: lane b * N + k is agent k.

    A lane is done when its agent's episode ends. SB3 cannot drop lanes, so the lane of an agent that has disappeared
    goes on until all begin anew, which ends it once more, without an ``episode`` in its info: its observations are all
    zeros, as no agent's window is, its rewards 0 and its actions void.
    ``gridpath_agents.agent_buffer.AgentRolloutBuffer`` leaves such rows out of what is learned. Episodes are monitored
    already; ``VecMonitor`` would take the second end of such a lane for another episode.

    Args:
        vector: Environments in SAME_STEP mode that return copies.
        continuous_actions: Whether an action is a preference for each discrete one, see ``GridVecEnv``.

    Raises:
        ConfigurationError: The environments are in another mode, or return views.
    """

    vector: GridMultiAgentVectorEnv  # type: ignore[assignment]

    @property
    def num_agents(self) -> int:
        """N."""
        return self.vector.num_agents

    def seed(self, seed: int | None = None) -> list[Any]:
        """Seed the next reset: environment b with ``seed + b``.

        Args:
            seed: Seed of the first environment; None for a random one.
        """
        first = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self._seeds = [first + self._env_of(lane) for lane in range(self.num_envs)]
        return self._seeds

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Step every agent, and begin the environments anew in which all have ended."""
        vector = self.vector
        vector._advance(self._actions)
        transitions = vector._transitions
        rewards = transitions["reward"].copy()
        dones = transitions["terminated"] | transitions["truncated"]
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if not dones.any():
            return vector._observe(), rewards, dones, infos
        self._tell_episodes(dones, infos)
        restarts = np.repeat(vector._finished_envs(), self.num_agents)
        if vector._num_finished:
            vector._restart_finished()
            lanes = np.flatnonzero(restarts)
            for lane, info in zip(lanes, self._lane_infos(vector._infos(None), lanes), strict=True):
                self.reset_infos[lane] = info
        observations = vector._observe()
        idle = dones & ~restarts
        for part in observations.values() if isinstance(observations, dict) else (observations,):
            part[idle] = 0
        return observations, rewards, dones | restarts, infos

    def shortest_path(self, lane: int) -> list[tuple[Any, Any]]:
        """Return a shortest path of a lane's agent by itself to its goal, both included."""
        return self.vector.shortest_path(*divmod(lane, self.num_agents))

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Return a picture of each environment."""
        return list(self.vector.render() or [None] * self.vector.num_envs)

    @staticmethod
    def _lane_spaces(vector: Any) -> tuple[Any, Any]:
        return vector.agent_observation_space, vector.agent_action_space

    def _by_lane(self, values: Any) -> Any:
        if isinstance(values, dict):
            return {name: self._by_lane(part) for name, part in values.items()}
        vector = self.vector
        if values.ndim > 1 and values.shape[1] == self.num_agents and len(values) == vector.num_envs:
            return values.reshape(self.num_envs, *values.shape[2:])
        return np.repeat(values, self.num_agents, axis=0)

    def _env_of(self, lane: int) -> int:
        return lane // self.vector.num_agents

    def _env_seeds(self) -> list[Any]:
        return self._seeds[:: self.num_agents]

    def _lane_methods(self) -> tuple[str, ...]:
        return tuple(name for name in LANE_METHODS if name not in ("optimal_return", "get_state"))

    def _merged_options(self) -> dict[str, Any] | None:
        """Turn SB3's one dict a lane into one value an environment: that of its first agent's lane."""
        for lane, options in enumerate(self._options):
            if not _are_equal(options, self._options[self._env_of(lane) * self.num_agents]):
                raise InvalidOptionError(
                    f"options: lane {lane} has others than the first agent of its environment; agents of one share them"
                )
        return self._merge(self._options[:: self.num_agents])


def _are_equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one is other or (set(one) == set(other) and all(np.array_equal(one[name], other[name]) for name in one))
