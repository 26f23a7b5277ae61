"""The kernel of image observations: the very pixels that ``gridpath_envs.rendering`` draws, for many lanes at once.

It reads tables made there (``gridpath_envs.rendering.image_tables`` says what is in each). Rows of pixels are made of
tiles, a row of each, in words of eight bytes; what a word has too much is written over by what comes after it.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import BLOCKED, MAX_PORTALS, PORTAL, load_index
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.state import OBSTACLE_BYTES

# Where each mark stands in the table of marks.
OBSTACLE_MARK, START_MARK, GOAL_MARK, AGENT_MARK, ARRIVED_MARK = 0, 1, 2, 3, 4
NUM_MARKS = 5

# The layout of a picture: cells of a side, rows of pixels that each tile has, words of each such row, and channels.
CELLS, TILE_ROWS, ROW_WORDS, CHANNELS = 0, 1, 2, 3

_SHARE_BITS = np.uint32(16)
_FULL_SHARE, _HALF_SHARE = np.uint32(1 << 16), np.uint32(1 << 15)
_VISITED_SHIFT = np.uint8(7)
_ONE, _TWO = np.uint64(1), np.uint64(2)
_WORD, _TWO_WORDS, _THREE_WORDS = np.uint64(8), np.uint64(16), np.uint64(24)


@kernel
def _load_word(array, at):
    """Read eight bytes, lowest first; the compiler makes one load of it."""
    word = np.uint64(0)
    for k in range(np.uint64(8)):
        word |= np.uint64(array[at + k]) << (k << np.uint64(3))
    return word


@kernel
def _store_word(array, at, word):
    """Write eight bytes, lowest first; the compiler makes one store of it."""
    for k in range(np.uint64(8)):
        array[at + k] = np.uint8(word >> (k << np.uint64(3)))


@kernel
def _store_part(array, at, word, count):
    """Write the first bytes of a word."""
    for k in range(count):
        array[at + k] = np.uint8(word >> (k << np.uint64(3)))


@kernel
def _copy_row(out, source, target, count, end):
    """Copy a row of pixels, and up to 31 bytes more where there is room for them before ``end``."""
    if target + count + np.uint64(31) >= end:
        for k in range(count):
            out[target + k] = out[source + k]
        return
    for k in range(np.uint64(0), count, np.uint64(32)):
        # All loads before the stores: the compiler cannot know that the two rows are not the same.
        one, two = _load_word(out, source + k), _load_word(out, source + k + _WORD)
        three, four = _load_word(out, source + k + _TWO_WORDS), _load_word(out, source + k + _THREE_WORDS)
        _store_word(out, target + k, one)
        _store_word(out, target + k + _WORD, two)
        _store_word(out, target + k + _TWO_WORDS, three)
        _store_word(out, target + k + _THREE_WORDS, four)


@kernel
def _portal_number(world, portals_at, index):
    """Return the number of the pair that a portal is one of, from 0."""
    k = 0
    while k < 2 * MAX_PORTALS - 1 and load_index(world, portals_at + 4 * k) != np.int64(index):
        k += 1
    return np.uint64(k >> 1)


@kernel
def _draw_cells(top, left, world, params, layout, edges, by_flag, by_cell, tiles, out):
    """Draw the cells without marks, the one at (top, left) first.

    Where tiles have one colour, a row of pixels is made for each row of cells, and copied.
    """
    height, width, portals_at = np.uint64(params.height), np.uint64(params.width), params.num_cells
    num_cells, tile_rows = np.uint64(layout[CELLS]), np.uint64(layout[TILE_ROWS])
    row_words, channels = np.uint64(layout[ROW_WORDS]), np.uint64(layout[CHANNELS])
    row_bytes = np.uint64(edges[num_cells]) * channels
    end = np.uint64(edges[num_cells]) * row_bytes
    has_by_cell = by_cell.shape[0] > 0
    for i in range(num_cells):
        first, last = np.uint64(edges[i]), np.uint64(edges[i + _ONE])
        # As unsigned numbers, those before the map's first one are far behind it.
        is_inside = np.uint64(top + np.int64(i)) < height
        index = cell_index(top + np.int64(i), left, params)
        for j in range(num_cells):
            # Not in a function: handing the arrays over would take as long as all the rest.
            tile = np.uint64(by_flag[BLOCKED])
            if is_inside and np.uint64(left + np.int64(j)) < width:
                cell = world[index + j]
                if has_by_cell:
                    tile = np.uint64(by_cell[index + j]) + np.uint64(cell >> _VISITED_SHIFT)
                else:
                    tile = np.uint64(by_flag[cell])
                    if cell & PORTAL:
                        tile += np.uint64(2) * _portal_number(world, portals_at, index + j)
            source = tile * tile_rows * row_words
            at = first * row_bytes + np.uint64(edges[j]) * channels
            if tile_rows == _ONE:
                for word in range(row_words):
                    if at + _WORD <= end:
                        _store_word(out, at, tiles[source + word])
                    elif at < end:
                        _store_part(out, at, tiles[source + word], end - at)
                    at += _WORD
                continue
            # The last cell of a row may not write over the first one of the row below, which is drawn already.
            count = np.uint64(edges[j + _ONE] - edges[j]) * channels
            whole = row_words if j + _ONE < num_cells else count >> np.uint64(3)
            for _ in range(first, last):
                for word in range(whole):
                    _store_word(out, at + word * _WORD, tiles[source + word])
                if whole < row_words:
                    _store_part(out, at + whole * _WORD, tiles[source + whole], count & np.uint64(7))
                source += row_words
                at += row_bytes
        if tile_rows == _ONE:
            for down in range(first + _ONE, last):
                _copy_row(out, first * row_bytes, down * row_bytes, row_bytes, end)


@kernel
def _blend(weighted, kept, beneath):
    """Lay a colour over another: one already weighted with its share, over what is kept of the other."""
    return (weighted + kept * np.uint32(beneath) + _HALF_SHARE) >> _SHARE_BITS


@kernel
def _mark_at(k, top, left, lane, world, params, layout, edges, mark_sizes):
    """Return the kind of the k-th mark and the first pixel (down, right) of its square; -1 where it is not shown."""
    num_cells = layout[CELLS]
    if k < params.num_obstacles:
        kind = OBSTACLE_MARK
        index = load_index(world, params.obstacles_at + k * OBSTACLE_BYTES)
        if index == 0:
            return -1, 0, 0
        row, col = index // params.pitch - params.pad - top, index % params.pitch - params.pad - left
    elif k == params.num_obstacles:
        kind = START_MARK
        row, col = np.int64(lane.start_row) - top, np.int64(lane.start_col) - left
    elif k == params.num_obstacles + 1:
        kind = GOAL_MARK
        if not params.shows_goal:
            return -1, 0, 0
        # A goal outside of what is shown is in the cell nearest to it.
        row = min(max(np.int64(lane.goal_row) - top, 0), num_cells - 1)
        col = min(max(np.int64(lane.goal_col) - left, 0), num_cells - 1)
    else:
        arrived = lane.row == lane.goal_row and lane.col == lane.goal_col and params.shows_goal
        kind = ARRIVED_MARK if arrived else AGENT_MARK
        row, col = np.int64(lane.row) - top, np.int64(lane.col) - left
    if row < 0 or col < 0 or row >= num_cells or col >= num_cells:
        return -1, 0, 0
    half = mark_sizes[kind] >> 1
    down = ((edges[row] + edges[row + 1]) >> 1) - half
    return kind, down, ((edges[col] + edges[col + 1]) >> 1) - half


@kernel
def _draw_mark(kind, down, right, edges, layout, mark_sizes, marks, out):
    """Lay a mark over a picture in colour, cut off at its edges."""
    size, side = edges[layout[CELLS]], mark_sizes[kind]
    first, last = np.uint64(max(0, -right)), np.uint64(min(side, size - right))
    for row in range(max(0, -down), min(side, size - down)):
        at = np.uint64(3) * (np.uint64((down + row) * size + right) + first)
        pixel = np.uint64(row * side) + first
        for _ in range(first, last):
            kept = marks[kind, pixel, 3]
            if kept < _FULL_SHARE:
                out[at] = np.uint8(_blend(marks[kind, pixel, 0], kept, out[at]))
                out[at + _ONE] = np.uint8(_blend(marks[kind, pixel, 1], kept, out[at + _ONE]))
                out[at + _TWO] = np.uint8(_blend(marks[kind, pixel, 2], kept, out[at + _TWO]))
            at += np.uint64(3)
            pixel += _ONE


@kernel
def _cell_colours(down, right, i, j, top, left, world, params, edges, by_flag, by_cell, colours):
    """Return red, green and blue of a pixel without marks, which is in the cell (i, j) of those that are shown."""
    row, col = top + i, left + j
    tile = np.uint64(by_flag[BLOCKED])
    if 0 <= row < params.height and 0 <= col < params.width:
        index = cell_index(row, col, params)
        if by_cell.shape[0] > 0:
            tile = np.uint64(by_cell[index]) + np.uint64(world[index] >> _VISITED_SHIFT)
        else:
            tile = np.uint64(by_flag[world[index]])
            if world[index] & PORTAL:
                tile += np.uint64(2) * _portal_number(world, params.num_cells, index)
    down, right = np.uint64(down - edges[i]), np.uint64(right - edges[j])
    red, green, blue = colours[tile, down, right, 0], colours[tile, down, right, 1], colours[tile, down, right, 2]
    return np.uint32(red), np.uint32(green), np.uint32(blue)


@kernel
def _draw_grey_mark(
    k, top, left, lane, world, params, layout, edges, by_flag, by_cell, colours, mark_sizes, marks, out
):
    """Lay the k-th mark over a grey picture, which needs the colours of what is beneath: they are found anew."""
    size = edges[layout[CELLS]]
    kind, down, right = _mark_at(k, top, left, lane, world, params, layout, edges, mark_sizes)
    if kind < 0:
        return
    side = mark_sizes[kind]
    lowest = k
    for other in range(k):
        beneath, over, aside = _mark_at(other, top, left, lane, world, params, layout, edges, mark_sizes)
        is_near = over < down + side and aside < right + side
        if beneath >= 0 and is_near and down < over + mark_sizes[beneath] and right < aside + mark_sizes[beneath]:
            lowest = other
            break
    num_cells = layout[CELLS]
    # The last cell whose first pixel is not after the first one here.
    i = ((max(0, down) + 1) * num_cells - 1) // size
    first_j = ((max(0, right) + 1) * num_cells - 1) // size
    for row in range(max(0, down), min(size, down + side)):
        i += edges[i + 1] <= row
        j = first_j
        for col in range(max(0, right), min(size, right + side)):
            j += edges[j + 1] <= col
            pixel = np.uint64((row - down) * side + col - right)
            kept = marks[kind, pixel, 3]
            if kept == _FULL_SHARE:
                continue
            red, green, blue = np.uint32(0), np.uint32(0), np.uint32(0)
            if kept > 0:
                red, green, blue = _cell_colours(
                    row, col, i, j, top, left, world, params, edges, by_flag, by_cell, colours
                )
                for each in range(lowest, k):
                    laid, over, aside = _mark_at(each, top, left, lane, world, params, layout, edges, mark_sizes)
                    if laid >= 0 and 0 <= row - over < mark_sizes[laid] and 0 <= col - aside < mark_sizes[laid]:
                        at = np.uint64((row - over) * mark_sizes[laid] + col - aside)
                        red = _blend(marks[laid, at, 0], marks[laid, at, 3], red)
                        green = _blend(marks[laid, at, 1], marks[laid, at, 3], green)
                        blue = _blend(marks[laid, at, 2], marks[laid, at, 3], blue)
            red = _blend(marks[kind, pixel, 0], kept, red)
            green = _blend(marks[kind, pixel, 1], kept, green)
            blue = _blend(marks[kind, pixel, 2], kept, blue)
            luma = np.uint32(299) * red + np.uint32(587) * green + np.uint32(114) * blue
            out[np.uint64(row * size + col)] = np.uint8((luma + np.uint32(500)) // np.uint32(1000))


@kernel
def observe_image_lane(lane, world, params, layout, edges, by_flag, by_cell, tiles, colours, mark_sizes, marks, out):
    """Draw what is around a lane's agent, or all of its map where there is no radius; out: (S * S * C,) uint8."""
    num_cells = layout[CELLS]
    if params.radius > 0:
        top, left = np.int64(lane.row) - params.radius, np.int64(lane.col) - params.radius
    else:
        top, left = -((num_cells - params.height) >> 1), -((num_cells - params.width) >> 1)
    _draw_cells(top, left, world, params, layout, edges, by_flag, by_cell, tiles, out)
    num_marks = params.num_obstacles + 3
    for k in range(num_marks):
        if layout[CHANNELS] == 1:
            _draw_grey_mark(
                k, top, left, lane, world, params, layout, edges, by_flag, by_cell, colours, mark_sizes, marks, out
            )
        else:
            kind, down, right = _mark_at(k, top, left, lane, world, params, layout, edges, mark_sizes)
            if kind >= 0:
                _draw_mark(kind, down, right, edges, layout, mark_sizes, marks, out)


@kernel
def observe_image_batch(lanes, maps, params, layout, edges, by_flag, by_cell, tiles, colours, mark_sizes, marks, out):
    """Write the picture of each lane; out: (B, S * S * C) uint8, C being 3 or for grey ones 1."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        observe_image_lane(
            lane, maps[lane.map], p, layout, edges, by_flag, by_cell, tiles, colours, mark_sizes, marks, out[i]
        )
