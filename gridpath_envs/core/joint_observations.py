"""What an agent sees of the others: observation kernels where many agents share a map.

An agent that is gone sees nothing: zeros. Of those that take part, one may see zeros only where its coordinates are its
goal's, both (0, 0); a window always has a goal.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import AGENT, AGENT_GOAL, BLOCKED
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.observations import goal_in_window

# Which bits of a cell AGENT and AGENT_GOAL are; no other flag is above AGENT.
_AGENT_SHIFT = np.uint8(np.log2(AGENT))
_GOAL_SHIFT = np.uint8(np.log2(AGENT_GOAL))


@kernel
def observe_agent_planes_batch(lanes, maps, params, out):
    """Write each agent's window: obstacles, other agents, its goal, the goals of others; out: (B * N, 4 * V * V) uint8.

    A goal of its own outside the window is shown on the window's edge, nearest to where it lies.
    """
    p = params[0]
    side = 2 * p.radius + 1
    area = np.uint64(side * side)
    others = np.uint64(3) * area
    centre = np.uint64(p.radius * side + p.radius)
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        planes = out[i]
        if lane.gone:
            planes[:] = 0
            continue
        world = maps[lane.map]
        source = cell_index(lane.row - p.radius, lane.col - p.radius, p)
        at = np.uint64(0)
        for _ in range(side):
            # One pass over the cells for all three planes: to read them three times takes half as long again.
            for k in range(np.uint64(side)):
                cell = world[source + k]
                planes[at + k] = cell & BLOCKED
                planes[area + at + k] = cell >> _AGENT_SHIFT
                planes[others + at + k] = (cell >> _GOAL_SHIFT) & BLOCKED
            source += np.uint64(p.pitch)
            at += np.uint64(side)
        planes[area + centre] = 0
        for k in range(np.uint64(2) * area, others):
            planes[k] = 0
        goal = goal_in_window(lane, p.radius)
        planes[np.uint64(2) * area + goal] = 1
        if abs(lane.goal_row - lane.row) <= p.radius and abs(lane.goal_col - lane.col) <= p.radius:
            planes[others + goal] = 0


@kernel
def observe_agent_coordinates_batch(lanes, maps, params, out):
    """Write each agent's row and column and its goal's, each as a share of the last one; out: (B * N, 4) float32."""
    p = params[0]
    rows = np.float32(max(p.height - 1, 1))
    cols = np.float32(max(p.width - 1, 1))
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        if lane.gone:
            out[i] = np.float32(0.0)
            continue
        out[i, 0] = np.float32(lane.row) / rows
        out[i, 1] = np.float32(lane.col) / cols
        out[i, 2] = np.float32(lane.goal_row) / rows
        out[i, 3] = np.float32(lane.goal_col) / cols


@kernel
def legal_moves_batch(lanes, maps, params, out):
    """Write which actions run into no wall; out: (B * N, A) bool.

    An agent that is gone may only stay: a mask that allowed nothing would be no distribution to draw from. Whether
    another agent is in the way only their joint action tells.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        world = maps[lane.map]
        for action in range(out.shape[1]):
            target = cell_index(lane.row + p.row_delta[action], lane.col + p.col_delta[action], p)
            stays = (p.row_delta[action] == 0) & (p.col_delta[action] == 0)
            out[i, action] = stays or (not lane.gone and world[target] & BLOCKED == 0)
