"""Saved states: one flat record of bytes a lane, checked before any of it reaches a kernel."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.state import LANE
from gridpath_envs.errors import InvalidStateError

_FINGERPRINT = 8
_FLAGS = ("is_success", "finished", "fresh", "has_distances")


def fingerprint(params: NDArray[np.void]) -> NDArray[np.uint8]:
    """Return the (8,) uint8 mark of a configuration that its states begin with."""
    return np.frombuffer(hashlib.sha256(params.tobytes()).digest()[:_FINGERPRINT], dtype=np.uint8)


def pack_state(lanes: NDArray[np.void], maps: NDArray[np.uint8], params: NDArray[np.void]) -> NDArray[np.uint8]:
    """Return the state of lanes and of the maps that they are on.

    Args:
        lanes: (K,) LANE.
        maps: (M, cells) uint8, padded.
        params: (1,) PARAMETERS.

    Returns:
        (K, S) uint8.
    """
    marks = np.broadcast_to(fingerprint(params), (len(lanes), _FINGERPRINT))
    records = np.ascontiguousarray(lanes).view(np.uint8).reshape(len(lanes), LANE.itemsize)
    return np.concatenate([marks, records, maps[lanes["map"]]], axis=1)


def unpack_state(
    state: object, count: int, num_cells: int, params: NDArray[np.void]
) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
    """Check a saved state and return its lanes and maps.

    Args:
        state: What ``pack_state`` returned.
        count: K, how many lanes it must hold.
        num_cells: Cells of a padded map.
        params: (1,) PARAMETERS of the environment that takes the state.

    Returns:
        (K,) LANE and (K, cells) uint8.

    Raises:
        InvalidStateError: It has another shape, comes from another configuration, or is damaged.
    """
    size = _FINGERPRINT + LANE.itemsize + num_cells
    if not isinstance(state, np.ndarray) or state.dtype != np.uint8 or state.shape != (count, size):
        got = f"{state.dtype} {state.shape}" if isinstance(state, np.ndarray) else type(state).__name__
        raise InvalidStateError(f"state: expected a uint8 array of shape ({count}, {size}), got {got}")
    if (state[:, :_FINGERPRINT] != fingerprint(params)).any():
        raise InvalidStateError("state: was saved by an environment of another configuration")
    records = np.ascontiguousarray(state[:, _FINGERPRINT : _FINGERPRINT + LANE.itemsize])
    for name in _FLAGS:
        offset = LANE.fields[name][1] if LANE.fields else 0
        if (records[:, offset] > 1).any():
            raise InvalidStateError(f"state: is damaged ({name} is no flag)")
    lanes = records.view(LANE).reshape(count)
    maps = np.ascontiguousarray(state[:, _FINGERPRINT + LANE.itemsize :])
    p = params[0]
    pad, pitch, height, width = int(p["pad"]), int(p["pitch"]), int(p["height"]), int(p["width"])
    border = np.ones((height + 2 * pad, pitch), dtype=np.bool_)
    border[pad:-pad, pad:-pad] = False
    if (maps > 1).any() or not maps[:, border.ravel()].all():
        raise InvalidStateError("state: is damaged (its map is no padded map)")
    for row, col in (("row", "col"), ("start_row", "start_col"), ("goal_row", "goal_col")):
        inside = (lanes[row] >= 0) & (lanes[row] < height) & (lanes[col] >= 0) & (lanes[col] < width)
        if not inside.all():
            raise InvalidStateError(f"state: is damaged (its cell {row}, {col} lies outside the map)")
        index = (lanes[row].astype(np.int64) + pad) * pitch + lanes[col] + pad
        if maps[np.arange(count), index].any():
            raise InvalidStateError(f"state: is damaged (its cell {row}, {col} is blocked)")
    if (lanes["steps"] < 0).any() or (lanes["limit"] < 1).any():
        raise InvalidStateError("state: is damaged (its counters are out of range)")
    lengths = np.stack([lanes["path_length"], lanes["optimal_length"]])
    if not (np.isfinite(lengths).all() and (lengths >= 0).all() and np.isfinite(lanes["episode_return"]).all()):
        raise InvalidStateError("state: is damaged (its lengths are out of range)")
    lanes["has_distances"] = False
    return lanes, maps
