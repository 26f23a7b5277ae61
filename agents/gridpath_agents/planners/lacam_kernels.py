"""The search of LaCAM*: configurations in growing arrays, found again by hashing, their costs kept least."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.pibt_kernels import enter, leave, move_rest, next_order
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.rng import below, draw, mix64

# Entries of ``Search.counters``.
NODES, CONSTRAINTS, EDGES, OPEN, GOAL, ITERATIONS = range(6)

# Columns of ``Search.constraints``; an agent of -1 is the root of a node's tree, which constrains nothing.
_PARENT, _AGENT, _VERTEX, _DEPTH, _NEXT = range(5)

# What ``continue_search`` returns.
RUNNING, FULL, EXHAUSTED, IMPROVED = range(4)

_RESTART_STREAM = np.uint64(1) << np.uint64(62)
_CHILD_STREAM = np.uint64(1) << np.uint64(61)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

# One in so many times that a known configuration is met, the search goes on from the start instead.
_RESTARTS = 1000


class Search(NamedTuple):
    """What is known of M configurations; C, E and S are how many constraints, edges and open entries fit.

    Args:
        configurations: (M, N) int32, vertices.
        orders: (M, N) int32, agents by priority.
        hashes: (M,) uint64.
        parents: (M,) int32, the configuration before, on the cheapest way known.
        costs: (M,) int64, of the cheapest way known from the start.
        bounds: (M,) int64, the sum of the distances to the goals.
        trees: (M, 2) int32, first and last of the constraints still to be tried.
        first_edges: (M,) int32, the newest edge of each.
        stamps: (M,) int64, the iteration in which each was last opened again.
        constraints: (C, 5) int32, each adds to its parent's that an agent goes to a vertex.
        edges: (E, 3) int32, configuration that a step leads to, its cost, and the next edge from the same.
        open: (S,) int32, stack of the configurations to be continued.
        slots: (2 ** k,) int32, table of configurations by hash, -1 where there is none.
        queue: (M,) int32, ring of the configurations whose costs became less.
        queued: (M,) bool, which are in it.
        counters: (6,) int64, how much of each is in use.
    """

    configurations: NDArray[np.int32]
    orders: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    parents: NDArray[np.int32]
    costs: NDArray[np.int64]
    bounds: NDArray[np.int64]
    trees: NDArray[np.int32]
    first_edges: NDArray[np.int32]
    stamps: NDArray[np.int64]
    constraints: NDArray[np.int32]
    edges: NDArray[np.int32]
    open: NDArray[np.int32]
    slots: NDArray[np.int32]
    queue: NDArray[np.int32]
    queued: NDArray[np.bool_]
    counters: NDArray[np.int64]


@kernel
def _hash(configuration):
    value = np.uint64(0)
    for vertex in configuration:
        value = (value ^ np.uint64(vertex)) * _FACTOR
        value ^= value >> np.uint64(29)
    return mix64(value)


@kernel
def _slot_of(search, configuration, value):
    """Return the slot that holds a configuration, or where it belongs if none does."""
    mask = np.uint64(search.slots.shape[0] - 1)
    slot = value & mask
    while search.slots[slot] >= 0:
        node = np.uint64(search.slots[slot])
        if search.hashes[node] == value:
            known = search.configurations[node]
            is_same = True
            for k in range(known.shape[0]):
                if known[np.uint64(k)] != configuration[np.uint64(k)]:
                    is_same = False
                    break
            if is_same:
                break
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def fill_slots(search):
    """Put every configuration into a new, empty table of slots."""
    mask = np.uint64(search.slots.shape[0] - 1)
    for node in range(search.counters[NODES]):
        slot = search.hashes[node] & mask
        while search.slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        search.slots[slot] = node


@kernel
def _add_constraint(search, node, parent, agent, vertex, depth):
    number = search.counters[CONSTRAINTS]
    search.counters[CONSTRAINTS] += 1
    entry = search.constraints[number]
    entry[_PARENT] = parent
    entry[_AGENT] = agent
    entry[_VERTEX] = vertex
    entry[_DEPTH] = depth
    entry[_NEXT] = -1
    if search.trees[node, 0] < 0:
        search.trees[node, 0] = number
    else:
        search.constraints[search.trees[node, 1], _NEXT] = number
    search.trees[node, 1] = number


@kernel
def add_node(search, tables, base_order, configuration, value, parent, cost):
    """Add a configuration that is not known yet, and open it; return its number."""
    node = search.counters[NODES]
    search.counters[NODES] += 1
    own = search.configurations[node]
    bound = np.int64(0)
    # Cell by cell: Numba takes seconds to compile assignments of whole arrays.
    for k in range(own.shape[0]):
        agent = np.uint64(k)
        own[agent] = configuration[agent]
        bound += tables[agent, np.uint64(own[agent])]
    before = base_order if parent < 0 else search.orders[parent]
    next_order(before, base_order, tables, own, search.orders[node])
    search.hashes[node] = value
    search.parents[node] = parent
    search.costs[node] = cost
    search.bounds[node] = bound
    search.trees[node, 0] = -1
    search.first_edges[node] = -1
    search.stamps[node] = -1
    search.queued[node] = False
    _add_constraint(search, node, np.int64(-1), np.int32(-1), np.int32(-1), np.int32(0))
    search.slots[_slot_of(search, own, value)] = node
    search.open[search.counters[OPEN]] = node
    search.counters[OPEN] += 1
    return node


@kernel
def begin(search, tables, base_order, starts):
    """Put the start into an empty search."""
    search.counters[:] = 0
    search.counters[GOAL] = -1
    add_node(search, tables, base_order, starts, _hash(starts), np.int64(-1), np.int64(0))


@kernel
def _step_cost(tables, before, after):
    """Return how many agents are not resting at their goals."""
    cost = np.int64(0)
    for k in range(before.shape[0]):
        agent = np.uint64(k)
        distance = tables[agent]
        cost += (distance[np.uint64(before[agent])] | distance[np.uint64(after[agent])]) != 0
    return cost


@kernel
def _rewire(search, first):
    """Hand a lower cost of a configuration on to all that follow from it, and open again what may now be better."""
    counters = search.counters
    goal = counters[GOAL]
    capacity = search.queue.shape[0]
    head = np.int64(0)
    size = np.int64(1)
    search.queue[0] = first
    search.queued[first] = True
    while size > 0:
        node = search.queue[head]
        head = head + 1 if head + 1 < capacity else 0
        size -= 1
        search.queued[node] = False
        edge = search.first_edges[node]
        while edge >= 0:
            other = search.edges[edge, 0]
            cost = search.costs[node] + search.edges[edge, 1]
            if cost < search.costs[other]:
                search.costs[other] = cost
                search.parents[other] = node
                if goal >= 0 and cost + search.bounds[other] < search.costs[goal]:
                    if search.stamps[other] != counters[ITERATIONS]:
                        search.stamps[other] = counters[ITERATIONS]
                        search.open[counters[OPEN]] = other
                        counters[OPEN] += 1
                if not search.queued[other]:
                    search.queued[other] = True
                    tail = head + size
                    search.queue[tail if tail < capacity else tail - capacity] = other
                    size += 1
            edge = search.edges[edge, 2]


@kernel
def _constrain(search, s, constraint, now, after):
    """Give agents the next vertices that the constraints say; return whether that is without conflict."""
    while search.constraints[constraint, _AGENT] >= 0:
        agent = np.uint64(search.constraints[constraint, _AGENT])
        vertex = np.uint64(search.constraints[constraint, _VERTEX])
        if s.owner_next[vertex] >= 0:
            return False
        other = s.owner_now[vertex]
        if other >= 0 and other != np.int64(agent) and after[np.uint64(other)] == now[agent]:
            return False
        after[agent] = vertex
        s.owner_next[vertex] = agent
        constraint = search.constraints[constraint, _PARENT]
    return True


@kernel
def _branch(graph, search, node, constraint, key):
    """Add the constraints that the next agent in the order goes to each of its vertices."""
    neighbours, degree = graph
    depth = search.constraints[constraint, _DEPTH]
    if depth >= search.configurations.shape[1]:
        return
    agent = search.orders[node, depth]
    at = search.configurations[node, agent]
    count = np.int64(degree[at]) + 1
    # Any turn of the list and its mirror image: fair enough, and no place for a shuffled copy is needed.
    bits = draw(key, _CHILD_STREAM + np.uint64(constraint))
    turn = below(bits, count)
    is_mirrored = bits & np.uint64(1) != 0
    for k in range(count):
        which = (turn + (count - k if is_mirrored else k)) % count
        vertex = at if which == count - 1 else neighbours[at, which]
        _add_constraint(search, node, constraint, agent, vertex, np.int32(depth + 1))


@kernel
def continue_search(graph, tables, base_order, search, s, after, key, num_iterations):
    """Continue the search.

    Args:
        graph: Graph.
        tables: (N, V) int32, distances to the goals.
        base_order: (N,) int32, agents by the priority that they begin with.
        search: Search, begun.
        s: StepScratch.
        after: (N,) int32, scratch.
        key: Key of the stream of random numbers.
        num_iterations: How many constraints to try at most.

    Returns:
        RUNNING: all iterations were used. FULL: an array has to grow first. EXHAUSTED: nothing is left to try, so the
        way known is the best, or there is none. IMPROVED: the goals were reached, or reached at less cost.
    """
    counters = search.counters
    num_agents = search.configurations.shape[1]
    for _ in range(num_iterations):
        if counters[OPEN] == 0:
            return EXHAUSTED
        node = search.open[counters[OPEN] - 1]
        goal = counters[GOAL]
        if search.trees[node, 0] < 0 or (goal >= 0 and search.costs[node] + search.bounds[node] >= search.costs[goal]):
            counters[OPEN] -= 1
            continue
        if goal < 0 and search.bounds[node] == 0:
            counters[GOAL] = node
            return IMPROVED
        if (
            counters[NODES] + 1 >= search.hashes.shape[0]
            or counters[CONSTRAINTS] + 6 >= search.constraints.shape[0]
            or counters[EDGES] + 1 >= search.edges.shape[0]
            or counters[OPEN] + counters[NODES] + 3 >= search.open.shape[0]
        ):
            return FULL
        counters[ITERATIONS] += 1
        constraint = np.int64(search.trees[node, 0])
        search.trees[node, 0] = search.constraints[constraint, _NEXT]
        _branch(graph, search, node, constraint, key)
        now = search.configurations[node]
        enter(now, after, s)
        first_draw = np.uint64(counters[ITERATIONS]) * np.uint64(num_agents)
        is_made = _constrain(search, s, constraint, now, after) and move_rest(
            graph, tables, search.orders[node], now, after, s, key, first_draw
        )
        leave(now, after, s)
        if not is_made:
            continue
        step_cost = _step_cost(tables, now, after)
        cost = search.costs[node] + step_cost
        value = _hash(after)
        known = np.int64(search.slots[_slot_of(search, after, value)])
        other = known
        if known < 0:
            other = add_node(search, tables, base_order, after, value, node, cost)
        edge = search.edges[counters[EDGES]]
        edge[0] = other
        edge[1] = step_cost
        edge[2] = search.first_edges[node]
        search.first_edges[node] = counters[EDGES]
        counters[EDGES] += 1
        if known < 0:
            continue
        is_better = False
        if cost < search.costs[known]:
            before = search.costs[goal] if goal >= 0 else np.int64(0)
            search.costs[known] = cost
            search.parents[known] = node
            _rewire(search, known)
            is_better = goal >= 0 and search.costs[goal] < before
        if goal < 0 or search.costs[known] + search.bounds[known] < search.costs[goal]:
            search.open[counters[OPEN]] = known
            counters[OPEN] += 1
        if below(draw(key, _RESTART_STREAM + np.uint64(counters[ITERATIONS])), _RESTARTS) == 0:
            search.open[counters[OPEN]] = 0
            counters[OPEN] += 1
        if is_better:
            return IMPROVED
    return RUNNING
