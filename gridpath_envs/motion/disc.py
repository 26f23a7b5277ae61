"""DiscMotion: a disc-shaped robot in the grid's plane, driven by velocities or accelerations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.disc_dynamics import place_discs_batch, step_discs_batch
from gridpath_envs.core.disc_oracle import disc_actions_batch, disc_distances_batch, trace_disc_lane
from gridpath_envs.core.disc_paths import disc_path_scratch
from gridpath_envs.errors import InvalidActionError, InvalidStateError, shown
from gridpath_envs.motion.base import Motion

if TYPE_CHECKING:
    from gridpath_envs.lanes import LaneBatch

# A state's disc may be this much nearer to a wall than its radius: rounding, and what a sweep leaves.
_SLACK = 1e-6


class DiscMotion(Motion):
    """Moves in the plane.

    Args:
        params: (1,) PARAMETERS.
    """

    step_kernel: ClassVar[Callable[..., int]] = staticmethod(step_discs_batch)
    settles: ClassVar[bool] = True

    def new_scratch(self) -> tuple[NDArray[Any], ...]:
        """Allocate what a search for a shortest path needs."""
        return disc_path_scratch(self._params)

    def settle(self, batch: LaneBatch, part: slice, *scratch: NDArray[Any]) -> None:
        """Put the discs of lanes that have begun an episode into their starts, and measure their shortest paths."""
        place_discs_batch(batch._lanes[part], batch._maps, self._params, *scratch)

    def empty_actions(self, count: int) -> NDArray[np.float64]:
        """Return (count, 2) float64."""
        return np.zeros((count, 2))

    def check_actions(self, actions: Any, num_envs: int) -> NDArray[np.float64]:
        """Return (B, 2) float64, clipped to [-1, 1].

        Raises:
            InvalidActionError: The actions have another shape or dtype, or one is no number.
        """
        array = as_array(actions)
        if array.shape != (num_envs, 2) or array.dtype.kind not in "fiu":
            raise InvalidActionError(
                f"actions: expected numbers of shape ({num_envs}, 2), got {array.dtype} of shape {array.shape}"
            )
        checked = np.array(array, dtype=np.float64)
        wrong = np.isnan(checked)
        if wrong.any():
            lane = int(np.flatnonzero(wrong.any(axis=1))[0])
            raise InvalidActionError(f"actions: lane {lane} has the action {array[lane]}, which is no number")
        return np.clip(checked, -1.0, 1.0, out=checked)

    def check_action(self, action: Any) -> NDArray[np.float64]:
        """Return (2,) float64, clipped to [-1, 1].

        Raises:
            InvalidActionError: The action has another shape or type, or is no number.
        """
        array = as_array(action)
        if array.shape != (2,) or array.dtype.kind not in "fiu":
            raise InvalidActionError(f"action: expected two numbers (row, col) from -1 to 1, got {shown(action)}")
        checked = np.array(array, dtype=np.float64)
        if np.isnan(checked).any():
            raise InvalidActionError(f"action: got {shown(action)}, which is no number")
        return np.clip(checked, -1.0, 1.0, out=checked)

    def positions(self, batch: LaneBatch) -> NDArray[np.float64]:
        """Return the centre (row, col) of each disc, (B, 2) float64; that of cell (r, c) is (r + 0.5, c + 0.5)."""
        batch._check_started()
        return np.stack([batch._lanes["body_row"], batch._lanes["body_col"]], axis=1)

    def place(self, record: np.void) -> tuple[float, float]:
        """Return where pictures show a lane's disc."""
        return float(record["body_row"]) - 0.5, float(record["body_col"]) - 0.5

    def places(self, points: Iterable[tuple[Any, Any]]) -> list[tuple[float, float]]:
        """Return where pictures show points of the plane: there, the middle of cell (r, c) is (r, c)."""
        return [(row - 0.5, col - 0.5) for row, col in points]

    @property
    def body_radius(self) -> float:
        """Radius of the disc, in cells."""
        return float(self._params[0]["body_radius"])

    def reached(self, achieved_goal: NDArray[Any], desired_goal: NDArray[Any]) -> NDArray[np.bool_]:
        """Return whether points are within the goal's radius, (...,) bool."""
        # As the kernel does it: by the values that observations show.
        apart = achieved_goal.astype(np.float32).astype(np.float64) - desired_goal.astype(np.float32)
        squares = apart * apart
        radius = float(self._params[0]["goal_radius"])
        return np.asarray(squares[..., 0] + squares[..., 1] <= radius * radius)

    def distance_to_goal(self, batch: LaneBatch) -> NDArray[np.float64]:
        """Return the length of the shortest path of each disc to its goal's centre, (B,) float64, in cells."""
        batch._check_started()
        out = np.empty(batch.num_envs)
        disc_distances_batch(batch._lanes, batch._maps, batch._params, *self.new_scratch(), out)
        return out

    def optimal_actions(self, batch: LaneBatch) -> NDArray[np.float32]:
        """Return the action of each disc that goes on along a shortest path, (B, 2) float32."""
        out = np.empty((batch.num_envs, 2), dtype=np.float32)
        disc_actions_batch(batch._lanes, batch._maps, batch._params, *self.new_scratch(), self._new_points(), out)
        return out

    def shortest_path(self, batch: LaneBatch, lane: int) -> list[tuple[float, float]]:
        """Return points (row, col) of the shortest path of a lane's disc to its goal's centre, both included."""
        record, points = batch._lanes[lane], self._new_points()
        count = trace_disc_lane(record, batch._maps[record["map"]], batch._params[0], *self.new_scratch(), points)
        return [(row, col) for row, col in points[:count].tolist()]

    def _new_points(self) -> NDArray[np.float64]:
        # At worst each cell has a corner, and the arc around it ten points.
        return np.empty((10 * int(self._params[0]["num_cells"]) + 2, 2))

    def check_state(self, lanes: NDArray[np.void], maps: NDArray[np.uint8]) -> None:
        """Refuse discs that are somewhere else than their cell, in a wall, or faster than any can be.

        Raises:
            InvalidStateError: One is.
        """
        p = self._params[0]
        place = np.stack([lanes["body_row"], lanes["body_col"]], axis=1)
        velocity = np.stack([lanes["velocity_row"], lanes["velocity_col"]], axis=1)
        cell = np.stack([lanes["row"], lanes["col"]], axis=1)
        if not lanes["has_body"].all() or not np.isfinite(place).all() or (np.floor(place) != cell).any():
            raise InvalidStateError("state: is damaged (its disc is not in its cell)")
        if not (np.hypot(velocity[:, 0], velocity[:, 1]) <= p["max_speed"] * (1.0 + _SLACK)).all():
            raise InvalidStateError("state: is damaged (its disc is too fast)")
        num_cells, pitch, pad = int(p["num_cells"]), int(p["pitch"]), int(p["pad"])
        cells = maps[:, :num_cells]
        index = (cell[:, 0].astype(np.int64) + pad) * pitch + cell[:, 1] + pad
        within = place - cell
        for drow in (-1, 0, 1):
            for dcol in (-1, 0, 1):
                solid = cells[np.arange(len(lanes)), index + drow * pitch + dcol] & SOLID != 0
                nearest = np.clip(within, (drow, dcol), (drow + 1, dcol + 1))
                gap = np.hypot(*(within - nearest).T)
                if (solid & (gap < p["body_radius"] - _SLACK)).any():
                    raise InvalidStateError("state: is damaged (its disc is in a wall)")
