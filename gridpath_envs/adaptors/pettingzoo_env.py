"""The PettingZoo environments: a view of one environment of many agents, its axis of agents turned into dicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from pettingzoo.utils import AECEnv, OrderEnforcingWrapper, ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec_wrapper

from gridpath_envs.adaptors.shown import WINDOW_MODES, Shown
from gridpath_envs.checks import check_int
from gridpath_envs.errors import ConfigurationError, InvalidActionError, ResetNeededError, shown
from gridpath_envs.joint_reset_arguments import JOINT_OPTIONS
from gridpath_envs.maps import GridMap
from gridpath_envs.multi_agent_vector_env import JOINT_INFO_KEYS, GridMultiAgentVectorEnv
from gridpath_envs.tasks.arguments import MAX_STEPS


class GridPathParallelEnv(Shown, ParallelEnv[str, Any, int]):  # type: ignore[misc]
    """One environment of many agents behind PettingZoo's parallel API.

    ``gridpath envs show ID`` documents an id: its spaces, reward, episode end and arguments.

    Args:
        task: Registered id.
        render_mode: None, "ansi", "rgb_array", or "human": a window shows each reset and step.
        max_cycles: Additional cap on the time limit, in steps.
        **arguments: Configuration of the task, see ``MapfConfig``.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
        InfeasibleLevelError: There is not enough room for the agents.
        MissingPackageError: ``render_mode="human"`` needs pygame, which is not installed.
    """

    _vector: GridMultiAgentVectorEnv

    metadata: dict[str, Any] = {  # noqa: RUF012 (PettingZoo's own)
        "render_modes": list(WINDOW_MODES),
        "render_fps": 10,
        "is_parallelizable": True,
    }

    def __init__(
        self, task: str, render_mode: str | None = None, max_cycles: int | None = None, **arguments: Any
    ) -> None:
        """Allocate one environment."""
        for name in ("num_envs", "autoreset_mode", "copy", "num_threads"):
            if name in arguments:
                raise ConfigurationError(f"{name}: is for GridMultiAgentVectorEnv")
        if "max_episode_steps" in arguments:
            raise ConfigurationError("max_episode_steps: is called max_cycles here")
        if max_cycles is not None:
            max_cycles = check_int("max_cycles", max_cycles, 1, MAX_STEPS)
        lane_mode = self._open(render_mode)
        self._vector = GridMultiAgentVectorEnv(
            task,
            1,
            autoreset_mode=AutoresetMode.DISABLED,
            render_mode=lane_mode,
            max_episode_steps=max_cycles,
            **arguments,
        )
        self.metadata = {**self.metadata, "name": task.split("/")[-1]}
        self.max_cycles = max_cycles
        self.config = self._vector.config
        self.possible_agents = list(self.config.agent_names)
        self.agents: list[str] = []
        self._index = {name: k for k, name in enumerate(self.possible_agents)}
        # A space each, since each is seeded by itself.
        self._observation_spaces = {name: self.config.observation_space() for name in self.possible_agents}
        self._action_spaces = {name: self.config.action_space() for name in self.possible_agents}
        self.state_space = spaces.Box(0, 1, (3, *self.config.shape), np.uint8)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Return an agent's observation space."""
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Return an agent's action space."""
        return self._action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Begin an episode.

        Args:
            seed: Seeds the environment's stream; None continues it, so that each episode differs.
            options: ``starts`` and ``goals`` (cells, (N, 2)), ``level`` (number) or ``episode_seeds`` (one seed);
                others are ignored, as PettingZoo has it.

        Raises:
            InvalidOptionError: The seed or an option is malformed or out of range.
            InfeasibleLevelError: With the given starts or goals there is no path, or not enough room.
        """
        if isinstance(options, Mapping):
            options = {name: options[name] for name in JOINT_OPTIONS if name in options and name != "reset_mask"}
        observations, _ = self._vector.reset(seed=None if seed is None else [seed], options=options)
        self.agents = self.possible_agents[:]
        if self._window is not None:
            self._show(self._window)
        return self._observed(observations, self.agents), self._infos(self.agents)

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Take one action of each agent that takes part.

        Args:
            actions: An action for each of ``agents``.

        Raises:
            InvalidActionError: An action is missing, of an agent that is unknown or takes no part any more, or not in
                the action space.
            ResetNeededError: There was no reset yet, or the episode has ended.
        """
        if not self.agents:
            raise ResetNeededError("step: there is no agent left, or there was no reset yet; call reset() first")
        acting = self.agents
        vector = self._vector
        vector._advance(self._joint_action(actions))
        rewards, terminated, truncated = (
            vector._transitions[name].tolist() for name in ("reward", "terminated", "truncated")
        )
        index = self._index
        self.agents = [name for name in acting if not (terminated[index[name]] or truncated[index[name]])]
        if self._window is not None:
            self._show(self._window)
        return (
            self._observed(vector._joint(vector._observe()), acting),
            {name: rewards[index[name]] for name in acting},
            {name: terminated[index[name]] for name in acting},
            {name: truncated[index[name]] for name in acting},
            self._infos(acting),
        )

    def state(self) -> NDArray[np.uint8]:
        """Return the whole map, for critics that see all: obstacles, agents, goals. (3, H, W) uint8."""
        return self._vector.global_planes(0)

    # ------------------------------------------------------------------ beyond PettingZoo's API

    @property
    def positions(self) -> NDArray[np.int64]:
        """(N, 2) int64: the cell (row, col) of each agent; of one that has disappeared, its last."""
        positions: NDArray[np.int64] = self._vector.positions[0]
        return positions

    @property
    def starts(self) -> NDArray[np.int64]:
        """(N, 2) int64: the cell that each agent started in."""
        starts: NDArray[np.int64] = self._vector.starts[0]
        return starts

    @property
    def goals(self) -> NDArray[np.int64]:
        """(N, 2) int64: the goal of each agent."""
        goals: NDArray[np.int64] = self._vector.goals[0]
        return goals

    @property
    def grid_map(self) -> GridMap:
        """The map of the episode."""
        return self._vector.grid_map(0)

    @property
    def level(self) -> int:
        """The number of the level that is played."""
        return int(self._vector.levels[0])

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions run into no wall, (N, A) bool; to stay is all for one that takes no part."""
        masks: NDArray[np.bool_] = self._vector.action_masks()[0]
        return masks

    def optimal_actions(self) -> NDArray[np.bool_]:
        """Return which actions begin a shortest path of an agent by itself, (N, A) bool; none at its goal."""
        optimal: NDArray[np.bool_] = self._vector.optimal_actions()[0]
        return optimal

    def distance_to_goal(self) -> NDArray[np.float64]:
        """Return the length of the shortest path of each agent by itself, (N,) float64."""
        distances: NDArray[np.float64] = self._vector.distance_to_goal()[0]
        return distances

    def get_state(self) -> NDArray[np.uint8]:
        """Return the state, (1, R) uint8; see ``GridMultiAgentVectorEnv.get_state``."""
        return self._vector.get_state()

    def set_state(self, state: NDArray[np.uint8]) -> None:
        """Take a saved state, (1, R) uint8; see ``GridMultiAgentVectorEnv.set_state``."""
        self._vector.set_state(state)
        active = self._vector.active[0]
        self.agents = [name for name, k in self._index.items() if active[k]]

    # ------------------------------------------------------------------ private

    def _joint_action(self, actions: Mapping[str, int]) -> NDArray[np.int64]:
        if not isinstance(actions, Mapping):
            raise InvalidActionError(f"actions: expected a dict with an action for each agent, got {shown(actions)}")
        joint = self._vector._motion.empty_actions(len(self.possible_agents))
        check = self._vector._motion.check_action
        for name in self.agents:
            if name not in actions:
                raise InvalidActionError(f"actions: that of {name} is missing; needed of each of env.agents")
            try:
                joint[self._index[name]] = check(actions[name])
            except InvalidActionError as error:
                raise InvalidActionError(f"actions: of {name}: {error}") from None
        if len(actions) > len(self.agents):
            for name in actions:
                if name not in self._index:
                    raise InvalidActionError(
                        f"actions: there is no agent {shown(name)}; they are {self.possible_agents[0]} to"
                        f" {self.possible_agents[-1]}"
                    )
                if name not in self.agents:
                    raise InvalidActionError(f"actions: the episode of {name} has ended; only env.agents act")
        return joint

    def _observed(self, observations: Any, agents: list[str]) -> dict[str, Any]:
        if isinstance(observations, dict):
            return {
                name: {part: values[0, self._index[name]] for part, values in observations.items()} for name in agents
            }
        return {name: observations[0, self._index[name]] for name in agents}

    def _infos(self, agents: list[str]) -> dict[str, dict[str, Any]]:
        columns = {key: self._vector._lanes[key].tolist() for key in JOINT_INFO_KEYS}
        infos = {name: {key: column[self._index[name]] for key, column in columns.items()} for name in agents}
        if self.config.shows_masks:
            masks = self.action_masks().astype(np.int8)
            for name in agents:
                infos[name]["action_mask"] = masks[self._index[name]]
        return infos


class GridPathAECEnv(parallel_to_aec_wrapper):  # type: ignore[misc]
    """The same environment with agents that act one after another; what they do happens when the last has acted.

    Args:
        parallel_env: The parallel environment.
    """

    def step(self, action: int | None) -> None:
        """Keep the action of the agent whose turn it is, None for one whose episode has ended.

        Raises:
            InvalidActionError: It is not in the action space; the agent may act again.
        """
        agent = self.agent_selection
        has_ended = self.terminations[agent] or self.truncations[agent]
        if has_ended and action is not None:
            raise InvalidActionError(
                f"action: the episode of {agent} has ended, so it must be None, got {shown(action)}"
            )
        if not has_ended:
            try:
                action = self.unwrapped._vector._motion.check_action(action)
            except InvalidActionError as error:
                raise InvalidActionError(f"{error}, for {agent}") from None
        super().step(action)


def make_parallel(task: str, arguments: dict[str, Any]) -> ParallelEnv[str, Any, int]:
    """Make an id's parallel environment."""
    return GridPathParallelEnv(task, **arguments)


def make_aec(task: str, arguments: dict[str, Any]) -> AECEnv[str, Any, int | None]:
    """Make an id's environment in which agents act one after another; what they do happens when the last has acted."""
    return OrderEnforcingWrapper(GridPathAECEnv(make_parallel(task, arguments)))
