"""Exact distances and shortest paths on a map, without any environment."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import check_bool, check_choice, check_number
from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.distances import flood, optimal_actions_field, trace_path
from gridpath_envs.core.moves import action_table
from gridpath_envs.core.shortest_paths import cardinal_length, cardinal_path, octile_length, octile_path
from gridpath_envs.core.state import (
    PARAMETERS,
    map_bytes,
    pad_map,
    set_dynamics,
    set_geometry,
    set_reward,
    write_portals,
)
from gridpath_envs.core.values import best_actions_field
from gridpath_envs.core.values import optimal_values as iterate_values
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError, shown
from gridpath_envs.maps.grid_map import Cell, GridMap, Scratch
from gridpath_envs.maps.terrain import check_terrain_costs
from gridpath_envs.rewards import RewardConfig

MOVES = ("cardinal", "octile")


def distances_to(
    grid_map: GridMap, goal: Cell, moves: str = "cardinal", terrain_costs: Mapping[str, float] | None = None
) -> NDArray[np.float64]:
    """Return the cost of the shortest path from every cell to a goal; paths avoid holes and may use portals.

    Args:
        grid_map: The map.
        goal: Free cell (row, col).
        moves: "cardinal", or "octile": diagonals cost sqrt(2) and never cut corners.
        terrain_costs: What a straight move into each terrain costs, 1 for those not named; None: 1 for all.

    Returns:
        (H, W) float64, in cells; infinite where the goal cannot be reached from.

    Raises:
        ConfigurationError: The goal is not a free cell, or moves is unknown.
    """
    goal = grid_map.check_free(goal, "goal")
    world, params = _prepare(grid_map, moves, terrain_costs)
    return _inner(_flood(world, params, goal, None), params)


def shortest_path_length(
    grid_map: GridMap,
    start: Cell,
    goal: Cell,
    moves: str = "cardinal",
    terrain_costs: Mapping[str, float] | None = None,
) -> float:
    """Return the cost of the shortest path between two cells, infinite where there is none.

    Args:
        grid_map: The map.
        start: Free cell (row, col).
        goal: Free cell (row, col).
        moves: "cardinal" or "octile".
        terrain_costs: What a straight move into each terrain costs, 1 for those not named; None: 1 for all.

    Raises:
        ConfigurationError: An end is not a free cell, or moves is unknown.
    """
    start = grid_map.check_free(start, "start")
    goal = grid_map.check_free(goal, "goal")
    octile = _is_octile(moves)
    if terrain_costs is not None or grid_map.portals:
        world, params = _prepare(grid_map, moves, terrain_costs)
        return float(_inner(_flood(world, params, goal, start), params)[start])
    pitch = grid_map.shape[1] + 2
    start_index = (start[0] + 1) * pitch + start[1] + 1
    goal_index = (goal[0] + 1) * pitch + goal[1] + 1
    pool = grid_map.scratch[octile]
    field, queues, _ = scratch = _take(grid_map, pool, octile)
    measure = octile_length if octile else cardinal_length
    length = float(measure(field, queues, pitch, start_index, goal_index))
    pool.append(scratch)
    return length if length >= 0.0 else math.inf


def shortest_path(
    grid_map: GridMap,
    start: Cell,
    goal: Cell,
    moves: str = "cardinal",
    terrain_costs: Mapping[str, float] | None = None,
) -> list[Cell]:
    """Return the cells of one shortest path; of several, the one whose first differing move has the lowest number.

    Args:
        grid_map: The map.
        start: Free cell (row, col).
        goal: Free cell (row, col).
        moves: "cardinal" or "octile".
        terrain_costs: What a straight move into each terrain costs, 1 for those not named; None: 1 for all.

    Returns:
        Cells (row, col) from start to goal, both included; of two that a portal joins, the one that it leads to.

    Raises:
        ConfigurationError: An end is not a free cell, or moves is unknown.
        InfeasibleLevelError: The goal cannot be reached.
    """
    start = grid_map.check_free(start, "start")
    goal = grid_map.check_free(goal, "goal")
    octile = _is_octile(moves)
    if terrain_costs is not None or grid_map.portals:
        return _trace(grid_map, start, goal, moves, terrain_costs)
    pitch = grid_map.shape[1] + 2
    start_index = (start[0] + 1) * pitch + start[1] + 1
    goal_index = (goal[0] + 1) * pitch + goal[1] + 1
    pool = grid_map.scratch[octile]
    field, queues, path = scratch = _take(grid_map, pool, octile)
    write = octile_path if octile else cardinal_path
    count = write(field, queues, pitch, start_index, goal_index, path)
    rows, cols = path[:, :count].tolist()
    pool.append(scratch)
    if count == 0:
        raise InfeasibleLevelError(f"no path from {start} to {goal}")
    return list(zip(rows, cols, strict=True))


def optimal_actions(
    grid_map: GridMap,
    goal: Cell,
    moves: str = "cardinal",
    stay: bool = False,
    slip: float = 0.0,
    terrain_costs: Mapping[str, float] | None = None,
    reward: RewardConfig | None = None,
) -> NDArray[np.bool_]:
    """Return which actions are optimal in each cell: begin a shortest path, or with slip have the best expected return.

    Args:
        grid_map: The map.
        goal: Free cell (row, col).
        moves: "cardinal" or "octile".
        stay: Whether there is a last action that does nothing.
        slip: Probability that a move goes to one of its two perpendicular directions instead.
        terrain_costs: What a straight move into each terrain costs, 1 for those not named; None: 1 for all.
        reward: What steps are rewarded with, where moves slip; None for ``RewardConfig()``.

    Returns:
        (H, W, A) bool; none at the goal, in holes, and where the goal cannot be reached from without slip.

    Raises:
        ConfigurationError: The goal is not a free cell, or an argument is out of range.
    """
    goal = grid_map.check_free(goal, "goal")
    slip = check_number("slip", slip, 0.0, 1.0)
    world, params = _prepare(grid_map, moves, terrain_costs, check_bool("stay", stay), slip, reward)
    out = np.empty((*grid_map.shape, int(params[0]["num_actions"])), dtype=np.bool_)
    if slip > 0.0:
        index = _index(goal, params)
        values = np.empty(int(params[0]["num_cells"]))
        iterate_values(world, params[0], index, values)
        best_actions_field(world, params, index, values, out)
    else:
        optimal_actions_field(world, params, _flood(world, params, goal, None), out)
    return out


def optimal_values(
    grid_map: GridMap,
    goal: Cell,
    moves: str = "cardinal",
    stay: bool = False,
    slip: float = 0.0,
    terrain_costs: Mapping[str, float] | None = None,
    reward: RewardConfig | None = None,
) -> NDArray[np.float64]:
    """Return the best expected return from each cell, discounted by ``reward.discount``, by value iteration.

    Time limits and shaping are left aside.

    Args:
        grid_map: The map.
        goal: Free cell (row, col).
        moves: "cardinal" or "octile".
        stay: Whether there is a last action that does nothing.
        slip: Probability that a move goes to one of its two perpendicular directions instead.
        terrain_costs: What a straight move into each terrain costs, 1 for those not named; None: 1 for all.
        reward: What steps are rewarded with; None for ``RewardConfig()``.

    Returns:
        (H, W) float64; 0 at the goal, in holes and in walls.

    Raises:
        ConfigurationError: The goal is not a free cell, or an argument is out of range.

    Reference:
        Sutton & Barto 2018, Reinforcement Learning, section 4.4.
    """
    goal = grid_map.check_free(goal, "goal")
    slip = check_number("slip", slip, 0.0, 1.0)
    world, params = _prepare(grid_map, moves, terrain_costs, check_bool("stay", stay), slip, reward)
    values = np.empty(int(params[0]["num_cells"]))
    iterate_values(world, params[0], _index(goal, params), values)
    return _inner(values, params)


def _is_octile(moves: str) -> bool:
    # The whole check takes as long as a short query.
    if not (type(moves) is str and moves in MOVES):
        check_choice("moves", moves, MOVES)
    return moves == "octile"


def _take(grid_map: GridMap, pool: list[Scratch], octile: bool) -> Scratch:
    """Return scratch for one query, from the map's pool or new, with all that its kernel wants to find there.

    Popping and appending are atomic, so threads that ask at once take different scratch. Scratch that a query was
    interrupted with is not given back.
    """
    try:
        return pool.pop()
    except IndexError:
        is_blocked = pad_map(grid_map.cells & SOLID, 1) != 0
        path = np.empty((2, is_blocked.size), dtype=np.int32)
        if octile:
            return np.where(is_blocked, -1.0, np.inf), np.empty((2, is_blocked.size), dtype=np.int32), path
        return is_blocked.astype(np.uint8), np.empty(is_blocked.size, dtype=np.int32), path


def _prepare(
    grid_map: GridMap,
    moves: str,
    terrain_costs: Mapping[str, float] | None,
    stay: bool = False,
    slip: float = 0.0,
    reward: RewardConfig | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.void]]:
    """Return a map and parameters as the kernels of environments read them: (S,) uint8 and (1,) PARAMETERS."""
    costs = None if terrain_costs is None else check_terrain_costs(terrain_costs)
    if not isinstance(reward, (RewardConfig, type(None))):
        raise ConfigurationError(f"reward: expected a RewardConfig, got {shown(reward)}")
    params = np.zeros(1, dtype=PARAMETERS)
    set_geometry(params, *grid_map.shape, 1, action_table(_is_octile(moves), stay))
    set_dynamics(params, slip, costs, bool(grid_map.portals))
    set_reward(params, reward or RewardConfig())
    world = np.zeros(map_bytes(params), dtype=np.uint8)
    world[: int(params[0]["num_cells"])] = pad_map(grid_map.cells, 1)
    if grid_map.portals:
        write_portals(world, params, grid_map.portals)
    return world, params


def _index(cell: Cell, params: NDArray[np.void]) -> int:
    return (cell[0] + 1) * int(params[0]["pitch"]) + cell[1] + 1


def _inner(field: NDArray[np.float64], params: NDArray[np.void]) -> NDArray[np.float64]:
    return field.reshape(-1, int(params[0]["pitch"]))[1:-1, 1:-1].copy()


def _flood(world: NDArray[np.uint8], params: NDArray[np.void], goal: Cell, start: Cell | None) -> NDArray[np.float64]:
    p = params[0]
    distance = np.empty(int(p["num_cells"]), dtype=np.float64)
    queues = np.empty((8 if p["is_weighted"] or p["has_portals"] else 2, distance.size), dtype=np.int32)
    flood(world, p, _index(goal, params), 0 if start is None else _index(start, params), distance, queues)
    return distance


def _trace(
    grid_map: GridMap, start: Cell, goal: Cell, moves: str, terrain_costs: Mapping[str, float] | None
) -> list[Cell]:
    world, params = _prepare(grid_map, moves, terrain_costs)
    distance = _flood(world, params, goal, None)
    path = np.empty((2, grid_map.cells.size), dtype=np.int32)
    actions = np.empty(int(params[0]["num_actions"]), dtype=np.bool_)
    count = trace_path(start[0], start[1], world, params[0], distance, actions, path)
    if count == 0:
        raise InfeasibleLevelError(f"no path from {start} to {goal}")
    rows, cols = path[:, :count].tolist()
    return list(zip(rows, cols, strict=True))
