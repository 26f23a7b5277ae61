"""Levels: a map, a start, a goal and the optimal length, each a function of the level's number alone."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.distances import flood, flood_cardinal
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import EPISODE_STREAM, LEVEL_STREAM, SPLIT_STREAM, below, draw, stream_key
from gridpath_envs.maps.generators import FIXED_MAP, generate

SPLITS = {None: 0, "train": 1, "test": 2}
_TRAIN, _TEST = SPLITS["train"], SPLITS["test"]

# Level numbers are below this, so that they fit int64.
MAX_LEVEL = 2**63

_ATTEMPTS = 64

# Levels that are tried for one of a split; one in five is, so that not finding one means that there is none.
SPLIT_ATTEMPTS = 4096

# How the next level of a lane is chosen.
KEEP, BY_STREAM, BY_EPISODE_SEED, BY_LEVEL = 0, 1, 2, 3


@kernel
def split_of(lane, blocked, params):
    """Return the split that a level belongs to, one in five being a test level, by a hash of what it holds.

    Numbers would not do: on one map, or on tiny ones, two numbers often are the same start and goal on the same walls,
    and a test level that is a training level under another number has been trained on.
    """
    ends = np.uint64(lane.start_row)
    for part in (lane.start_col, lane.goal_row, lane.goal_col):
        ends = (ends << np.uint64(16)) | np.uint64(part)
    key = stream_key(ends, SPLIT_STREAM)
    if params.generator != FIXED_MAP:
        word = np.uint64(1)
        for row in range(params.height):
            index = cell_index(row, 0, params)
            for _ in range(params.width):
                word = (word << np.uint64(1)) | np.uint64(blocked[index])
                if word >> np.uint64(63):
                    key = draw(key, word)
                    word = np.uint64(1)
                index += np.uint64(1)
        key = draw(key, word)
    return _TEST if below(draw(key, 0), 5) == 0 else _TRAIN


@kernel
def _find_connected(blocked, params, k):
    """Return the index of the k-th free cell that has a free neighbour, row by row, or their number where k is -1."""
    count = np.int64(0)
    pitch = np.uint64(params.pitch)
    for row in range(params.height):
        index = cell_index(row, 0, params)
        for _ in range(params.width):
            walled_in = (
                blocked[index - pitch]
                & blocked[index + np.uint64(1)]
                & blocked[index + pitch]
                & blocked[index - np.uint64(1)]
            )
            is_connected = (blocked[index] | walled_in) == 0
            if is_connected & (count == k):
                return np.int64(index)
            count += is_connected
            index += np.uint64(1)
    return count


@kernel
def _set_ends(lane, start, goal, params):
    """Put the agent at ``start`` with ``goal`` to reach, both indices of cells of a padded map."""
    lane.start_row = lane.row = start // params.pitch - params.pad
    lane.start_col = lane.col = start % params.pitch - params.pad
    lane.goal_row = goal // params.pitch - params.pad
    lane.goal_col = goal % params.pitch - params.pad


@kernel
def _fixed_cell(row, col, params):
    return np.int64(cell_index(row, col, params)) if row >= 0 else np.int64(0)


@kernel
def choose_ends(lane, blocked, params, start, goal, key, counter, distance, queues):
    """Choose start and goal among the free cells, each reachable from the other, and measure the shortest path.

    Args:
        lane: LANE record, written.
        blocked: (cells,) uint8, padded.
        params: PARAMETERS record.
        start: Index of the start, or 0 to draw it uniformly from the cells that reach the goal.
        goal: Index of the goal, or 0 to draw it.
        key: Key of the stream to draw from.
        counter: Number of the stream's first unused draw.
        distance: (cells,) float64, scratch.
        queues: (2, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw, or -1 where no pair of cells will do.
    """
    if goal == 0 and start != 0:
        reached = flood_cardinal(blocked, params.pitch, start, 0, distance, queues[0])
        if reached < 2:
            return -1
        goal = np.int64(queues[0, 1 + below(draw(key, counter), reached - 1)])
        counter += 1
    if goal == 0:
        num_connected = _find_connected(blocked, params, -1)
        if num_connected == 0:
            return -1
        goal = _find_connected(blocked, params, below(draw(key, counter), num_connected))
        counter += 1
    if start == 0:
        reached = flood_cardinal(blocked, params.pitch, goal, 0, distance, queues[0])
        if reached < 2:
            return -1
        start = np.int64(queues[0, 1 + below(draw(key, counter), reached - 1)])
        counter += 1
        if params.octile:
            flood(blocked, params.octile, params.pitch, goal, start, distance, queues)
    else:
        flood(blocked, params.octile, params.pitch, goal, start, distance, queues)
    if distance[start] == np.inf:
        return -1
    _set_ends(lane, start, goal, params)
    lane.optimal_length = distance[start]
    return counter


@kernel
def make_level(lane, blocked, params, number, distance, queues):
    """Build level ``number`` into a map and a lane.

    A generated map in which no two free cells touch is drawn anew; after 64 such draws two are opened in its middle,
    so that there always is a level.

    Returns:
        Whether there is a level; false only on a fixed map whose ends, given or drawn, do not reach each other.
    """
    key = stream_key(np.uint64(number), LEVEL_STREAM)
    start = _fixed_cell(params.fixed_start_row, params.fixed_start_col, params)
    goal = _fixed_cell(params.fixed_goal_row, params.fixed_goal_col, params)
    # Typed: a literal 0 would have the generators compiled a second time, for it alone.
    counter = np.int64(0)
    for attempt in range(_ATTEMPTS):
        if params.generator != FIXED_MAP:
            counter = generate(blocked, params, key, counter, queues)
            if attempt == _ATTEMPTS - 1:
                middle = cell_index(params.height // 2, params.width // 2, params)
                blocked[middle] = 0
                blocked[middle - np.uint64(1)] = 0
                start = np.int64(middle)
        after = choose_ends(lane, blocked, params, start, goal, key, counter, distance, queues)
        if after >= 0:
            return True
        if params.generator == FIXED_MAP:
            # The draws choose among cells that serve, so another draw would fail as well.
            return False
        counter += 2
    return False


@kernel
def is_in_split(lane, blocked, params):
    """Tell whether the level that was built into a lane and a map is in the split of the parameters."""
    return params.split == 0 or split_of(lane, blocked, params) == params.split


@kernel
def _load_level(lane, level, maps, params, distance, queues):
    """Take a level of the table, which is in the split already."""
    lane.level = level.number
    if not params.tabled:
        return make_level(lane, maps[lane.map], params, level.number, distance, queues)
    lane.map = level.map
    lane.start_row = lane.row = level.start_row
    lane.start_col = lane.col = level.start_col
    lane.goal_row = level.goal_row
    lane.goal_col = level.goal_col
    lane.optimal_length = level.optimal_length
    return True


@kernel
def _draw_level(lane, blocked, params, seed, distance, queues):
    """Build the level of an episode seed, out of the unlimited ones of the split."""
    for counter in range(SPLIT_ATTEMPTS):
        lane.level = np.int64(draw(seed, counter) >> np.uint64(1))
        if not make_level(lane, blocked, params, lane.level, distance, queues):
            return False
        if is_in_split(lane, blocked, params):
            return True
    return False


@kernel
def begin_episode(lane, maps, levels, params, how, value, distance, queues):
    """Begin a lane's next episode.

    Args:
        lane: LANE record, written.
        maps: (M, cells) uint8, padded; the lane's own map is written where levels are generated.
        levels: (num_levels,) LEVEL.
        params: PARAMETERS record.
        how: BY_STREAM (the lane's next episode), BY_EPISODE_SEED (``value`` fixes level, start and goal) or BY_LEVEL
            (``value`` is the level's index among ``levels``, or its number where levels are unlimited).
        value: uint64.
        distance: (cells,) float64, scratch.
        queues: (2, cells) int32, scratch.

    Returns:
        Whether there is such a level: on a fixed map, and of the split, there may be none.
    """
    lane.episode += np.uint64(1)
    if how == BY_STREAM:
        value = draw(stream_key(lane.key, EPISODE_STREAM), lane.episode)
    if params.num_levels > 0:
        index = np.int64(value) if how == BY_LEVEL else below(draw(value, 0), params.num_levels)
        feasible = _load_level(lane, levels[index], maps, params, distance, queues)
    elif how == BY_LEVEL:
        lane.level = np.int64(value)
        feasible = make_level(lane, maps[lane.map], params, lane.level, distance, queues)
    else:
        feasible = _draw_level(lane, maps[lane.map], params, value, distance, queues)
    begin_lane(lane, params)
    return feasible


@kernel
def begin_lane(lane, params):
    """Set the counters of a lane whose start, goal and optimal length are set."""
    lane.steps = 0
    lane.path_length = 0.0
    lane.episode_return = 0.0
    lane.is_success = False
    lane.finished = False
    lane.fresh = False
    lane.has_distances = False
    limit = params.time_limit
    if params.time_limit_factor > 0.0:
        # 1.1 * 50 is a little more than 55, which must not make a step of its own.
        product = params.time_limit_factor * lane.optimal_length
        limit = min(limit, np.int64(np.ceil(product - 1e-9 * product)))
    lane.limit = max(limit, 1)


@kernel
def begin_batch(lanes, maps, levels, params, how, values, distance, queues):
    """Begin an episode in each lane that ``how`` does not KEEP; how: (B,) uint8, values: (B,) uint64.

    Returns:
        The first lane that has no feasible level, or -1.
    """
    p = params[0]
    for i in range(lanes.shape[0]):
        if how[i] != KEEP and not begin_episode(lanes[i], maps, levels, p, how[i], values[i], distance, queues):
            return i
    return -1


@kernel
def autoreset_batch(lanes, maps, levels, params, distance, queues, fresh):
    """Begin an episode in each finished lane; ``fresh`` marks them, so that the step to come passes them over."""
    p = params[0]
    for i in range(lanes.shape[0]):
        lane = lanes[i]
        if lane.finished:
            begin_episode(lane, maps, levels, p, BY_STREAM, np.uint64(0), distance, queues)
            lane.fresh = fresh


@kernel
def relocate_lane(lanes, i, maps, params, start, goal, distance, queues):
    """Give lane ``i`` another start and goal: indices of cells, 0 for one that is drawn among the cells that reach it.

    Returns:
        Whether the goal can be reached.
    """
    p = params[0]
    lane = lanes[i]
    key = stream_key(np.uint64(lane.level), EPISODE_STREAM)
    feasible = choose_ends(lane, maps[lane.map], p, start, goal, key, 0, distance, queues) >= 0
    begin_lane(lane, p)
    return feasible


@kernel
def build_levels(lanes, levels, maps, params, progress, num_tries, distance, queues):
    """Go on building the levels of a set, those in the split, from the first level on.

    Args:
        lanes: (1,) LANE, scratch.
        levels: (num_levels,) LEVEL, written.
        maps: (M, cells) uint8, padded: one for all levels, or one a level, written; else its first map is scratch.
        params: (1,) PARAMETERS.
        progress: (3,) int64, where to go on, written: levels built, next number, numbers out of the split in a row.
        num_tries: How many numbers to try before coming back, so that a long search can be interrupted.
        distance: (cells,) float64, scratch.
        queues: (2, cells) int32, scratch.

    Returns:
        Whether to go on; false where there is no level, or none of the split.
    """
    p = params[0]
    lane = lanes[0]
    for _ in range(num_tries):
        built = progress[0]
        if built == levels.shape[0]:
            break
        index = built if p.tabled and maps.shape[0] > 1 else 0
        if not make_level(lane, maps[index], p, progress[1], distance, queues):
            return False
        if is_in_split(lane, maps[index], p):
            level = levels[built]
            level.number = progress[1]
            level.map = index
            level.start_row = lane.start_row
            level.start_col = lane.start_col
            level.goal_row = lane.goal_row
            level.goal_col = lane.goal_col
            level.optimal_length = lane.optimal_length
            progress[0] += 1
            progress[2] = 0
        else:
            progress[2] += 1
            if progress[2] == SPLIT_ATTEMPTS:
                return False
        progress[1] += 1
    return True
