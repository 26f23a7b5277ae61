"""What a planner for many agents hands back: where each agent is at each time step, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_agents.planners.instance import check_instance
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps import GridMap, shortest_path_length


@dataclass(frozen=True, eq=False)
class Plan:
    """Paths for N agents over T steps.

    Args:
        positions: (T + 1, N, 2) int32, the cell (row, col) of each agent at each time step, starts first.
        is_solved: Whether every agent ends at its goal; where it is False, no plan was found in time.
        first_seconds: When the first solution was there, counted from the call; infinite where none was found.
        seconds: When the planner returned, counted from the call.
        history: (seconds, sum of costs) of the first solution and of each better one.

    Reference:
        Stern et al. 2019, Multi-agent pathfinding: definitions, variants, and benchmarks, arXiv:1906.08291.
    """

    positions: NDArray[np.int32]
    is_solved: bool
    first_seconds: float
    seconds: float
    history: tuple[tuple[float, int], ...] = ()

    @property
    def costs(self) -> NDArray[np.int64]:
        """(N,) int64: the time step at which each agent gets to its last cell to stay there."""
        return path_costs(self.positions)

    @property
    def sum_of_costs(self) -> int:
        """The sum over agents of the time steps at which they get to their last cells; look at ``is_solved``."""
        return int(self.costs.sum())

    @property
    def makespan(self) -> int:
        """The time step at which the last agent gets to its last cell to stay; look at ``is_solved``."""
        return int(self.costs.max(initial=0))


def path_costs(positions: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the time step at which each agent gets to its last cell to stay there, (N,) int64.

    Args:
        positions: (T + 1, N, 2) int32, cells (row, col).
    """
    away = (positions != positions[-1]).any(axis=2)
    # The last step away from the end, found as the first one of the reversed steps.
    last = away.shape[0] - away[::-1].argmax(axis=0)
    return np.where(away.any(axis=0), last, 0).astype(np.int64)


def lower_bound(grid_map: GridMap, starts: ArrayLike, goals: ArrayLike) -> int:
    """Return the sum of the agents' shortest path lengths in moves, below which no sum of costs can be.

    Args:
        grid_map: The map.
        starts: (N, 2) integers, free cells (row, col), all different.
        goals: (N, 2) integers, free cells (row, col), all different.

    Raises:
        ConfigurationError: Starts or goals are no such cells.
        InfeasibleLevelError: An agent cannot reach its goal.
    """
    ends = check_instance(grid_map, starts, goals)
    total = 0.0
    for agent, (start, goal) in enumerate(zip(*(cells.tolist() for cells in ends), strict=True)):
        length = shortest_path_length(grid_map, tuple(start), tuple(goal))
        if length == np.inf:
            raise InfeasibleLevelError(f"agent {agent}: no path leads from {tuple(start)} to {tuple(goal)}")
        total += length
    return int(total)
