"""Exact distances where terrain has costs and portals lead elsewhere: against scipy, and of envs against the oracle."""

import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError
from gridpath_envs.maps import GridMap, distances_to, optimal_actions, shortest_path, shortest_path_length
from gridpath_envs.vector_env import GridVectorEnv

COSTS = [None, {"road": 0.5, "sand": 2.0, "swamp": 4.0}, {"ground": 3.3, "road": 0.01, "sand": 7.1, "swamp": 1000.0}]


def random_map(rng, portals=3, marks="....=:~H#"):
    height, width = rng.integers(3, 14, size=2)
    rows = rng.choice(list(marks), size=(height, width))
    for k, cell in enumerate(rng.permutation(height * width)[: min(2 * portals, height * width - 3) // 2 * 2]):
        rows[divmod(int(cell), width)] = str(k // 2 + 1)
    if not (rows == ".").any():
        return random_map(rng, portals, marks)
    return ["".join(row) for row in rows]


def graph_distances(world):
    """Distances to every goal by scipy, over a graph built move by move: (cells, cells), [from, to]."""
    index = {cell: k for k, cell in enumerate(world.cells)}
    edges = {}
    for cell in world.cells:
        if world.is_open(cell) and not world.is_hole(cell):
            for action in world.actions:
                after, cost, collided = world.apply(cell, action)
                if not collided and after != cell and not world.is_hole(after):
                    key = (index[cell], index[after])
                    edges[key] = min(cost, edges.get(key, np.inf))
    size = (len(world.cells),) * 2
    if not edges:
        return np.where(np.eye(size[0]) == 1, 0.0, np.inf)
    rows, cols = zip(*edges, strict=True)
    return dijkstra(coo_array((list(edges.values()), (rows, cols)), shape=size).tocsr())


@pytest.mark.parametrize("costs", COSTS, ids=["plain", "mild", "wild"])
@pytest.mark.parametrize("moves", ["cardinal", "octile"])
@pytest.mark.parametrize("seed", range(12))
def test_distances_paths_and_actions_are_those_of_scipy(moves, costs, seed):
    rng = np.random.default_rng(seed)
    rows = random_map(rng, portals=seed % 5)
    grid_map = GridMap.from_text("\n".join(rows) + "\n")
    plain = reference.World(rows, (-1, -1), moves, costs=costs)
    free = [
        cell
        for cell in plain.cells
        if plain.is_open(cell) and not plain.is_hole(cell) and not plain.mark(cell).isdigit()
    ]
    expected = graph_distances(plain)
    index = {cell: k for k, cell in enumerate(plain.cells)}
    for goal in [free[k] for k in rng.integers(len(free), size=4)]:
        to_goal = expected[:, index[goal]]
        actual = distances_to(grid_map, goal, moves, costs)
        np.testing.assert_allclose(actual.ravel(), to_goal, rtol=1e-9, atol=1e-4)
        best = optimal_actions(grid_map, goal, moves, stay=True, terrain_costs=costs)
        for cell in plain.cells:
            here = to_goal[index[cell]]
            for number, action in enumerate(reference.actions(moves, True)):
                legal = plain.is_open(cell) and not plain.is_hole(cell) and np.isfinite(here)
                after, cost, _ = plain.apply(cell, action) if legal else (cell, 0.0, True)
                begins = legal and cost > 0 and cost + to_goal[index[after]] == pytest.approx(here, abs=1e-4)
                assert best[cell][number] == begins
        for start in [free[k] for k in rng.integers(len(free), size=5)]:
            length = shortest_path_length(grid_map, start, goal, moves, costs)
            assert length == pytest.approx(to_goal[index[start]], rel=1e-9, abs=1e-4)
            if np.isinf(length):
                with pytest.raises(InfeasibleLevelError):
                    shortest_path(grid_map, start, goal, moves, costs)
                continue
            path = shortest_path(grid_map, start, goal, moves, costs)
            assert (path[0], path[-1]) == (start, goal)
            assert path_cost(plain, path) == pytest.approx(length, abs=1e-4)


def path_cost(world, path):
    """Return the cost of a path, each step of which must be a move."""
    total = 0.0
    for here, there in itertools.pairwise(path):
        costs = [cost for after, cost, hit in (world.apply(here, action) for action in world.actions) if after == there]
        total += min(costs)
    return total


def test_costs_that_are_no_costs_are_refused():
    grid_map = GridMap.from_text("..\n..")
    for costs in ({"mud": 2}, {"sand": 0}, {"sand": -1}, {"sand": 1e9}, {"sand": float("nan")}, {"sand": "2"}, [1, 2]):
        with pytest.raises(ConfigurationError, match="terrain_costs"):
            distances_to(grid_map, (0, 0), terrain_costs=costs)


@pytest.mark.parametrize("costs", COSTS[:2], ids=["plain", "mild"])
@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_the_envs_answer_as_the_oracle_at_every_step_of_random_play(moves, costs):
    arguments = {"size": (7, 8), "holes": 0.05, "portals": 2, "terrain": 0.4, "moves": moves, "time_limit": 30}
    arguments["terrain_costs"] = costs or dict.fromkeys(("ground", "road", "sand", "swamp"), 1.0)
    envs = GridVectorEnv("GridPath-v0", 4, autoreset_mode="Disabled", **arguments)
    singles = [GridPathEnv("GridPath-v0", **arguments) for _ in range(4)]
    envs.reset(seed=30)
    for lane, env in enumerate(singles):
        env.reset(seed=30 + lane)
    rng = np.random.default_rng(3)
    for _ in range(60):
        distances, best = envs.distance_to_goal(), envs.optimal_actions()
        for lane, env in enumerate(singles):
            grid_map, cell = envs.grid_map(lane), tuple(envs.positions[lane].tolist())
            assert env.grid_map == grid_map
            expected = distances_to(grid_map, grid_map.goal, moves, arguments["terrain_costs"])
            assert distances[lane] == env.distance_to_goal() == expected[cell]
            actions = optimal_actions(grid_map, grid_map.goal, moves, terrain_costs=arguments["terrain_costs"])
            assert best[lane].tolist() == env.optimal_actions().tolist() == actions[cell].tolist()
            if np.isfinite(expected[cell]):
                path = envs.shortest_path(lane)
                assert path == env.shortest_path()
                assert (path[0], path[-1]) == (cell, grid_map.goal)
                rows = GridMap(grid_map.terrain).to_text().split()
                world = reference.World(rows, grid_map.goal, moves, costs=costs)
                assert path_cost(world, path) == pytest.approx(expected[cell])
            else:
                with pytest.raises(InfeasibleLevelError):
                    envs.shortest_path(lane)
        actions = rng.integers(best.shape[1], size=4)
        envs.step(actions)
        for lane, env in enumerate(singles):
            env.step(int(actions[lane]))
        finished = envs._lanes["finished"].copy()
        if finished.any():
            envs.reset(options={"reset_mask": finished})
            for lane in np.flatnonzero(finished):
                singles[lane].reset()


@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_the_best_actions_of_the_env_earn_the_optimal_length(moves):
    arguments = {"size": (9, 9), "holes": 0.08, "portals": 2, "terrain": 0.5, "moves": moves, "time_limit": 400}
    envs = GridVectorEnv("GridPath-v0", 40, autoreset_mode="SameStep", **arguments)
    _, infos = envs.reset(seed=0)
    num_ended = 0
    for _ in range(60):
        expected = infos["optimal_length"]
        *_, infos = envs.step(envs.optimal_actions().argmax(axis=1))
        if "final_info" in infos:
            ended = infos["_final_info"]
            num_ended += ended.sum()
            assert infos["final_info"]["is_success"][ended].all()
            np.testing.assert_allclose(infos["final_info"]["path_length"][ended], expected[ended])
    assert num_ended > 100
