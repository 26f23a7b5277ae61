"""LaneQueries: what lanes are asked, by agents, oracles and pictures, and their saved states."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.core.cells import STATIC, VISITED
from gridpath_envs.core.state import marked_cells, read_obstacles, read_portals, unpad_map
from gridpath_envs.errors import ConfigurationError, InvalidStateError, ResetNeededError
from gridpath_envs.lane_state import pack_state, unpack_state
from gridpath_envs.lanes import LaneBatch
from gridpath_envs.maps import GridMap
from gridpath_envs.maps.grid_map import Cell
from gridpath_envs.rendering.scene import Scene

_ENDS = ("start_row", "start_col", "goal_row", "goal_col")


class LaneQueries(LaneBatch):
    """A batch of lanes that answers questions; see ``LaneBatch`` for what it is made of."""

    @property
    def level_numbers(self) -> NDArray[np.int64] | None:
        """(num_levels,) int64 ascending, the numbers of the level set; None where levels are unlimited."""
        return self._level_set.numbers

    @property
    def positions(self) -> NDArray[Any]:
        """(B, 2): the cell (row, col) of each agent, int64; of a disc its centre in cells, float64."""
        return self._motion.positions(self)

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
        num_cells, end = len(self._scratch), int(self._params[0]["obstacles_at"])
        return len(
            {
                (
                    b"" if is_one else (self._maps[lane["map"], :num_cells] & STATIC).tobytes(),
                    b"" if is_one else self._maps[lane["map"], num_cells:end].tobytes(),
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
        """Return which actions run into neither wall nor moving obstacle, if the agent does not slip. (B, A) bool.

        Raises:
            ConfigurationError: Actions are continuous.
        """
        self._check_started()
        return self._motion.action_masks(self)

    def optimal_actions(self) -> NDArray[Any]:
        """Return which actions begin a shortest path, or with slip have the highest expected return, (B, A) bool.

        None at the goal. Moving obstacles and the time limit are left aside; so is, without slip, the reward: what
        costs least is optimal, which a reward of another measure may pay less. Where actions are continuous: the one
        that goes on along a shortest path, (B, 2) float32.
        """
        self._check_started()
        return self._motion.optimal_actions(self)

    def distance_to_goal(self) -> NDArray[np.float64]:
        """Return the cost of the shortest path from each agent to its goal. (B,) float64."""
        self._check_started()
        return self._motion.distance_to_goal(self)

    def optimal_return(self) -> NDArray[np.float64]:
        """Return the best expected return from each lane's cell, discounted by ``reward.discount``, (B,) float64.

        By value iteration, exact for any slip. Moving obstacles, the time limit and shaping are left aside.

        Raises:
            ConfigurationError: Actions are continuous.
        """
        self._check_started()
        return self._motion.optimal_return(self)

    def shortest_path(self, lane: int) -> list[tuple[Any, Any]]:
        """Return a shortest path from a lane's agent to its goal, both included: cells, or points in the plane.

        Raises:
            InvalidStateError: There is no such lane.
            InfeasibleLevelError: The agent fell into a hole, or came out of a portal without a way back.
        """
        self._check_started()
        (lane,) = self._check_indices(lane).tolist()
        return self._motion.shortest_path(self, lane)

    def compute_reward(self, achieved_goal: Any, desired_goal: Any, info: Any = None) -> Any:
        """Return the reward of a step that ended where ``achieved_goal`` says, had the goal been another.

        Args:
            achieved_goal: (..., 2) float, as observations have it.
            desired_goal: (..., 2) float.
            info: Not needed.

        Returns:
            (...) float32.

        Raises:
            ConfigurationError: Observations have no goals, see ``goal_conditioned``.
        """
        reached = self._reached(achieved_goal, desired_goal)
        p = self._params[0]
        return (p["reward_step"] + np.where(reached, p["reward_goal"], np.float32(0.0)))[()]

    def compute_terminated(self, achieved_goal: Any, desired_goal: Any, info: Any = None) -> Any:
        """Return whether such a step would have reached its goal, (...) bool; see ``compute_reward``."""
        return self._reached(achieved_goal, desired_goal)[()]

    def compute_truncated(self, achieved_goal: Any, desired_goal: Any, info: Any = None) -> Any:
        """Return whether goals tell that an episode was cut off, which they never do, (...) bool."""
        return np.zeros_like(self._reached(achieved_goal, desired_goal))[()]

    def _reached(self, achieved_goal: Any, desired_goal: Any) -> NDArray[np.bool_]:
        if not self.config.goal_conditioned:
            raise ConfigurationError("compute_reward: needs an environment that is goal_conditioned, which this is not")
        goals = [as_array(goal) for goal in (achieved_goal, desired_goal)]
        are_numbers = all(goal.dtype.kind in "fiu" for goal in goals)
        if not are_numbers or goals[0].shape != goals[1].shape or goals[0].shape[-1:] != (2,):
            raise ConfigurationError(
                f"compute_reward: expected two arrays of numbers of one shape (..., 2), got {goals[0].dtype}"
                f" {goals[0].shape} and {goals[1].dtype} {goals[1].shape}"
            )
        return self._motion.reached(*goals)

    def observe(self) -> Any:
        """Return the current observations, as ``reset`` and ``step`` do."""
        self._check_started()
        return self._observe()

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
        self._motion.check_state(records, maps)
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
        self._count_finished()
        if self._is_shaped:
            self._goal_distances()
        if self._paths is not None:
            # A state does not say how its lane came to where it is.
            for lane in lanes.tolist():
                self._paths[lane] = [self._motion.place(self._lanes[lane])]

    def _seen_image(self, lane: int) -> NDArray[np.uint8]:
        """Return the picture that a lane's agent sees, with three channels also where it is grey."""
        self._check_started()
        (observed,) = self._observer.each(self._observe_lanes(np.arange(self.num_lanes) == lane))
        picture = observed["observation"] if self.config.goal_conditioned else observed
        return np.broadcast_to(picture, (*picture.shape[:2], 3)).copy()

    def _scene(self, lane: int) -> Scene:
        """Return what a picture of a lane shows."""
        self._check_started()
        record = self._lanes[lane]
        seen = None
        if self.config.observation == "line_of_sight":
            mask = np.arange(self.num_envs) == lane
            (observed,) = self._observer.each(self._observe_lanes(mask))
            planes = observed["observation"] if self.config.goal_conditioned else observed
            seen = planes[list(self.config.planes).index("seen")].astype(np.bool_)
        visited = None
        if self.config.observation == "image":
            # A picture shows what the agent sees, which is what its map has noted.
            visited = marked_cells(self._maps[record["map"]], self._params, VISITED)
        return Scene(
            self.grid_map(lane),
            self._motion.place(record),
            () if self._paths is None else tuple(self._paths[lane]),
            self.moving_obstacles(lane),
            self.config.radius,
            seen,
            visited,
            self._motion.body_radius,
        )
