"""The oracle of discs in the plane: how far the goal is, and which action goes on along a shortest path."""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.disc_paths import disc_path_length, trace_disc_path
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.line_of_sight import line_of_sight_disc

# The share of a disc's radius that must get past a corner; the rest slides around it.
_SLIDING = 0.7


@kernel
def disc_lane_length(lane, world, params, costs, cells):
    """Return the length of the shortest path of a lane's disc to its goal's centre, as ``disc_path_length`` does."""
    return disc_path_length(
        lane.body_row,
        lane.body_col,
        lane.goal_row + 0.5,
        lane.goal_col + 0.5,
        params.body_radius,
        world,
        params,
        costs,
        cells,
    )


@kernel
def disc_distances_batch(lanes, maps, params, costs, cells, out):
    """Write the length of the shortest path of each disc from where it is to its goal's centre; out: (B,) float64."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        out[i] = disc_lane_length(lane, maps[lane.map], p, costs, cells)


@kernel
def trace_disc_lane(lane, world, params, costs, cells, points):
    """Write the shortest path of a lane's disc to its goal's centre, as ``trace_disc_path`` does."""
    return trace_disc_path(
        lane.body_row,
        lane.body_col,
        lane.goal_row + 0.5,
        lane.goal_col + 0.5,
        params.body_radius,
        world,
        params,
        costs,
        cells,
        points,
    )


@kernel
def _aim(points, count, length, radius, world, params):
    """Return the farthest point of a path, up to a length along it, that a disc gets straight to, but for sliding."""
    start_row, start_col = points[0, 0], points[0, 1]
    row, col = start_row, start_col
    for k in range(1, count):
        across, along = points[k, 0] - points[k - 1, 0], points[k, 1] - points[k - 1, 1]
        leg = math.sqrt(across * across + along * along)
        share = min(length / leg, 1.0)
        next_row, next_col = points[k - 1, 0] + across * share, points[k - 1, 1] + along * share
        if k > 1 and not line_of_sight_disc(start_row, start_col, next_row, next_col, radius, world, params):
            break
        row, col = next_row, next_col
        length -= leg
        if length <= 0.0:
            break
    return row, col


@kernel
def disc_actions_batch(lanes, maps, params, costs, cells, points, out):
    """Write the action of each disc that goes on along a shortest path as fast as it can.

    It aims at the point of the path that one step of full speed reaches, or at the last one before it that is in sight;
    where the corner that the path goes around is in the way a little, the disc slides along it. No time is spared for
    the turns to come: a disc that accelerates runs wide of them.

    Args:
        lanes: (B,) LANE.
        maps: (M, S) uint8, padded.
        params: (1,) PARAMETERS.
        costs: float64, scratch of ``disc_path_length``.
        cells: int32, scratch of ``disc_path_length``.
        points: (N, 2) float64, scratch, as large as the longest path needs.
        out: (B, 2) float32, written.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        count = trace_disc_lane(lane, maps[lane.map], p, costs, cells, points)
        radius = _SLIDING * p.body_radius
        row, col = _aim(points, count, p.max_speed * p.dt, radius, maps[lane.map], p)
        action_row, action_col = (row - lane.body_row) / p.dt, (col - lane.body_col) / p.dt
        if p.accelerates:
            # The acceleration after which, drag included, the velocity is that.
            drag = 1.0 + p.damping * p.dt
            action_row = (action_row * drag - lane.velocity_row) / (p.max_acceleration * p.dt)
            action_col = (action_col * drag - lane.velocity_col) / (p.max_acceleration * p.dt)
        else:
            action_row /= p.max_speed
            action_col /= p.max_speed
        size = max(math.sqrt(action_row * action_row + action_col * action_col), 1.0)
        out[i, 0] = np.float32(action_row / size)
        out[i, 1] = np.float32(action_col / size)
