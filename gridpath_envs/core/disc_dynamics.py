"""The transition of a disc in the plane: what one action changes of a lane, and how its episode begins."""

from __future__ import annotations

import math

import numpy as np

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.continuous import step_disc
from gridpath_envs.core.disc_oracle import disc_lane_length
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import NOISE_STREAM, draw, stream_key

# 53 bits of a draw, as a number above 0 and at most 1.
_SHIFT = np.uint64(11)
_UNIT = 2.0**-53


@kernel
def _noise(lane, params):
    """Draw what is added to the displacement of a step, (row, col), from a normal distribution (Box & Muller 1958)."""
    # Nothing but the lane's own stream and the step's number decide, so a saved state needs to hold no draw.
    key = draw(stream_key(lane.key, NOISE_STREAM), lane.episode)
    first = float((draw(key, 2 * lane.steps) >> _SHIFT) + np.uint64(1)) * _UNIT
    second = float(draw(key, 2 * lane.steps + 1) >> _SHIFT) * _UNIT
    size = params.noise * math.sqrt(-2.0 * math.log(first))
    return size * math.cos(2.0 * math.pi * second), size * math.sin(2.0 * math.pi * second)


@kernel
def _distance_by_centres(row, col, world, distance, params):
    """Return the length of a way to the goal that first goes to the centre of a cell around, then from cell to cell.

    Args:
        row: Of the disc's centre, in a free cell.
        col: Of the disc's centre.
        world: (S,) uint8, padded map.
        distance: (cells,) float64, cost of the shortest octile path from each cell.
        params: PARAMETERS record.
    """
    cell_row, cell_col = np.int64(math.floor(row)), np.int64(math.floor(col))
    here = np.int64(cell_index(cell_row, cell_col, params))
    best = np.inf
    for drow in range(-1, 2):
        for dcol in range(-1, 2):
            target = here + drow * params.pitch + dcol
            # Corners are not cut; of a straight move the two cells are the target and this one.
            beside = world[here + drow * params.pitch] | world[here + dcol]
            if (world[target] | beside) & SOLID == 0:
                across = cell_row + drow + 0.5 - row
                along = cell_col + dcol + 0.5 - col
                best = min(best, distance[target] + math.sqrt(across * across + along * along))
    return best


@kernel
def is_reached(row, col, goal_row, goal_col, radius):
    """Tell whether a point is within a radius of a goal, by the float32 values that observations show of both."""
    across = float(np.float32(row)) - float(np.float32(goal_row))
    along = float(np.float32(col)) - float(np.float32(goal_col))
    return across * across + along * along <= radius * radius


@kernel
def _step_lane(lane, world, distance, params, action, transition):
    noise_row, noise_col = 0.0, 0.0
    if params.noise > 0.0:
        noise_row, noise_col = _noise(lane, params)
    row, col, velocity_row, velocity_col, touched, travelled = step_disc(
        lane.body_row,
        lane.body_col,
        lane.velocity_row,
        lane.velocity_col,
        action[0],
        action[1],
        noise_row,
        noise_col,
        params.accelerates,
        params.dt,
        params.max_speed,
        params.max_acceleration,
        params.damping,
        params.body_radius,
        world,
        params,
    )
    goal_row, goal_col = lane.goal_row + 0.5, lane.goal_col + 0.5
    success = is_reached(row, col, goal_row, goal_col, params.goal_radius)
    reward = params.reward_step + params.reward_path * np.float32(travelled)
    reward += params.reward_collision if touched else np.float32(0.0)
    reward += params.reward_goal if success else np.float32(0.0)
    if params.shaping != 0.0:
        # The potential is the distance with its sign turned, and 0 where the episode ends for good.
        earlier = -params.shaping * _distance_by_centres(lane.body_row, lane.body_col, world, distance, params)
        potential = 0.0
        if not success:
            potential = -params.shaping * _distance_by_centres(row, col, world, distance, params)
        reward += np.float32(params.discount * potential - earlier)
    if success:
        # What is left to the goal's centre, so that no path is shorter than the reference, which ends there.
        travelled += math.sqrt((row - goal_row) * (row - goal_row) + (col - goal_col) * (col - goal_col))
    lane.body_row, lane.body_col = row, col
    lane.velocity_row, lane.velocity_col = velocity_row, velocity_col
    lane.row, lane.col = np.int64(math.floor(row)), np.int64(math.floor(col))
    lane.path_length += travelled
    lane.steps += np.int32(1)
    lane.is_success = success
    transition.reward = reward
    transition.terminated = success
    transition.truncated = lane.steps >= lane.limit
    lane.finished = success | transition.truncated
    lane.episode_return += reward


@kernel
def step_discs_batch(lanes, maps, distances, params, actions, transitions):
    """Step every lane, but those that an autoreset has just begun anew: their action is void and their reward 0.

    Args:
        lanes: (B,) LANE.
        maps: (M, S) uint8, padded.
        distances: (B, cells) float64, up to date where rewards are shaped, else (B, 0).
        params: (1,) PARAMETERS.
        actions: (B, 2) float64, (row, col), each in [-1, 1].
        transitions: (B,) TRANSITION, written.

    Returns:
        The number of lanes whose episode ended.
    """
    p = params[0]
    num_finished = 0
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        transition = transitions[i]
        if lane.fresh:
            lane.fresh = False
            transition.reward = np.float32(0.0)
            transition.terminated = False
            transition.truncated = False
        else:
            _step_lane(lane, maps[lane.map], distances[i], p, actions[i], transition)
            num_finished += lane.finished
    return num_finished


@kernel
def place_discs_batch(lanes, maps, params, costs, cells):
    """Put the disc of each lane that has begun an episode into its start, at rest, and measure its shortest path.

    Args:
        lanes: (B,) LANE, written.
        maps: (M, S) uint8, padded.
        params: (1,) PARAMETERS.
        costs: float64, scratch of ``disc_path_length``.
        cells: int32, scratch of ``disc_path_length``.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        if lane.has_body:
            continue
        lane.has_body = True
        lane.body_row, lane.body_col = lane.row + 0.5, lane.col + 0.5
        lane.velocity_row, lane.velocity_col = 0.0, 0.0
        lane.optimal_length = disc_lane_length(lane, maps[lane.map], p, costs, cells)
        if p.time_limit_factor > 0.0:
            # In steps of full speed, which drag may keep below the greatest.
            speed = p.max_speed
            if p.accelerates and p.damping * speed > p.max_acceleration:
                speed = p.max_acceleration / p.damping
            product = p.time_limit_factor * lane.optimal_length / (speed * p.dt)
            lane.limit = max(min(p.time_limit, np.int64(math.ceil(product - 1e-9 * product))), 1)
