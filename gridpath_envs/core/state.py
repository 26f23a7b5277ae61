"""The layout of state: one record a lane, one record of parameters, one record a transition.

Kernels take few arrays, since each costs a call about 0.1 us; the scalars of a lane therefore share one record.
Maps are padded with blocked cells, so that neither a move nor a window needs a test for the map's edge: the cell
(row, col) is at ``(row + pad) * pitch + col + pad`` of its map. Behind its ``num_cells`` cells a map has, where there
are any, the cells of its portals and then the lane's moving obstacles: with its record that is a lane's whole state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gridpath_envs.core.cells import BLOCKED, PORTAL_BYTES, STATIC, TERRAINS

MAX_ACTIONS = 9
MAX_PLANES = 12

LANE = np.dtype(
    [
        # what every step reads or writes
        ("row", np.int32),
        ("col", np.int32),
        ("goal_row", np.int32),
        ("goal_col", np.int32),
        ("steps", np.int32),
        ("limit", np.int32),  # steps after which the episode is truncated
        ("map", np.int32),  # index into the array of maps
        ("is_success", np.bool_),
        ("finished", np.bool_),  # the episode ended; a reset comes next
        ("fresh", np.bool_),  # reset by the autoreset of this very step, which takes no action
        ("has_distances", np.bool_),  # the lane's distance field is that of its goal
        ("path_length", np.float64),
        ("episode_return", np.float64),  # sum of the rewards so far
        # what only resets and infos need
        ("optimal_length", np.float64),
        ("start_row", np.int32),
        ("start_col", np.int32),
        ("level", np.int64),
        ("key", np.uint64),  # of the lane's stream
        ("episode", np.uint64),  # episodes begun since the lane was seeded
        ("has_values", np.bool_),  # the lane's field of optimal returns is that of its goal
        # of a body that moves in the plane, not from cell to cell: centre in cells, velocity in cells a second
        ("has_body", np.bool_),  # they are those of this episode
        ("body_row", np.float64),
        ("body_col", np.float64),
        ("velocity_row", np.float64),
        ("velocity_col", np.float64),
        # of an agent among others, each of which has a record of its own
        ("gone", np.bool_),  # its episode ended before the last step, in which it took no part
        ("refused", np.bool_),  # its last move was, because of another agent
        ("arrival", np.int32),  # steps until it came to its goal to stay, so far
        ("num_arrivals", np.int32),  # goals reached
        ("num_collisions", np.int32),  # moves refused because of another agent
        ("region_first", np.int32),  # where the cells that it can reach begin in the list of its lane's map
        ("region_size", np.int32),
    ],
    align=True,
)

TRANSITION = np.dtype([("reward", np.float32), ("terminated", np.bool_), ("truncated", np.bool_)], align=True)

LEVEL = np.dtype(
    [
        ("number", np.int64),
        ("map", np.int32),
        ("start_row", np.int32),
        ("start_col", np.int32),
        ("goal_row", np.int32),
        ("goal_col", np.int32),
        ("is_exact", np.bool_),  # the optimal length is measured, not a published, rounded one
        ("optimal_length", np.float64),
    ],
    align=True,
)

PARAMETERS = np.dtype(
    [
        # the map
        ("height", np.int64),
        ("width", np.int64),
        ("pad", np.int64),
        ("pitch", np.int64),
        ("num_cells", np.int64),  # of the padded map
        ("own_maps", np.bool_),  # each lane has a copy of its level's map, on which cells change as it goes
        # the dynamics
        ("num_actions", np.int64),
        ("row_delta", np.int32, (MAX_ACTIONS,)),
        ("col_delta", np.int32, (MAX_ACTIONS,)),
        ("cost", np.float64, (MAX_ACTIONS,)),
        ("octile", np.bool_),
        ("slip", np.uint64),  # of 2**32: probability of each of the two perpendicular moves
        ("terrain_cost", np.float64, (len(TERRAINS),)),
        ("is_weighted", np.bool_),  # not every terrain costs 1
        ("has_portals", np.bool_),
        ("time_limit", np.int64),  # steps
        ("time_limit_factor", np.float64),  # multiple of the optimal length; 0 where time_limit alone counts
        ("num_obstacles", np.int64),  # moving ones
        ("random_walk", np.bool_),  # how they move, else to and fro
        ("obstacle_range", np.int64),  # cells from their home
        ("obstacles_at", np.int64),  # where a map's record of them begins
        ("trail", np.bool_),
        ("is_plain", np.bool_),  # none of what only some tasks have, so that a step need not ask for each
        # a body in the plane
        ("body_radius", np.float64),  # cells
        ("goal_radius", np.float64),  # cells
        ("accelerates", np.bool_),  # actions are accelerations, else velocities
        ("dt", np.float64),  # seconds a step
        ("max_speed", np.float64),  # cells a second
        ("max_acceleration", np.float64),  # cells a second, each second
        ("damping", np.float64),  # a second
        ("noise", np.float64),  # standard deviation of what is added to each step, in cells
        ("max_range", np.float64),  # of the range finder, in cells
        # many agents
        ("num_agents", np.int64),  # N
        ("conflicts", np.int64),
        ("on_arrival", np.int64),
        ("team_weight", np.float32),
        ("check_reachable", np.bool_),
        # the reward
        ("reward_goal", np.float32),
        ("reward_step", np.float32),
        ("reward_path", np.float32),
        ("reward_collision", np.float32),
        ("reward_hole", np.float32),
        ("shaping", np.float64),
        ("discount", np.float64),
        # the observation
        ("radius", np.int64),
        ("shows_goal", np.bool_),  # it has a place for the goal
        ("goal_in_position", np.bool_),
        ("only_walls", np.bool_),  # cells have no flag but BLOCKED
        ("num_planes", np.int64),  # those that show one kind of cell each, besides obstacles
        ("plane_mask", np.uint8, (MAX_PLANES,)),
        ("plane_value", np.uint8, (MAX_PLANES,)),
        # the levels
        ("generator", np.int64),
        ("density", np.uint64),  # of 2**16
        ("maze", np.int64),
        ("loops", np.uint64),  # of 2**16
        ("block_size", np.int64),
        ("terrain", np.uint64),  # of 2**16: share of the cells that are no ground
        ("holes", np.uint64),  # of 2**16
        ("portals", np.int64),  # pairs to draw
        ("num_levels", np.int64),  # 0: unlimited
        ("first_level", np.int64),
        ("tabled", np.bool_),  # the table of levels holds them whole, not only their numbers
        ("split", np.int64),
        ("is_bounded", np.bool_),  # the two ranges below hold
        ("length_range", np.float64, (2,)),
        ("detour_range", np.float64, (2,)),
        ("fixed_start_row", np.int32),  # -1: drawn
        ("fixed_start_col", np.int32),
        ("fixed_goal_row", np.int32),
        ("fixed_goal_col", np.int32),
    ],
    align=True,
)

# A moving obstacle: the indices of its cell and of its home, and its heading.
OBSTACLE_BYTES = 9


def padded_size(height: int, width: int, pad: int) -> int:
    """Return the number of cells of a padded map."""
    return (height + 2 * pad) * (width + 2 * pad)


def set_geometry(params: np.ndarray, height: int, width: int, pad: int, actions: tuple[tuple[int, int, float], ...]):
    """Write what every kernel needs to know of a map and of the moves on it; terrain costs 1.

    Args:
        params: (1,) PARAMETERS, written.
        height: H, in cells.
        width: W, in cells.
        pad: Blocked cells around the map.
        actions: (row change, column change, cost) of each action.
    """
    p = params[0]
    p["height"], p["width"], p["pad"] = height, width, pad
    p["pitch"] = width + 2 * pad
    p["num_cells"] = padded_size(height, width, pad)
    p["num_actions"] = len(actions)
    for action, (drow, dcol, cost) in enumerate(actions):
        p["row_delta"][action], p["col_delta"][action], p["cost"][action] = drow, dcol, cost
    p["octile"] = any(drow and dcol for drow, dcol, _ in actions)
    p["terrain_cost"] = 1.0


def set_dynamics(params: np.ndarray, slip: float, terrain_costs: Mapping[str, float] | None, has_portals: bool) -> None:
    """Write what the dynamics and the oracle read of a configuration.

    Args:
        params: (1,) PARAMETERS, written.
        slip: Probability of a perpendicular move.
        terrain_costs: Cost of each terrain, or None where all cost 1.
        has_portals: Whether maps may have portals.
    """
    p = params[0]
    p["slip"] = round(slip / 2 * 2**32)
    p["terrain_cost"] = [1.0] * len(TERRAINS) if terrain_costs is None else [terrain_costs[name] for name in TERRAINS]
    p["is_weighted"] = (p["terrain_cost"] != 1.0).any()
    p["has_portals"] = has_portals


def set_reward(params: np.ndarray, reward: Any) -> None:
    """Write what steps are rewarded with; reward: RewardConfig, params: (1,) PARAMETERS."""
    p = params[0]
    p["reward_goal"], p["reward_step"], p["reward_path"] = reward.goal, reward.step, reward.path
    p["reward_collision"], p["reward_hole"] = reward.collision, reward.hole
    p["shaping"], p["discount"] = reward.shaping, reward.discount


def map_bytes(params: np.ndarray) -> int:
    """Return the bytes of a map with what lies behind its cells; params: (1,) PARAMETERS."""
    p = params[0]
    return int(p["num_cells"] + PORTAL_BYTES * bool(p["has_portals"]) + OBSTACLE_BYTES * p["num_obstacles"])


def pad_map(cells: np.ndarray, pad: int) -> np.ndarray:
    """Return a map as kernels want it: flat, surrounded by ``pad`` blocked cells, (cells,) uint8."""
    return np.pad(cells.astype(np.uint8), pad, constant_values=BLOCKED).ravel()


def unpad_map(world: np.ndarray, params: np.ndarray) -> np.ndarray:
    """Return the (H, W) uint8 cells inside a padded map, without what changes during an episode."""
    return _inner(world, params) & STATIC


def marked_cells(world: np.ndarray, params: np.ndarray, flag: np.uint8) -> np.ndarray:
    """Return which cells inside a padded map have a flag, (H, W) bool."""
    return _inner(world, params) & flag != 0


def _inner(world: np.ndarray, params: np.ndarray) -> np.ndarray:
    p = params[0]
    height, width, pad = int(p["height"]), int(p["width"]), int(p["pad"])
    padded = world[: int(p["num_cells"])].reshape(height + 2 * pad, width + 2 * pad)
    return padded[pad : pad + height, pad : pad + width]


def write_portals(world: np.ndarray, params: np.ndarray, pairs: tuple[tuple[tuple[int, int], tuple[int, int]], ...]):
    """List pairs of portals behind a map's cells."""
    p = params[0]
    indices = [(row + int(p["pad"])) * int(p["pitch"]) + col + int(p["pad"]) for pair in pairs for row, col in pair]
    table = np.zeros(PORTAL_BYTES // 4, dtype="<i4")
    table[: len(indices)] = indices
    world[int(p["num_cells"]) : int(p["num_cells"]) + PORTAL_BYTES] = table.view(np.uint8)


def read_portals(world: np.ndarray, params: np.ndarray) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
    """Return the pairs of portals that are listed behind a map's cells."""
    p = params[0]
    if not p["has_portals"]:
        return ()
    start = int(p["num_cells"])
    indices = np.frombuffer(world[start : start + PORTAL_BYTES].tobytes(), dtype="<i4")
    rows, cols = np.divmod(indices[indices > 0], int(p["pitch"]))
    cells = list(zip((rows - p["pad"]).tolist(), (cols - p["pad"]).tolist(), strict=True))
    return tuple(zip(cells[::2], cells[1::2], strict=True))


def read_obstacles(world: np.ndarray, params: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return the cells (row, col) of a map's moving obstacles."""
    p = params[0]
    cells = []
    for k in range(int(p["num_obstacles"])):
        at = int(p["obstacles_at"]) + k * OBSTACLE_BYTES
        index = int.from_bytes(world[at : at + 4].tobytes(), "little")
        if index:
            cells.append((index // int(p["pitch"]) - int(p["pad"]), index % int(p["pitch"]) - int(p["pad"])))
    return tuple(cells)
