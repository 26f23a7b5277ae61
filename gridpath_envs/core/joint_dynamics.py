"""The joint transition: the one place where the actions of many agents change the map that they share.

Each agent has a LANE record; those of one environment follow each other and share a map, on which their cells and their
goals are marked.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import AGENT, AGENT_GOAL, BLOCKED
from gridpath_envs.core.conflicts import NOWHERE, resolve
from gridpath_envs.core.distances import goal_distances_lane
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import GOAL_STREAM, below, draw, stream_key

STAY_THERE, DISAPPEAR, RESTART = 0, 1, 2

ON_ARRIVAL = {"stay": STAY_THERE, "disappear": DISAPPEAR, "restart": RESTART}

# Rows of scratch, (NUM_ROWS, cells) int32. Floods use the first two, and what chooses levels all but the two that must
# hold NOBODY whenever no kernel is at work.
OCCUPANT, CLAIMS, CELLS, TARGETS, STACK = 2, 3, 4, 5, 6
NUM_ROWS = 9

_NO_AGENT, _NO_GOAL = ~AGENT, ~AGENT_GOAL

# New goals that are tried before the next one that is free is taken.
_TRIES = 32


@kernel
def _draw_goal(lane, agent, world, region, cell):
    """Return the index of an agent's next goal: a cell that it can reach, neither its own nor the goal of another.

    The level alone decides which goals are drawn, so that whoever plays it gets the same ones, as far as they are free.
    """
    key = draw(stream_key(np.uint64(lane.level), GOAL_STREAM), agent)
    first, size = np.int64(lane.region_first), np.int64(lane.region_size)
    counter = np.uint64(lane.num_arrivals) << np.uint64(16)
    goal = np.int64(cell)
    for attempt in range(_TRIES):
        goal = np.int64(region[first + below(draw(key, counter + np.uint64(attempt)), size)])
        if goal != cell and world[goal] & AGENT_GOAL == 0:
            return goal
    # A region has more cells than agents, so one is left.
    offset = below(draw(key, counter + np.uint64(_TRIES)), size)
    for k in range(size):
        goal = np.int64(region[first + (offset + k) % size])
        if goal != cell and world[goal] & AGENT_GOAL == 0:
            return goal
    return np.int64(cell)


@kernel
def _move_agents(lanes, start, count, world, params, actions, queues):
    """Resolve what the agents of one environment want, and move them; targets and cells are left in the scratch."""
    occupant, claims = queues[OCCUPANT], queues[CLAIMS]
    cells, targets, stack = queues[CELLS], queues[TARGETS], queues[STACK]
    for k in range(count):
        lane = lanes[start + k]
        if lane.finished:
            lane.gone = True
            lane.refused = False
            cells[k] = NOWHERE
            targets[k] = NOWHERE
            continue
        cell = cell_index(lane.row, lane.col, params)
        action = actions[start + k]
        target = cell_index(lane.row + params.row_delta[action], lane.col + params.col_delta[action], params)
        cells[k] = cell
        targets[k] = cell if world[target] & BLOCKED else target
        occupant[cell] = k
    resolve(params.conflicts, count, cells, targets, occupant, claims, stack)
    for k in range(count):
        if targets[k] != cells[k]:
            world[np.uint64(cells[k])] &= _NO_AGENT
    for k in range(count):
        if targets[k] != cells[k]:
            world[np.uint64(targets[k])] |= AGENT


@kernel
def _arrive(lane, agent, world, params, field, region, index, queues):
    """Do what is done on arrival; returns whether the agent's episode ends."""
    lane.num_arrivals += 1
    if params.on_arrival == DISAPPEAR:
        world[index] &= _NO_AGENT & _NO_GOAL
        return True
    if params.on_arrival == RESTART:
        world[index] &= _NO_GOAL
        goal = _draw_goal(lane, agent, world, region, np.int64(index))
        world[goal] |= AGENT_GOAL
        lane.goal_row = goal // params.pitch - params.pad
        lane.goal_col = goal % params.pitch - params.pad
        lane.has_distances = False
        if params.shaping != 0.0:
            goal_distances_lane(lane, world, params, field, queues)
    return False


@kernel
def _reward(lane, moves, tries, success, was_there, field, before, after, params):
    """Return what one agent's step is worth by itself."""
    reward = np.float32(0.0)
    # To wait at the goal costs nothing, as in a sum of costs.
    if not (success and was_there):
        reward += params.reward_step
    if moves:
        reward += params.reward_path
    elif tries:
        reward += params.reward_collision
    if success and not was_there:
        reward += params.reward_goal
    if was_there and not success and lane.num_arrivals > 0:
        # Who leaves gives back what it got for coming, so that to come and go is worth nothing.
        reward -= params.reward_goal
    if params.shaping != 0.0:
        potential = -params.shaping * field[after] if field[after] < np.inf else 0.0
        earlier = -params.shaping * field[before] if field[before] < np.inf else 0.0
        reward += np.float32(params.discount * potential - earlier)
    return reward


@kernel
def step_agents(lanes, start, world, fields, region, params, actions, transitions, queues):
    """Let the agents of one environment take one joint action, and write their rewards and flags.

    Args:
        lanes: (B * N,) LANE, written.
        start: Index of the environment's first agent.
        world: (S,) uint8, the environment's map, written.
        fields: (B * N, cells) float64, up to date where rewards are shaped, else (B * N, 0).
        region: (cells,) int32, the cells that reach each other side by side, or (0,) where goals stay.
        params: PARAMETERS record.
        actions: (B * N,) int64, each in the action space; those of agents that are gone are void.
        transitions: (B * N,) TRANSITION, written.
        queues: (NUM_ROWS, cells) int32, scratch.

    Returns:
        Whether the episode of every agent has ended.
    """
    count = params.num_agents
    _move_agents(lanes, start, count, world, params, actions, queues)
    cells, targets = queues[CELLS], queues[TARGETS]
    num_active, num_there = 0, 0
    total = np.float32(0.0)
    for k in range(count):
        lane = lanes[start + k]
        transition = transitions[start + k]
        transition.reward = np.float32(0.0)
        transition.terminated = False
        transition.truncated = False
        if lane.gone:
            continue
        before, after = np.uint64(cells[k]), np.uint64(targets[k])
        action = actions[start + k]
        drow, dcol = params.row_delta[action], params.col_delta[action]
        moves = after != before
        tries = (drow != 0) | (dcol != 0)
        lane.refused = tries and not moves and not world[cell_index(lane.row + drow, lane.col + dcol, params)] & BLOCKED
        lane.num_collisions += lane.refused
        lane.row += drow if moves else np.int32(0)
        lane.col += dcol if moves else np.int32(0)
        lane.path_length += 1.0 if moves else 0.0
        lane.steps += np.int32(1)
        was_there = lane.is_success
        success = (lane.row == lane.goal_row) & (lane.col == lane.goal_col)
        transition.reward = _reward(lane, moves, tries, success, was_there, fields[start + k], before, after, params)
        total += transition.reward
        lane.is_success = success
        if success and not was_there:
            lane.arrival = lane.steps
        num_active += 1
        num_there += success
    all_there = num_there == num_active and params.on_arrival == STAY_THERE
    mean = total / np.float32(max(num_active, 1))
    all_finished = True
    for k in range(count):
        lane = lanes[start + k]
        if lane.gone:
            continue
        transition = transitions[start + k]
        if params.team_weight > 0:
            own = np.float32(1.0) - params.team_weight
            transition.reward = own * transition.reward + params.team_weight * mean
        lane.episode_return += transition.reward
        ended = all_there
        if lane.is_success and params.on_arrival != STAY_THERE:
            ended = _arrive(lane, k, world, params, fields[start + k], region, np.uint64(targets[k]), queues)
            # Of a goal that another has taken the place of, nothing is left to be at.
            lane.is_success = ended
        elif lane.is_success and lane.arrival == lane.steps:
            lane.num_arrivals += 1
        transition.terminated = ended
        transition.truncated = lane.steps >= lane.limit
        lane.finished = transition.terminated | transition.truncated
        all_finished &= lane.finished
    return all_finished


@kernel
def step_joint_batch(regions, queues, lanes, maps, fields, params, actions, transitions):
    """Step every environment, but those that an autoreset has just begun anew: their actions are void, rewards 0.

    Args:
        regions: (B, cells) int32, or (B, 0) where goals stay.
        queues: (NUM_ROWS, cells) int32, scratch.
        lanes: (B * N,) LANE.
        maps: (M, S) uint8, padded.
        fields: (B * N, cells) float64, up to date where rewards are shaped, else (B * N, 0).
        params: (1,) PARAMETERS.
        actions: (B * N,) int64, each in the action space.
        transitions: (B * N,) TRANSITION, written.

    Returns:
        The number of environments whose episode ended.
    """
    p = params[0]
    num_finished = 0
    for i in range(lanes.shape[0] // p.num_agents):
        start = i * p.num_agents
        if lanes[start].fresh:
            for k in range(start, start + p.num_agents):
                lanes[k].fresh = False
                transitions[k].reward = np.float32(0.0)
                transitions[k].terminated = False
                transitions[k].truncated = False
        else:
            world = maps[lanes[start].map]
            num_finished += step_agents(lanes, start, world, fields, regions[i], p, actions, transitions, queues)
    return num_finished
