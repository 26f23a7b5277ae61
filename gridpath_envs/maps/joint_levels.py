"""Levels of many agents: a map, and a start and a goal for each, a function of the level's number alone."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.cells import AGENT, AGENT_GOAL, BLOCKED
from gridpath_envs.core.distances import goal_distances_lane
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.joint_dynamics import RESTART, STAY_THERE
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.rng import EPISODE_STREAM, LEVEL_STREAM, SPLIT_STREAM, below, draw, stream_key
from gridpath_envs.maps.generators import FIXED_MAP, generate
from gridpath_envs.maps.joint_ends import (
    GOALS,
    MARKS,
    ORDER,
    POOL,
    REGION,
    SIZES,
    STARTS,
    USED,
    capacity,
    choose_joint_ends,
    find_regions,
    path_length,
)
from gridpath_envs.maps.levels import (
    BY_LEVEL,
    BY_STREAM,
    IF_FINISHED,
    IF_FINISHED_FRESH,
    KEEP,
    PLAY_ATTEMPTS,
    SPLIT_ATTEMPTS,
    TEST,
    TRAIN,
    copy_map,
)

# Maps that are drawn for one level until one has room for all agents.
_ATTEMPTS = 64

_MAX_MARK = 2**31 - 1


@kernel
def make_joint_level(world, params, number, queues):
    """Build level ``number``: its map into ``world``, its ends into the rows STARTS and GOALS of the scratch.

    Returns:
        Whether there is a level: room for all agents on the given map, or on one of 64 that were drawn.
    """
    key = stream_key(np.uint64(number), LEVEL_STREAM)
    counter = np.int64(0)
    for _ in range(_ATTEMPTS):
        if params.generator != FIXED_MAP:
            counter = generate(world, params, key, counter, queues)
        if choose_joint_ends(world, params, np.bool_(False), np.bool_(False), key, counter, queues):
            return True
        if params.generator == FIXED_MAP:
            break
        counter += params.num_cells
    return False


@kernel
def joint_split_of(world, params, queues):
    """Return the split that the level in the scratch belongs to, one in five being a test level, by what it holds."""
    key = stream_key(np.uint64(params.num_agents), SPLIT_STREAM)
    for k in range(params.num_agents):
        key = draw(key, np.uint64(queues[STARTS, k]) << np.uint64(32) | np.uint64(queues[GOALS, k]))
    if params.generator != FIXED_MAP:
        for row in range(params.height):
            for col in range(params.width):
                index = cell_index(row, col, params)
                if world[index] & BLOCKED:
                    key = draw(key, index)
    return TEST if below(draw(key, 0), 5) == 0 else TRAIN


@kernel
def place_agents(lanes, start, world, params, fields, regions, distance, queues):
    """Begin the episode of agents whose ends are in the rows STARTS and GOALS of the scratch.

    Args:
        lanes: (B * N,) LANE, written; their level and stream are set.
        start: Index of the environment's first agent.
        world: (S,) uint8, the environment's own map, without agents; written.
        params: PARAMETERS record.
        fields: (B * N, cells) float64, written where rewards are shaped.
        regions: (cells,) int32, written, or (0,) where goals stay.
        distance: (cells,) float64, scratch.
        queues: (NUM_ROWS, cells) int32, scratch.

    Returns:
        Whether every goal can be reached from its start.
    """
    # The draw of ends has changed the order within regions, and saved states must give the same one.
    num_free = find_regions(world, params, queues[ORDER], queues[REGION], queues[SIZES])
    if regions.shape[0] > 0:
        for k in range(num_free):
            regions[k] = queues[ORDER, k]
    marks = queues[MARKS]
    marks[:] = 0
    base = np.int64(1)
    all_reach = True
    longest = 0.0
    for k in range(params.num_agents):
        lane = lanes[start + k]
        first, last = np.int64(queues[STARTS, k]), np.int64(queues[GOALS, k])
        lane.start_row = lane.row = first // params.pitch - params.pad
        lane.start_col = lane.col = first % params.pitch - params.pad
        lane.goal_row = last // params.pitch - params.pad
        lane.goal_col = last % params.pitch - params.pad
        lane.region_first = queues[REGION, last]
        lane.region_size = queues[SIZES, lane.region_first]
        world[first] |= AGENT
        world[last] |= AGENT_GOAL
        lane.steps = 0
        lane.path_length = 0.0
        lane.episode_return = 0.0
        lane.finished = False
        lane.fresh = False
        lane.gone = False
        lane.refused = False
        lane.has_distances = False
        lane.has_values = False
        lane.has_body = False
        lane.arrival = 0
        lane.num_arrivals = 0
        lane.num_collisions = 0
        lane.is_success = first == last and params.on_arrival == STAY_THERE
        reaches = queues[REGION, first] == queues[REGION, last]
        all_reach &= reaches
        lane.optimal_length = np.inf
        if reaches:
            if base > _MAX_MARK - 2 * params.num_cells:
                marks[:] = 0
                base = np.int64(1)
            length, highest = path_length(world, params, first, last, np.int32(base), queues[POOL], queues[USED], marks)
            lane.optimal_length = length
            base = np.int64(highest) + 1
            longest = max(longest, lane.optimal_length)
    limit = params.time_limit
    if params.time_limit_factor > 0.0:
        # Where no goal is within reach, as if one were at the other end of the map.
        product = params.time_limit_factor * (longest if longest > 0.0 else np.float64(params.height + params.width))
        limit = min(limit, np.int64(np.ceil(product - 1e-9 * product)))
    for k in range(start, start + params.num_agents):
        lanes[k].limit = max(limit, 1)
        if params.shaping != 0.0:
            goal_distances_lane(lanes[k], world, params, fields[k], queues)
    return all_reach


@kernel
def _begin_agents(lanes, start, maps, levels, ends, params, how, value, fields, region, distance, queues):
    """Begin the next episode of one environment; returns whether there is such a level."""
    leader = lanes[start]
    episode = leader.episode + np.uint64(1)
    world = maps[leader.map]
    if how == BY_STREAM:
        value = draw(stream_key(leader.key, EPISODE_STREAM), episode)
    if params.generator == FIXED_MAP:
        copy_map(maps[0], world)
    index = np.int64(0)
    is_drawn = how != BY_LEVEL
    number = np.int64(0)
    feasible = False
    # Where a level that is drawn has no room for all agents, another is drawn.
    for counter in range(PLAY_ATTEMPTS if is_drawn else 1):
        if params.num_levels > 0:
            index = below(draw(value, counter), params.num_levels) if is_drawn else np.int64(value)
            number = levels[index].number
        else:
            number = np.int64(draw(value, counter) >> np.uint64(1)) if is_drawn else np.int64(value)
        if params.tabled:
            for k in range(params.num_agents):
                queues[STARTS, k] = ends[index, k, 0]
                queues[GOALS, k] = ends[index, k, 1]
            feasible = True
        else:
            feasible = make_joint_level(world, params, number, queues)
            if feasible and is_drawn and params.split != 0 and params.num_levels == 0:
                feasible = joint_split_of(world, params, queues) == params.split
        if feasible or (params.generator == FIXED_MAP and params.split == 0):
            break
    for k in range(start, start + params.num_agents):
        lanes[k].episode = episode
        lanes[k].level = number
    if feasible:
        place_agents(lanes, start, world, params, fields, region, distance, queues)
    return feasible


@kernel
def begin_joint_batch(lanes, maps, levels, ends, fields, regions, params, how, values, distance, queues):
    """Begin an episode in each environment that ``how`` does not KEEP.

    Args:
        lanes: (B * N,) LANE, written.
        maps: (M, S) uint8, padded; each environment's own is written.
        levels: (num_levels,) LEVEL, of which the numbers count.
        ends: (num_levels, N, 2) int32, indices of start and goal cells, where a scenario says them.
        fields: (B * N, cells) float64, distance fields, or (B * N, 0) where rewards are not shaped.
        regions: (B, cells) int32, written, or (B, 0) where goals stay.
        params: (1,) PARAMETERS.
        how: (B,) uint8, BY_STREAM, BY_EPISODE_SEED, BY_LEVEL, KEEP, IF_FINISHED or IF_FINISHED_FRESH.
        values: (B,) uint64.
        distance: (cells,) float64, scratch.
        queues: (NUM_ROWS, cells) int32, scratch.

    Returns:
        The first environment that has no feasible level, or -1.
    """
    p = params[0]
    for i in range(how.shape[0]):
        code = how[i]
        start = i * p.num_agents
        is_automatic = code == IF_FINISHED or code == IF_FINISHED_FRESH
        if code == KEEP:
            continue
        if is_automatic:
            all_finished = True
            for k in range(start, start + p.num_agents):
                all_finished &= lanes[k].finished
            if not all_finished:
                continue
        chosen = BY_STREAM if is_automatic else np.int64(code)
        if not _begin_agents(
            lanes, start, maps, levels, ends, p, chosen, values[i], fields, regions[i], distance, queues
        ):
            return i
        for k in range(start, start + p.num_agents):
            lanes[k].fresh = code == IF_FINISHED_FRESH
    return -1


@kernel
def relocate_joint(lanes, i, maps, fields, regions, params, given_starts, given_goals, distance, queues):
    """Give environment ``i`` other starts or goals, those in the rows STARTS and GOALS of the scratch, or both.

    What is not given is drawn within reach of what is.

    Returns:
        1 where that can be done, 0 where a goal is out of reach of its start, -1 where there is not enough room.
    """
    p = params[0]
    start = i * p.num_agents
    world = maps[lanes[start].map]
    for k in range(p.num_cells):
        world[k] &= ~(AGENT | AGENT_GOAL)
    key = stream_key(np.uint64(lanes[start].level), EPISODE_STREAM)
    if not choose_joint_ends(world, p, given_starts, given_goals, key, np.int64(0), queues):
        return -1
    region, used = queues[REGION], queues[USED]
    for k in range(p.num_agents):
        used[region[queues[GOALS, k]]] = 0
    for k in range(p.num_agents):
        first = region[queues[GOALS, k]]
        used[first] += 1
        # Where goals are drawn anew there must always be one to draw.
        if p.on_arrival == RESTART and used[first] > capacity(queues[SIZES, first], p):
            return -1
    return 1 if place_agents(lanes, start, world, p, fields, regions[i], distance, queues) else 0


@kernel
def number_joint_levels(levels, world, params, progress, num_tries, queues):
    """Go on numbering the levels of a set, those for which there is room and that are in the split.

    Args:
        levels: (num_levels,) LEVEL, whose numbers are written.
        world: (S,) uint8, scratch, or the map that all levels share.
        params: (1,) PARAMETERS.
        progress: (3,) int64, where to go on, written: levels numbered, next number, numbers left out in a row.
        num_tries: How many numbers to try before coming back, so that a long search can be interrupted.
        queues: (NUM_ROWS, cells) int32, scratch.

    Returns:
        Whether to go on; false where there is no level, or none of the split.
    """
    p = params[0]
    for _ in range(num_tries):
        if progress[0] == levels.shape[0]:
            break
        made = make_joint_level(world, p, progress[1], queues)
        if made and (p.split == 0 or joint_split_of(world, p, queues) == p.split):
            levels[progress[0]].number = progress[1]
            progress[0] += 1
            progress[2] = 0
        else:
            progress[2] += 1
            if progress[2] == SPLIT_ATTEMPTS:
                return False
        progress[1] += 1
    return True
