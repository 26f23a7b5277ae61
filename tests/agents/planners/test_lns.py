"""The local search: its sweeps find what A* finds, and no round leaves a conflict or costs more."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridpath_agents.planners.instance import Instance
from gridpath_agents.planners.lns import LargeNeighbourhoodSearch
from gridpath_agents.planners.pibt import pibt
from gridpath_agents.planners.timetable import make_timetable, sweep, trace, write_path
from gridpath_agents.planners.validation import check_plan
from gridpath_envs.maps import GridMap
from mapf import random_question


def quickest(free, others, start, goal, num_steps):
    """Return by plain search when an agent can be at its goal to stay, -1 where it cannot; others: lists of cells."""
    reached = {start}
    for time in range(num_steps + 1):
        if goal in reached and all(goal not in other[time:] for other in others):
            return time
        if time == num_steps:
            return -1
        following = set()
        for row, col in reached:
            for cell in ((row, col), (row - 1, col), (row, col + 1), (row + 1, col), (row, col - 1)):
                inside = 0 <= cell[0] < free.shape[0] and 0 <= cell[1] < free.shape[1] and free[cell]
                swaps = any(other[time] == cell and other[time + 1] == (row, col) for other in others)
                if inside and not swaps and all(other[time + 1] != cell for other in others):
                    following.add(cell)
        reached = following
    return -1


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    shape=st.sampled_from([(1, 9), (9, 1), (5, 5), (7, 63), (3, 64), (2, 130), (4, 65)]),
    walls=st.floats(0.0, 0.4),
    num_others=st.integers(0, 12),
)
def test_a_sweep_finds_what_a_plain_search_finds(seed, shape, walls, num_others):
    grid_map, starts, goals = random_question(seed, *shape, walls, num_others + 1)
    instance = Instance(grid_map, starts, goals)
    # Whatever the others do without conflicts, and wherever it leaves them, is a timetable to be fitted into.
    others = pibt(grid_map, starts[1:], goals[1:], seed=seed, max_steps=25).positions if len(starts) > 1 else None
    num_steps = 40
    table = make_timetable(instance.numbering.free, num_steps)
    paths = []
    for agent in range(len(starts) - 1):
        cells = others[np.minimum(np.arange(num_steps + 1), len(others) - 1), agent]
        paths.append([tuple(cell) for cell in cells.tolist()])
        bits = table.bit_of[instance.numbering.vertices(cells)]
        write_path(table, bits, int(np.flatnonzero(np.r_[True, (cells != cells[-1]).any(axis=1)])[-1]), agent + 1, True)
    start, goal = table.bit_of[instance.starts[0]], table.bit_of[instance.goals[0]]
    if any(path[0] == tuple(starts[0].tolist()) for path in paths):
        return
    for latest in (num_steps, 7):
        expected = quickest(~grid_map.blocked, paths, tuple(starts[0].tolist()), tuple(goals[0].tolist()), num_steps)
        cost, _ = sweep(table, start, goal, latest)
        assert cost == (expected if expected <= latest else -1)
        if cost >= 0:
            path = np.zeros(num_steps + 1, dtype=np.int32)
            trace(table, goal, cost, path, np.uint64(seed), np.uint64(0))
            own = instance.numbering.cells[table.vertex_of[path[np.minimum(np.arange(num_steps + 1), cost)]]]
            everyone = np.stack([own, *(np.array(path, dtype=np.int32) for path in paths)], axis=1)
            check_plan(grid_map, starts, everyone[-1], everyone)


def test_a_path_that_is_given_back_leaves_nothing():
    table = make_timetable(np.ones((4, 5), dtype=bool), 6)
    before = [array.copy() for array in table]
    path = table.bit_of[[0, 1, 6, 6, 5, 5, 5]]
    write_path(table, path, 4, 2, True)
    assert any((now != then).any() for now, then in zip(table, before, strict=True))
    write_path(table, path, 4, 2, False)
    assert all((now == then).all() for now, then in zip(table, before, strict=True))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), walls=st.floats(0.0, 0.3), num_agents=st.integers(1, 40))
def test_no_round_leaves_a_conflict_or_costs_more(seed, walls, num_agents):
    question = random_question(seed, 9, 9, walls, num_agents)
    first = pibt(*question, seed=seed, max_steps=200)
    check_plan(*question, first.positions, must_solve=first.is_solved)
    if not first.is_solved:
        return
    instance = Instance(*question)
    search = LargeNeighbourhoodSearch(instance, instance.numbering.vertices(first.positions), seed)
    cost = first.sum_of_costs
    assert search.sum_of_costs == cost
    for _ in range(20):
        assert search.advance(5, 2**62) == 5
        way = search.way()
        check_plan(*question, instance.numbering.cells[way])
        assert search.sum_of_costs <= cost
        cost = search.sum_of_costs


def test_two_agents_that_made_way_for_nothing_are_put_straight():
    grid_map = GridMap.from_text("....\n....")
    starts, goals = [(0, 0), (1, 0)], [(0, 3), (1, 3)]
    upper = [(0, 0), (0, 0), (0, 1), (0, 1), (0, 2), (0, 3)]
    lower = [(1, 0), (1, 1), (1, 0), (1, 1), (1, 2), (1, 3)]
    positions = np.array([upper, lower], dtype=np.int32).transpose(1, 0, 2)
    check_plan(grid_map, starts, goals, positions)
    instance = Instance(grid_map, starts, goals)
    search = LargeNeighbourhoodSearch(instance, instance.numbering.vertices(positions), 0)
    search.advance(50, 2**62)
    assert search.sum_of_costs == 6
    check_plan(grid_map, starts, goals, instance.numbering.cells[search.way()])
