"""A* through space and time, between the paths that earlier agents have reserved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.rng import mix64

# Entries of ``Reservations.counters`` and of ``Nodes.counters``.
RESERVED, HORIZON = range(2)
COUNT, BUCKET, SHIFT = range(3)

# What ``continue_a_star`` returns instead of a node.
RUNNING, FULL, EXHAUSTED = -1, -2, -3

_ONE = np.uint64(1)
_LINE = np.uint64(4)

# A time step that no path gets to.
NEVER = np.int64(1) << np.int64(40)


class Reservations(NamedTuple):
    """What earlier agents have taken: a table by hash, since nearly all of space and time is free.

    Args:
        keys: (2 ** k,) int64, time step times V plus vertex, -1 where the slot is empty.
        agents: (2 ** k,) int32, who is there then.
        parked_from: (V,) int64, the time step from which on an agent rests in a vertex.
        last_visit: (V,) int64, the last time step at which one is in a vertex, -1 where none is.
        counters: (2,) int64, slots in use, and the time step from which on nobody moves.
    """

    keys: NDArray[np.int64]
    agents: NDArray[np.int32]
    parked_from: NDArray[np.int64]
    last_visit: NDArray[np.int64]
    counters: NDArray[np.int64]


class Nodes(NamedTuple):
    """The nodes of one search, in chains of equal estimated cost.

    Args:
        vertex: (M,) int32.
        time: (M,) int32.
        parent: (M,) int32.
        following: (M,) int32, the next in the chain.
        slot: (M,) int64, where it stands in ``seen``.
        seen: (2 ** k,) int64, keys of the nodes by hash, -1 where the slot is empty.
        seen_node: (2 ** k,) int32, the earliest node of each key.
        buckets: (B,) int32, the first of each chain, -1 where it is empty.
        counters: (3,) int64, nodes in use, the first chain that may hold any, and the cost that chain 0 stands for.
    """

    vertex: NDArray[np.int32]
    time: NDArray[np.int32]
    parent: NDArray[np.int32]
    following: NDArray[np.int32]
    slot: NDArray[np.int64]
    seen: NDArray[np.int64]
    seen_node: NDArray[np.int32]
    buckets: NDArray[np.int32]
    counters: NDArray[np.int64]


@kernel
def _find(keys, key):
    """Return the slot of a key, or where it belongs if it is not there."""
    mask = np.uint64(keys.shape[0] - 1)
    # Keys that lie side by side stay together: a search asks for neighbouring cells, and memory comes in lines.
    own = np.uint64(key)
    slot = ((mix64(own >> _LINE) << _LINE) | (own & ((_ONE << _LINE) - _ONE))) & mask
    while keys[slot] >= 0 and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return np.int64(slot)


@kernel
def _reserved(reservations, time, vertex):
    """Return who is under way in a vertex at a time step, -1 where nobody is."""
    key = time * np.int64(reservations.parked_from.shape[0]) + vertex
    slot = _find(reservations.keys, key)
    return np.int64(reservations.agents[slot]) if reservations.keys[slot] == key else np.int64(-1)


@kernel
def reserve(reservations, path, cost, agent):
    """Reserve a path; path: (T,) int32, vertices, T > cost."""
    num_vertices = np.int64(reservations.parked_from.shape[0])
    # The last step is among them, so that moves into the goal are known to be moves.
    for time in range(cost + 1):
        vertex = np.int64(path[time])
        key = time * num_vertices + vertex
        slot = _find(reservations.keys, key)
        reservations.keys[slot] = key
        reservations.agents[slot] = agent
        reservations.last_visit[vertex] = max(reservations.last_visit[vertex], time)
    reservations.counters[RESERVED] += cost + 1
    reservations.parked_from[path[cost]] = cost
    reservations.counters[HORIZON] = max(reservations.counters[HORIZON], cost)


@kernel
def copy_reservations(old, new):
    """Put the entries of one table into another, larger and empty."""
    for k in range(old.keys.shape[0]):
        if old.keys[k] >= 0:
            slot = _find(new.keys, old.keys[k])
            new.keys[slot] = old.keys[k]
            new.agents[slot] = old.agents[k]


@kernel
def _add(nodes, reservations, distance, goal, vertex, time, parent):
    """Add a node, unless there is one of the same vertex and time step.

    There are as many buckets as estimates can be apart: up to the horizon, and two paths through every vertex more.
    """
    num_vertices = np.int64(distance.shape[0])
    # Once nobody moves any more, waiting changes nothing.
    key = min(time, reservations.counters[HORIZON] + 1) * num_vertices + vertex
    slot = _find(nodes.seen, key)
    if nodes.seen[slot] == key and nodes.time[nodes.seen_node[slot]] <= time:
        return
    number = nodes.counters[COUNT]
    nodes.counters[COUNT] += 1
    nodes.seen[slot] = key
    nodes.seen_node[slot] = number
    nodes.slot[number] = slot
    nodes.vertex[number] = vertex
    nodes.time[number] = time
    nodes.parent[number] = parent
    # Nobody can rest at a goal that somebody else still has to cross.
    estimate = max(time + np.int64(distance[vertex]), reservations.last_visit[goal] + 1)
    if nodes.counters[SHIFT] < 0:
        nodes.counters[SHIFT] = estimate
    bucket = estimate - nodes.counters[SHIFT]
    # The newest first: of equal estimates it is the one farthest on its way.
    nodes.following[number] = nodes.buckets[bucket]
    nodes.buckets[bucket] = number


@kernel
def begin_a_star(nodes, reservations, distance, start, goal):
    """Begin a search at a vertex and time step 0."""
    for number in range(nodes.counters[COUNT]):
        nodes.seen[nodes.slot[number]] = -1
    nodes.buckets[:] = -1
    nodes.counters[COUNT] = 0
    nodes.counters[BUCKET] = 0
    nodes.counters[SHIFT] = -1
    _add(nodes, reservations, distance, goal, np.int64(start), np.int64(0), np.int64(-1))


@kernel
def continue_a_star(graph, nodes, reservations, distance, goal, num_expansions):
    """Continue a search for the quickest path to a vertex where the agent can rest from then on.

    Args:
        graph: Graph.
        nodes: Nodes, begun.
        reservations: Reservations.
        distance: (V,) int32, to the goal.
        goal: Vertex.
        num_expansions: How many nodes to expand at most.

    Returns:
        The node that the path ends in, else RUNNING, FULL where an array is too small, EXHAUSTED where there is none.
    """
    neighbours, degree = graph
    counters = nodes.counters
    for _ in range(num_expansions):
        while counters[BUCKET] < nodes.buckets.shape[0] and nodes.buckets[counters[BUCKET]] < 0:
            counters[BUCKET] += 1
        if counters[BUCKET] >= nodes.buckets.shape[0]:
            return EXHAUSTED
        if counters[COUNT] + 5 > nodes.vertex.shape[0]:
            return FULL
        number = np.int64(nodes.buckets[counters[BUCKET]])
        nodes.buckets[counters[BUCKET]] = nodes.following[number]
        vertex = np.int64(nodes.vertex[number])
        time = np.int64(nodes.time[number])
        if vertex == goal and time > reservations.last_visit[goal]:
            return number
        count = np.int64(degree[vertex])
        # Waiting, then steps away, then steps nearer: of equal estimates the last that was added is the first expanded.
        for k in range(2 * count + 1):
            other = vertex if k == 0 else np.int64(neighbours[vertex, (k - 1) % count])
            if k > 0 and (distance[other] < distance[vertex]) != (k > count):
                continue
            if reservations.parked_from[other] <= time + 1 or _reserved(reservations, time + 1, other) >= 0:
                continue
            if other != vertex:
                facing = _reserved(reservations, time, other)
                if facing >= 0 and _reserved(reservations, time + 1, vertex) == facing:
                    continue
            _add(nodes, reservations, distance, goal, other, time + 1, number)
    return RUNNING
