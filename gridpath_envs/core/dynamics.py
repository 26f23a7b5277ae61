"""The transition: the one place where an action changes a lane."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import HOLE, IMPASSABLE, PORTAL, VISITED, other_portal
from gridpath_envs.core.jit import inlined_kernel, kernel
from gridpath_envs.core.moves import cell_index, entry_cost, is_legal, slipped
from gridpath_envs.core.obstacles import move_obstacles
from gridpath_envs.core.rng import SLIP_STREAM, draw, stream_key


@kernel
def place_agent(lane, index, params):
    """Put a lane's agent into the cell of an index."""
    lane.row = np.int64(index) // params.pitch - params.pad
    lane.col = np.int64(index) % params.pitch - params.pad


@inlined_kernel
def step_lane(lane, world, distance, params, is_plain, action, transition):
    """Let one lane take one action, and write its reward and flags.

    Args:
        lane: LANE record, written.
        world: (S,) uint8, the lane's map and what lies behind it, written where it is the lane's own.
        distance: (cells,) float64, the lane's distance field, up to date; read where rewards are shaped.
        params: PARAMETERS record.
        is_plain: That of the parameters, or a constant where the compiler is to leave out what it never needs.
        action: In the action space.
        transition: TRANSITION record, written.
    """
    before = cell_index(lane.row, lane.col, params)
    if not is_plain and params.slip > 0:
        # Nothing but the lane's own stream and the step's number decide, so a saved state needs to hold no draw.
        key = draw(stream_key(lane.key, SLIP_STREAM), lane.episode)
        action = slipped(action, draw(key, lane.steps), params)
    # Whether a move is blocked is a coin flip for the processor, so what follows from it is chosen without branches.
    legal = is_legal(lane.row, lane.col, action, world, IMPASSABLE, params)
    lane.row += params.row_delta[action] if legal else np.int32(0)
    lane.col += params.col_delta[action] if legal else np.int32(0)
    cost = params.cost[action] if legal else 0.0
    reward = params.reward_step
    fallen = False
    if not is_plain:
        after = cell_index(lane.row, lane.col, params)
        cost *= entry_cost(world[after], params)
        if params.has_portals and after != before and world[after] & PORTAL:
            after = other_portal(world, params, after)
            place_agent(lane, after, params)
        fallen = world[after] & HOLE != 0
        reward += params.reward_path * np.float32(cost)
        reward += np.float32(0.0) if legal else params.reward_collision
        reward += params.reward_hole if fallen else np.float32(0.0)
        if params.shaping != 0.0:
            # The potential is the distance with its sign turned, and 0 where the episode ends for good: at the goal the
            # distance is 0, in a hole it is infinite, as it is where a portal leads whence no way leads back.
            potential = -params.shaping * distance[after] if distance[after] < np.inf else 0.0
            earlier = -params.shaping * distance[before] if distance[before] < np.inf else 0.0
            reward += np.float32(params.discount * potential - earlier)
        if params.trail:
            world[after] |= VISITED
    lane.path_length += cost
    lane.steps += np.int32(1)
    success = (lane.row == lane.goal_row) & (lane.col == lane.goal_col)
    reward += params.reward_goal if success else np.float32(0.0)
    truncated = lane.steps >= lane.limit
    lane.is_success = success
    lane.finished = success | fallen | truncated
    transition.reward = reward
    transition.terminated = success | fallen
    transition.truncated = truncated
    lane.episode_return += reward
    if not is_plain and params.num_obstacles > 0 and not lane.finished:
        move_obstacles(lane, world, params)


@inlined_kernel
def _step_all(lanes, maps, distances, params, is_plain, actions, transitions):
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
            step_lane(lane, maps[lane.map], distances[i], params, is_plain, actions[i], transition)
            num_finished += lane.finished
    return num_finished


@kernel
def step_batch(lanes, maps, distances, params, actions, transitions):
    """Step every lane, but those that an autoreset has just begun anew: their action is void and their reward 0.

    Args:
        lanes: (B,) LANE.
        maps: (M, S) uint8, padded.
        distances: (B, cells) float64, up to date where rewards are shaped, else (B, 0).
        params: (1,) PARAMETERS.
        actions: (B,) int64, each in the action space.
        transitions: (B,) TRANSITION, written.

    Returns:
        The number of lanes whose episode ended.
    """
    p = params[0]
    if p.is_plain:
        return _step_all(lanes, maps, distances, p, True, actions, transitions)
    return _step_all(lanes, maps, distances, p, False, actions, transitions)
