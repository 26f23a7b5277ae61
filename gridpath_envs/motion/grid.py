"""GridMotion: from cell to cell, by one of a few actions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.core.distances import distance_to_goal_batch, optimal_actions_batch, trace_path
from gridpath_envs.core.dynamics import step_batch
from gridpath_envs.core.moves import legal_actions_batch
from gridpath_envs.core.values import best_actions_batch, optimal_return_batch
from gridpath_envs.errors import InfeasibleLevelError, InvalidActionError, shown
from gridpath_envs.maps.grid_map import Cell
from gridpath_envs.motion.base import Motion

if TYPE_CHECKING:
    from gridpath_envs.lanes import LaneBatch


class GridMotion(Motion):
    """Moves from cell to cell.

    Args:
        params: (1,) PARAMETERS.
    """

    step_kernel: ClassVar[Callable[..., int]] = staticmethod(step_batch)

    def __init__(self, params: NDArray[np.void]) -> None:
        """Keep the parameters, and how many actions there are."""
        super().__init__(params)
        self._num_actions = int(params[0]["num_actions"])

    def empty_actions(self, count: int) -> NDArray[np.int64]:
        """Return (count,) int64."""
        return np.zeros(count, dtype=np.int64)

    def check_actions(self, actions: Any, num_envs: int) -> NDArray[np.int64]:
        """Return (B,) int64.

        Raises:
            InvalidActionError: The actions have another shape or dtype, or one is out of range.
        """
        array = as_array(actions)
        if array.shape != (num_envs,) or array.dtype.kind not in "iu":
            raise InvalidActionError(
                f"actions: expected integers of shape ({num_envs},), got {array.dtype} of shape {array.shape}"
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

    def check_action(self, action: Any) -> int:
        """Return an action as an int.

        Raises:
            InvalidActionError: The action is no integer or out of range.
        """
        try:
            # A truth value is no action, though Python takes it for a number.
            index = -1 if action is True or action is False else operator.index(action)
        except TypeError:
            raise InvalidActionError(
                f"action: expected an integer from 0 to {self._num_actions - 1}, got {shown(action)}"
            ) from None
        if not 0 <= index < self._num_actions:
            raise InvalidActionError(f"action: got {shown(action)}, allowed: 0 to {self._num_actions - 1}")
        return index

    def positions(self, batch: LaneBatch) -> NDArray[np.int64]:
        """Return the cell (row, col) of each agent, (B, 2) int64."""
        return batch._cells("row", "col")

    def reached(self, achieved_goal: NDArray[Any], desired_goal: NDArray[Any]) -> NDArray[np.bool_]:
        """Return whether cells are the same, (...,) bool."""
        return np.asarray((achieved_goal == desired_goal).all(axis=-1))

    def action_masks(self, batch: LaneBatch) -> NDArray[np.bool_]:
        """Return which actions run into neither wall nor moving obstacle, if the agent does not slip. (B, A) bool."""
        out = np.empty((batch.num_lanes, self._num_actions), dtype=np.bool_)
        legal_actions_batch(batch._lanes, batch._maps, batch._params, out)
        return out

    def optimal_actions(self, batch: LaneBatch) -> NDArray[np.bool_]:
        """Return which actions begin a shortest path, or with slip have the highest expected return, (B, A) bool."""
        out = np.empty((batch.num_lanes, self._num_actions), dtype=np.bool_)
        slips = batch._params[0]["slip"] > 0
        fields = batch._goal_values() if slips else batch._goal_distances()
        find = best_actions_batch if slips else optimal_actions_batch
        find(batch._lanes, batch._maps, batch._params, fields, out)
        return out

    def distance_to_goal(self, batch: LaneBatch) -> NDArray[np.float64]:
        """Return the cost of the shortest path from each agent to its goal. (B,) float64."""
        out = np.empty(batch.num_lanes, dtype=np.float64)
        distance_to_goal_batch(batch._lanes, batch._params, batch._goal_distances(), out)
        return out

    def optimal_return(self, batch: LaneBatch) -> NDArray[np.float64]:
        """Return the best expected return from each lane's cell, (B,) float64."""
        out = np.empty(batch.num_lanes, dtype=np.float64)
        optimal_return_batch(batch._lanes, batch._params, batch._goal_values(), out)
        return out

    def shortest_path(self, batch: LaneBatch, lane: int) -> list[Cell]:
        """Return the cells (row, col) of a shortest path from a lane's agent to its goal, both included.

        Raises:
            InfeasibleLevelError: The agent fell into a hole, or came out of a portal without a way back.
        """
        distances = batch._goal_distances()
        record = batch._lanes[lane]
        path = np.empty((2, int(np.prod(batch.config.shape))), dtype=np.int32)
        actions = np.empty(self._num_actions, dtype=np.bool_)
        world, params = batch._maps[record["map"]], batch._params[0]
        count = trace_path(record["row"], record["col"], world, params, distances[lane], actions, path)
        if count == 0:
            cell = (int(record["row"]), int(record["col"]))
            raise InfeasibleLevelError(f"lane {lane}: there is no path to the goal from the agent's cell {cell}")
        rows, cols = path[:, :count].tolist()
        return list(zip(rows, cols, strict=True))
