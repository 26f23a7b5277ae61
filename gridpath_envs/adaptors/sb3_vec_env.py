"""The native Stable-Baselines3 VecEnv: the lanes of GridVectorEnv under SB3's contract, without Monitor or copies."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from gridpath_envs.checks import check_bool
from gridpath_envs.errors import ConfigurationError, InvalidOptionError
from gridpath_envs.maps import GridMap
from gridpath_envs.vector_env import GridVectorEnv
from gridpath_envs.wrappers.preferences import choose_actions, preference_space

# What a lane can be asked through ``env_method``: one value a lane, computed for all lanes at once.
LANE_METHODS = ("action_masks", "optimal_actions", "distance_to_goal", "optimal_return", "observe", "get_state")

# What can be asked about goals of any lane, or of a replay buffer.
_GOAL_METHODS = ("compute_reward", "compute_terminated", "compute_truncated")

# What ``get_attr`` finds besides: attributes of the single environment that all lanes share.
_SHARED = ("config", "metadata", "render_mode", "spec")


class GridVecEnv(VecEnv):
    """SB3's VecEnv over B lanes that are stepped in one compiled call.

    A lane that finishes is reset in the same step. Its info then has ``episode`` and ``is_success`` as Monitor would
    give them, ``TimeLimit.truncated``, ``terminal_observation``, ``terminal_position`` (row, col), ``optimal_length``
    and ``path_length``; the infos of other lanes are empty.

    Args:
        vector: Lanes in SAME_STEP mode that return copies.
        continuous_actions: Whether an action is a preference for each of the A discrete ones, of which the highest is
            taken, as ``gridpath_envs.wrappers.ContinuousActions`` does it. ``vector``, masks and oracles stay those
            of the discrete task.

    Raises:
        ConfigurationError: The lanes are in another mode, or return views; or ``continuous_actions`` are asked for
            where actions are not discrete.
    """

    def __init__(self, vector: GridVectorEnv, continuous_actions: bool = False) -> None:
        """Take over the lanes."""
        if vector.autoreset_mode is not AutoresetMode.SAME_STEP or not vector.copy:
            raise ConfigurationError("vector: SB3 keeps observations, so lanes must be in SAME_STEP mode and copy=True")
        self.vector = vector
        self.metadata = vector.metadata
        self._set_attributes: dict[str, dict[int, Any]] = {}
        self._actions = vector._motion.empty_actions(vector.num_lanes)
        self._begun_at = time.perf_counter()
        observation_space, action_space = self._lane_spaces(vector)
        self._preferences_shape: tuple[int, int] | None = None
        if check_bool("continuous_actions", continuous_actions):
            action_space = preference_space(action_space)
            self._preferences_shape = (vector.num_lanes, action_space.shape[0])
        super().__init__(vector.num_lanes, observation_space, action_space)

    def reset(self) -> Any:
        """Begin an episode in each lane, with the seeds and options set before."""
        try:
            _, infos = self.vector.reset(seed=self._env_seeds(), options=self._merged_options())
        finally:
            # They are for one reset, also for one that fails: the next must not fail of the same.
            self._reset_seeds()
            self._reset_options()
        self.reset_infos = self._lane_infos(infos, np.arange(self.num_envs))
        return self.vector._observe()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for ``step_wait``.

        Args:
            actions: (B,) integers; with ``continuous_actions``, (B, A) real numbers.

        Raises:
            InvalidActionError: The actions have another shape or dtype, or one is out of range or NaN.
        """
        if self._preferences_shape is None:
            self._actions = self.vector._motion.check_actions(actions, self.num_envs)
        else:
            self._actions = choose_actions(actions, self._preferences_shape)

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Step every lane, and reset those that finish."""
        vector = self.vector
        vector._advance(self._actions)
        rewards = vector._transitions["reward"].copy()
        dones = vector._lanes["finished"].copy()
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if vector._num_finished:
            self._finish(dones, infos)
        return vector._observe(), rewards, dones, infos

    def close(self) -> None:
        """Close the lanes."""
        self.vector.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of each lane, as the single environment has it.

        Raises:
            AttributeError: The single environment has no such attribute.
        """
        lanes = list(self._get_indices(indices))
        given = self._set_attributes.get(attr_name, {})
        if all(lane in given for lane in lanes):
            return [given[lane] for lane in lanes]
        if attr_name in self._lane_methods() or (attr_name in _GOAL_METHODS and self.vector.config.goal_conditioned):
            values: list[Any] = [partial(self._lane_method, attr_name, lane) for lane in range(self.num_envs)]
        elif attr_name == "position":
            values = [tuple(cell) for cell in self.positions.tolist()]
        elif attr_name in ("observation_space", "action_space"):
            values = [getattr(self, attr_name)] * self.num_envs
        elif attr_name == "level":
            values = self._by_lane(self.vector.levels).tolist()
        elif attr_name == "grid_map":
            values = [self.grid_map(lane) for lane in range(self.num_envs)]
        elif attr_name in _SHARED:
            values = [getattr(self.vector, attr_name)] * self.num_envs
        else:
            raise AttributeError(f"lanes have no attribute {attr_name!r}")
        return [given.get(lane, values[lane]) for lane in lanes]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of lanes, which ``get_attr`` then returns."""
        self._set_attributes.setdefault(attr_name, {}).update(dict.fromkeys(self._get_indices(indices), value))

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of each lane: an oracle, ``action_masks``, ``observe``, ``get_state`` or ``render``.

        Raises:
            AttributeError: Lanes have no such method.
        """
        lanes = list(self._get_indices(indices))
        if method_name == "render":
            pictured = self.vector.render_mode is not None
            return [self.vector._render_lane(self._env_of(lane)) if pictured else None for lane in lanes]
        if method_name in _GOAL_METHODS:
            # Of goals that the caller brings, so that all lanes give the same answer.
            return [getattr(self.vector, method_name)(*method_args, **method_kwargs)] * len(lanes)
        if method_name not in self._lane_methods():
            allowed = ", ".join(("render", *self._lane_methods(), *_GOAL_METHODS))
            raise AttributeError(f"lanes have no method {method_name!r}, allowed: {allowed}")
        values = self._by_lane(getattr(self.vector, method_name)(*method_args, **method_kwargs))
        return [values[lane] for lane in lanes]

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: Any = None
    ) -> list[bool]:
        """Tell SB3 that episodes are monitored, so that it does not wrap again."""
        monitored = isinstance(wrapper_class, type) and issubclass(wrapper_class, Monitor)
        return [monitored for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Return a picture of each lane."""
        return list(self.vector.render() or [None] * self.vector.num_envs)

    # ------------------------------------------------------------------ beyond SB3's contract

    @property
    def env_id(self) -> str:
        """The registered id that the lanes play."""
        return self.vector.task

    @property
    def level_numbers(self) -> NDArray[np.int64] | None:
        """(num_levels,) int64, the level set, or None where levels are unlimited."""
        return self.vector.level_numbers

    @property
    def positions(self) -> NDArray[Any]:
        """(B, 2): the cell (row, col) of each agent, int64; of a disc its centre in cells, float64."""
        positions: NDArray[Any] = self._by_lane(self.vector.positions)
        return positions

    @property
    def starts(self) -> NDArray[np.int64]:
        """(B, 2) int64: the cell that each episode started in."""
        starts: NDArray[np.int64] = self._by_lane(self.vector.starts)
        return starts

    @property
    def goals(self) -> NDArray[np.int64]:
        """(B, 2) int64: the goal of each lane."""
        goals: NDArray[np.int64] = self._by_lane(self.vector.goals)
        return goals

    def grid_map(self, lane: int) -> GridMap:
        """Return the map that a lane is on, with the lane's start and goal."""
        return self.vector.grid_map(self._env_of(lane))

    def refresh(self) -> None:
        """Bring ``reset_infos`` up to date after lanes were stepped past this env, as compiled training does."""
        self.reset_infos = self._lane_infos(self.vector._infos(None), np.arange(self.num_envs))

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions run into nothing, (B, A) bool; see ``GridVectorEnv``."""
        action_masks: NDArray[np.bool_] = self._by_lane(self.vector.action_masks())
        return action_masks

    def optimal_actions(self) -> NDArray[Any]:
        """Return which actions begin a shortest path, (B, A) bool, or one that does, (B, 2) float32."""
        optimal_actions: NDArray[Any] = self._by_lane(self.vector.optimal_actions())
        return optimal_actions

    def distance_to_goal(self) -> NDArray[np.float64]:
        """Return the cost of the shortest path from each agent to its goal, (B,) float64."""
        distance_to_goal: NDArray[np.float64] = self._by_lane(self.vector.distance_to_goal())
        return distance_to_goal

    def optimal_return(self) -> NDArray[np.float64]:
        """Return the best expected return from each lane's cell, (B,) float64; see ``GridVectorEnv``."""
        return self.vector.optimal_return()

    def shortest_path(self, lane: int) -> list[tuple[Any, Any]]:
        """Return a shortest path from a lane's agent to its goal: cells (row, col), or points in the plane."""
        return self.vector.shortest_path(lane)

    # ------------------------------------------------------------------ private

    @staticmethod
    def _lane_spaces(vector: Any) -> tuple[Any, Any]:
        """Return the observation and the action space of a lane."""
        return vector.single_observation_space, vector.single_action_space

    def _by_lane(self, values: Any) -> Any:
        """Return what the vector environment says with one value a lane."""
        return values

    def _env_of(self, lane: int) -> int:
        """Return which environment a lane belongs to."""
        return lane

    def _env_seeds(self) -> list[Any]:
        """Return the seed of each environment."""
        return self._seeds

    def _finish(self, dones: NDArray[np.bool_], infos: list[dict[str, Any]]) -> None:
        vector = self.vector
        finished = self._tell_episodes(dones, infos)
        vector._restart_finished()
        for lane, info in zip(finished, self._lane_infos(vector._infos(None), finished), strict=True):
            self.reset_infos[lane] = info

    def _tell_episodes(self, dones: NDArray[np.bool_], infos: list[dict[str, Any]]) -> NDArray[np.int64]:
        """Write the infos of lanes whose episode has ended, and return which they are."""
        vector = self.vector
        finished = np.flatnonzero(dones)
        final_observations = vector._observer.each(vector._observe_lanes(dones))
        lanes = vector._lanes[finished]
        transitions = vector._transitions[finished]
        limited = transitions["truncated"] & ~transitions["terminated"]
        final_infos = self._lane_infos(vector._infos(None), finished)
        positions = self.positions[finished].tolist()
        elapsed = round(time.perf_counter() - self._begun_at, 6)
        returns = lanes["episode_return"].round(6).tolist()
        for k, lane in enumerate(finished):
            infos[lane] = final_infos[k] | {
                "TimeLimit.truncated": bool(limited[k]),
                "terminal_observation": final_observations[k],
                "terminal_position": tuple(positions[k]),
                "episode": {"r": returns[k], "l": int(lanes["steps"][k]), "t": elapsed},
            }
        return finished

    def _lane_infos(self, infos: dict[str, Any], lanes: NDArray[np.int64]) -> list[dict[str, Any]]:
        keys = [key for key in infos if not key.startswith("_")]
        columns = [self._by_lane(infos[key])[lanes] for key in keys]
        lists = [list(column) if column.ndim > 1 else column.tolist() for column in columns]
        return [dict(zip(keys, values, strict=True)) for values in zip(*lists, strict=True)]

    def _lane_methods(self) -> tuple[str, ...]:
        """Return what lanes can be asked: where actions are continuous, nothing about each of them."""
        if self.vector.config.MOTION == "disc":
            return tuple(name for name in LANE_METHODS if name not in ("action_masks", "optimal_return"))
        return LANE_METHODS

    def _lane_method(self, name: str, lane: int) -> Any:
        return self.env_method(name, indices=lane)[0]

    def _merged_options(self) -> dict[str, Any] | None:
        """Turn SB3's one dict a lane into one value a lane."""
        return self._merge(self._options)

    def _merge(self, given: list[dict[str, Any]]) -> dict[str, Any] | None:
        names = set().union(*given)
        for lane, options in enumerate(given):
            if set(options) != names:
                raise InvalidOptionError(
                    f"options: lane {lane} has {sorted(options)}, others {sorted(names)}; give all lanes the same keys"
                )
        return {name: [options[name] for options in given] for name in names} or None
