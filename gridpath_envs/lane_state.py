"""Saved states: one flat record of bytes a lane, checked before any of it reaches a kernel."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.cells import (
    BLOCKED,
    HOLE,
    OCCUPIED,
    PORTAL,
    PORTAL_BYTES,
    SOLID,
    TERRAIN_SHIFT,
    TERRAINS,
    VISITED,
)
from gridpath_envs.core.state import LANE, OBSTACLE_BYTES, PARAMETERS, map_bytes
from gridpath_envs.errors import InvalidStateError
from gridpath_envs.maps.generators import FIXED_MAP

_FINGERPRINT = 8
_FLAGS = ("is_success", "finished", "fresh", "has_distances", "has_values", "has_body")


@cache
def gaps(layout: np.dtype[Any]) -> NDArray[np.int64]:
    """Return which bytes of a record are between its fields."""
    is_gap = np.ones(layout.itemsize, dtype=np.bool_)
    for kind, offset, *_ in (layout.fields or {}).values():
        is_gap[offset : offset + kind.itemsize] = False
    return np.flatnonzero(is_gap)


def fingerprint(params: NDArray[np.void]) -> NDArray[np.uint8]:
    """Return the (8,) uint8 mark of a configuration that its states begin with."""
    # What is between the fields, which aligns them, is lost in copies.
    values = np.delete(params.view(np.uint8), gaps(PARAMETERS)).tobytes()
    return np.frombuffer(hashlib.sha256(values).digest()[:_FINGERPRINT], dtype=np.uint8)


def pack_state(lanes: NDArray[np.void], maps: NDArray[np.uint8], params: NDArray[np.void]) -> NDArray[np.uint8]:
    """Return the state of lanes and of the maps that they are on.

    Args:
        lanes: (K,) LANE.
        maps: (M, S) uint8, padded.
        params: (1,) PARAMETERS.

    Returns:
        (K, R) uint8.
    """
    marks = np.broadcast_to(fingerprint(params), (len(lanes), _FINGERPRINT))
    records = np.ascontiguousarray(lanes).view(np.uint8).reshape(len(lanes), LANE.itemsize)
    state = np.concatenate([marks, records, maps[lanes["map"]]], axis=1)
    # What is between the fields is as memory was.
    state[:, _FINGERPRINT + gaps(LANE)] = 0
    return state


def unpack_state(state: object, count: int, params: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
    """Check a saved state and return its lanes and maps.

    Args:
        state: What ``pack_state`` returned.
        count: K, how many lanes it must hold.
        params: (1,) PARAMETERS of the environment that takes the state.

    Returns:
        (K,) LANE and (K, S) uint8.

    Raises:
        InvalidStateError: It has another shape, comes from another configuration, or is damaged.
    """
    size = _FINGERPRINT + LANE.itemsize + map_bytes(params)
    if not isinstance(state, np.ndarray) or state.dtype != np.uint8 or state.shape != (count, size):
        got = f"{state.dtype} {state.shape}" if isinstance(state, np.ndarray) else type(state).__name__
        raise InvalidStateError(f"state: expected a uint8 array of shape ({count}, {size}), got {got}")
    if (state[:, :_FINGERPRINT] != fingerprint(params)).any():
        raise InvalidStateError("state: was saved by an environment of another configuration")
    # A copy, which is written to below; the state stays the caller's.
    records = state[:, _FINGERPRINT : _FINGERPRINT + LANE.itemsize].copy()
    for name in _FLAGS:
        offset = LANE.fields[name][1] if LANE.fields else 0
        if (records[:, offset] > 1).any():
            raise InvalidStateError(f"state: is damaged ({name} is no flag)")
    lanes = records.view(LANE).reshape(count)
    maps = np.ascontiguousarray(state[:, _FINGERPRINT + LANE.itemsize :])
    p = params[0]
    pad, pitch, height, width = int(p["pad"]), int(p["pitch"]), int(p["height"]), int(p["width"])
    check_maps(maps, params)
    for row, col in (("row", "col"), ("start_row", "start_col"), ("goal_row", "goal_col")):
        inside = (lanes[row] >= 0) & (lanes[row] < height) & (lanes[col] >= 0) & (lanes[col] < width)
        if not inside.all():
            raise InvalidStateError(f"state: is damaged (its cell {row}, {col} lies outside the map)")
        index = (lanes[row].astype(np.int64) + pad) * pitch + lanes[col] + pad
        # An agent may have fallen into a hole or come out of a portal, but no episode starts or ends there.
        closed = BLOCKED | OCCUPIED if row == "row" else SOLID | PORTAL
        if (maps[np.arange(count), index] & closed).any():
            raise InvalidStateError(f"state: is damaged (its cell {row}, {col} is blocked)")
    if ((lanes["start_row"] == lanes["goal_row"]) & (lanes["start_col"] == lanes["goal_col"])).any():
        raise InvalidStateError("state: is damaged (its start is its goal)")
    over = (lanes["steps"] > lanes["limit"]) | ((lanes["steps"] == lanes["limit"]) & ~lanes["finished"])
    limits = (lanes["limit"] >= 1) & (lanes["limit"] <= p["time_limit"])
    if (lanes["steps"] < 0).any() or over.any() or not limits.all() or (lanes["is_success"] & ~lanes["finished"]).any():
        raise InvalidStateError("state: is damaged (its counters are out of range)")
    if not (lanes["optimal_length"] > 0).all():
        raise InvalidStateError("state: is damaged (its start is its goal)")
    lengths = np.stack([lanes["path_length"], lanes["optimal_length"]])
    if not (
        np.isfinite(lengths).all()
        and (lengths >= 0).all()
        and (lanes["optimal_length"] > 0).all()
        and np.isfinite(lanes["episode_return"]).all()
    ):
        raise InvalidStateError("state: is damaged (its lengths are out of range)")
    lanes["has_distances"] = False
    lanes["has_values"] = False
    return lanes, maps


def check_maps(maps: NDArray[np.uint8], params: NDArray[np.void]) -> None:
    """Refuse maps whose flags, portals or moving obstacles no environment of the configuration could have."""
    p = params[0]
    num_cells, pad = int(p["num_cells"]), int(p["pad"])
    cells = maps[:, :num_cells]
    border = np.ones((int(p["height"]) + 2 * pad, int(p["pitch"])), dtype=np.bool_)
    border[pad:-pad, pad:-pad] = False
    edge = cells[:, border.ravel()]
    known = np.zeros(256, dtype=np.bool_)
    known[[np.uint8(0), BLOCKED]] = True
    # A map that all levels share is compared with itself besides.
    is_fixed = p["generator"] == FIXED_MAP
    if is_fixed or p["holes"]:
        known[HOLE] = True
    if is_fixed or p["terrain"]:
        known[[kind << TERRAIN_SHIFT for kind in range(len(TERRAINS))]] = True
    if p["has_portals"]:
        known[PORTAL] = True
    passing = (VISITED if p["trail"] else 0) | (OCCUPIED if p["num_obstacles"] else 0)
    still = cells & np.uint8(255 - passing)
    if (edge != BLOCKED).any() or not known[still].all() or (cells[still == BLOCKED] != BLOCKED).any():
        raise InvalidStateError("state: is damaged (its map is no padded map)")
    if p["has_portals"]:
        portals = np.ascontiguousarray(maps[:, num_cells : num_cells + PORTAL_BYTES]).view("<i4")
        if ((portals[:, ::2] > 0) != (portals[:, 1::2] > 0)).any():
            raise InvalidStateError("state: is damaged (a portal leads nowhere)")
        _check_listed(portals, cells, PORTAL, "portals")
    if p["num_obstacles"]:
        start, count = int(p["obstacles_at"]), int(p["num_obstacles"])
        records = maps[:, start : start + count * OBSTACLE_BYTES].reshape(len(maps), count, OBSTACLE_BYTES)
        indices = np.ascontiguousarray(records[:, :, :4]).view("<i4")[:, :, 0]
        homes = np.ascontiguousarray(records[:, :, 4:8]).view("<i4")[:, :, 0]
        _check_listed(indices, cells, OCCUPIED, "moving obstacles")
        inside = (homes > 0) & (homes < num_cells)
        if (records[:, :, 8] > 3).any() or not inside[indices > 0].all():
            raise InvalidStateError("state: is damaged (its moving obstacles have no home or heading)")
        if (cells[cells & OCCUPIED != 0] & (HOLE | PORTAL)).any():
            raise InvalidStateError("state: is damaged (a moving obstacle is where none can be)")


def _check_listed(indices: NDArray[np.int32], cells: NDArray[np.uint8], flag: np.uint8, what: str) -> None:
    """Refuse a list of cells, 0 for none, that are not just those with a flag; indices: (K, L), cells: (K, cells)."""
    expected = cells & flag != 0
    found = np.zeros_like(expected)
    inside = (indices > 0) & (indices < cells.shape[1])
    rows, columns = np.nonzero(inside)
    found[rows, indices[rows, columns]] = True
    if (found != expected).any() or not inside[indices != 0].all() or (inside.sum(1) != expected.sum(1)).any():
        raise InvalidStateError(f"state: is damaged (its {what} are not those of its map)")
