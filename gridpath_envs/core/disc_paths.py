"""Stand-in."""

import numpy as np

from gridpath_envs.core.any_angle import any_angle_length
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index


@kernel
def disc_path_length(row, col, goal_row, goal_col, radius, world, params, costs, cells):
    """Stand-in."""
    start = np.int64(cell_index(np.int64(np.floor(row)), np.int64(np.floor(col)), params))
    goal = np.int64(cell_index(np.int64(np.floor(goal_row)), np.int64(np.floor(goal_col)), params))
    return any_angle_length(start, goal, radius, world, params, costs, cells)


def disc_path_scratch(params):
    n = int(params[0]["num_cells"])
    return np.empty((5, n)), np.empty((3, n), dtype=np.int32)
