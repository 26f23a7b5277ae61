"""GridMultiAgentVectorEnv: B environments of N agents each, all stepped in one compiled call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.errors import ConfigurationError, InvalidActionError, InvalidOptionError, ResetNeededError
from gridpath_envs.joint_lanes import JointLanes
from gridpath_envs.joint_reset_arguments import parse_joint_options
from gridpath_envs.rendering import RENDER_MODES, render_scene
from gridpath_envs.reset_arguments import parse_seeds
from gridpath_envs.tasks import JOINT_TASKS, get_task
from gridpath_envs.vector_env import check_autoreset_mode, check_render_mode

# The fields of an agent that every info shows.
JOINT_INFO_KEYS = (
    "is_success",
    "optimal_length",
    "path_length",
    "arrival",
    "num_arrivals",
    "num_collisions",
)


class GridMultiAgentVectorEnv(JointLanes, VectorEnv[Any, Any, Any]):
    """A batch of environments of many agents behind Gymnasium's vector API, every array with an axis of agents.

    Environment i of ``reset(seed=s)`` is exactly the PettingZoo environment that is reset with seed ``s + i``. An agent
    that has disappeared goes on as zeros, and its actions are void; ``active`` tells which take part. An environment is
    begun anew when the episode of every agent has ended.

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

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 10}  # noqa: RUF012 (Gymnasium's own)

    def __init__(
        self,
        task: str = "gridpath/mapf_v0",
        num_envs: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        num_threads: int = 1,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        """Make the environments and their spaces."""
        if get_task(task).id not in JOINT_TASKS:
            raise ConfigurationError(f"task: {task!r} is of one agent; allowed: {', '.join(map(repr, JOINT_TASKS))}")
        self.render_mode = check_render_mode(render_mode)
        self.autoreset_mode = check_autoreset_mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        try:
            super().__init__(task, num_envs, copy, num_threads, render_mode is not None, arguments)
            self.agent_observation_space = self.config.observation_space()
            self.agent_action_space = self.config.action_space()
            self.single_observation_space = batch_space(self.agent_observation_space, self.num_agents)
            self.single_action_space = batch_space(self.agent_action_space, self.num_agents)
            self.observation_space = batch_space(self.single_observation_space, self.num_envs)
            self.action_space = batch_space(self.single_action_space, self.num_envs)
        except MemoryError as error:
            message = f"num_envs: there is not enough memory for {num_envs} environments of this task ({error})"
            raise ConfigurationError(message) from None

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
        seeds = parse_seeds(seed, self.num_envs)
        plan = parse_joint_options(options, self.config, self._level_set, self.num_envs)
        if not self._started and not plan.mask.all():
            raise InvalidOptionError("reset_mask: the first reset must begin every environment")
        self._begin(seeds, plan)
        return self._joint(self._observe()), self._infos(plan.mask)

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
        self._advance(self._flat_actions(actions))
        rewards = self._by_agent(self._transitions["reward"].astype(np.float64))
        terminated = self._by_agent(self._transitions["terminated"].copy())
        truncated = self._by_agent(self._transitions["truncated"].copy())
        infos: dict[str, Any] = {}
        if self._num_finished and self.autoreset_mode is AutoresetMode.SAME_STEP:
            finished = self._finished_envs()
            final_obs = np.full(self.num_envs, None, dtype=object)
            observed = self._joint(self._observer.observe_some(self._lanes, self._maps, self._params))
            for i in np.flatnonzero(finished):
                is_dict = isinstance(observed, dict)
                final_obs[i] = {name: part[i] for name, part in observed.items()} if is_dict else observed[i]
            infos = {
                "final_obs": final_obs,
                "_final_obs": finished,
                "final_info": self._infos(finished),
                "_final_info": finished.copy(),
            }
            self._restart_finished()
        infos.update(self._infos(None))
        return self._joint(self._observe()), rewards, terminated, truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """Return a picture of each environment, or None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(self._render_lane(i) for i in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """End the threads, where there are any."""
        if self._threads is not None:
            self._threads.close()

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

    def _resume_finished(self) -> None:
        if self.autoreset_mode is AutoresetMode.DISABLED:
            i = int(np.flatnonzero(self._finished_envs())[0])
            raise ResetNeededError(f"step: the episode of environment {i} has ended; reset it first")
        super()._resume_finished()

    def _infos(self, mask: NDArray[np.bool_] | None) -> dict[str, Any]:
        """Return Gymnasium's vector infos: (B, N) an entry, and under ``_key`` which environments have it."""
        values: dict[str, NDArray[Any]] = {key: self._by_agent(self._lanes[key].copy()) for key in JOINT_INFO_KEYS}
        values["active"] = self.active
        if self.config.shows_masks:
            values["action_mask"] = self.action_masks().astype(np.int8)
        infos: dict[str, Any] = {}
        for key, value in values.items():
            if mask is not None:
                value[~mask] = 0
            infos[key] = value
            infos[f"_{key}"] = np.ones(self.num_envs, dtype=np.bool_) if mask is None else mask.copy()
        return infos

    def _render_lane(self, i: int) -> Any:
        return render_scene(self.render_mode or "", self._scene(i))
