"""What lies on generated maps besides walls: terrain, holes and portals."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import BLOCKED, HOLE, PORTAL, PORTAL_BYTES, SOLID, TERRAIN, TERRAIN_SHIFT, store_index
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import below, draw

_ROAD, _SAND, _SWAMP = np.int64(1), np.int64(2), np.int64(3)

# Patches that are painted at most for each cell of the longer side; enough to cover a map several times.
_PATCHES = 32

_PORTAL_TRIES = 64


@kernel
def add_features(world, params, key):
    """Paint terrain, dig holes and set portals on a map of walls and free cells.

    Args:
        world: (S,) uint8, padded map and what lies behind it, written.
        params: PARAMETERS record.
        key: Key of a stream that nothing else draws from.
    """
    if params.terrain > 0:
        _paint_terrain(world, params, draw(key, 0))
    if params.holes > 0:
        _dig_holes(world, params, draw(key, 1))
    if params.has_portals:
        _set_portals(world, params, draw(key, 2))


@kernel
def _paint_cell(world, params, row, col, terrain):
    """Give a free cell a terrain; returns whether it had none before."""
    if row < 0 or row >= params.height or col < 0 or col >= params.width:
        return 0
    index = cell_index(row, col, params)
    cell = world[index]
    if cell & BLOCKED:
        return 0
    world[index] = np.uint8(terrain << TERRAIN_SHIFT)
    return np.int64(cell & TERRAIN == 0)


@kernel
def _paint_terrain(world, params, key):
    """Paint round patches of sand and swamp, and straight roads over them, until the share asked for is covered."""
    height, width = params.height, params.width
    num_free = np.int64(0)
    for row in range(height):
        index = cell_index(row, 0, params)
        for _ in range(width):
            num_free += world[index] & BLOCKED == 0
            index += np.uint64(1)
    wanted = (num_free * np.int64(params.terrain)) >> 16
    longest = max(height, width)
    largest = max(longest // 10, 1)
    painted = np.int64(0)
    counter = 0
    for _ in range(_PATCHES * longest):
        if painted >= wanted:
            break
        kind = below(draw(key, counter), 5)
        row = below(draw(key, counter + 1), height)
        col = below(draw(key, counter + 2), width)
        bits = draw(key, counter + 3)
        counter += 4
        if kind == 0:
            # A road: half the longer side, along a row or a column.
            along_row = bits & np.uint64(1) == 0
            for k in range(longest // 2):
                if along_row:
                    painted += _paint_cell(world, params, row, col + k - longest // 4, _ROAD)
                else:
                    painted += _paint_cell(world, params, row + k - longest // 4, col, _ROAD)
        else:
            terrain = _SAND if kind < 3 else _SWAMP
            reach = 1 + below(bits, largest)
            for drow in range(-reach, reach + 1):
                for dcol in range(-reach, reach + 1):
                    if drow * drow + dcol * dcol <= reach * reach + reach // 2:
                        painted += _paint_cell(world, params, row + drow, col + dcol, terrain)


@kernel
def _dig_holes(world, params, key):
    """Turn each free cell into a hole independently; four cells share a draw of 64 bits."""
    bits = np.uint64(0)
    counter = 0
    left = 0
    for row in range(params.height):
        index = cell_index(row, 0, params)
        for _ in range(params.width):
            if left == 0:
                bits = draw(key, counter)
                counter += 1
                left = 4
            if world[index] & BLOCKED == 0 and (bits & np.uint64(0xFFFF)) < params.holes:
                world[index] = HOLE
            bits >>= np.uint64(16)
            left -= 1
            index += np.uint64(1)


@kernel
def _has_way_out(world, index, pitch):
    """Tell whether a cell is beside one that is free and no portal."""
    for delta in (-pitch, np.int64(1), pitch, np.int64(-1)):
        if world[index + delta] & (SOLID | PORTAL) == 0:
            return True
    return False


@kernel
def _draw_portal_cell(world, params, key, counter):
    """Return the index of a free cell for a portal, or 0 where none was found: it and those beside it can be left."""
    pitch = np.int64(params.pitch)
    for k in range(_PORTAL_TRIES):
        row = below(draw(key, counter + 2 * k), params.height)
        col = below(draw(key, counter + 2 * k + 1), params.width)
        index = np.int64(cell_index(row, col, params))
        before = world[index]
        if before & (SOLID | PORTAL):
            continue
        world[index] = PORTAL
        can_be_left = _has_way_out(world, index, pitch)
        for delta in (-pitch, np.int64(1), pitch, np.int64(-1)):
            if world[index + delta] & PORTAL and not _has_way_out(world, index + delta, pitch):
                can_be_left = False
        world[index] = before
        if can_be_left:
            return index
    return np.int64(0)


@kernel
def clear_portals(world, params):
    """Write an empty table of portals behind a map."""
    for k in range(params.num_cells, params.num_cells + PORTAL_BYTES):
        world[k] = 0


@kernel
def _set_portals(world, params, key):
    """Set pairs of portals on free cells; a pair that finds no place is left out."""
    clear_portals(world, params)
    num_set = 0
    for k in range(params.portals):
        first = _draw_portal_cell(world, params, key, np.int64(4 * _PORTAL_TRIES * k))
        if first == 0:
            continue
        before = world[first]
        world[first] = PORTAL
        second = _draw_portal_cell(world, params, key, np.int64(4 * _PORTAL_TRIES * k + 2 * _PORTAL_TRIES))
        if second == 0:
            world[first] = before
            continue
        world[second] = PORTAL
        store_index(world, params.num_cells + 8 * num_set, first)
        store_index(world, params.num_cells + 8 * num_set + 4, second)
        num_set += 1
