"""Large neighbourhood search: give a few agents' paths up, plan them anew one after another, keep what is no worse."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.timetable import Timetable, occupant, sweep, trace, write_path
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.rng import below, draw

# How groups are chosen, times how large they are: what did well is tried more often.
_KINDS = 3
_DELAYED, _NEARBY, _ANY = range(_KINDS)
_SIZES = 4
NUM_CHOICES = _KINDS * _SIZES
MAX_GROUP = 16

# Share of a choice's weight that its newest result replaces, and what each counts for at least, as a share of the most.
_REACTION = 0.01
_LEAST_WEIGHT = 0.1

# Draws that one round may use.
_DRAWS = np.uint64(1) << np.uint64(32)


class Refinement(NamedTuple):
    """A plan that is being made better.

    Args:
        table: Timetable, of the paths as they are.
        neighbours: (V, 4) int32, of the graph.
        degree: (V,) int32, of the graph.
        distances: (N, V) int32, to the goals.
        paths: (N, T + 1) int32, bits; behind an agent's cost not read.
        costs: (N,) int64.
        lengths: (N,) int64, the shortest paths'.
        goals: (N,) int32, bits.
        group: (MAX_GROUP,) int32, scratch.
        trials: (MAX_GROUP, T + 1) int32, scratch: new paths.
        trial_costs: (MAX_GROUP,) int64, scratch.
        marks: (N,) int64, the round in which each agent was last in the group.
        weights: (NUM_CHOICES,) float64.
    """

    table: Timetable
    neighbours: NDArray[np.int32]
    degree: NDArray[np.int32]
    distances: NDArray[np.int32]
    paths: NDArray[np.int32]
    costs: NDArray[np.int64]
    lengths: NDArray[np.int64]
    goals: NDArray[np.int32]
    group: NDArray[np.int32]
    trials: NDArray[np.int32]
    trial_costs: NDArray[np.int64]
    marks: NDArray[np.int64]
    weights: NDArray[np.float64]


@kernel
def _join(r, round_number, count, agent):
    """Add an agent to the group if it is one and not yet in it; return the group's size."""
    if agent >= 0 and r.marks[agent] != round_number:
        r.marks[agent] = round_number
        r.group[count] = agent
        count += 1
    return count


@kernel
def _position(r, agent, time):
    """Return the vertex of an agent at a time step."""
    return np.int64(r.table.vertex_of[r.paths[agent, min(time, r.costs[agent])]])


@kernel
def _choose_any(r, round_number, count, size, key, counter):
    """Fill a group with agents at random; return its size and the next draw."""
    for _ in range(4 * size):
        if count >= size:
            break
        count = _join(r, round_number, count, below(draw(key, counter), r.costs.shape[0]))
        counter += np.uint64(1)
    return count, counter


@kernel
def _choose_delayed(r, round_number, size, key, counter):
    """Fill a group with a delayed agent and those that stand in its way; return its size and the next draw.

    From its path the agent walks at random as if alone, as long as it would still be early at its goal.
    """
    num_agents = r.costs.shape[0]
    agent = np.int64(0)
    most = np.int64(-1)
    for _ in range(4):
        drawn = below(draw(key, counter), num_agents)
        counter += np.uint64(1)
        if r.costs[drawn] - r.lengths[drawn] > most:
            most = r.costs[drawn] - r.lengths[drawn]
            agent = drawn
    count = _join(r, round_number, 0, agent)
    for _ in range(2 * size):
        time = below(draw(key, counter), max(r.costs[agent], 1))
        counter += np.uint64(1)
        vertex = _position(r, agent, time)
        while count < size and time + 1 < r.costs[agent]:
            # One of the ways onward that are early enough, the vertex itself among them.
            chosen = np.int64(-1)
            ways = np.int64(0)
            bits = draw(key, counter)
            counter += np.uint64(1)
            for k in range(r.degree[vertex] + 1):
                other = vertex if k == r.degree[vertex] else np.int64(r.neighbours[vertex, k])
                if time + 1 + r.distances[agent, other] < r.costs[agent]:
                    ways += 1
                    if below(bits, ways) == 0:
                        chosen = other
                    bits = bits * np.uint64(0x9E3779B97F4A7C15)
            if chosen < 0:
                break
            count = _join(r, round_number, count, occupant(r.table, r.costs, time + 1, chosen))
            facing = occupant(r.table, r.costs, time, chosen)
            if count < size and facing >= 0 and _position(r, facing, time + 1) == vertex:
                count = _join(r, round_number, count, facing)
            vertex = chosen
            time += 1
        if count >= size:
            break
    return count, counter


@kernel
def _choose_nearby(r, round_number, size, key, counter):
    """Fill a group with agents that pass by one place at about one time; return its size and the next draw."""
    agent = below(draw(key, counter), r.costs.shape[0])
    moment = below(draw(key, counter + np.uint64(1)), max(r.costs[agent], 1))
    counter += np.uint64(2)
    place = _position(r, agent, moment)
    count = _join(r, round_number, 0, agent)
    for _ in range(8 * size):
        if count >= size:
            break
        vertex = place
        bits = draw(key, counter)
        counter += np.uint64(1)
        time = moment + below(bits, 17) - 8
        for _ in range(bits & np.uint64(7)):
            bits = bits * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)
            if r.degree[vertex] > 0:
                vertex = np.int64(r.neighbours[vertex, below(bits, r.degree[vertex])])
        if 0 <= time < r.table.closed.shape[0]:
            count = _join(r, round_number, count, occupant(r.table, r.costs, time, vertex))
    return count, counter


@kernel
def _shuffle(group, count, key, counter):
    for k in range(count - 1, 0, -1):
        other = below(draw(key, counter + np.uint64(k)), k + 1)
        group[k], group[other] = group[other], group[k]


@kernel
def _replan(r, count, key, counter):
    """Plan the agents of the group anew, in its order; keep the new paths if they cost no more, else the old.

    Returns:
        By how much the sum of costs fell, and how much work it was.
    """
    before = np.int64(0)
    least = np.int64(0)
    work = np.int64(0)
    longest = np.int64(r.paths.shape[1] - 1)
    for k in range(count):
        agent = r.group[k]
        before += r.costs[agent]
        least += r.lengths[agent]
        write_path(r.table, r.paths[agent], r.costs[agent], agent, False)
    spent = np.int64(0)
    planned = np.int64(0)
    while planned < count:
        agent = r.group[planned]
        least -= r.lengths[agent]
        latest = min(before - spent - least, longest)
        cost, num_words = sweep(r.table, r.paths[agent, 0], r.goals[agent], latest)
        work += num_words
        if cost < 0:
            break
        trace(r.table, r.goals[agent], cost, r.trials[planned], key, counter)
        counter += np.uint64(cost)
        write_path(r.table, r.trials[planned], cost, agent, True)
        r.trial_costs[planned] = cost
        spent += cost
        planned += 1
    is_kept = planned == count
    for k in range(count):
        agent = r.group[k]
        if is_kept:
            r.costs[agent] = r.trial_costs[k]
            # Step by step: Numba takes seconds to compile assignments of whole arrays.
            for time in range(np.uint64(r.costs[agent] + 1)):
                r.paths[agent, time] = r.trials[k, time]
        elif k < planned:
            write_path(r.table, r.trials[k], r.trial_costs[k], agent, False)
    if not is_kept:
        for k in range(count):
            agent = r.group[k]
            write_path(r.table, r.paths[agent], r.costs[agent], agent, True)
    return (before - spent if is_kept else np.int64(0)), work + 2 * count * longest


@kernel
def _choose(weights, bits):
    """Draw a choice in proportion to its weight, but none ever hardly at all."""
    most = np.float64(0.0)
    total = np.float64(0.0)
    for weight in weights:
        most = max(most, weight)
        total += weight
    least = _LEAST_WEIGHT * most + 1e-9
    left = np.float64(bits >> np.uint64(11)) / 9007199254740992.0 * (total + least * weights.shape[0])
    for choice in range(weights.shape[0] - 1):
        left -= weights[choice] + least
        if left < 0.0:
            return choice
    return weights.shape[0] - 1


@kernel
def refine(r, key, first_round, num_rounds, max_work):
    """Make a plan better.

    Args:
        r: Refinement.
        key: Key of the stream of random numbers.
        first_round: How many rounds were done before.
        num_rounds: How many to do at most.
        max_work: Stop once so much work is done, in words of a timetable.

    Returns:
        How many rounds were done, and by how much the sum of costs fell.
    """
    num_agents = np.int64(r.costs.shape[0])
    work = np.int64(0)
    gained = np.int64(0)
    done = np.int64(0)
    while done < num_rounds and work < max_work:
        round_number = first_round + done + 1
        done += 1
        counter = np.uint64(round_number) * _DRAWS
        choice = _choose(r.weights, draw(key, counter))
        counter += np.uint64(1)
        kind = choice % _KINDS
        size = min(np.int64(2) << (choice // _KINDS), num_agents)
        if kind == _DELAYED:
            count, counter = _choose_delayed(r, round_number, size, key, counter)
        elif kind == _NEARBY:
            count, counter = _choose_nearby(r, round_number, size, key, counter)
        else:
            count, counter = _choose_any(r, round_number, 0, size, key, counter)
        delay = np.int64(0)
        for k in range(count):
            delay += r.costs[r.group[k]] - r.lengths[r.group[k]]
        gain = np.int64(0)
        spent = np.int64(64)
        if delay > 0:
            _shuffle(r.group, count, key, counter)
            counter += np.uint64(count)
            gain, spent = _replan(r, count, key, counter)
        work += spent
        gained += gain
        # By what it cost: small groups fail and succeed faster.
        value = np.float64(gain) / np.float64(spent)
        r.weights[choice] += _REACTION * (value - r.weights[choice])
    return done, gained
