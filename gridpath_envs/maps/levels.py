"""Levels: a map, a start, a goal and the optimal length, each a function of the level's number alone."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import BLOCKED, PORTAL_BYTES, STATIC, VISITED
from gridpath_envs.core.distances import flood, goal_distances_lane
from gridpath_envs.core.jit import inlined_kernel, kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.obstacles import place_obstacles
from gridpath_envs.core.rng import (
    EPISODE_STREAM,
    FEATURE_STREAM,
    LEVEL_STREAM,
    SPLIT_STREAM,
    below,
    draw,
    stream_key,
)
from gridpath_envs.maps.ends import choose_ends, farthest_end, fixed_cell
from gridpath_envs.maps.features import add_features, clear_portals
from gridpath_envs.maps.generators import FIXED_MAP, generate

SPLITS = {None: 0, "train": 1, "test": 2}
TRAIN, TEST = SPLITS["train"], SPLITS["test"]

# Level numbers are below this, so that they fit int64.
MAX_LEVEL = 2**63

# Maps that are drawn for one level until one has two free cells that touch.
_ATTEMPTS = 64

# Goals that are tried on a map until one has a start within the bounds.
_GOALS = 8

# Levels that are tried for one of a split; one in five is, so that not finding one means that there is none. Where
# lengths are bounded, fewer on large maps, so that a wish that cannot be met is told within about a second.
SPLIT_ATTEMPTS = 4096
_BOUNDED_CELLS = 1 << 23

# What was found once is looked for longer in play, where not finding it would end a run.
PLAY_ATTEMPTS = 1 << 20

# A published length is rounded to two decimals at worst.
_PUBLISHED_TOLERANCE = 0.006

# How the next level of a lane is chosen.
KEEP, BY_STREAM, BY_EPISODE_SEED, BY_LEVEL = 0, 1, 2, 3

# An autoreset: BY_STREAM where the episode has ended. FRESH lanes are passed over by the step to come.
IF_FINISHED, IF_FINISHED_FRESH = 4, 5

# BY_STREAM, to see whether there is a level at all.
BY_TRIAL = 6


@kernel
def max_attempts(params):
    """Return how many levels in a row may be out of the split or the bounds before it is said that there are none."""
    if params.is_bounded:
        return min(max(_BOUNDED_CELLS // params.num_cells, 16), SPLIT_ATTEMPTS)
    return SPLIT_ATTEMPTS


@kernel
def split_of(lane, world, params):
    """Return the split that a level belongs to, one in five being a test level, by a hash of what it holds.

    Numbers would not do: on one map, or on tiny ones, two numbers often are the same start and goal on the same walls,
    and a test level that is a training level under another number has been trained on.
    """
    ends = np.uint64(lane.start_row)
    for part in (lane.start_col, lane.goal_row, lane.goal_col):
        ends = (ends << np.uint64(16)) | np.uint64(part)
    key = stream_key(ends, SPLIT_STREAM)
    if params.generator != FIXED_MAP:
        # As many bits a cell as it may have.
        bits = np.uint64(8) if params.terrain > 0 or params.holes > 0 or params.has_portals else np.uint64(1)
        flags = BLOCKED if bits == 1 else STATIC
        word = np.uint64(1)
        for row in range(params.height):
            index = cell_index(row, 0, params)
            for _ in range(params.width):
                word = (word << bits) | np.uint64(world[index] & flags)
                if word >> (np.uint64(64) - bits):
                    key = draw(key, word)
                    word = np.uint64(1)
                index += np.uint64(1)
        key = draw(key, word)
        if params.has_portals:
            for k in range(params.num_cells, params.num_cells + PORTAL_BYTES):
                key = draw(key, world[k])
    return TEST if below(draw(key, 0), 5) == 0 else TRAIN


@kernel
def make_level(lane, world, params, number, distance, queues):
    """Build level ``number`` into a map and a lane.

    A generated map in which no two free cells touch is drawn anew; after 64 such draws two are opened in its middle,
    so that there always is a level, unless its length is bounded.

    Returns:
        Whether there is a level; false only on a fixed map whose ends, given or drawn, do not reach each other, and
        where there is none within the bounds.
    """
    key = stream_key(np.uint64(number), LEVEL_STREAM)
    start = fixed_cell(params.fixed_start_row, params.fixed_start_col, params)
    goal = fixed_cell(params.fixed_goal_row, params.fixed_goal_col, params)
    # Of the type that generators return, or each would be compiled twice.
    counter = np.int64(0)
    for attempt in range(_ATTEMPTS):
        if params.generator != FIXED_MAP:
            counter = generate(world, params, key, counter, queues)
            if attempt < _ATTEMPTS - 1:
                add_features(world, params, draw(stream_key(np.uint64(number), FEATURE_STREAM), attempt))
            else:
                if params.has_portals:
                    clear_portals(world, params)
                middle = cell_index(params.height // 2, params.width // 2, params)
                world[middle] = 0
                world[middle - np.uint64(1)] = 0
                start = np.int64(middle)
        num_tries = np.int64(_GOALS if params.is_bounded else 1)
        if params.generator == FIXED_MAP and params.has_portals and not params.is_bounded:
            # A portal may lead into a corner that none leads to: a goal drawn there says nothing of the others.
            num_tries = np.int64(_ATTEMPTS)
        tried = goal
        for k in range(num_tries):
            after = choose_ends(lane, world, params, start, tried, params.is_bounded, key, counter, distance, queues)
            if after >= 0:
                return True
            counter += 2
            # Where paths are too short, the cell that is farthest from a goal is a goal with longer ones.
            is_drawn = params.is_bounded and start == 0 and goal == 0
            tried = farthest_end(world, params, distance) if is_drawn and k % 2 == 0 else goal
        if params.generator == FIXED_MAP or params.is_bounded:
            # The draws choose among cells that serve, so another draw would fail as well; and where lengths are
            # bounded, other numbers have other maps.
            return False
    return False


@kernel
def is_in_split(lane, world, params):
    """Tell whether the level that was built into a lane and a map is in the split of the parameters."""
    return params.split == 0 or split_of(lane, world, params) == params.split


@kernel
def _take_level(lane, level, maps, params, distance, queues):
    """Take a whole level of the table, which is in the split already; returns whether its published length is right."""
    lane.level = level.number
    if params.own_maps:
        copy_map(maps[level.map], maps[lane.map])
    else:
        lane.map = level.map
    lane.start_row = lane.row = level.start_row
    lane.start_col = lane.col = level.start_col
    lane.goal_row = level.goal_row
    lane.goal_col = level.goal_col
    is_right = level.is_exact or measure_level(level, maps[lane.map], params, distance, queues)
    lane.optimal_length = level.optimal_length
    return is_right


@kernel
def measure_level(level, world, params, distance, queues):
    """Put the exact length of a level's shortest path in the place of the published one, which is rounded.

    Returns:
        Whether there is a path, and of the length that was published, where one was for these moves.
    """
    start = np.int64(cell_index(level.start_row, level.start_col, params))
    goal = np.int64(cell_index(level.goal_row, level.goal_col, params))
    flood(world, params, goal, start, distance, queues)
    published = level.optimal_length
    level.optimal_length = distance[start]
    level.is_exact = True
    if params.octile and not params.is_weighted and not params.has_portals:
        return abs(published - distance[start]) <= _PUBLISHED_TOLERANCE
    return distance[start] < np.inf


@kernel
def measure_levels(levels, world, params, distance, queues):
    """Measure every level of a table on one map; returns the first that is not what was published, or -1."""
    p = params[0]
    for k in range(levels.shape[0]):
        if not measure_level(levels[k], world, p, distance, queues):
            return k
    return -1


@kernel
def copy_map(source, target):
    """Copy a padded map and what lies behind it."""
    for k in range(source.shape[0]):
        target[k] = source[k]


@inlined_kernel
def begin_episode(lane, maps, levels, params, how, value, field, distance, queues):
    """Begin a lane's next episode.

    Args:
        lane: LANE record, written.
        maps: (M, S) uint8, padded; the lane's own map is written where levels are generated or cells change.
        levels: (num_levels,) LEVEL.
        params: PARAMETERS record.
        how: BY_STREAM (the lane's next episode), BY_EPISODE_SEED (``value`` fixes level, start and goal) or BY_LEVEL
            (``value`` is the level's index among ``levels``, or its number where levels are unlimited).
        value: uint64.
        field: (cells,) float64, the lane's distance field; written where rewards are shaped.
        distance: (cells,) float64, scratch.
        queues: (Q, cells) int32, scratch.

    Returns:
        Whether there is such a level: on a fixed map, of the split and within the bounds, there may be none.
    """
    lane.episode += np.uint64(1)
    if how == BY_STREAM or how == BY_TRIAL:
        value = draw(stream_key(lane.key, EPISODE_STREAM), lane.episode)
    if params.own_maps and params.generator == FIXED_MAP:
        copy_map(maps[0], maps[lane.map])
    index = np.int64(0)
    if params.num_levels > 0:
        index = np.int64(value) if how == BY_LEVEL else below(draw(value, 0), params.num_levels)
    if params.tabled:
        feasible = _take_level(lane, levels[index], maps, params, distance, queues)
    else:
        # One place that builds levels, since the compiler works on all generators once for each.
        feasible = False
        is_drawn = params.num_levels == 0 and how != BY_LEVEL
        attempts = max_attempts(params) if how == BY_TRIAL else PLAY_ATTEMPTS
        for counter in range(attempts if is_drawn else 1):
            if is_drawn:
                lane.level = np.int64(draw(value, counter) >> np.uint64(1))
            else:
                lane.level = levels[index].number if params.num_levels > 0 else np.int64(value)
            feasible = make_level(lane, maps[lane.map], params, lane.level, distance, queues)
            if is_drawn and feasible:
                feasible = is_in_split(lane, maps[lane.map], params)
            elif is_drawn and not params.is_bounded:
                break
            if feasible:
                break
    if feasible:
        begin_lane(lane, maps[lane.map], params, field, distance, queues)
    return feasible


@kernel
def begin_lane(lane, world, params, field, distance, queues):
    """Begin the episode of a lane whose map, start, goal and optimal length are set."""
    lane.steps = 0
    lane.path_length = 0.0
    lane.episode_return = 0.0
    lane.is_success = False
    lane.finished = False
    lane.fresh = False
    lane.has_distances = False
    lane.has_values = False
    lane.has_body = False
    limit = params.time_limit
    if params.time_limit_factor > 0.0:
        # Cheap terrain makes a path cheaper than it has moves, which must still fit.
        cheapest = 1.0
        for k in range(params.terrain_cost.shape[0]):
            cheapest = min(cheapest, params.terrain_cost[k])
        # 1.1 * 50 is a little more than 55, which must not make a step of its own.
        product = params.time_limit_factor * lane.optimal_length / cheapest
        limit = min(limit, np.int64(np.ceil(product - 1e-9 * product)))
    lane.limit = max(limit, 1)
    if params.num_obstacles > 0:
        place_obstacles(lane, world, params, distance, queues)
    if params.trail:
        world[cell_index(lane.row, lane.col, params)] |= VISITED
    if params.shaping != 0.0:
        goal_distances_lane(lane, world, params, field, queues)


@kernel
def begin_batch(lanes, maps, levels, fields, params, how, values, distance, queues):
    """Begin an episode in each lane that ``how`` does not KEEP.

    Args:
        lanes: (B,) LANE, written.
        maps: (M, S) uint8, padded.
        levels: (num_levels,) LEVEL.
        fields: (B, cells) float64, distance fields, or (B, 0) where rewards are not shaped.
        params: (1,) PARAMETERS.
        how: (B,) uint8, what ``begin_episode`` takes, or KEEP, IF_FINISHED or IF_FINISHED_FRESH.
        values: (B,) uint64.
        distance: (cells,) float64, scratch.
        queues: (Q, cells) int32, scratch.

    Returns:
        The first lane that has no feasible level, or -1.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        code = how[i]
        lane = lanes[i]
        is_automatic = code == IF_FINISHED or code == IF_FINISHED_FRESH
        if code == KEEP or (is_automatic and not lane.finished):
            continue
        chosen = BY_STREAM if is_automatic else np.int64(code)
        if not begin_episode(lane, maps, levels, p, chosen, values[i], fields[i], distance, queues):
            return i
        lane.fresh = code == IF_FINISHED_FRESH
    return -1


@kernel
def relocate_lane(lanes, i, maps, fields, params, start, goal, distance, queues):
    """Give lane ``i`` another start and goal: indices of cells, 0 for one that is drawn among the cells that reach it.

    Returns:
        Whether the goal can be reached.
    """
    p = params[0]
    lane = lanes[i]
    world = maps[lane.map]
    if p.own_maps:
        for k in range(p.num_cells):
            world[k] &= STATIC
    key = stream_key(np.uint64(lane.level), EPISODE_STREAM)
    feasible = choose_ends(lane, world, p, start, goal, np.bool_(False), key, np.int64(0), distance, queues) >= 0
    if feasible:
        begin_lane(lane, world, p, fields[i], distance, queues)
    return feasible


@kernel
def build_levels(lanes, levels, maps, params, progress, num_tries, distance, queues):
    """Go on building the levels of a set, those in the split and within the bounds, from the first level on.

    Args:
        lanes: (1,) LANE, scratch.
        levels: (num_levels,) LEVEL, written.
        maps: (M, S) uint8, padded: one for all levels, or one a level, written; else its first map is scratch.
        params: (1,) PARAMETERS.
        progress: (3,) int64, where to go on, written: levels built, next number, numbers left out in a row.
        num_tries: How many numbers to try before coming back, so that a long search can be interrupted.
        distance: (cells,) float64, scratch.
        queues: (Q, cells) int32, scratch.

    Returns:
        Whether to go on; false where there is no level, or none of the split and within the bounds.
    """
    p = params[0]
    lane = lanes[0]
    for _ in range(num_tries):
        built = progress[0]
        if built == levels.shape[0]:
            break
        index = built if p.tabled and p.generator != FIXED_MAP else 0
        made = make_level(lane, maps[index], p, progress[1], distance, queues)
        if not made and not p.is_bounded:
            return False
        if made and is_in_split(lane, maps[index], p):
            level = levels[built]
            level.number = progress[1]
            level.map = index
            level.start_row = lane.start_row
            level.start_col = lane.start_col
            level.goal_row = lane.goal_row
            level.goal_col = lane.goal_col
            level.optimal_length = lane.optimal_length
            level.is_exact = True
            progress[0] += 1
            progress[2] = 0
        else:
            progress[2] += 1
            if progress[2] == max_attempts(p):
                return False
        progress[1] += 1
    return True
