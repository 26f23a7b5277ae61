"""GridMultiAgentVectorEnv: B environments of N agents each, all stepped in one compiled call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.errors import ConfigurationError, InvalidActionError
from gridpath_envs.joint_lanes import JointLanes
from gridpath_envs.joint_reset_arguments import JointResetPlan, parse_joint_options
from gridpath_envs.tasks import JOINT_TASKS, get_task
from gridpath_envs.vector_env import VectorApi

# The fields of an agent that every info shows.
JOINT_INFO_KEYS = (
    "is_success",
    "optimal_length",
    "path_length",
    "arrival",
    "num_arrivals",
    "num_collisions",
)


class GridMultiAgentVectorEnv(JointLanes, VectorApi):
    """A batch of environments of many agents behind Gymnasium's vector API, every array with an axis of agents.

    Environment i of ``reset(seed=s)`` is exactly the PettingZoo environment that is reset with seed ``s + i``. An agent
    that has disappeared goes on as zeros, and its actions are void; ``active`` tells which take part. An environment is
    begun anew when the episode of every agent has ended. Gymnasium's vector wrappers that read rewards expect (B,) of
    them, and here they are (B, N).

    Args:
        task: Registered id, ``"gridpath/mapf_v0"`` or ``"gridpath/lifelong_v0"``.
        num_envs: B, the number of environments.
        autoreset_mode: Gymnasium's NEXT_STEP (default), SAME_STEP or DISABLED, or "NextStep", "SameStep" or
            "Disabled".
        copy: Whether observations are new arrays; False returns a view that the next step overwrites.
        num_threads: Threads that share the environments, 1 to 256; results do not depend on it.
        render_mode: None, "ansi" or "rgb_array".
        **arguments: Configuration of the task, see ``MapfConfig``.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
        InfeasibleLevelError: There is not enough room for the agents.
    """

    INFO_KEYS: ClassVar[tuple[str, ...]] = JOINT_INFO_KEYS

    def __init__(self, task: str = "gridpath/mapf_v0", *arguments: Any, **keywords: Any) -> None:
        """Make the environments and their spaces."""
        if get_task(task).id not in JOINT_TASKS:
            raise ConfigurationError(f"task: {task!r} is of one agent; allowed: {', '.join(map(repr, JOINT_TASKS))}")
        super().__init__(task, *arguments, **keywords)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in each environment, or in those of ``options["reset_mask"]``.

        Args:
            seed: Environment i is seeded with ``seed + i``, or with element i; None continues its stream.
            options: ``starts`` and ``goals`` (cells, (N, 2) or (B, N, 2)), ``level`` (number) or ``episode_seeds``
                (equal seeds, equal level), each one value or one an environment; ``reset_mask`` (B,) bool.

        Returns:
            Observations (B, N, ...) and infos.

        Raises:
            InvalidOptionError: A seed or option is unknown, malformed or out of range.
            InfeasibleLevelError: With the given starts or goals there is no path, or not enough room.
        """
        return self._reset(seed, options)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Take one joint action in each environment.

        Args:
            actions: (B, N) integers; those of agents that take no part any more are void.

        Returns:
            Observations (B, N, ...), rewards (B, N) float64, terminated and truncated (B, N) bool, infos. An agent is
            terminated or truncated in the step in which its episode ends, and neither afterwards.

        Raises:
            InvalidActionError: The actions have another shape or dtype, or one is out of range.
            ResetNeededError: There was no reset yet, or a finished environment is stepped with autoreset disabled.
        """
        return self._step(self._flat_actions(actions))

    # ------------------------------------------------------------------ shared with the adaptors

    def _flat_actions(self, actions: Any) -> NDArray[np.int64]:
        array = as_array(actions)
        if array.shape != (self.num_envs, self.num_agents) or array.dtype.kind not in "iu":
            raise InvalidActionError(
                f"actions: expected integers of shape ({self.num_envs}, {self.num_agents}), got {array.dtype} of shape"
                f" {array.shape}"
            )
        wrong = np.argwhere((array < 0) | (array >= self.config.num_actions))
        if len(wrong):
            i, agent = wrong[0].tolist()
            raise InvalidActionError(
                f"actions: agent {agent} of environment {i} has the action {array[i, agent]}, allowed: 0 to"
                f" {self.config.num_actions - 1}"
            )
        return array.astype(np.int64).ravel()

    def _single_spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        self.agent_observation_space = self.config.observation_space()
        self.agent_action_space = self.config.action_space()
        joint = (self.agent_observation_space, self.agent_action_space)
        observation_space, action_space = (batch_space(space, self.num_agents) for space in joint)
        return observation_space, action_space

    def _plan_reset(self, options: dict[str, Any] | None) -> JointResetPlan:
        return parse_joint_options(options, self.config, self._level_set, self.num_envs)

    def _per_env(self, values: NDArray[Any]) -> NDArray[Any]:
        return self._by_agent(values)

    def _shaped(self, observations: Any) -> Any:
        return self._joint(observations)

    def _final_observations(self, finished: NDArray[np.bool_]) -> NDArray[Any]:
        final_obs = np.full(self.num_envs, None, dtype=object)
        observed = self._joint(self._observer.observe_some(self._lanes, self._maps, self._params))
        for i in np.flatnonzero(finished):
            is_dict = isinstance(observed, dict)
            final_obs[i] = {name: part[i] for name, part in observed.items()} if is_dict else observed[i]
        return final_obs

    def _more_infos(self) -> dict[str, NDArray[Any]]:
        return {"active": self.active}
