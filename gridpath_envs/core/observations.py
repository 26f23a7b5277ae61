"""Observation kernels: what the agent sees of a lane, written to an output given to them.

Those with planes show obstacles, the goal, what else the kind of observation has, and then one plane for each kind of
cell that the task has besides: ``plane_mask`` and ``plane_value`` say which cells a plane shows.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import BLOCKED
from gridpath_envs.core.jit import inlined_kernel, kernel
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
def observe_coordinates_batch(lanes, maps, params, out):
    """Write the agent's row and column and the goal's, each as a share of the last one; out: (B, 4 or 2) float32."""
    p = params[0]
    rows = np.float32(max(p.height - 1, 1))
    cols = np.float32(max(p.width - 1, 1))
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        out[i, 0] = np.float32(lane.row) / rows
        out[i, 1] = np.float32(lane.col) / cols
        if p.shows_goal:
            out[i, 2] = np.float32(lane.goal_row) / rows
            out[i, 3] = np.float32(lane.goal_col) / cols


@kernel
def observe_cell_batch(lanes, maps, params, out):
    """Write the agent's cell (row, col); out: (B, 2) float32."""
    for i in range(lanes.shape[0]):
        out[i, 0] = np.float32(lanes[i].row)
        out[i, 1] = np.float32(lanes[i].col)


@kernel
def observe_goal_batch(lanes, maps, params, out):
    """Write the goal's cell (row, col); out: (B, 2) float32."""
    for i in range(lanes.shape[0]):
        out[i, 0] = np.float32(lanes[i].goal_row)
        out[i, 1] = np.float32(lanes[i].goal_col)


@kernel
def copy_plane(world, source, pitch, height, width, mask, value, out, target):
    """Write which cells of a window have, of the flags of a mask, those of a value; returns where the plane ends."""
    target = np.uint64(target)
    source = np.uint64(source)
    for _ in range(height):
        for k in range(np.uint64(width)):
            out[target + k] = np.uint8(world[source + k] & mask == value)
        source += np.uint64(pitch)
        target += np.uint64(width)
    return target


@kernel
def goal_in_window(lane, radius):
    """Return where in the window the goal is, on its edge where it lies outside."""
    goal_row = min(max(lane.goal_row - lane.row, -radius), radius) + radius
    goal_col = min(max(lane.goal_col - lane.col, -radius), radius) + radius
    return np.uint64(goal_row) * np.uint64(2 * radius + 1) + np.uint64(goal_col)


@inlined_kernel
def observe_egocentric_lane(lane, world, params, out):
    """Write the window around the agent: obstacles, the goal where it is shown, then others; out: (C * V * V,) uint8.

    A goal outside the window is shown on the window's edge, nearest to where it lies.
    """
    radius = params.radius
    side = np.uint64(2 * radius + 1)
    area = side * side
    source = cell_index(lane.row - radius, lane.col - radius, params)
    pitch = np.uint64(params.pitch)
    if params.only_walls:
        # Cells are 0 and 1 already, and copying them as they are takes a fifth less time.
        at = source
        target = np.uint64(0)
        for _ in range(side):
            for k in range(side):
                out[target + k] = world[at + k]
            at += pitch
            target += side
    else:
        wall = BLOCKED
        target = copy_plane(world, source, pitch, side, side, wall, wall, out, 0)
        target += area if params.shows_goal else np.uint64(0)
        for plane in range(params.num_planes):
            mask, value = params.plane_mask[plane], params.plane_value[plane]
            target = copy_plane(world, source, pitch, side, side, mask, value, out, target)
    if params.shows_goal:
        for k in range(area, np.uint64(2) * area):
            out[k] = 0
        out[area + goal_in_window(lane, radius)] = 1


@kernel
def observe_egocentric_batch(lanes, maps, params, out):
    """Write the egocentric observation of each lane; out: (B, C * V * V) uint8."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        observe_egocentric_lane(lane, maps[lane.map], p, out[i])


@kernel
def is_visible(index, drow, dcol, world, params):
    """Tell whether no wall is between a cell and the one that is ``drow`` rows and ``dcol`` columns from it.

    The line from centre to centre is followed row by row, or column by column, whichever are more. Where it runs
    between two cells, one of both must be free. What one cell sees of another, the other sees of it.
    """
    row_step = params.pitch if drow > 0 else -params.pitch
    col_step = np.int64(1) if dcol > 0 else np.int64(-1)
    along_rows = abs(drow) >= abs(dcol)
    length = max(abs(drow), abs(dcol))
    rise = 2 * min(abs(drow), abs(dcol))
    major_step = row_step if along_rows else col_step
    minor_step = col_step if along_rows else row_step
    cell = np.int64(index)
    # In units of half a cell's share of the line: from ``length`` on, the line is nearer to the next cell aside.
    aside = length
    for _ in range(1, length):
        cell += major_step
        aside += rise
        if aside >= 2 * length:
            aside -= 2 * length
            cell += minor_step
        blocked = world[np.uint64(cell)]
        if aside == 0:
            blocked &= world[np.uint64(cell - minor_step)]
        if blocked & BLOCKED:
            return False
    return True


@kernel
def observe_line_of_sight_lane(lane, world, params, out):
    """Write what the agent sees in its window: obstacles, goal, which cells are seen, others; out: (C * V * V,) uint8.

    Planes of cells that are not seen are 0; a goal that is not seen is shown nowhere.
    """
    radius = params.radius
    side = 2 * radius + 1
    area = side * side
    goal_drow, goal_dcol = lane.goal_row - lane.row, lane.goal_col - lane.col
    here = cell_index(lane.row, lane.col, params)
    for drow in range(-radius, radius + 1):
        for dcol in range(-radius, radius + 1):
            at = (drow + radius) * side + dcol + radius
            seen = is_visible(here, drow, dcol, world, params)
            cell = world[cell_index(lane.row + drow, lane.col + dcol, params)]
            out[at] = np.uint8(seen and cell & BLOCKED != 0)
            at += area
            if params.shows_goal:
                out[at] = np.uint8(seen and drow == goal_drow and dcol == goal_dcol)
                at += area
            out[at] = np.uint8(seen)
            for plane in range(params.num_planes):
                at += area
                shown = cell & params.plane_mask[plane] == params.plane_value[plane]
                out[at] = np.uint8(seen and shown)


@kernel
def observe_line_of_sight_batch(lanes, maps, params, out):
    """Write the line-of-sight observation of each lane; out: (B, C * V * V) uint8."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        observe_line_of_sight_lane(lane, maps[lane.map], p, out[i])


@kernel
def observe_global_lane(lane, world, params, out):
    """Write the whole map: obstacles, the goal where it is shown, the agent, others; out: (C * H * W,) uint8."""
    height, width = params.height, params.width
    area = np.uint64(height * width)
    source = cell_index(0, 0, params)
    target = copy_plane(world, source, params.pitch, height, width, BLOCKED, BLOCKED, out, 0)
    if params.shows_goal:
        for k in range(target, target + area):
            out[k] = 0
        out[target + np.uint64(lane.goal_row * width + lane.goal_col)] = 1
        target += area
    for k in range(target, target + area):
        out[k] = 0
    out[target + np.uint64(lane.row * width + lane.col)] = 1
    target += area
    for plane in range(params.num_planes):
        mask, value = params.plane_mask[plane], params.plane_value[plane]
        target = copy_plane(world, source, params.pitch, height, width, mask, value, out, target)


@kernel
def observe_global_batch(lanes, maps, params, out):
    """Write the global observation of each lane; out: (B, C * H * W) uint8."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        observe_global_lane(lane, maps[lane.map], p, out[i])
