"""Observation kernels: what the agent sees of a lane, written to an output given to them."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index


@kernel
def observe_position_lane(lane, params):
    """Return the number of the agent's cell, joined with that of the goal's where the goal varies."""
    position = np.int64(lane.row) * params.width + lane.col
    if params.goal_in_position:
        goal = np.int64(lane.goal_row) * params.width + lane.goal_col
        return position * (params.height * params.width) + goal
    return position


@kernel
def observe_position_batch(lanes, maps, params, out):
    """Write the position observation of each lane; out: (B,) int64."""
    p = params[0]
    for i in range(lanes.shape[0]):
        out[i] = observe_position_lane(lanes[i], p)


@kernel
def observe_egocentric_lane(lane, blocked, params, out):
    """Write the window around the agent: plane 0 obstacles, plane 1 the goal; out: (2 * V * V,) uint8.

    A goal outside the window is shown on the window's edge, nearest to where it lies.
    """
    radius = params.radius
    side = np.uint64(2 * radius + 1)
    area = side * side
    source = cell_index(lane.row - radius, lane.col - radius, params)
    pitch = np.uint64(params.pitch)
    target = np.uint64(0)
    for _ in range(side):
        for k in range(side):
            out[target + k] = blocked[source + k]
        source += pitch
        target += side
    for k in range(area, np.uint64(2) * area):
        out[k] = 0
    goal_row = min(max(lane.goal_row - lane.row, -radius), radius) + radius
    goal_col = min(max(lane.goal_col - lane.col, -radius), radius) + radius
    out[area + np.uint64(goal_row) * side + np.uint64(goal_col)] = 1


@kernel
def observe_egocentric_batch(lanes, maps, params, out):
    """Write the egocentric observation of each lane; out: (B, 2 * V * V) uint8."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        observe_egocentric_lane(lane, maps[lane.map], p, out[i])
