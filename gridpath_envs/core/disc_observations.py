"""Observation kernels of a disc in the plane."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.range_finder import range_finder


@kernel
def _observe_motion(lane, params, out):
    """Write the vector to the goal, where it is shown, and the velocity; return how many numbers."""
    count = 0
    if params.shows_goal:
        out[0] = np.float32((lane.goal_row + 0.5 - lane.body_row) / params.max_range)
        out[1] = np.float32((lane.goal_col + 0.5 - lane.body_col) / params.max_range)
        count = 2
    # Rounding must not bring it out of its space.
    out[count] = np.float32(min(max(lane.velocity_row / params.max_speed, -1.0), 1.0))
    out[count + 1] = np.float32(min(max(lane.velocity_col / params.max_speed, -1.0), 1.0))
    return count + 2


@kernel
def observe_range_finder_batch(lanes, maps, params, beams, out):
    """Write the vector to the goal and the velocity of each lane, and how far each of its beams gets.

    Args:
        lanes: (B,) LANE.
        maps: (M, S) uint8, padded.
        params: (1,) PARAMETERS.
        beams: (num_beams, 4) float64, from ``beam_table``.
        out: (B, 4 + num_beams) float32, written; (B, 2 + num_beams) where the goal is not shown.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        count = _observe_motion(lane, p, out[i])
        range_finder(lane.body_row, lane.body_col, beams, p.max_range, maps[lane.map], p, out[i, count:])


@kernel
def observe_motion_batch(lanes, maps, params, out):
    """Write the vector to the goal and the velocity of each lane, and where in its cell it is; out: (B, 6) float32."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        count = _observe_motion(lane, p, out[i])
        out[i, count] = np.float32(lane.body_row - lane.row)
        out[i, count + 1] = np.float32(lane.body_col - lane.col)


@kernel
def observe_body_batch(lanes, maps, params, out):
    """Write where each disc's centre is; out: (B, 2) float32."""
    for i in range(lanes.shape[0]):
        out[i, 0] = np.float32(lanes[i].body_row)
        out[i, 1] = np.float32(lanes[i].body_col)


@kernel
def observe_goal_centre_batch(lanes, maps, params, out):
    """Write the centre of each goal's cell; out: (B, 2) float32."""
    for i in range(lanes.shape[0]):
        out[i, 0] = np.float32(lanes[i].goal_row + 0.5)
        out[i, 1] = np.float32(lanes[i].goal_col + 0.5)
