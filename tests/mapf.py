"""Questions for planners of many agents, and the answer to the smallest by brute force."""

import heapq
from itertools import product

import numpy as np
import pytest

from conftest import movingai_folder
from gridpath_envs.maps import GridMap, distances_to, load_map, load_scenario

# Two agents that have to change places, and one cell beside the corridor to do so.
BAY = GridMap.from_text("...\n#.#"), [(0, 0), (0, 2)], [(0, 2), (0, 0)]
# All four cells are taken: nobody moves unless all do.
ROTATION = GridMap.from_text("..\n.."), [(0, 0), (0, 1), (1, 1), (1, 0)], [(0, 1), (1, 1), (1, 0), (0, 0)]
# Both would be in the middle at once.
CROSSING = GridMap.from_text("#.#\n...\n#.#"), [(1, 0), (0, 1)], [(1, 2), (2, 1)]
# No way past each other.
HOPELESS = GridMap.from_text("...."), [(0, 0), (0, 3)], [(0, 3), (0, 0)]


def random_question(seed, height, width, walls, num_agents):
    """Return a map and distinct starts and goals within its largest part; fewer agents where it is too small."""
    rng = np.random.default_rng(seed)
    blocked = rng.random((height, width)) < walls
    blocked[0, 0] = False
    grid_map = GridMap.from_array(blocked)
    parts = [np.argwhere(np.isfinite(distances_to(grid_map, tuple(cell)))) for cell in np.argwhere(~blocked).tolist()]
    cells = max(parts, key=len)
    num_agents = min(num_agents, len(cells))
    starts, goals = (cells[rng.permutation(len(cells))[:num_agents]] for _ in range(2))
    return grid_map, starts, goals


def real_question(name, num_agents, number=1):
    """Return one of MovingAI's, and skip the test where this machine has none."""
    folder = movingai_folder()
    if folder is None or not (folder.parent / "mapf" / f"{name}.map").is_file():
        pytest.skip("MovingAI's maps for many agents are not on this machine")
    rows = load_scenario(folder.parent / "mapf" / f"{name}-random-{number}.scen")[:num_agents]
    grid_map = load_map(folder.parent / "mapf" / f"{name}.map")
    return grid_map, np.array([row.start for row in rows]), np.array([row.goal for row in rows])


def least_sum_of_costs(grid_map, starts, goals):
    """Return the least sum of costs by Dijkstra's algorithm over all positions at once; None where there is no plan."""
    height, width = grid_map.shape
    goals = [tuple(map(int, goal)) for goal in goals]
    everyone = frozenset(range(len(goals)))
    first = tuple(tuple(map(int, start)) for start in starts), frozenset()
    queue, seen = [(0, 0, first)], set()
    count = 0
    while queue:
        cost, _, (cells, resting) = heapq.heappop(queue)
        if resting == everyone:
            return cost
        if (cells, resting) in seen:
            continue
        seen.add((cells, resting))
        at_goal = [k for k in everyone - resting if cells[k] == goals[k]]
        for chosen in product((False, True), repeat=len(at_goal)):
            now_resting = resting | {k for k, is_chosen in zip(at_goal, chosen, strict=True) if is_chosen}
            count += 1
            if now_resting != resting:
                heapq.heappush(queue, (cost, count, (cells, now_resting)))
        ways = []
        for k, (row, col) in enumerate(cells):
            around = [(row, col), (row - 1, col), (row, col + 1), (row + 1, col), (row, col - 1)]
            inside = [(r, c) for r, c in around if 0 <= r < height and 0 <= c < width and not grid_map.blocked[r, c]]
            ways.append([(row, col)] if k in resting else inside)
        for following in product(*ways):
            moved = {(a, b) for a, b in zip(cells, following, strict=True) if a != b}
            if len(set(following)) == len(following) and not any((b, a) in moved for a, b in moved):
                count += 1
                heapq.heappush(queue, (cost + len(goals) - len(resting), count, (following, resting)))
    return None
