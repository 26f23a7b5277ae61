"""Exact distances: against published lengths, against scipy, and by hand."""

import itertools
import math

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
    grid_map = load_map(path.with_suffix(""))
    rows = load_scenario(path)
    assert rows
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


@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_a_shortest_path_is_legal_and_as_long_as_the_distance(moves):
    grid_map = load_map("shipped:maze-31")
    blocked = grid_map.blocked.tolist()
    for goal in ((29, 29), (1, 13), (15, 1)):
        path = shortest_path(grid_map, (1, 1), goal, moves)
        assert (path[0], path[-1]) == ((1, 1), goal)
        cost = 0.0
        for here, there in itertools.pairwise(path):
            action = (there[0] - here[0], there[1] - here[1])
            assert action in reference.actions(moves)
            reached, step = reference.move(blocked, here, action)
            assert reached == there
            cost += step
        assert cost == pytest.approx(distances_to(grid_map, goal, moves)[1, 1])


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
