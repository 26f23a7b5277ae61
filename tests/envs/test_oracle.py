"""Exact distances: against published lengths, against scipy, and by hand."""

import copy
import itertools
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

import reference
from conftest import scenario_files
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError
from gridpath_envs.maps import (
    GridMap,
    distances_to,
    load_map,
    load_scenario,
    shipped_maps,
    shortest_path,
    shortest_path_length,
)

# Published lengths are rounded to two decimals in the older files.
TOLERANCE = 0.006


@pytest.mark.parametrize("path", scenario_files(), ids=lambda path: path.name)
def test_every_published_length_is_that_of_the_oracle(path):
    rows = load_scenario(path)
    grid_map = load_map(path.with_name(rows[0].map_name.rpartition("/")[2]))
    lengths = [shortest_path_length(grid_map, row.start, row.goal, "octile") for row in rows]
    np.testing.assert_allclose(lengths, [row.optimal_length for row in rows], rtol=0, atol=TOLERANCE)
    assert {row.map_shape for row in rows} == {grid_map.shape}


def graph_distances(blocked, goal, moves):
    """Distances by scipy, over a graph built move by move."""
    height, width = len(blocked), len(blocked[0])
    edges = []
    for row in range(height):
        for col in range(width):
            for action in reference.actions(moves):
                if not blocked[row][col]:
                    (to_row, to_col), cost = reference.move(blocked, (row, col), action)
                    if cost:
                        edges.append((row * width + col, to_row * width + to_col, cost))
    sources, targets, costs = zip(*edges, strict=True)
    graph = coo_array((costs, (sources, targets)), shape=(height * width,) * 2).tocsr()
    return dijkstra(graph, indices=goal[0] * width + goal[1]).reshape(height, width)


@pytest.mark.parametrize("moves", ["cardinal", "octile"])
@pytest.mark.parametrize("seed", range(20))
def test_distances_are_those_of_scipy(moves, seed):
    rng = np.random.default_rng(seed)
    blocked = rng.random((rng.integers(3, 30), rng.integers(3, 30))) < rng.choice([0.1, 0.3, 0.45])
    goal = tuple(int(k) for k in rng.choice(np.argwhere(~blocked)))
    expected = graph_distances(blocked.tolist(), goal, moves)
    actual = distances_to(GridMap.from_array(blocked), goal, moves)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    assert np.isinf(actual[blocked]).all()


def test_a_diagonal_needs_both_cells_beside_it_free():
    grid_map = GridMap.from_text("..#\n#..\n...")
    assert distances_to(grid_map, (0, 0), "octile")[1, 1] == 2.0
    assert distances_to(grid_map, (2, 2), "octile")[1, 1] == pytest.approx(math.sqrt(2))


def step_costs(blocked, path, moves):
    """The cost of each step of a path, every one of them checked to be legal."""
    costs = []
    for here, there in itertools.pairwise(path):
        action = (there[0] - here[0], there[1] - here[1])
        assert action in reference.actions(moves)
        reached, cost = reference.move(blocked, here, action)
        assert reached == there
        costs.append(cost)
    return costs


def expected_path(blocked, start, distances, moves):
    """Follow the lowest-numbered move of a shortest path from every cell, one move at a time."""
    path = [start]
    while distances[path[-1]] > 0:
        for action in reference.actions(moves):
            there, cost = reference.move(blocked, path[-1], action)
            if cost and distances[there] + cost <= distances[path[-1]] + 1e-6:
                path.append(there)
                break
    return path


def check_queries(grid_map, start, goal, distances, moves):
    """Check length and path of one query against the distances to its goal."""
    length = shortest_path_length(grid_map, start, goal, moves)
    assert type(length) is float
    assert length == pytest.approx(distances[start], rel=1e-12)
    assert length == distances_to(grid_map, goal, moves)[start]
    if np.isinf(distances[start]):
        with pytest.raises(InfeasibleLevelError, match="no path"):
            shortest_path(grid_map, start, goal, moves)
        return
    blocked = grid_map.blocked.tolist()
    path = shortest_path(grid_map, start, goal, moves)
    assert (path[0], path[-1]) == (start, goal)
    assert all(type(row) is int and type(col) is int for row, col in path)
    assert sum(step_costs(blocked, path, moves)) == pytest.approx(length)
    assert path == expected_path(blocked, start, distances, moves)


@pytest.mark.parametrize("moves", ["cardinal", "octile"])
@pytest.mark.parametrize("seed", range(40))
def test_queries_on_random_maps_are_those_of_scipy(moves, seed):
    rng = np.random.default_rng(seed)
    blocked = rng.random((rng.integers(2, 30), rng.integers(2, 30))) < rng.choice([0.0, 0.1, 0.3, 0.45])
    blocked[0, :2] = False  # a move there is, or scipy has no graph
    grid_map = GridMap.from_array(blocked)
    cells = [tuple(cell) for cell in np.argwhere(~blocked).tolist()]
    # One map for many queries: each must leave behind what the next one needs.
    for goal in [cells[k] for k in rng.integers(len(cells), size=6)]:
        distances = graph_distances(blocked.tolist(), goal, moves)
        for start in [goal] + [cells[k] for k in rng.integers(len(cells), size=12)]:
            check_queries(grid_map, start, goal, distances, moves)


@pytest.mark.parametrize("moves", ["cardinal", "octile"])
@pytest.mark.parametrize("name", sorted(shipped_maps()))
def test_queries_on_shipped_maps_are_those_of_scipy(moves, name):
    grid_map = load_map(f"shipped:{name}")
    for row in load_scenario(shipped_maps()[name].with_suffix(".map.scen"))[::10]:
        distances = graph_distances(grid_map.blocked.tolist(), row.goal, moves)
        check_queries(grid_map, row.start, row.goal, distances, moves)


def test_of_several_shortest_paths_the_one_of_the_lowest_moves_is_given():
    grid_map = GridMap.from_text("...\n...\n...")
    # up before right before down before left
    assert shortest_path(grid_map, (2, 0), (0, 2)) == [(2, 0), (1, 0), (0, 0), (0, 1), (0, 2)]
    assert shortest_path(grid_map, (0, 0), (2, 2)) == [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2)]
    assert shortest_path(grid_map, (0, 2), (2, 0)) == [(0, 2), (1, 2), (2, 2), (2, 1), (2, 0)]
    # straight before diagonal
    assert shortest_path(grid_map, (2, 0), (1, 2), "octile") == [(2, 0), (2, 1), (1, 2)]


@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_a_path_to_where_one_stands_is_that_cell(moves):
    grid_map = GridMap.from_text(".#\n#.")
    assert shortest_path_length(grid_map, (1, 1), (1, 1), moves) == 0.0
    assert shortest_path(grid_map, (1, 1), (1, 1), moves) == [(1, 1)]


@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_threads_may_ask_at_once(moves):
    rng = np.random.default_rng(5)
    blocked = rng.random((150, 150)) < 0.3
    cells = [tuple(cell) for cell in np.argwhere(~blocked).tolist()]
    queries = [(cells[j], cells[k]) for j, k in rng.integers(len(cells), size=(300, 2))]

    def ask(grid_map, query):
        length = shortest_path_length(grid_map, *query, moves)
        return length, shortest_path(grid_map, *query, moves) if length < np.inf else None

    alone = [ask(GridMap.from_array(blocked), query) for query in queries]
    shared = GridMap.from_array(blocked)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda query: ask(shared, query), queries)) == alone


def test_queries_leave_no_trace_in_copies_and_pickles():
    grid_map = GridMap.from_text("..\n..")
    pickled = pickle.dumps(grid_map)
    shortest_path_length(grid_map, (0, 0), (1, 1))
    shortest_path(grid_map, (0, 0), (1, 1), "octile")
    assert pickle.dumps(grid_map) == pickled
    for other in (copy.copy(grid_map), copy.deepcopy(grid_map)):
        assert other == grid_map
        assert shortest_path_length(other, (0, 0), (1, 1)) == 2.0
        assert not any(mine is theirs for mine, theirs in zip(grid_map.scratch, other.scratch, strict=True))


@pytest.mark.parametrize("query", [shortest_path, shortest_path_length])
def test_queries_take_any_pair_of_integers_and_name_what_is_wrong(query):
    grid_map = GridMap.from_text("..#\n...")
    expected = query(grid_map, (0, 0), (1, 2))
    assert query(grid_map, [0, 0], np.array([1, 2])) == expected
    assert query(grid_map, (np.int64(0), 0), (1, 2), np.str_("cardinal")) == expected
    for wrong, message in (
        ((0, 2), "goal: cell \\(0, 2\\) is blocked"),
        ((2, 0), "goal: cell \\(2, 0\\) lies outside"),
        ((0, -1), "goal: cell \\(0, -1\\) lies outside"),
        ((0, 1.0), "goal: expected a cell"),
        ((True, False), "goal: expected a cell"),
        ((0, 1, 0), "goal: expected a cell"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            query(grid_map, (0, 0), wrong)
    with pytest.raises(ConfigurationError, match="start: cell"):
        query(grid_map, (0, 2), (0, 0))
    for moves in ("diagonal", None, ["octile"]):
        with pytest.raises(ConfigurationError, match="allowed: 'cardinal', 'octile'"):
            query(grid_map, (0, 0), (1, 2), moves)


def test_unreachable_goals_and_wrong_arguments_are_named():
    grid_map = GridMap.from_text(".#.\n.#.")
    assert distances_to(grid_map, (0, 2))[0, 0] == np.inf
    assert shortest_path_length(grid_map, (0, 0), (0, 2)) == np.inf
    with pytest.raises(InfeasibleLevelError, match="no path"):
        shortest_path(grid_map, (0, 0), (0, 2))
    with pytest.raises(ConfigurationError, match="blocked"):
        distances_to(grid_map, (0, 1))
    with pytest.raises(ConfigurationError, match="allowed: 'cardinal', 'octile'"):
        distances_to(grid_map, (0, 0), "diagonal")


@pytest.mark.parametrize("name", sorted(shipped_maps()))
def test_the_lengths_shipped_with_our_maps_are_those_of_the_reference(name):
    blocked = load_map(f"shipped:{name}").blocked.tolist()
    for row in load_scenario(shipped_maps()[name].with_suffix(".map.scen"))[::4]:
        known = reference.distances(blocked, row.goal, "octile")
        assert row.optimal_length == pytest.approx(known[row.start], abs=1e-6)
