"""LaCAM*'s search as an object: it grows its arrays and hands back the best way known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.instance import Instance
from gridpath_agents.planners.lacam_kernels import (
    FULL,
    GOAL,
    IMPROVED,
    ITERATIONS,
    RUNNING,
    Search,
    begin,
    continue_search,
    fill_slots,
)
from gridpath_agents.planners.pibt_kernels import step_scratch
from gridpath_envs.core.rng import stream_key

_STREAM = np.uint64(0x6C616361)
_FIRST_NODES = 1024

# What the arrays may take, in bytes; where they are full the search ends.
MAX_MEMORY = 1 << 31

# Agents that are moved between two looks at the clock: some hundredths of a second.
_CHUNK = 100_000


class ConfigurationSearch:
    """A search through configurations, which can be continued a part at a time.

    Args:
        instance: What is asked.
        seed: Seed of the choice among equals.
    """

    def __init__(self, instance: Instance, seed: int) -> None:
        """Allocate a small search and put the start into it."""
        self._instance = instance
        self._key = np.uint64(stream_key(np.uint64(seed), _STREAM))
        # Who has far to go goes first.
        self._base_order = np.argsort(-instance.lengths, kind="stable").astype(np.int32)
        self._scratch = step_scratch(instance.num_agents, instance.num_vertices)
        self._after = np.empty(instance.num_agents, dtype=np.int32)
        self._search = self._allocate(_FIRST_NODES)
        self._search.slots[:] = -1
        begin(self._search, instance.tables, self._base_order, instance.starts)
        self.is_over = False
        self.is_exhausted = False
        self.chunk = max(1, _CHUNK // instance.num_agents)

    @property
    def is_solved(self) -> bool:
        """Whether a way to the goals is known."""
        return bool(self._search.counters[GOAL] >= 0)

    @property
    def iterations(self) -> int:
        """How many configurations were made, or tried to be."""
        return int(self._search.counters[ITERATIONS])

    @property
    def cost(self) -> int:
        """The least number of moves and waits of agents away from their goals that is known to lead there."""
        return int(self._search.costs[self._search.counters[GOAL]])

    def advance(self, num_iterations: int) -> bool:
        """Go on searching.

        Args:
            num_iterations: How many constraints to try at most.

        Returns:
            Whether a first or a better way was found; the search stopped there. ``is_over`` tells whether it ended,
            ``is_exhausted`` whether because everything was tried.
        """
        status = FULL
        while status == FULL and not self.is_over:
            status = continue_search(
                self._instance.graph,
                self._instance.tables,
                self._base_order,
                self._search,
                self._scratch,
                self._after,
                self._key,
                num_iterations,
            )
            if status == FULL:
                self.is_over = not self._grow()
        if status not in (RUNNING, FULL, IMPROVED):
            self.is_over = self.is_exhausted = True
        return bool(status == IMPROVED)

    def way(self) -> NDArray[np.int32]:
        """Return the best way known, (T + 1, N) int32 vertices."""
        node = int(self._search.counters[GOAL])
        nodes = []
        while node >= 0:
            nodes.append(node)
            node = int(self._search.parents[node])
        return self._search.configurations[nodes[::-1]]

    def _grow(self) -> bool:
        """Make room for twice as many configurations; return False where that takes too much memory."""
        capacity = 2 * len(self._search.hashes)
        num_bytes = sum(array.nbytes for array in self._search)
        if 2 * num_bytes > MAX_MEMORY:
            return False
        old, new = self._search, self._allocate(capacity)
        for name, array in old._asdict().items():
            if name not in ("slots", "queue"):
                getattr(new, name)[: len(array)] = array
        new.slots[:] = -1
        self._search = new
        fill_slots(new)
        return True

    def _allocate(self, capacity: int) -> Search:
        num_agents = self._instance.num_agents
        return Search(
            configurations=np.empty((capacity, num_agents), dtype=np.int32),
            orders=np.empty((capacity, num_agents), dtype=np.int32),
            hashes=np.empty(capacity, dtype=np.uint64),
            parents=np.empty(capacity, dtype=np.int32),
            costs=np.empty(capacity, dtype=np.int64),
            bounds=np.empty(capacity, dtype=np.int64),
            trees=np.empty((capacity, 2), dtype=np.int32),
            first_edges=np.empty(capacity, dtype=np.int32),
            stamps=np.empty(capacity, dtype=np.int64),
            constraints=np.empty((12 * capacity, 5), dtype=np.int32),
            edges=np.empty((4 * capacity, 3), dtype=np.int32),
            open=np.empty(8 * capacity, dtype=np.int32),
            slots=np.empty(4 * capacity, dtype=np.int32),
            queue=np.empty(capacity, dtype=np.int32),
            queued=np.zeros(capacity, dtype=np.bool_),
            counters=np.zeros(6, dtype=np.int64),
        )
