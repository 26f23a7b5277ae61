"""MAPF-LNS: a plan made better, for as long as there is time, by planning few agents at once anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.instance import Instance
from gridpath_agents.planners.lns_kernels import MAX_GROUP, NUM_CHOICES, Refinement, refine
from gridpath_agents.planners.plan import path_costs
from gridpath_agents.planners.timetable import make_timetable, timetable_bytes, write_path
from gridpath_envs.core.rng import stream_key

_STREAM = np.uint64(0x6C6E7332)

# Time steps that paths may get longer than the plan that is begun with.
_SLACK = 16

# What a timetable may take, in bytes.
MAX_MEMORY = 1 << 30


class LargeNeighbourhoodSearch:
    """A plan, and how to make it better a part at a time.

    A few agents, those in the way of a delayed one, those near one place at one time, or any, give up their paths and
    get new ones, one after another in random order, each the quickest that fits between all others' paths. The new
    paths are kept if together they cost no more. Which agents, and how many at once, follows what has helped so far.

    Args:
        instance: What is asked.
        way: (T + 1, N) int32, vertices: a plan without conflicts. No path gets much longer than T.
        seed: Seed of its choices.

    Reference:
        Li et al. 2021, Anytime multi-agent path finding via large neighborhood search, doi:10.24963/ijcai.2021/568.
    """

    def __init__(self, instance: Instance, way: NDArray[np.int32], seed: int) -> None:
        """Enter the plan's paths into a timetable."""
        self._instance = instance
        self._key = np.uint64(stream_key(np.uint64(seed), _STREAM))
        self._rounds = 0
        # The sum of costs may be less where one agent comes later than the last one now.
        num_steps = len(way) - 1 + _SLACK
        way = np.pad(way, ((0, _SLACK), (0, 0)), "edge")
        table = make_timetable(instance.numbering.free, num_steps)
        self._state = Refinement(
            table=table,
            neighbours=instance.graph.neighbours,
            degree=instance.graph.degree,
            distances=instance.tables,
            paths=np.ascontiguousarray(table.bit_of[way].T),
            costs=path_costs(way[..., np.newaxis]),
            lengths=instance.lengths,
            goals=table.bit_of[instance.goals],
            group=np.empty(MAX_GROUP, dtype=np.int32),
            trials=np.empty((MAX_GROUP, num_steps + 1), dtype=np.int32),
            trial_costs=np.empty(MAX_GROUP, dtype=np.int64),
            marks=np.zeros(instance.num_agents, dtype=np.int64),
            weights=np.full(NUM_CHOICES, 1e-4),
        )
        table.parked[instance.goals] = np.arange(instance.num_agents, dtype=np.int32)
        for agent in range(instance.num_agents):
            write_path(table, self._state.paths[agent], self._state.costs[agent], agent, True)

    @staticmethod
    def fits(instance: Instance, num_steps: int) -> bool:
        """Tell whether a timetable of so many steps takes no more memory than it may."""
        return timetable_bytes(instance.numbering.free.shape, instance.num_vertices, num_steps + _SLACK) <= MAX_MEMORY

    @property
    def sum_of_costs(self) -> int:
        """The plan's sum of costs."""
        return int(self._state.costs.sum())

    def advance(self, num_rounds: int, max_work: int) -> int:
        """Go on.

        Args:
            num_rounds: How many groups to plan anew at most.
            max_work: Stop once so much work is done, in words of a timetable.

        Returns:
            How many groups were planned anew.
        """
        done, _ = refine(self._state, self._key, self._rounds, num_rounds, max_work)
        self._rounds += done
        return int(done)

    def way(self) -> NDArray[np.int32]:
        """Return the plan as it is, (T + 1, N) int32 vertices."""
        state = self._state
        last = int(state.costs.max())
        times = np.minimum(np.arange(last + 1)[:, np.newaxis], state.costs)
        return state.table.vertex_of[state.paths[np.arange(len(state.costs)), times]]
