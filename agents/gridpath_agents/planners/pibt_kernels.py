"""One step of PIBT: where every agent goes next, worked out on flat arrays with a stack in the place of recursion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.rng import draw


class StepScratch(NamedTuple):
    """What a step works in; between steps both ``owner`` arrays hold -1 everywhere.

    Args:
        owner_now: (V,) int32, the agent in each vertex, -1 where there is none.
        owner_next: (V,) int32, the agent that goes to each vertex, -1 where there is none.
        candidates: (N, 5) int32, the vertices an agent may go to, best first.
        counts: (N,) int32, how many there are.
        tried: (N,) int32, how many of them have been tried, -1 where they are still to be written.
        partner: (N,) int32, the agent to exchange places with, -1 where there is none.
        stack: (N,) int32, the agents that wait for the next one to make way.
        keys: (5,) int64, what candidates are sorted by.
    """

    owner_now: NDArray[np.int32]
    owner_next: NDArray[np.int32]
    candidates: NDArray[np.int32]
    counts: NDArray[np.int32]
    tried: NDArray[np.int32]
    partner: NDArray[np.int32]
    stack: NDArray[np.int32]
    keys: NDArray[np.int64]


def step_scratch(num_agents: int, num_vertices: int) -> StepScratch:
    """Allocate what a step works in."""
    return StepScratch(
        owner_now=np.full(num_vertices, -1, dtype=np.int32),
        owner_next=np.full(num_vertices, -1, dtype=np.int32),
        candidates=np.empty((num_agents, 5), dtype=np.int32),
        counts=np.empty(num_agents, dtype=np.int32),
        tried=np.empty(num_agents, dtype=np.int32),
        partner=np.empty(num_agents, dtype=np.int32),
        stack=np.empty(num_agents, dtype=np.int32),
        keys=np.empty(5, dtype=np.int64),
    )


@kernel
def next_order(order, base_order, tables, now, out):
    """Write the order of priority after a step: who is on the way before who is at its goal.

    An agent's priority grows with each step it is not at its goal, where it falls back to its place in the base order.
    Sorting is not needed: the agents on the way keep their order among themselves.

    Args:
        order: (N,) int32, agents by the priority that they had.
        base_order: (N,) int32, agents by the priority that they begin with.
        tables: (N, V) int32, distances to the goals.
        now: (N,) int32, vertices.
        out: (N,) int32, written.
    """
    filled = np.uint64(0)
    for agent in order:
        if tables[agent, now[agent]] != 0:
            out[filled] = agent
            filled += np.uint64(1)
    for agent in base_order:
        if tables[agent, now[agent]] == 0:
            out[filled] = agent
            filled += np.uint64(1)


@kernel
def _ways_onward(graph, tables, owner_now, came_from, at):
    """Return how many ways lead on from a vertex, and the last of them; ends where an agent is at its goal are none."""
    neighbours, degree = graph
    ways = degree[np.uint64(at)]
    onward = at
    for k in range(np.uint64(degree[np.uint64(at)])):
        vertex = neighbours[np.uint64(at), k]
        owner = owner_now[np.uint64(vertex)]
        is_closed = degree[np.uint64(vertex)] == 1 and owner >= 0 and tables[owner, vertex] == 0
        if vertex == came_from or is_closed:
            ways -= 1
        else:
            onward = vertex
    return ways, onward


@kernel
def _swap_is_needed(graph, tables, owner_now, pusher, puller, pusher_at, puller_at):
    """Tell whether two agents in a corridor get past each other only by exchanging their places.

    The pusher is followed in thought along the corridor, pushing the puller ahead, until there is room to pass.
    """
    _, degree = graph
    toward = tables[np.uint64(pusher)]
    for _ in range(degree.shape[0]):
        if toward[np.uint64(puller_at)] >= toward[np.uint64(pusher_at)]:
            break
        ways, onward = _ways_onward(graph, tables, owner_now, pusher_at, puller_at)
        if ways >= 2:
            return False
        if ways <= 0:
            break
        pusher_at = puller_at
        puller_at = onward
    back = tables[np.uint64(puller)]
    pusher_wants = toward[np.uint64(pusher_at)] == 0 or toward[np.uint64(puller_at)] < toward[np.uint64(pusher_at)]
    return pusher_wants and back[np.uint64(pusher_at)] < back[np.uint64(puller_at)]


@kernel
def _swap_is_possible(graph, tables, owner_now, pusher_at, puller_at):
    """Tell whether the corridor behind the puller leads to a place where two agents get past each other."""
    _, degree = graph
    first = pusher_at
    for _ in range(degree.shape[0]):
        if puller_at == first:
            return False
        ways, onward = _ways_onward(graph, tables, owner_now, pusher_at, puller_at)
        if ways >= 2:
            return True
        if ways <= 0:
            return False
        pusher_at = puller_at
        puller_at = onward
    return False


@kernel
def _find_partner(graph, tables, owner_now, after, agent, at, best):
    """Return the agent that has to change places with this one, -1 where there is none."""
    neighbours, degree = graph
    if best == at:
        return np.int32(-1)
    # Whoever is ahead may face this agent; one behind may have to be pulled out of a dead end that it would else shut.
    for k in range(np.uint64(degree[np.uint64(at)]) + np.uint64(1)):
        is_ahead = k == np.uint64(0)
        vertex = best if is_ahead else neighbours[np.uint64(at), k - np.uint64(1)]
        other = owner_now[np.uint64(vertex)]
        if other < 0 or (is_ahead and after[np.uint64(other)] >= 0) or (vertex == best and not is_ahead):
            continue
        pusher = agent if is_ahead else other
        puller = other if is_ahead else agent
        if _swap_is_needed(graph, tables, owner_now, pusher, puller, at, best) and _swap_is_possible(
            graph, tables, owner_now, best, at
        ):
            return other
    return np.int32(-1)


@kernel
def _prefer(graph, tables, now, after, s, agent, key, counter):
    """Write an agent's candidates, best first, and the agent to change places with."""
    neighbours, degree = graph
    agent = np.uint64(agent)
    at = now[agent]
    here = np.uint64(at)
    distance = tables[agent]
    bits = draw(key, np.uint64(counter) + agent)
    count = np.uint64(degree[here]) + np.uint64(1)
    keys = s.keys
    for k in range(count):
        is_stay = k + np.uint64(1) == count
        vertex = at if is_stay else neighbours[here, k]
        # Among equals by chance: to put cells that are free now first makes plans longer.
        rank = np.int64(bits & np.uint64(0xFFF))
        bits >>= np.uint64(12)
        entry = (np.int64(distance[np.uint64(vertex)]) << 15) | (rank << 3) | np.int64(k)
        place = k
        while place > np.uint64(0) and keys[place - np.uint64(1)] > entry:
            keys[place] = keys[place - np.uint64(1)]
            place -= np.uint64(1)
        keys[place] = entry
    row = s.candidates[agent]
    for k in range(count):
        which = np.uint64(keys[k] & 7)
        row[k] = at if which + np.uint64(1) == count else neighbours[here, which]
    s.counts[agent] = count
    s.tried[agent] = 0
    partner = _find_partner(graph, tables, s.owner_now, after, np.int32(agent), at, row[np.uint64(0)])
    s.partner[agent] = partner
    if partner >= 0:
        # Going backwards pulls the partner along.
        last = count - np.uint64(1)
        for k in range(count >> np.uint64(1)):
            row[k], row[last - k] = row[last - k], row[k]


@kernel
def _move_agent(graph, tables, now, after, s, first, key, counter):
    """Find a next vertex for an agent, and for all whom it makes give way.

    Returns:
        Whether the agent can go anywhere, its own vertex included.
    """
    s.stack[np.uint64(0)] = first
    s.tried[np.uint64(first)] = -1
    depth = np.int64(0)
    is_placed = False
    while depth >= 0:
        current = s.stack[np.uint64(depth)]
        agent = np.uint64(current)
        at = now[agent]
        if s.tried[agent] < 0:
            _prefer(graph, tables, now, after, s, current, key, counter)
        has_to_wait = False
        while not is_placed and s.tried[agent] < s.counts[agent]:
            vertex = s.candidates[agent, np.uint64(s.tried[agent])]
            s.tried[agent] += 1
            if s.owner_next[np.uint64(vertex)] >= 0:
                continue
            other = s.owner_now[np.uint64(vertex)]
            if other >= 0 and other != current and after[np.uint64(other)] == at:
                continue
            s.owner_next[np.uint64(vertex)] = current
            after[agent] = vertex
            if other >= 0 and other != current and after[np.uint64(other)] < 0:
                s.tried[np.uint64(other)] = -1
                depth += 1
                s.stack[np.uint64(depth)] = other
                has_to_wait = True
                break
            is_placed = True
        if has_to_wait:
            continue
        if is_placed:
            partner = s.partner[agent]
            if (
                partner >= 0
                and after[agent] == s.candidates[agent, np.uint64(0)]
                and after[np.uint64(partner)] < 0
                and s.owner_next[np.uint64(at)] < 0
            ):
                after[np.uint64(partner)] = at
                s.owner_next[np.uint64(at)] = partner
        else:
            after[agent] = at
            s.owner_next[np.uint64(at)] = current
        depth -= 1
    return is_placed


@kernel
def enter(now, after, s):
    """Begin a step: note who is where, and that nobody has a next vertex."""
    for k in range(now.shape[0]):
        agent = np.uint64(k)
        s.owner_now[np.uint64(now[agent])] = agent
        after[agent] = -1


@kernel
def leave(now, after, s):
    """End a step: leave both ``owner`` arrays as they were found."""
    for k in range(now.shape[0]):
        agent = np.uint64(k)
        s.owner_now[np.uint64(now[agent])] = -1
        if after[agent] >= 0:
            s.owner_next[np.uint64(after[agent])] = -1


@kernel
def move_rest(graph, tables, order, now, after, s, key, counter):
    """Find next vertices for all who have none, in their order of priority.

    Returns:
        Whether there is one for each; always, unless some were given theirs before.
    """
    for agent in order:
        if after[np.uint64(agent)] < 0 and not _move_agent(graph, tables, now, after, s, agent, key, counter):
            return False
    return True


@kernel
def step(graph, tables, order, now, after, s, key, counter):
    """Write where every agent goes next.

    Args:
        graph: Graph.
        tables: (N, V) int32, distances to the goals.
        order: (N,) int32, agents by priority.
        now: (N,) int32, vertices, all different.
        after: (N,) int32, written: vertices, all different.
        s: StepScratch.
        key: Key of the stream of random numbers.
        counter: Number of the step's first draw; it uses N.
    """
    enter(now, after, s)
    move_rest(graph, tables, order, now, after, s, key, counter)
    leave(now, after, s)
