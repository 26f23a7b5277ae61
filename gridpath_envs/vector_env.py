"""GridVectorEnv: B lanes of one task in compiled steps, and the sole owner of their state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from gridpath_envs.checks import as_array, check_bool, check_int
from gridpath_envs.core.cells import PORTAL, SOLID, STATIC
from gridpath_envs.core.distances import distance_to_goal_batch, goal_distances_batch, optimal_actions_batch, trace_path
from gridpath_envs.core.dynamics import step_batch
from gridpath_envs.core.moves import legal_actions_batch
from gridpath_envs.core.rng import SEED_STREAM, stream_key
from gridpath_envs.core.state import LANE, TRANSITION, read_obstacles, read_portals, unpad_map
from gridpath_envs.core.values import best_actions_batch, goal_values_batch, optimal_return_batch
from gridpath_envs.errors import (
    ConfigurationError,
    InfeasibleLevelError,
    InvalidActionError,
    InvalidOptionError,
    InvalidStateError,
    ResetNeededError,
)
from gridpath_envs.lane_state import pack_state, unpack_state
from gridpath_envs.maps import GridMap
from gridpath_envs.maps.grid_map import Cell
from gridpath_envs.maps.level_set import LevelSet, new_scratch, no_level, wrong_length
from gridpath_envs.maps.levels import BY_STREAM, IF_FINISHED, IF_FINISHED_FRESH, begin_batch, relocate_lane
from gridpath_envs.rendering import RENDER_MODES, render_scene
from gridpath_envs.rendering.scene import Scene
from gridpath_envs.reset_arguments import ResetPlan, parse_options, parse_seeds
from gridpath_envs.tasks import OBSERVATIONS, get_task
from gridpath_envs.threads import LaneThreads

MAX_LANES = 1 << 24

_ENDS = ("start_row", "start_col", "goal_row", "goal_col")

# The fields of a lane that every info shows.
INFO_KEYS = ("is_success", "optimal_length", "path_length")


class GridVectorEnv(VectorEnv[Any, Any, Any]):
    """A batch of lanes of one task behind Gymnasium's vector API.

    Args:
        task: Registered id.
        num_envs: B, the number of lanes.
        autoreset_mode: Gymnasium's NEXT_STEP (default), SAME_STEP or DISABLED, or its name's value.
        copy: Whether observations are new arrays; False returns a view that the next step overwrites.
        num_threads: Threads that share the lanes, 1 to 256; results do not depend on it.
        render_mode: None, "ansi" or "rgb_array".
        **arguments: Configuration of the task, see ``GridPathConfig``.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
        InfeasibleLevelError: No level can be made, since on the given map the goal is never reachable.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 10}  # noqa: RUF012 (Gymnasium's own)

    def __init__(
        self,
        task: str,
        num_envs: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        num_threads: int = 1,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        """Allocate the state and, for small level sets, build the levels."""
        self.num_envs = check_int("num_envs", num_envs, 1, MAX_LANES)
        self.copy = check_bool("copy", copy)
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ConfigurationError(f"render_mode: got {render_mode!r}, allowed: None, {', '.join(RENDER_MODES)}")
        try:
            self.autoreset_mode = AutoresetMode(autoreset_mode)
        except ValueError:
            allowed = ", ".join(repr(mode.value) for mode in AutoresetMode)
            raise ConfigurationError(f"autoreset_mode: got {autoreset_mode!r}, allowed: {allowed}") from None
        self.task = task
        self.config = get_task(task).make_config(**arguments)
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = self.config.observation_space()
        self.single_action_space = self.config.action_space()
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

        self._params = self.config.parameters()
        self._observe_kernel = OBSERVATIONS[self.config.observation].kernel
        self._lanes = np.zeros(self.num_envs, dtype=LANE)
        entropy = np.random.SeedSequence().generate_state(self.num_envs, np.uint64)
        self._lanes["key"] = entropy
        self._transitions = np.zeros(self.num_envs, dtype=TRANSITION)
        self._num_actions = int(self.single_action_space.n)
        self._started = False
        self._num_finished = 0
        self._level_set = LevelSet.build(self._params, self.config.fixed_map, self.config.rows, self.num_envs)
        self._levels, self._maps = self._level_set.table, self._level_set.maps
        self._first_own = self._level_set.first_own
        if self._first_own >= 0:
            self._lanes["map"] = self._first_own + np.arange(self.num_envs)
        self._scratch, self._queues = new_scratch(self._params)
        count = min(check_int("num_threads", num_threads, 1, 256), self.num_envs)
        self._threads = LaneThreads(self.num_envs, count, self._params) if count > 1 else None
        self._autoreset = [np.full(self.num_envs, code, dtype=np.uint8) for code in (IF_FINISHED, IF_FINISHED_FRESH)]
        self._no_values = np.zeros(self.num_envs, dtype=np.uint64)
        self._is_shaped = self.config.reward.shaping != 0.0
        # Distance fields and those of optimal returns, a row a lane; without columns until they are asked for.
        num_columns = len(self._scratch) if self._is_shaped else 0
        self._distances = np.empty((self.num_envs, num_columns), dtype=np.float64)
        self._values = np.empty((self.num_envs, 0), dtype=np.float64)
        space = self.single_observation_space
        self._observation_shape = space.shape or ()
        self._observation_dtype = space.dtype
        # Kernels write flat observations: (B, size), or (B,) for a Discrete space.
        self._flat_shape = (int(np.prod(self._observation_shape)),) if self._observation_shape else ()
        self._observations = self._empty_observations(self.num_envs)
        self._paths: list[list[Cell]] | None = None if render_mode is None else [[] for _ in range(self.num_envs)]

    # ------------------------------------------------------------------ Gymnasium's vector API

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in each lane, or in those of ``options["reset_mask"]``.

        Args:
            seed: Lane i is seeded with ``seed + i``, or with element i; None continues the lane's stream.
            options: ``start`` and ``goal`` (cells), ``level`` (number) or ``episode_seeds`` (equal seeds, equal
                level, start and goal), each one value or one a lane; ``reset_mask`` (B,) bool.

        Returns:
            Observations and infos.

        Raises:
            InvalidOptionError: A seed or option is unknown, malformed or out of range.
            InfeasibleLevelError: With the given start or goal there is no path.
        """
        seeds = parse_seeds(seed, self.num_envs)
        plan = parse_options(options, self.config, self._level_set, self.num_envs)
        if not self._started and not plan.mask.all():
            raise InvalidOptionError("reset_mask: the first reset must begin every lane")
        self._begin(seeds, plan)
        return self._observe(), self._infos(plan.mask)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Take one action in each lane.

        Args:
            actions: (B,) integers.

        Returns:
            Observations, rewards (B,) float64, terminated and truncated (B,) bool, infos.

        Raises:
            InvalidActionError: The actions have another shape or dtype, or one is out of range.
            ResetNeededError: There was no reset yet, or a finished lane is stepped with autoreset disabled.
        """
        self._advance(self._check_actions(actions))
        rewards = self._transitions["reward"].astype(np.float64)
        terminated = self._transitions["terminated"].copy()
        truncated = self._transitions["truncated"].copy()
        infos: dict[str, Any] = {}
        if self._num_finished and self.autoreset_mode is AutoresetMode.SAME_STEP:
            finished = self._lanes["finished"].copy()
            final_obs = np.full(self.num_envs, None, dtype=object)
            observed = self._observe_lanes(finished)
            for lane, observation in zip(
                np.flatnonzero(finished), observed.tolist() if observed.ndim == 1 else observed, strict=True
            ):
                final_obs[lane] = observation
            infos = {
                "final_obs": final_obs,
                "_final_obs": finished,
                "final_info": self._infos(finished),
                "_final_info": finished.copy(),
            }
            self._restart_finished()
        infos.update(self._infos(None))
        return self._observe(), rewards, terminated, truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """Return a picture of each lane, or None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(self._render_lane(i) for i in range(self.num_envs))

    # ------------------------------------------------------------------ what lanes are asked

    @property
    def level_numbers(self) -> NDArray[np.int64] | None:
        """(num_levels,) int64 ascending, the numbers of the level set; None where levels are unlimited."""
        return self._level_set.numbers

    @property
    def positions(self) -> NDArray[np.int64]:
        """(B, 2) int64: the cell (row, col) of each agent."""
        return self._cells("row", "col")

    @property
    def starts(self) -> NDArray[np.int64]:
        """(B, 2) int64: the cell that each episode started in."""
        return self._cells("start_row", "start_col")

    @property
    def goals(self) -> NDArray[np.int64]:
        """(B, 2) int64: the goal of each lane."""
        return self._cells("goal_row", "goal_col")

    @property
    def levels(self) -> NDArray[np.int64]:
        """(B,) int64: the number of the level that each lane plays."""
        return self._lanes["level"].copy()

    def num_distinct_levels(self) -> int:
        """Return how many of the lanes' levels differ: two numbers may be the same start and goal on the same map."""
        self._check_started()
        is_one = self.config.fixed_map is not None
        num_cells = len(self._scratch)
        return len(
            {
                (
                    b"" if is_one else (self._maps[lane["map"], :num_cells] & STATIC).tobytes(),
                    *(int(lane[name]) for name in _ENDS),
                )
                for lane in self._lanes
            }
        )

    def grid_map(self, lane: int) -> GridMap:
        """Return the map that a lane is on, with the lane's start and goal.

        Raises:
            InvalidStateError: There is no such lane.
        """
        self._check_started()
        (lane,) = self._check_indices(lane).tolist()
        record = self._lanes[lane]
        if self.config.fixed_map is not None:
            terrain = self.config.fixed_map.terrain
        else:
            world = self._maps[record["map"]]
            terrain = GridMap.from_cells(unpad_map(world, self._params), read_portals(world, self._params)).terrain
        start = (int(record["start_row"]), int(record["start_col"]))
        goal = (int(record["goal_row"]), int(record["goal_col"]))
        return GridMap(terrain, start, goal)

    def moving_obstacles(self, lane: int) -> tuple[Cell, ...]:
        """Return the cells (row, col) of a lane's moving obstacles.

        Raises:
            InvalidStateError: There is no such lane.
        """
        self._check_started()
        (lane,) = self._check_indices(lane).tolist()
        return read_obstacles(self._maps[self._lanes[lane]["map"]], self._params)

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions move the agent of each lane, (B, A) bool.

        A masked one would run into a wall or a moving obstacle, if it does not slip.
        """
        self._check_started()
        out = np.empty((self.num_envs, self._num_actions), dtype=np.bool_)
        legal_actions_batch(self._lanes, self._maps, self._params, out)
        return out

    def optimal_actions(self) -> NDArray[np.bool_]:
        """Return which actions begin a shortest path, or with slip have the highest expected return, (B, A) bool.

        None at the goal. Moving obstacles and the time limit are left aside.
        """
        out = np.empty((self.num_envs, self._num_actions), dtype=np.bool_)
        if self.config.slip > 0.0:
            best_actions_batch(self._lanes, self._maps, self._params, self._goal_values(), out)
            return out
        distances = self._goal_distances()
        optimal_actions_batch(self._lanes, self._maps, self._params, distances, out)
        return out

    def distance_to_goal(self) -> NDArray[np.float64]:
        """Return the cost of the shortest path from each agent to its goal, in cells. (B,) float64."""
        distances = self._goal_distances()
        out = np.empty(self.num_envs, dtype=np.float64)
        distance_to_goal_batch(self._lanes, self._params, distances, out)
        return out

    def optimal_return(self) -> NDArray[np.float64]:
        """Return the best expected return from each lane's cell, discounted by ``reward.discount``, (B,) float64.

        By value iteration, exact for any slip. Moving obstacles, the time limit and shaping are left aside.
        """
        values = self._goal_values()
        out = np.empty(self.num_envs, dtype=np.float64)
        optimal_return_batch(self._lanes, self._params, values, out)
        return out

    def shortest_path(self, lane: int) -> list[Cell]:
        """Return the cells (row, col) of a shortest path from a lane's agent to its goal, both included.

        Raises:
            InvalidStateError: There is no such lane.
            InfeasibleLevelError: The agent fell into a hole.
        """
        distances = self._goal_distances()
        (lane,) = self._check_indices(lane).tolist()
        record = self._lanes[lane]
        path = np.empty((2, int(np.prod(self.config.shape))), dtype=np.int32)
        actions = np.empty(self._num_actions, dtype=np.bool_)
        world, params = self._maps[record["map"]], self._params[0]
        count = trace_path(record["row"], record["col"], world, params, distances[lane], actions, path)
        if count == 0:
            raise InfeasibleLevelError(f"the agent of lane {lane} is in a hole, from which there is no path")
        rows, cols = path[:, :count].tolist()
        return list(zip(rows, cols, strict=True))

    def observe(self) -> Any:
        """Return the current observations, as ``reset`` and ``step`` do."""
        self._check_started()
        return self._observe()

    # ------------------------------------------------------------------ saved states

    def get_state(self, indices: Any = None) -> NDArray[np.uint8]:
        """Return the state of lanes: position, goal, counters, random stream and map.

        Args:
            indices: (K,) integers, the lanes; None for all.

        Returns:
            (K, R) uint8, one record a lane.
        """
        self._check_started()
        return pack_state(self._lanes[self._check_indices(indices)], self._maps, self._params)

    def set_state(self, state: NDArray[np.uint8], indices: Any = None) -> None:
        """Put lanes into saved states; what follows is what followed when the states were saved.

        Args:
            state: (K, R) uint8 from ``get_state`` of an environment of the same configuration.
            indices: (K,) integers, the lanes that take it; None for all.

        Raises:
            InvalidStateError: The state has another shape, is of another configuration, or is damaged.
        """
        lanes = self._check_indices(indices)
        if not self._started and len(np.unique(lanes)) < self.num_envs:
            raise ResetNeededError("set_state: before the first reset every lane must be given a state")
        records, maps = unpack_state(state, len(lanes), self._params)
        if self._first_own >= 0:
            if (
                self.config.fixed_map is not None
                and ((maps[:, : len(self._scratch)] & STATIC) != self._maps[0, : len(self._scratch)]).any()
            ):
                raise InvalidStateError("state: was saved on another map")
            records["map"] = self._first_own + lanes
            self._maps[records["map"]] = maps
        elif (records["map"] < 0).any() or (records["map"] >= len(self._maps)).any():
            raise InvalidStateError("state: is damaged (it names a map that is not there)")
        elif (self._maps[records["map"]] != maps).any():
            raise InvalidStateError("state: was saved on another map")
        self._lanes[lanes] = records
        self._started = True
        self._num_finished = int(np.count_nonzero(self._lanes["finished"]))
        if self._is_shaped:
            self._goal_distances()
        if self._paths is not None:
            # A state does not say how its lane came to where it is.
            for lane in lanes.tolist():
                self._paths[lane] = [(int(self._lanes[lane]["row"]), int(self._lanes[lane]["col"]))]

    # ------------------------------------------------------------------ shared with the adaptors

    def _check_actions(self, actions: Any) -> NDArray[np.int64]:
        array = as_array(actions)
        if array.shape != (self.num_envs,) or array.dtype.kind not in "iu":
            raise InvalidActionError(
                f"actions: expected integers of shape ({self.num_envs},), got {array.dtype} of shape {array.shape}"
            )
        # A copy, so that kernels are compiled for one layout only, and the caller may go on writing to its own.
        checked = np.array(array, dtype=np.int64)
        # Negative numbers are huge as unsigned ones: one pass checks both bounds.
        if checked.view(np.uint64).max() >= self._num_actions:
            lane = int(np.flatnonzero((array < 0) | (array >= self._num_actions))[0])
            raise InvalidActionError(
                f"actions: lane {lane} has the action {array[lane]}, allowed: 0 to {self._num_actions - 1}"
            )
        return checked

    def _advance(self, actions: NDArray[np.int64]) -> None:
        """Step every lane; in NEXT_STEP mode lanes that had finished begin anew instead."""
        self._check_started()
        if self._num_finished:
            if self.autoreset_mode is AutoresetMode.DISABLED:
                lane = int(np.flatnonzero(self._lanes["finished"])[0])
                raise ResetNeededError(f"step: the episode of lane {lane} has ended; reset it first")
            self._restart_finished(fresh=True)
        lanes, transitions, distances = self._lanes, self._transitions, self._distances
        if self._threads is None:
            self._num_finished = step_batch(lanes, self._maps, distances, self._params, actions, transitions)
        else:

            def step(part: slice, *_: Any) -> int:
                arrays = (self._params, actions[part], transitions[part])
                count: int = step_batch(lanes[part], self._maps, distances[part], *arrays)
                return count

            self._num_finished = sum(self._threads.run(step))
        self._follow()

    def _restart_finished(self, fresh: bool = False) -> None:
        self._begin_lanes(self._autoreset[fresh], self._no_values)
        self._num_finished = 0
        self._follow(restarted=True)

    def _follow(self, restarted: bool = False) -> None:
        """Keep the path of each lane, where pictures show it; what no picture shows costs a step nothing.

        Args:
            restarted: Whether lanes may have begun anew, and none has moved.
        """
        if self._paths is None:
            return
        for path, lane in zip(self._paths, self._lanes, strict=True):
            if lane["steps"] == 0:
                path.clear()
            if lane["steps"] == 0 or not restarted:
                path.append((int(lane["row"]), int(lane["col"])))

    def _no_level(self, lane: int) -> Exception:
        if self.config.rows:
            number = int(self._lanes[lane]["level"])
            return wrong_length(number, self.config.rows[number - self.config.first_level].optimal_length)
        return no_level(self._params)

    def _begin(self, seeds: list[int | None], plan: ResetPlan) -> None:
        moved = plan.start is not None or plan.goal is not None
        saved = (self._lanes.copy(), self._maps.copy() if self._first_own >= 0 else None) if moved else None
        for lane in np.flatnonzero(plan.mask):
            seed = seeds[lane]
            if seed is not None:
                self._lanes[lane]["key"] = stream_key(np.uint64(seed), SEED_STREAM)
                self._lanes[lane]["episode"] = 0
        self._begin_lanes(plan.how, plan.values)
        if saved is not None:
            for lane in np.flatnonzero(plan.mask):
                try:
                    self._relocate(int(lane), plan)
                except InfeasibleLevelError:
                    self._lanes[:] = saved[0]
                    self._lanes["has_distances"] = False
                    self._lanes["has_values"] = False
                    if saved[1] is not None:
                        self._maps[:] = saved[1]
                    if self._is_shaped and self._started:
                        self._goal_distances()
                    raise
        self._started = True
        self._num_finished = int(np.count_nonzero(self._lanes["finished"]))
        self._follow(restarted=True)

    def _begin_lanes(self, how: NDArray[np.uint8], values: NDArray[np.uint64]) -> None:
        lanes, distances = self._lanes, self._distances
        shared = (self._maps, self._levels)
        if self._threads is None:
            failed = begin_batch(lanes, *shared, distances, self._params, how, values, self._scratch, self._queues)
        else:

            def begin(part: slice, *scratch: NDArray[Any]) -> int:
                arrays = (distances[part], self._params, how[part], values[part])
                failed: int = begin_batch(lanes[part], *shared, *arrays, *scratch)
                return -1 if failed < 0 else failed + part.start

            failed = max(self._threads.run(begin))
        if failed >= 0:
            raise self._no_level(failed)

    def _relocate(self, lane: int, plan: ResetPlan) -> None:
        record, p = self._lanes[lane], self._params[0]
        ends: list[int] = []
        for name, cells in (("start", plan.start), ("goal", plan.goal)):
            if cells is not None:
                row, col = cells[lane].tolist()
            elif plan.how[lane] != BY_STREAM or getattr(self.config, f"fixed_{name}") is not None:
                # What the map, a level or an episode seed says stays: either a path leads there or there is none.
                row, col = int(record[f"{name}_row"]), int(record[f"{name}_col"])
            else:
                ends.append(0)
                continue
            index = (row + int(p["pad"])) * int(p["pitch"]) + col + int(p["pad"])
            if self._maps[record["map"], index] & (SOLID | PORTAL):
                raise InfeasibleLevelError(f"{name}: cell ({row}, {col}) of lane {lane} is blocked on its map")
            ends.append(index)
        if ends[0] == ends[1]:
            raise InfeasibleLevelError(f"start and goal of lane {lane} are the same cell")
        start, goal = ends
        if not relocate_lane(
            self._lanes, lane, self._maps, self._distances, self._params, start, goal, self._scratch, self._queues
        ):
            raise InfeasibleLevelError(f"no path from start to goal in lane {lane}")

    def _observe(self) -> NDArray[Any]:
        """Return the observations, (B, ...): new ones, or the buffer where no copies are wanted."""
        flat = self._empty_observations(self.num_envs) if self.copy else self._observations
        if self._threads is None:
            self._observe_kernel(self._lanes, self._maps, self._params, flat)
        else:
            lanes, kernel = self._lanes, self._observe_kernel
            self._threads.run(lambda part, *_: kernel(lanes[part], self._maps, self._params, flat[part]))
        return flat.reshape((self.num_envs, *self._observation_shape))

    def _observe_lanes(self, mask: NDArray[np.bool_]) -> NDArray[Any]:
        """Return the observations of some lanes, (K, ...)."""
        lanes = self._lanes[mask]
        flat = self._empty_observations(len(lanes))
        self._observe_kernel(lanes, self._maps, self._params, flat)
        return flat.reshape((len(lanes), *self._observation_shape))

    def _empty_observations(self, count: int) -> NDArray[Any]:
        return np.empty((count, *self._flat_shape), dtype=self._observation_dtype)

    def _infos(self, mask: NDArray[np.bool_] | None) -> dict[str, Any]:
        """Return Gymnasium's vector infos: an array a key, and under ``_key`` which lanes have it (None: all)."""
        values: dict[str, NDArray[Any]] = {key: self._lanes[key].copy() for key in INFO_KEYS}
        if self.config.mask_in_info:
            values["action_mask"] = self.action_masks().astype(np.int8)
        infos: dict[str, Any] = {}
        for key, value in values.items():
            if mask is not None:
                value[~mask] = 0
            infos[key] = value
            infos[f"_{key}"] = np.ones(self.num_envs, dtype=np.bool_) if mask is None else mask.copy()
        return infos

    def _scene(self, lane: int) -> Scene:
        """Return what a picture of a lane shows."""
        self._check_started()
        record = self._lanes[lane]
        seen = None
        if self.config.observation == "line_of_sight":
            mask = np.arange(self.num_envs) == lane
            seen = self._observe_lanes(mask)[0][self.config.planes.index("seen")].astype(np.bool_)
        return Scene(
            self.grid_map(lane),
            (int(record["row"]), int(record["col"])),
            () if self._paths is None else tuple(self._paths[lane]),
            self.moving_obstacles(lane),
            self.config.radius,
            seen,
        )

    def _render_lane(self, lane: int) -> Any:
        return render_scene(self.render_mode or "", self._scene(lane))

    # ------------------------------------------------------------------ private

    def _goal_distances(self) -> NDArray[np.float64]:
        self._check_started()
        if not self._distances.shape[1]:
            self._distances = np.empty((self.num_envs, len(self._scratch)), dtype=np.float64)
            self._lanes["has_distances"] = False
        goal_distances_batch(self._lanes, self._maps, self._params, self._distances, self._queues)
        return self._distances

    def _goal_values(self) -> NDArray[np.float64]:
        self._check_started()
        if not self._values.shape[1]:
            self._values = np.empty((self.num_envs, len(self._scratch)), dtype=np.float64)
            self._lanes["has_values"] = False
        goal_values_batch(self._lanes, self._maps, self._params, self._values)
        return self._values

    def _cells(self, row: str, col: str) -> NDArray[np.int64]:
        self._check_started()
        return np.stack([self._lanes[row], self._lanes[col]], axis=1).astype(np.int64)

    def _check_started(self) -> None:
        if not self._started:
            raise ResetNeededError("the environment was never reset; call reset() first")

    def _check_indices(self, indices: Any) -> NDArray[np.int64]:
        if indices is None:
            return np.arange(self.num_envs)
        array = np.atleast_1d(as_array(indices))
        if array.ndim != 1 or array.dtype.kind not in "iu" or ((array < 0) | (array >= self.num_envs)).any():
            raise InvalidStateError(f"indices: expected lanes from 0 to {self.num_envs - 1}, got {indices!r}")
        return array.astype(np.int64)
