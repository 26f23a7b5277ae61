"""The transition: the one place where an action changes a lane."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import is_legal


@kernel
def step_lane(lane, blocked, params, action, transition):
    """Let one lane take one action, and write its reward and flags."""
    if is_legal(lane.row, lane.col, action, blocked, params):
        lane.row += params.row_delta[action]
        lane.col += params.col_delta[action]
        lane.path_length += params.cost[action]
    lane.steps += np.int32(1)
    success = lane.row == lane.goal_row and lane.col == lane.goal_col
    truncated = lane.steps >= lane.limit
    lane.is_success = success
    lane.finished = success or truncated
    transition.reward = params.reward_step + params.reward_goal if success else params.reward_step
    transition.terminated = success
    transition.truncated = truncated
    lane.episode_return += transition.reward


@kernel
def step_batch(lanes, maps, params, actions, transitions):
    """Step every lane, but those that an autoreset has just begun anew: their action is void and their reward 0.

    Args:
        lanes: (B,) LANE.
        maps: (M, cells) uint8, padded.
        params: (1,) PARAMETERS.
        actions: (B,) int64, each in the action space.
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
            step_lane(lane, maps[lane.map], p, actions[i], transition)
            num_finished += lane.finished
    return num_finished
