"""The layout of state: one record a lane, one record of parameters, one record a transition.

Kernels take few arrays, since each costs a call about 0.1 us; the scalars of a lane therefore share one record.
Maps are padded with blocked cells, so that neither a move nor a window needs a test for the map's edge: the cell
(row, col) is at ``(row + pad) * pitch + col + pad`` of its map.
"""

from __future__ import annotations

import numpy as np

MAX_ACTIONS = 9

LANE = np.dtype(
    [
        # what every step reads or writes
        ("row", np.int32),
        ("col", np.int32),
        ("goal_row", np.int32),
        ("goal_col", np.int32),
        ("steps", np.int32),
        ("limit", np.int32),  # steps after which the episode is truncated
        ("map", np.int32),  # index into the array of maps
        ("is_success", np.bool_),
        ("finished", np.bool_),  # the episode ended; a reset comes next
        ("fresh", np.bool_),  # reset by the autoreset of this very step, which takes no action
        ("has_distances", np.bool_),  # the lane's distance field is that of its goal
        ("path_length", np.float64),
        ("episode_return", np.float64),  # sum of the rewards so far
        # what only resets and infos need
        ("optimal_length", np.float64),
        ("start_row", np.int32),
        ("start_col", np.int32),
        ("level", np.int64),
        ("key", np.uint64),  # of the lane's stream
        ("episode", np.uint64),  # episodes begun since the lane was seeded
    ],
    align=True,
)

TRANSITION = np.dtype([("reward", np.float32), ("terminated", np.bool_), ("truncated", np.bool_)], align=True)

LEVEL = np.dtype(
    [
        ("number", np.int64),
        ("map", np.int32),
        ("start_row", np.int32),
        ("start_col", np.int32),
        ("goal_row", np.int32),
        ("goal_col", np.int32),
        ("optimal_length", np.float64),
    ],
    align=True,
)

PARAMETERS = np.dtype(
    [
        # the map
        ("height", np.int64),
        ("width", np.int64),
        ("pad", np.int64),
        ("pitch", np.int64),
        # the dynamics
        ("num_actions", np.int64),
        ("row_delta", np.int32, (MAX_ACTIONS,)),
        ("col_delta", np.int32, (MAX_ACTIONS,)),
        ("cost", np.float64, (MAX_ACTIONS,)),
        ("octile", np.bool_),
        ("time_limit", np.int64),  # steps
        ("time_limit_factor", np.float64),  # multiple of the optimal length; 0 where time_limit alone counts
        ("reward_goal", np.float32),
        ("reward_step", np.float32),
        # the observation
        ("radius", np.int64),
        ("goal_in_position", np.bool_),
        # the levels
        ("generator", np.int64),
        ("density", np.uint64),  # of 2**16
        ("maze", np.int64),  # algorithm of mazes
        ("loops", np.uint64),  # of 2**16: share of inner walls of a maze, or between two rooms, that are opened as well
        ("block_size", np.int64),  # cells: largest side of a room, length of a shelf, side of a city's block
        ("num_levels", np.int64),  # 0: unlimited
        ("first_level", np.int64),
        ("tabled", np.bool_),  # the table of levels holds them whole, not only their numbers
        ("split", np.int64),
        ("fixed_start_row", np.int32),  # -1: drawn
        ("fixed_start_col", np.int32),
        ("fixed_goal_row", np.int32),
        ("fixed_goal_col", np.int32),
    ],
    align=True,
)


def padded_size(height: int, width: int, pad: int) -> int:
    """Return the number of cells of a padded map."""
    return (height + 2 * pad) * (width + 2 * pad)


def pad_map(blocked: np.ndarray, pad: int) -> np.ndarray:
    """Return a map as kernels want it: flat, surrounded by ``pad`` blocked cells, (cells,) uint8."""
    return np.pad(blocked.astype(np.uint8), pad, constant_values=1).ravel()


def unpad_map(padded: np.ndarray, height: int, width: int, pad: int) -> np.ndarray:
    """Return the (H, W) bool map inside a padded one."""
    inner = padded.reshape(height + 2 * pad, width + 2 * pad)[pad : pad + height, pad : pad + width]
    return inner.astype(np.bool_)
