"""JointLanes: B environments of N agents each, one lane an agent, and what they are asked."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import check_int
from gridpath_envs.core.cells import STATIC
from gridpath_envs.core.state import unpad_map
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError, InvalidStateError, ResetNeededError
from gridpath_envs.joint_reset_arguments import JointResetPlan
from gridpath_envs.joint_state import pack_joint_state, unpack_joint_state
from gridpath_envs.lane_queries import LaneQueries
from gridpath_envs.maps import GridMap
from gridpath_envs.maps.joint_ends import GOALS, REGION, SIZES, STARTS, find_regions
from gridpath_envs.maps.joint_level_set import JointLevelSet
from gridpath_envs.maps.joint_levels import relocate_joint
from gridpath_envs.maps.levels import BY_STREAM
from gridpath_envs.rendering.scene import AgentMark, Scene
from gridpath_envs.tasks import MapfConfig
from gridpath_envs.threads import LaneThreads


class JointLanes(LaneQueries):
    """B environments of N agents; see ``LaneBatch``. Lane ``b * N + k`` is agent k of environment b."""

    config: MapfConfig
    _level_set: JointLevelSet

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Allocate the state, and give the step kernel what it works in."""
        super().__init__(*arguments, **keywords)
        self._step_kernel = partial(self._motion.step_kernel, self._level_set.regions, self._queues)

    # ------------------------------------------------------------------ what is asked

    @property
    def positions(self) -> NDArray[np.int64]:
        """(B, N, 2) int64: the cell (row, col) of each agent; of one that has disappeared, its last."""
        return self._by_agent(super().positions)

    @property
    def starts(self) -> NDArray[np.int64]:
        """(B, N, 2) int64: the cell that each agent started in."""
        return self._by_agent(super().starts)

    @property
    def goals(self) -> NDArray[np.int64]:
        """(B, N, 2) int64: the goal of each agent."""
        return self._by_agent(super().goals)

    @property
    def levels(self) -> NDArray[np.int64]:
        """(B,) int64: the number of the level that each environment plays."""
        return self._lanes["level"][:: self.num_agents].copy()

    @property
    def active(self) -> NDArray[np.bool_]:
        """(B, N) bool: which agents take part in the next step; none of an episode that is over."""
        return self._by_agent(~self._lanes["finished"])

    @property
    def refused(self) -> NDArray[np.bool_]:
        """(B, N) bool: whose last move was refused because of another agent."""
        return self._by_agent(self._lanes["refused"].copy())

    @property
    def steps(self) -> NDArray[np.int64]:
        """(B,) int64: steps that each environment's episode has had."""
        return np.asarray(self._by_agent(self._lanes["steps"]).max(axis=1), dtype=np.int64)

    def num_distinct_levels(self) -> int:
        """Return how many of the environments' levels differ."""
        self._check_started()
        num_cells = len(self._scratch)
        lanes = self._by_agent(self._lanes)
        ends = [lanes[name] for name in ("start_row", "start_col", "goal_row", "goal_col")]
        return len(
            {
                (
                    (self._maps[lanes[i, 0]["map"], :num_cells] & STATIC).tobytes(),
                    *(end[i].tobytes() for end in ends),
                )
                for i in range(self.num_envs)
            }
        )

    def grid_map(self, lane: int) -> GridMap:
        """Return the map that an environment is on.

        Raises:
            InvalidStateError: There is no such environment.
        """
        self._check_started()
        (lane,) = self._check_indices(lane).tolist()
        if self.config.fixed_map is not None:
            return self.config.fixed_map
        return GridMap.from_cells(unpad_map(self._world(lane), self._params))

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions run into no wall, (B, N, A) bool; to stay is all for one that takes no part any more.

        Whether another agent is in the way only the joint action tells.
        """
        return self._by_agent(super().action_masks())

    def optimal_actions(self) -> NDArray[np.bool_]:
        """Return which actions begin a shortest path of an agent by itself, (B, N, A) bool; none at its goal."""
        return self._by_agent(super().optimal_actions())

    def distance_to_goal(self) -> NDArray[np.float64]:
        """Return the length of the shortest path of each agent by itself, (B, N) float64."""
        return self._by_agent(super().distance_to_goal())

    def optimal_return(self) -> NDArray[np.float64]:
        """Refuse: what is best for one agent depends on the others.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError("optimal_return: is for one agent; what is best for one of many depends on the others")

    def shortest_path(self, lane: int, agent: int = 0) -> list[tuple[Any, Any]]:
        """Return a shortest path of an agent by itself to its goal, both included.

        Raises:
            InvalidStateError: There is no such environment.
            ConfigurationError: There is no such agent.
            InfeasibleLevelError: Its goal is out of reach.
        """
        self._check_started()
        (lane,) = self._check_indices(lane).tolist()
        agent = check_int("agent", agent, 0, self.num_agents - 1)
        return self._motion.shortest_path(self, lane * self.num_agents + agent)

    def observe(self) -> Any:
        """Return the current observations, as ``reset`` and ``step`` do."""
        return self._joint(super().observe())

    def global_planes(self, lane: int) -> NDArray[np.uint8]:
        """Return an environment's whole map, for critics that see all: obstacles, agents, goals. (3, H, W) uint8."""
        self._check_started()
        (lane,) = self._check_indices(lane).tolist()
        planes = np.zeros((3, *self.config.shape), dtype=np.uint8)
        planes[0] = unpad_map(self._world(lane), self._params) != 0
        lanes = self._by_agent(self._lanes)[lane]
        # Those that have disappeared are nowhere, and those whose time is up are still there.
        left = lanes["finished"] & lanes["is_success"] & (self.config.on_arrival == "disappear")
        there = lanes[~(left | lanes["gone"])]
        planes[1, there["row"], there["col"]] = 1
        planes[2, there["goal_row"], there["goal_col"]] = 1
        return planes

    def get_state(self, indices: Any = None) -> NDArray[np.uint8]:
        """Return the state of environments: agents, counters, random stream and map.

        Args:
            indices: (K,) integers, the environments; None for all.

        Returns:
            (K, R) uint8, one record an environment.
        """
        self._check_started()
        lanes = self._by_agent(self._lanes)[self._check_indices(indices)]
        return pack_joint_state(lanes, self._maps[lanes["map"][:, 0]], self._params)

    def set_state(self, state: NDArray[np.uint8], indices: Any = None) -> None:
        """Put environments into saved states; what follows is what followed when the states were saved.

        Args:
            state: (K, R) uint8 from ``get_state`` of an environment of the same configuration.
            indices: (K,) integers, the environments that take it; None for all.

        Raises:
            InvalidStateError: The state has another shape, is of another configuration, or is damaged.
        """
        chosen = self._check_indices(indices)
        if not self._started and len(np.unique(chosen)) < self.num_envs:
            raise ResetNeededError("set_state: before the first reset every environment must be given a state")
        records, maps = unpack_joint_state(state, len(chosen), self._params)
        if self.config.fixed_map is not None and ((maps & STATIC) != self._maps[0]).any():
            raise InvalidStateError("state: was saved on another map")
        records["map"] = (self._first_own + chosen)[:, np.newaxis]
        for i, lanes, world in zip(chosen.tolist(), records, maps, strict=True):
            self._find_regions(i, lanes, world)
        self._maps[self._first_own + chosen] = maps
        self._by_agent(self._lanes)[chosen] = records
        self._started = True
        self._count_finished()
        if self._is_shaped:
            self._goal_distances()
        if self._paths is not None:
            for lane in np.arange(self.num_lanes).reshape(self.num_envs, -1)[chosen].ravel().tolist():
                self._paths[lane] = [self._motion.place(self._lanes[lane])]

    # ------------------------------------------------------------------ private

    def _scene(self, lane: int) -> Scene:
        """Return what a picture of an environment shows."""
        self._check_started()
        lanes = self._by_agent(self._lanes)[lane]
        first = lane * self.num_agents
        left = lanes["gone"] | (lanes["finished"] & lanes["is_success"] & (self.config.on_arrival == "disappear"))
        agents = tuple(
            AgentMark(
                (int(record["row"]), int(record["col"])),
                (int(record["goal_row"]), int(record["goal_col"])),
                () if self._paths is None else tuple(self._paths[first + k]),
                not left[k],
                bool(record["refused"]),
            )
            for k, record in enumerate(lanes)
        )
        return Scene(self.grid_map(lane), agents[0].place, agents=agents)

    def _by_agent(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return one value a lane as (B, N, ...)."""
        return values.reshape(self.num_envs, self.num_agents, *values.shape[1:])

    def _joint(self, observations: Any) -> Any:
        if isinstance(observations, dict):
            return {name: self._by_agent(part) for name, part in observations.items()}
        return self._by_agent(observations)

    def _world(self, i: int) -> NDArray[np.uint8]:
        world: NDArray[np.uint8] = self._maps[self._first_own + i]
        return world

    def _find_regions(self, i: int, lanes: NDArray[np.void], world: NDArray[np.uint8]) -> None:
        """Work out again what agents can reach, which no saved state is trusted with."""
        p, queues = self._params[0], self._queues
        regions = self._level_set.regions
        order = regions[i] if regions.shape[1] else queues[0]
        find_regions(world, p, order, queues[REGION], queues[SIZES])
        goals = (lanes["goal_row"] + int(p["pad"])) * int(p["pitch"]) + lanes["goal_col"] + int(p["pad"])
        lanes["region_first"] = queues[REGION][goals]
        lanes["region_size"] = queues[SIZES][lanes["region_first"]]

    def _step_in_parts(self, actions: NDArray[np.int64], threads: LaneThreads) -> int:
        lanes, transitions, fields = self._lanes, self._transitions, self._distances
        regions = self._level_set.regions

        def step(part: slice, _: Any, queues: NDArray[np.int32]) -> int:
            own = self._lanes_of(part)
            arrays = (lanes[own], self._maps, fields[own], self._params, actions[own], transitions[own])
            return self._motion.step_kernel(regions[part], queues, *arrays)

        return sum(threads.run(step))

    def _no_level(self, lane: int) -> Exception:
        return self._level_set.no_room()

    def _keep(self, plan: Any) -> Any:
        # Always, since a level may have no room for all agents; only of the environments that are reset.
        regions = self._level_set.regions[plan.mask]
        return plan.mask, self._by_agent(self._lanes)[plan.mask], self._maps[self._first_own :][plan.mask], regions

    def _put_back(self, kept: Any) -> None:
        mask, lanes, maps, regions = kept
        self._by_agent(self._lanes)[mask] = lanes
        self._maps[self._first_own :][mask] = maps
        self._level_set.regions[mask] = regions

    def _relocate(self, lane: int, plan: JointResetPlan) -> None:  # type: ignore[override]
        p, queues, world = self._params[0], self._queues, self._world(lane)
        pad, pitch = int(p["pad"]), int(p["pitch"])
        lanes = self._by_agent(self._lanes)[lane]
        # What a level, an episode seed or a scenario says stays; else what is not given is drawn anew within reach.
        keeps = plan.how[lane] != BY_STREAM or bool(self.config.instances)
        has = []
        for name, given, row in (("start", plan.starts, STARTS), ("goal", plan.goals, GOALS)):
            has.append(keeps or given is not None)
            if not has[-1]:
                continue
            level_cells = np.stack([lanes[f"{name}_row"], lanes[f"{name}_col"]], axis=1)
            cells = level_cells if given is None else given[lane]
            indices = (cells[:, 0] + pad) * pitch + cells[:, 1] + pad
            solid = np.flatnonzero(world[indices] & STATIC & 1)
            if len(solid):
                cell = tuple(cells[solid[0]].tolist())
                raise InfeasibleLevelError(f"{name}s: cell {cell} of agent {solid[0]} is blocked on its map")
            queues[row, : self.num_agents] = indices
        arrays = (self._lanes, lane, self._maps, self._distances, self._level_set.regions, self._params)
        outcome = relocate_joint(*arrays, *has, self._scratch, queues)
        if outcome < 0:
            raise InfeasibleLevelError(
                "starts, goals: there is not enough room within reach of them for as many different cells"
            )
        if outcome == 0 and self.config.check_reachable:
            lengths = self._by_agent(self._lanes["optimal_length"])[lane]
            agent = int(np.flatnonzero(np.isinf(lengths))[0])
            raise InfeasibleLevelError(
                f"goals: that of agent {agent} is out of reach of its start (check_reachable=False allows it)"
            )
