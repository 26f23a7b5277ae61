"""Saved states of many agents: one flat record of bytes an environment, checked before any of it reaches a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.cells import AGENT, AGENT_GOAL, SOLID
from gridpath_envs.core.joint_dynamics import DISAPPEAR, RESTART, STAY_THERE
from gridpath_envs.core.state import LANE, map_bytes
from gridpath_envs.errors import InvalidStateError
from gridpath_envs.lane_state import check_maps, fingerprint, gaps

_SHARED = ("limit", "fresh", "level", "key", "episode")
# What says where things are kept, and nothing of the episode.
_OWN = ("map", "has_distances", "has_values", "has_body")
_MARK = 8


def pack_joint_state(lanes: NDArray[np.void], maps: NDArray[np.uint8], params: NDArray[np.void]) -> NDArray[np.uint8]:
    """Return the state of environments.

    Args:
        lanes: (K, N) LANE.
        maps: (K, S) uint8, padded.
        params: (1,) PARAMETERS.

    Returns:
        (K, R) uint8.
    """
    count, num_agents = lanes.shape
    marks = np.broadcast_to(fingerprint(params), (count, _MARK))
    lanes = lanes.copy()
    for name in _OWN:
        lanes[name] = 0
    records = lanes.view(np.uint8).reshape(count, num_agents, LANE.itemsize)
    # What is between the fields is as memory was.
    records[:, :, gaps(LANE)] = 0
    return np.concatenate([marks, records.reshape(count, -1), maps], axis=1)


def unpack_joint_state(
    state: object, count: int, params: NDArray[np.void]
) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
    """Check a saved state and return its agents and maps.

    Args:
        state: What ``pack_joint_state`` returned.
        count: K, how many environments it must hold.
        params: (1,) PARAMETERS of the environment that takes the state.

    Returns:
        (K, N) LANE and (K, S) uint8.

    Raises:
        InvalidStateError: It has another shape, comes from another configuration, or is damaged.
    """
    p = params[0]
    num_agents = int(p["num_agents"])
    end = _MARK + num_agents * LANE.itemsize
    size = end + map_bytes(params)
    if not isinstance(state, np.ndarray) or state.dtype != np.uint8 or state.shape != (count, size):
        got = f"{state.dtype} {state.shape}" if isinstance(state, np.ndarray) else type(state).__name__
        raise InvalidStateError(f"state: expected a uint8 array of shape ({count}, {size}), got {got}")
    if (state[:, :_MARK] != fingerprint(params)).any():
        raise InvalidStateError("state: was saved by an environment of another configuration")
    # A copy, which is written to below; the state stays the caller's.
    records = state[:, _MARK:end].copy().reshape(count * num_agents, LANE.itemsize)
    for name, (kind, offset, *_) in (LANE.fields or {}).items():
        if kind == np.bool_ and (records[:, offset] > 1).any():
            raise InvalidStateError(f"state: is damaged ({name} is no flag)")
    lanes = records.view(LANE).reshape(count, num_agents)
    maps = np.ascontiguousarray(state[:, end:])
    for name in _SHARED:
        if (lanes[name] != lanes[name][:, :1]).any():
            raise _damaged(f"its agents do not agree on {name}")
    _check_counters(lanes, p)
    _check_cells(lanes, maps, params)
    for name in _OWN:
        lanes[name] = 0
    return lanes, maps


def _damaged(why: str) -> InvalidStateError:
    return InvalidStateError(f"state: is damaged ({why})")


def _check_counters(lanes: NDArray[np.void], p: Any) -> None:
    over = (lanes["steps"] > lanes["limit"]) | ((lanes["steps"] == lanes["limit"]) & ~lanes["finished"])
    limits = (lanes["limit"] >= 1) & (lanes["limit"] <= p["time_limit"])
    counts = [lanes[name] for name in ("steps", "arrival", "num_arrivals", "num_collisions")]
    if over.any() or not limits.all() or any((values < 0).any() for values in counts):
        raise _damaged("its counters are out of range")
    if any((values > lanes["steps"]).any() for values in counts[1:]):
        raise _damaged("its counters are out of range")
    lengths = [lanes["path_length"], lanes["optimal_length"]]
    # An unreachable goal is infinitely far, where it is allowed.
    is_finite = np.isfinite(lengths[0]) & np.isfinite(lanes["episode_return"])
    is_longer = lanes["path_length"] > lanes["steps"]
    if not is_finite.all() or is_longer.any() or not all((values >= 0).all() for values in lengths):
        raise _damaged("its lengths are out of range")


def _check_episodes(lanes: NDArray[np.void], at_goal: NDArray[np.bool_], on_arrival: int) -> None:
    """Check whose episode has ended, which follows from where agents are and how many steps they have had."""
    steps = lanes["steps"]
    now = steps.max(axis=1, keepdims=True)
    is_success = at_goal & (on_arrival != RESTART) & ((on_arrival == STAY_THERE) | (steps > 0))
    if (lanes["is_success"] != is_success).any() or (at_goal & (on_arrival == RESTART) & (steps > 0)).any():
        raise _damaged("its agents are not where they say")
    # Only those that have disappeared count no further.
    has_left = is_success & (on_arrival == DISAPPEAR)
    if (lanes["gone"] != (steps < now)).any() or (lanes["gone"] & ~has_left).any():
        raise _damaged("its agents do not agree on steps")
    all_there = is_success.all(axis=1, keepdims=True) & (now > 0) & (on_arrival == STAY_THERE)
    has_ended = has_left | all_there | (steps == lanes["limit"])
    if (lanes["finished"] != has_ended).any() or (lanes["fresh"] & (now > 0)).any():
        raise _damaged("its agents do not agree on whose episode has ended")


def _check_cells(lanes: NDArray[np.void], maps: NDArray[np.uint8], params: NDArray[np.void]) -> None:
    p = params[0]
    pad, pitch, height, width = int(p["pad"]), int(p["pitch"]), int(p["height"]), int(p["width"])
    still = maps & ~(AGENT | AGENT_GOAL)
    check_maps(still, params)
    indices = {}
    for prefix in ("", "start_", "goal_"):
        rows, cols = lanes[f"{prefix}row"], lanes[f"{prefix}col"]
        if not ((rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)).all():
            raise _damaged(f"a cell {prefix}row, {prefix}col lies outside the map")
        indices[prefix] = (rows.astype(np.int64) + pad) * pitch + cols + pad
        if (np.take_along_axis(still, indices[prefix], axis=1) & SOLID).any():
            raise _damaged(f"a cell {prefix}row, {prefix}col is blocked")
    _check_episodes(lanes, indices[""] == indices["goal_"], int(p["on_arrival"]))
    for prefix, flag in (("", AGENT), ("goal_", AGENT_GOAL)):
        expected = np.zeros_like(maps)
        for k in range(len(lanes)):
            # One that has disappeared has left the map; one whose time is up is still on it.
            left = lanes[k]["is_success"] & (p["on_arrival"] == DISAPPEAR)
            cells = indices[prefix][k][~left]
            if len(np.unique(cells)) < len(cells):
                raise _damaged("two agents are in one cell, or have one goal")
            expected[k, cells] = flag
        if ((maps & flag) != expected).any():
            raise _damaged("its map does not show its agents")
