"""Value iteration: the return that the best policy expects, where moves may slip."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import BLOCKED, HOLE
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index, entry_cost, is_legal, perpendicular, target_of

# Sweeps go on until no value changes by more than this share of the largest reward.
_PRECISION = 1e-12
_MAX_SWEEPS = 20_000

# Returns that differ by less than this share of the largest reward are equal.
_TOLERANCE = 1e-8

_SCALE = 1.0 / 4294967296.0


@kernel
def _outcome(row, col, action, world, params, goal, values):
    """Return reward and discounted value of a move that does not slip."""
    reward = np.float64(params.reward_step)
    after = cell_index(row, col, params)
    if is_legal(row, col, action, world, BLOCKED, params):
        entered = cell_index(row + params.row_delta[action], col + params.col_delta[action], params)
        reward += np.float64(params.reward_path) * params.cost[action] * entry_cost(world[entered], params)
        after = target_of(row, col, action, world, params)
    else:
        reward += params.reward_collision
    if after == goal:
        return reward + params.reward_goal
    if world[after] & HOLE:
        return reward + params.reward_hole
    return reward + params.discount * values[after]


@kernel
def action_value(row, col, action, world, params, goal, values):
    """Return the expected return of an action in a cell, given the returns of the cells after it."""
    value = _outcome(row, col, action, world, params, goal, values)
    if params.slip == 0 or params.cost[action] == 0.0:
        return value
    share = np.float64(params.slip) * _SCALE
    value *= 1.0 - 2.0 * share
    value += share * _outcome(row, col, perpendicular(action, 1, params), world, params, goal, values)
    return value + share * _outcome(row, col, perpendicular(action, -1, params), world, params, goal, values)


@kernel
def _reward_scale(params):
    scale = max(abs(params.reward_goal), abs(params.reward_step), abs(params.reward_path))
    return max(np.float64(max(scale, abs(params.reward_collision), abs(params.reward_hole))), 1e-30)


@kernel
def optimal_values(world, params, goal, values):
    """Write the optimal expected return from each cell, without time limit, moving obstacles and shaping.

    Args:
        world: (S,) uint8, padded map and what lies behind it.
        params: PARAMETERS record.
        goal: Index of the goal.
        values: (cells,) float64, written; 0 at the goal, in holes and in walls.

    Reference:
        Sutton & Barto 2018, Reinforcement Learning, section 4.4 (in place).
    """
    values[:] = 0.0
    num_inner = params.height * params.width
    precision = _PRECISION * _reward_scale(params)
    for sweep in range(_MAX_SWEEPS):
        change = 0.0
        for k in range(num_inner):
            # To and fro, so that values spread in every direction within two sweeps.
            cell = k if sweep % 2 == 0 else num_inner - 1 - k
            row, col = cell // params.width, cell % params.width
            index = cell_index(row, col, params)
            if world[index] & (BLOCKED | HOLE) or index == goal:
                continue
            best = -np.inf
            for action in range(params.num_actions):
                best = max(best, action_value(row, col, action, world, params, goal, values))
            change = max(change, abs(best - values[index]))
            values[index] = best
        if change <= precision:
            break


@kernel
def best_actions_cell(row, col, world, params, goal, values, out):
    """Write which actions have the highest expected return in a cell; none at the goal. out: (A,) bool."""
    out[:] = False
    index = cell_index(row, col, params)
    if world[index] & (BLOCKED | HOLE) or index == goal:
        return
    tolerance = _TOLERANCE * _reward_scale(params)
    for action in range(out.shape[0]):
        value = action_value(row, col, action, world, params, goal, values)
        out[action] = value >= values[index] - tolerance


@kernel
def goal_values_batch(lanes, maps, params, values):
    """Bring the field of optimal returns of every lane up to date; values: (B, cells) float64."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        if not lane.has_values:
            optimal_values(maps[lane.map], p, cell_index(lane.goal_row, lane.goal_col, p), values[i])
            lane.has_values = True


@kernel
def optimal_return_batch(lanes, params, values, out):
    """Write the optimal expected return from each lane's cell; out: (B,) float64."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        out[i] = values[i, cell_index(lane.row, lane.col, p)]


@kernel
def best_actions_batch(lanes, maps, params, values, out):
    """Write for each lane which actions have the highest expected return; out: (B, A) bool."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        goal = cell_index(lane.goal_row, lane.goal_col, p)
        best_actions_cell(lane.row, lane.col, maps[lane.map], p, goal, values[i], out[i])


@kernel
def best_actions_field(world, params, goal, values, out):
    """Write for each cell which actions have the highest expected return; out: (H, W, A) bool."""
    p = params[0]
    for row in range(p.height):
        for col in range(p.width):
            best_actions_cell(row, col, world, p, goal, values, out[row, col])
