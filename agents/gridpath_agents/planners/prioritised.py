"""Prioritised planning: one agent after another, each the quickest way between the paths of those before it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_agents.planners.instance import Instance
from gridpath_agents.planners.limits import Limits
from gridpath_agents.planners.plan import Plan
from gridpath_agents.planners.space_time import (
    EXHAUSTED,
    FULL,
    HORIZON,
    NEVER,
    RESERVED,
    RUNNING,
    Nodes,
    Reservations,
    begin_a_star,
    continue_a_star,
    copy_reservations,
    reserve,
)
from gridpath_envs.checks import check_int
from gridpath_envs.core.rng import draw, stream_key
from gridpath_envs.maps import GridMap

_STREAM = np.uint64(0x7072696F)
_FIRST_NODES = 1 << 14

# Nodes of one agent's search; beyond them it counts as failed.
MAX_NODES = 1 << 25

# Nodes that are expanded between two looks at the clock: some hundredths of a second.
_CHUNK = 1 << 16


def prioritised(
    grid_map: GridMap,
    starts: ArrayLike,
    goals: ArrayLike,
    seed: int = 0,
    time_limit: float | None = 5.0,
    max_restarts: int | None = None,
) -> Plan:
    """Plan one agent after another by A* through space and time.

    Who has the longest way comes first. Where an agent finds no way between the paths of those before it, all begin
    anew in a random order, and the first order that works is taken. An agent that has arrived stays in its goal: none
    may cross it from then on, and it may not come to rest there before the last of those before it has crossed. This is
    quick, and neither complete nor optimal: no order may work where there is a plan.

    Args:
        grid_map: The map.
        starts: (N, 2) integers, free cells (row, col), all different.
        goals: (N, 2) integers, free cells (row, col), all different.
        seed: Seed of the random orders.
        time_limit: Seconds, or None. A process's first call compiles before time counts.
        max_restarts: Random orders to try after the first order at most, or None.

    Returns:
        The plan. Where none was found within the limits, ``is_solved`` is False and the positions are the starts only.

    Raises:
        ConfigurationError: Starts or goals are no such cells, a number is out of range, the map has portals, or there
            is no limit.
        InfeasibleLevelError: An agent cannot reach its goal.

    Reference:
        Erdmann & Lozano-Perez 1987, On multiple moving objects, doi:10.1007/BF01840371; Silver 2005, Cooperative
        pathfinding, AIIDE.
    """
    _compile()
    limits = Limits(time_limit, "max_restarts", max_restarts)
    key = np.uint64(stream_key(np.uint64(check_int("seed", seed, 0, 2**64 - 1)), _STREAM))
    instance = Instance(grid_map, starts, goals)
    return _plan(instance, key, limits)


@cache
def _compile() -> None:
    """Compile all kernels before any clock runs."""
    corridor = GridMap.from_text("....\n#..#")
    instance = Instance(corridor, [(0, 0), (0, 3)], [(0, 3), (0, 0)])
    search = _SpaceTimeSearch(instance)
    copy_reservations(search._reservations, search._reservations)
    _plan(instance, np.uint64(0), Limits(None, "max_restarts", 1))


def _plan(instance: Instance, key: np.uint64, limits: Limits) -> Plan:
    order = np.argsort(-instance.lengths, kind="stable")
    search = _SpaceTimeSearch(instance)
    attempts = 0
    # The first order is no restart.
    while attempts == 0 or not limits.are_reached(attempts - 1):
        if attempts:
            draws = [draw(key, np.uint64(attempts * instance.num_agents + k)) for k in range(instance.num_agents)]
            order = np.argsort(np.array(draws, dtype=np.uint64), kind="stable")
        attempts += 1
        paths = _plan_in_order(search, order, limits)
        if paths is not None:
            return _as_plan(instance, paths, limits)
    return Plan(instance.start_cells[np.newaxis], False, np.inf, limits.seconds)


def _plan_in_order(
    search: _SpaceTimeSearch, order: NDArray[np.int64], limits: Limits
) -> dict[int, NDArray[np.int32]] | None:
    search.clear()
    paths = {}
    for agent in order.tolist():
        path = search.plan(agent, limits)
        if path is None:
            return None
        paths[agent] = path
    return paths


def _as_plan(instance: Instance, paths: dict[int, NDArray[np.int32]], limits: Limits) -> Plan:
    makespan = max(len(path) for path in paths.values())
    way = np.stack([np.pad(paths[k], (0, makespan - len(paths[k])), "edge") for k in range(len(paths))], axis=1)
    seconds = limits.seconds
    cost = sum(len(path) - 1 for path in paths.values())
    return Plan(instance.numbering.cells[way], True, seconds, seconds, ((seconds, cost),))


class _SpaceTimeSearch:
    """Searches for one agent after another, reserving the path that each finds."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        num_vertices = instance.num_vertices
        self._reservations = Reservations(
            keys=np.full(1 << 16, -1, dtype=np.int64),
            agents=np.empty(1 << 16, dtype=np.int32),
            parked_from=np.empty(num_vertices, dtype=np.int64),
            last_visit=np.empty(num_vertices, dtype=np.int64),
            counters=np.empty(2, dtype=np.int64),
        )
        self._nodes = self._allocate(_FIRST_NODES, 4 * num_vertices)

    def clear(self) -> None:
        """Give every reservation back."""
        self._reservations.keys[:] = -1
        self._reservations.parked_from[:] = NEVER
        self._reservations.last_visit[:] = -1
        self._reservations.counters[:] = 0

    def plan(self, agent: int, limits: Limits) -> NDArray[np.int32] | None:
        """Return an agent's path, (T,) int32 vertices, and reserve it; None where there is none, or no time is left."""
        instance = self._instance
        buckets = int(self._reservations.counters[HORIZON]) + 2 * instance.num_vertices + 8
        if buckets > len(self._nodes.buckets):
            self._nodes = self._allocate(len(self._nodes.vertex), 2 * buckets)
        arguments = (self._nodes, self._reservations, instance.tables[agent])
        begin_a_star(*arguments, instance.starts[agent], instance.goals[agent])
        found = RUNNING
        while found == RUNNING and not limits.is_late:
            found = continue_a_star(instance.graph, *arguments, instance.goals[agent], _CHUNK)
            if found == FULL and 2 * len(self._nodes.vertex) <= MAX_NODES:
                self._nodes = self._allocate(2 * len(self._nodes.vertex), len(self._nodes.buckets))
                return self.plan(agent, limits)
        if found in (RUNNING, FULL, EXHAUSTED):
            return None
        path = []
        while found >= 0:
            path.append(self._nodes.vertex[found])
            found = int(self._nodes.parent[found])
        steps = np.array(path[::-1], dtype=np.int32)
        self._make_room(len(steps))
        reserve(self._reservations, steps, len(steps) - 1, agent)
        return steps

    def _make_room(self, num_steps: int) -> None:
        """Let the table of reservations grow before it gets more than half full."""
        old = self._reservations
        size = len(old.keys)
        while 2 * (int(old.counters[RESERVED]) + num_steps) > size:
            size *= 2
        if size > len(old.keys):
            keys, agents = np.full(size, -1, dtype=np.int64), np.empty(size, dtype=np.int32)
            self._reservations = old._replace(keys=keys, agents=agents)
            copy_reservations(old, self._reservations)

    @staticmethod
    def _allocate(num_nodes: int, num_buckets: int) -> Nodes:
        return Nodes(
            vertex=np.empty(num_nodes, dtype=np.int32),
            time=np.empty(num_nodes, dtype=np.int32),
            parent=np.empty(num_nodes, dtype=np.int32),
            following=np.empty(num_nodes, dtype=np.int32),
            slot=np.empty(num_nodes, dtype=np.int64),
            seen=np.full(2 * num_nodes, -1, dtype=np.int64),
            seen_node=np.empty(2 * num_nodes, dtype=np.int32),
            buckets=np.empty(num_buckets, dtype=np.int32),
            counters=np.zeros(3, dtype=np.int64),
        )
