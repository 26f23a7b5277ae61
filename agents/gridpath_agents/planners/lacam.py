"""LaCAM*: a first plan at once, and better ones for as long as there is time."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_agents.planners.instance import Instance
from gridpath_agents.planners.lacam_search import ConfigurationSearch
from gridpath_agents.planners.limits import Limits
from gridpath_agents.planners.lns import LargeNeighbourhoodSearch
from gridpath_agents.planners.plan import Plan, path_costs
from gridpath_envs.checks import check_bool, check_int
from gridpath_envs.maps import GridMap

# Once there is a plan, local search and search through configurations take turns of some milliseconds: words of a
# timetable or groups for the one, agents moved for the other, so that no clock decides what is found. Where agents are
# few the groups are what counts: there the search through configurations soon comes to its end, with the best plan.
_LOCAL_WORK = 2_000_000
_LOCAL_GROUPS = 500
_SEARCH_WORK = 4_000


def lacam(
    grid_map: GridMap,
    starts: ArrayLike,
    goals: ArrayLike,
    seed: int = 0,
    time_limit: float | None = 5.0,
    improve: bool = True,
    max_iterations: int | None = None,
) -> Plan:
    """Plan by LaCAM*, and make the plan better by large neighbourhood search.

    A depth-first search through configurations, each of which says where all agents are, has PIBT make the next one;
    constraints on single agents, one more at a time, make it complete. Once there is a plan, the search goes on for a
    cheaper one, and in turns with it a local search plans few agents at once anew. Where it comes to the end of its
    search, no plan exists, or none in which agents spend fewer steps away from their goals than it found.

    Args:
        grid_map: The map.
        starts: (N, 2) integers, free cells (row, col), all different.
        goals: (N, 2) integers, free cells (row, col), all different.
        seed: Seed of the choice among equals.
        time_limit: Seconds, or None; what was found by then is returned. A process's first call compiles before time
            counts.
        improve: Whether to go on after the first plan until a limit is reached, or the plan is known to be best.
        max_iterations: Configurations to make and groups of agents to plan anew, together, at most, or None. The same
            number without a time limit gives the same plan for a seed.

    Returns:
        The best plan found. Where none was found within the limits, or there is none, ``is_solved`` is False and the
        positions are the starts only.

    Raises:
        ConfigurationError: Starts or goals are no such cells, a number is out of range, the map has portals, or there
            is no limit.
        InfeasibleLevelError: An agent cannot reach its goal.

    Reference:
        Okumura 2023, LaCAM: search-based algorithm for quick multi-agent pathfinding, arXiv:2211.13432; Okumura 2023,
        Improving LaCAM for scalable eventually optimal multi-agent pathfinding, arXiv:2305.03632; Li et al. 2021,
        Anytime multi-agent path finding via large neighborhood search, doi:10.24963/ijcai.2021/568.
    """
    _compile()
    limits = Limits(time_limit, "max_iterations", max_iterations)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    improve = check_bool("improve", improve)
    instance = Instance(grid_map, starts, goals)
    return _plan(instance, seed, improve, limits)


@cache
def _compile() -> None:
    """Compile all kernels before any clock runs."""
    corridor = GridMap.from_text("....\n#..#")
    _plan(Instance(corridor, [(0, 0), (0, 3)], [(0, 3), (0, 0)]), 0, True, Limits(None, "max_iterations", 100))


def _plan(instance: Instance, seed: int, improve: bool, limits: Limits) -> Plan:
    search = ConfigurationSearch(instance, seed)
    while not (search.is_solved or search.is_over or limits.are_reached(search.iterations)):
        search.advance(limits.at_most(search.chunk, search.iterations))
    if not search.is_solved:
        return Plan(instance.start_cells[np.newaxis], False, np.inf, limits.seconds)
    way = search.way()
    history = [(limits.seconds, int(path_costs(way[..., np.newaxis]).sum()))]
    if improve:
        way = _improve(instance, search, way, seed, limits, history)
    return Plan(instance.numbering.cells[way], True, history[0][0], limits.seconds, tuple(history))


def _improve(
    instance: Instance,
    search: ConfigurationSearch,
    way: NDArray[np.int32],
    seed: int,
    limits: Limits,
    history: list[tuple[float, int]],
) -> NDArray[np.int32]:
    """Make a plan better until a limit is reached; return it and write its history."""
    local = _local_search(instance, way, seed)
    least = instance.lower_bound
    groups = 0
    while history[-1][1] > least and not limits.are_reached(search.iterations + groups):
        if local is not None:
            groups += local.advance(limits.at_most(_LOCAL_GROUPS, search.iterations + groups), _LOCAL_WORK)
            if local.sum_of_costs < history[-1][1]:
                history.append((limits.seconds, local.sum_of_costs))
        if not (search.is_over or limits.are_reached(search.iterations + groups)):
            turn = max(1, _SEARCH_WORK // instance.num_agents) if local is not None else search.chunk
            if search.advance(limits.at_most(turn, search.iterations + groups)):
                found = search.way()
                cost = int(path_costs(found[..., np.newaxis]).sum())
                if cost < history[-1][1]:
                    way = found
                    history.append((limits.seconds, cost))
                    local = _local_search(instance, way, seed)
        if search.is_exhausted:
            # Steps away from goals are at most the sum of costs, so no plan's can be less than these.
            least = max(least, search.cost)
        if search.is_over and local is None:
            break
    return way if local is None else local.way()


def _local_search(instance: Instance, way: NDArray[np.int32], seed: int) -> LargeNeighbourhoodSearch | None:
    """Return a local search that begins with a plan, None where its timetable would take too much memory."""
    if not LargeNeighbourhoodSearch.fits(instance, len(way)):
        return None
    return LargeNeighbourhoodSearch(instance, way, seed)
