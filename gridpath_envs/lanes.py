"""LaneBatch: the state of B lanes of one task, its sole owner, and the compiled calls that change it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import as_array, check_bool, check_int
from gridpath_envs.core.cells import PORTAL, SOLID
from gridpath_envs.core.distances import goal_distances_batch
from gridpath_envs.core.rng import SEED_STREAM, stream_key
from gridpath_envs.core.state import LANE, TRANSITION
from gridpath_envs.core.values import goal_values_batch
from gridpath_envs.errors import (
    ConfigurationError,
    InfeasibleLevelError,
    InvalidStateError,
    MapFormatError,
    ResetNeededError,
    shown,
)
from gridpath_envs.maps.level_set import no_level, wrong_length
from gridpath_envs.maps.levels import BY_LEVEL, BY_STREAM, IF_FINISHED, IF_FINISHED_FRESH, relocate_lane
from gridpath_envs.motion import MOTIONS
from gridpath_envs.observer import Observer
from gridpath_envs.reset_arguments import ResetPlan
from gridpath_envs.tasks import get_task
from gridpath_envs.threads import LaneThreads

MAX_LANES = 1 << 24


class LaneBatch:
    """B lanes of one task: begun, stepped and observed, all at once.

    Args:
        task: Registered id.
        num_envs: B, the number of lanes.
        copy: Whether observations are new arrays; False returns a view that the next step overwrites.
        num_threads: Threads that share the lanes, 1 to 256; results do not depend on it.
        keep_paths: Whether to remember the cells that each agent has been in, for pictures.
        arguments: Configuration of the task, see ``TaskConfig`` and the id's own class.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
        InfeasibleLevelError: No level can be made.
    """

    def __init__(
        self, task: str, num_envs: int, copy: bool, num_threads: int, keep_paths: bool, arguments: dict[str, Any]
    ) -> None:
        """Allocate the state and, for small level sets, build the levels."""
        self.num_envs = check_int("num_envs", num_envs, 1, MAX_LANES)
        self.copy = check_bool("copy", copy)
        self.task = task
        self.config = get_task(task).make_config(**arguments)
        self._params = self.config.parameters()
        # N lanes for each environment, one an agent; all but a few tasks have one.
        self.num_agents = int(self.config.num_agents)
        self.num_lanes = check_int("num_envs * num_agents", self.num_envs * self.num_agents, 1, MAX_LANES)
        self._observer = Observer(self.config.observation_parts(), self.num_lanes, self.copy, self.num_agents)
        self._lanes = np.zeros(self.num_lanes, dtype=LANE)
        entropy = np.random.SeedSequence().generate_state(self.num_envs, np.uint64)
        self._lanes["key"] = np.repeat(entropy, self.num_agents)
        self._transitions = np.zeros(self.num_lanes, dtype=TRANSITION)
        self._started = False
        self._num_finished = 0
        self._motion = MOTIONS[self.config.MOTION](self._params)
        self._level_set = self._motion.build_levels(self.config, self.num_envs)
        self._levels, self._maps = self._level_set.table, self._level_set.maps
        self._first_own = self._level_set.first_own
        if self._first_own >= 0:
            self._lanes["map"] = self._first_own + np.repeat(np.arange(self.num_envs), self.num_agents)
        self._step_kernel = self._motion.step_kernel
        self._scratch, self._queues, *self._motion_scratch = self._new_scratch()
        count = min(check_int("num_threads", num_threads, 1, 256), self.num_envs)
        self._threads = LaneThreads(self.num_envs, count, self._new_scratch) if count > 1 else None
        self._autoreset = [np.full(self.num_envs, code, dtype=np.uint8) for code in (IF_FINISHED, IF_FINISHED_FRESH)]
        self._no_values = np.zeros(self.num_envs, dtype=np.uint64)
        self._is_shaped = self.config.reward.shaping != 0.0
        # Distance fields and those of optimal returns, a row a lane; without columns until they are asked for.
        num_columns = len(self._scratch) if self._is_shaped else 0
        self._distances = np.empty((self.num_lanes, num_columns), dtype=np.float64)
        self._values = np.empty((self.num_lanes, 0), dtype=np.float64)
        self._paths: list[list[tuple[float, float]]] | None = None
        if keep_paths:
            self._paths = [[] for _ in range(self.num_lanes)]

    def _advance(self, actions: NDArray[np.int64]) -> None:
        """Step every lane; what becomes of those that had finished, ``_resume_finished`` says."""
        # A single environment comes through here on each step: no call that is not needed.
        if not self._started:
            self._check_started()
        if self._num_finished:
            self._resume_finished()
        if self._threads is None:
            self._num_finished = self._step_kernel(
                self._lanes, self._maps, self._distances, self._params, actions, self._transitions
            )
        else:
            self._num_finished = self._step_in_parts(actions, self._threads)
        if self._paths is not None:
            self._follow()

    def _step_in_parts(self, actions: NDArray[np.int64], threads: LaneThreads) -> int:
        lanes, transitions, distances = self._lanes, self._transitions, self._distances

        def step(part: slice, *_: Any) -> int:
            arrays = (self._params, actions[part], transitions[part])
            return self._step_kernel(lanes[part], self._maps, distances[part], *arrays)

        return sum(threads.run(step))

    def _resume_finished(self) -> None:
        """Begin anew the lanes whose episode has ended, before the others step."""
        self._restart_finished(fresh=True)

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
                path.append(self._motion.place(lane))

    def _no_level(self, lane: int) -> Exception:
        if self.config.rows:
            number = int(self._lanes[lane]["level"])
            return wrong_length(number, self.config.rows[number - self.config.first_level].optimal_length)
        return no_level(self._params)

    def _begin(self, seeds: list[int | None], plan: Any) -> None:
        """Begin episodes as a ``ResetPlan`` says, or where there are many agents a ``JointResetPlan``."""
        kept = self._keep(plan)
        for i in np.flatnonzero(plan.mask):
            seed = seeds[i]
            if seed is not None:
                agents = self._lanes_of(slice(i, i + 1))
                self._lanes["key"][agents] = stream_key(np.uint64(seed), SEED_STREAM)
                self._lanes["episode"][agents] = 0
        try:
            self._begin_lanes(plan.how, plan.values)
            if plan.moves_ends:
                for i in np.flatnonzero(plan.mask):
                    self._relocate(int(i), plan)
                self._settle()
        except (InfeasibleLevelError, MapFormatError):
            if kept is not None:
                self._put_back(kept)
                self._lanes["has_distances"] = False
                self._lanes["has_values"] = False
                if self._is_shaped and self._started:
                    self._goal_distances()
            raise
        self._started = True
        self._count_finished()
        self._follow(restarted=True)

    def _keep(self, plan: Any) -> Any:
        """Return what a reset that cannot be done is to leave as it was, or None where it needs no copy."""
        if not (plan.moves_ends or (plan.how == BY_LEVEL).any()):
            return None
        return self._lanes.copy(), self._maps.copy() if self._first_own >= 0 else None

    def _put_back(self, kept: Any) -> None:
        """Undo what a reset did before it turned out that it cannot be done."""
        lanes, maps = kept
        self._lanes[:] = lanes
        if maps is not None:
            self._maps[:] = maps

    def _count_finished(self) -> None:
        self._num_finished = int(np.count_nonzero(self._finished_envs()))

    def _finished_envs(self) -> NDArray[np.bool_]:
        """Return which environments' episodes have ended for every agent, (B,) bool."""
        return np.asarray(self._lanes["finished"].reshape(self.num_envs, self.num_agents).all(axis=1))

    def _lanes_of(self, part: slice) -> slice:
        """Return which lanes are those of some environments."""
        return slice(part.start * self.num_agents, part.stop * self.num_agents)

    def _new_scratch(self) -> tuple[NDArray[Any], ...]:
        return (*self._level_set.new_scratch(), *self._motion.new_scratch())

    def _settle(self) -> None:
        if not self._motion.settles:
            return
        if self._threads is None:
            self._motion.settle(self, slice(None), *self._motion_scratch)
        else:
            self._threads.run(lambda part, distance, queues, *scratch: self._motion.settle(self, part, *scratch))

    def _begin_lanes(self, how: NDArray[np.uint8], values: NDArray[np.uint64]) -> None:
        lanes, distances = self._lanes, self._distances
        if self._threads is None:
            part = slice(0, self.num_envs)
            failed = self._level_set.begin(part, lanes, distances, how, values, self._scratch, self._queues)
        else:

            def begin(part: slice, distance: NDArray[Any], queues: NDArray[Any], *_: NDArray[Any]) -> int:
                own = self._lanes_of(part)
                arrays = (lanes[own], distances[own], how[part], values[part])
                failed = self._level_set.begin(part, *arrays, distance, queues)
                return -1 if failed < 0 else failed + part.start

            failed = min((lane for lane in self._threads.run(begin) if lane >= 0), default=-1)
        if failed >= 0:
            raise self._no_level(failed)
        self._settle()

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

    def _observe(self) -> Any:
        """Return the observations, (B, ...) or a dict of such: new ones, or the buffers where no copies are wanted."""
        return self._observer.observe(self._lanes, self._maps, self._params, self._threads)

    def _observe_lanes(self, mask: NDArray[np.bool_]) -> Any:
        """Return the observations of some lanes, (K, ...) or a dict of such."""
        return self._observer.observe_some(self._lanes[mask], self._maps, self._params)

    def _goal_distances(self) -> NDArray[np.float64]:
        self._check_started()
        if not self._distances.shape[1]:
            self._distances = self._new_fields("distances")
            self._lanes["has_distances"] = False
        goal_distances_batch(self._lanes, self._maps, self._params, self._distances, self._queues)
        return self._distances

    def _new_fields(self, what: str) -> NDArray[np.float64]:
        try:
            return np.empty((self.num_lanes, len(self._scratch)), dtype=np.float64)
        except MemoryError as error:
            raise ConfigurationError(f"num_envs: not enough memory for the {what} of each cell ({error})") from None

    def _goal_values(self) -> NDArray[np.float64]:
        self._check_started()
        if not self._values.shape[1]:
            self._values = self._new_fields("optimal returns")
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
            raise InvalidStateError(f"indices: expected lanes from 0 to {self.num_envs - 1}, got {shown(indices)}")
        return array.astype(np.int64)
