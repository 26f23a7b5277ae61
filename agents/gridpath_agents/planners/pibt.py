"""PIBT, priority inheritance with backtracking: quick decisions for many agents, one step at a time."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_agents.planners.instance import Instance, Numbering, check_cells, make_tables, measure_distances
from gridpath_agents.planners.pibt_kernels import next_order, step, step_scratch
from gridpath_agents.planners.plan import Plan
from gridpath_envs.checks import check_int
from gridpath_envs.core.rng import stream_key
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps import GridMap

_STREAM = np.uint64(0x70696274)
MAX_AGENTS = 1 << 20


class PIBT:
    """Decides one step at a time where N agents go, in time linear in their number, whatever their goals are by then.

    Priorities are passed on to whoever is in the way, and two agents that face each other in a corridor change places
    by going back to where there is room. No step has a conflict; but that every agent gets to its goal is only promised
    where each two neighbouring cells lie on a circle, and goals are given anew.

    Args:
        grid_map: The map.
        num_agents: N.
        seed: Seed of the choice among equals.

    Raises:
        ConfigurationError: A number is out of range, there are more agents than free cells, the map has portals, or the
            distance tables would take too much memory.

    Reference:
        Okumura et al. 2022, Priority inheritance with backtracking for iterative multi-agent path finding,
        doi:10.1016/j.artint.2022.103752; the exchange of places is that of Okumura 2023, Improving LaCAM for scalable
        eventually optimal multi-agent pathfinding, arXiv:2305.03632.
    """

    def __init__(self, grid_map: GridMap, num_agents: int, seed: int = 0) -> None:
        """Number the free cells, and allocate what a step needs."""
        self.grid_map = grid_map
        self.num_agents = check_int("num_agents", num_agents, 1, MAX_AGENTS)
        self.seed = check_int("seed", seed, 0, 2**64 - 1)
        self._numbering = Numbering(grid_map)
        num_vertices = len(self._numbering.cells)
        if num_vertices < num_agents:
            raise ConfigurationError(f"num_agents: {num_agents} do not fit into {num_vertices} free cells")
        self._key = np.uint64(stream_key(np.uint64(self.seed), _STREAM))
        self._scratch = step_scratch(self.num_agents, num_vertices)
        self._tables = make_tables(self.num_agents, num_vertices)
        self._queue = np.empty(num_vertices, dtype=np.int32)
        self._goals = np.full(self.num_agents, -1, dtype=np.int32)
        self._now = np.empty(self.num_agents, dtype=np.int32)
        self._after = np.empty(self.num_agents, dtype=np.int32)
        self._base_order = np.arange(self.num_agents, dtype=np.int32)
        self._spare_order = np.empty(self.num_agents, dtype=np.int32)
        self.reset()

    def reset(self) -> None:
        """Forget priorities and begin the random numbers anew, as if no step had been taken."""
        self._order = self._base_order.copy()
        self._steps = 0

    def step(self, positions: ArrayLike, goals: ArrayLike) -> NDArray[np.int32]:
        """Decide where every agent goes next.

        Distances are measured anew for those agents only whose goals changed since the last call.

        Args:
            positions: (N, 2) integers, free cells (row, col), all different.
            goals: (N, 2) integers, free cells (row, col), which agents may share. To an agent that cannot reach its
                goal all cells are equally far.

        Returns:
            (N, 2) int32, the cells (row, col) of the next time step.

        Raises:
            ConfigurationError: They are no such cells, or not as many as agents.
        """
        cells = check_cells(self.grid_map, positions, "positions", True)
        targets = check_cells(self.grid_map, goals, "goals", False)
        for name, given in (("positions", cells), ("goals", targets)):
            if len(given) != self.num_agents:
                raise ConfigurationError(f"{name}: expected those of {self.num_agents} agents, got {len(given)}")
        vertices = self._numbering.vertices(targets)
        changed = np.flatnonzero(vertices != self._goals).astype(np.int32)
        if changed.size:
            measure_distances(self._numbering.graph, vertices, changed, self._tables, self._queue)
            self._goals = vertices
        self._now[:] = self._numbering.vertices(cells)
        self._advance()
        return self._numbering.cells[self._after]

    def _advance(self) -> None:
        """Write the step after ``_now`` to ``_after``."""
        next_order(self._order, self._base_order, self._tables, self._now, self._spare_order)
        self._order, self._spare_order = self._spare_order, self._order
        counter = np.uint64(self._steps * self.num_agents)
        step(
            self._numbering.graph, self._tables, self._order, self._now, self._after, self._scratch, self._key, counter
        )
        self._steps += 1


@cache
def _compile() -> None:
    """Compile all kernels before any clock runs."""
    PIBT(GridMap.from_text(".."), 1).step([(0, 0)], [(0, 1)])


def pibt(grid_map: GridMap, starts: ArrayLike, goals: ArrayLike, seed: int = 0, max_steps: int = 1000) -> Plan:
    """Plan by taking steps of PIBT until every agent is at its goal.

    Args:
        grid_map: The map.
        starts: (N, 2) integers, free cells (row, col), all different.
        goals: (N, 2) integers, free cells (row, col), all different.
        seed: Seed of the choice among equals.
        max_steps: T at most; where agents are then still on their way, the plan says that it is not solved, and its
            positions are those up to there.

    Raises:
        ConfigurationError: Starts or goals are no such cells, a number is out of range, or the map has portals.
        InfeasibleLevelError: An agent cannot reach its goal.

    Reference:
        Okumura et al. 2022, doi:10.1016/j.artint.2022.103752.
    """
    _compile()
    begun = time.perf_counter()
    max_steps = check_int("max_steps", max_steps, 0, 10**7)
    instance = Instance(grid_map, starts, goals)
    planner = PIBT(grid_map, instance.num_agents, seed)
    planner._tables, planner._goals = instance.tables, instance.goals
    planner._now[:] = instance.starts
    # Who has far to go goes first.
    planner._base_order = np.argsort(-instance.lengths, kind="stable").astype(np.int32)
    planner.reset()
    visited = [instance.starts]
    while len(visited) <= max_steps and (visited[-1] != instance.goals).any():
        planner._advance()
        visited.append(planner._after.copy())
        planner._now[:] = planner._after
    seconds = time.perf_counter() - begun
    is_solved = bool((visited[-1] == instance.goals).all())
    plan = Plan(instance.numbering.cells[np.stack(visited)], is_solved, seconds if is_solved else np.inf, seconds)
    if not is_solved:
        return plan
    return Plan(plan.positions, True, seconds, seconds, ((seconds, plan.sum_of_costs),))
