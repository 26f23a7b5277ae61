"""Moving obstacles: where they never go, how they move, what running into them does, and their streams."""

import numpy as np
import pytest

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.maps import GridMap
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.vector_env import GridVectorEnv

MOTIONS = ["patrol", "random_walk"]


def traffic(envs, steps, rng):
    """Yield the agents' cells and the obstacles' cells of each lane, before and after each step of random play."""
    lanes = range(envs.num_envs)

    def scene():
        return [tuple(cell) for cell in envs.positions.tolist()], [envs.moving_obstacles(lane) for lane in lanes]

    before = scene()
    for _ in range(steps):
        rewards = envs.step(rng.integers(envs.single_action_space.n, size=envs.num_envs))[1]
        after = scene()
        yield before, after, rewards
        before = after


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("moves", ["cardinal", "octile"])
@pytest.mark.parametrize("size", [(9, 9), (5, 12)])
def test_obstacles_keep_to_free_cells_near_their_home_and_leave_a_way_round(size, moves, motion):
    span = 2
    envs = GridVectorEnv(
        "GridPath-v0",
        12,
        size=size,
        moves=moves,
        density=0.15,
        holes=0.05,
        portals=2,
        moving_obstacles=6,
        obstacle_motion=motion,
        obstacle_range=span,
        time_limit=10_000,
        stay=True,
    )
    rng = np.random.default_rng(1)
    num_seen = num_moved = 0
    for seed in range(4):
        envs.reset(seed=100 * seed)
        worlds = [
            reference.World(
                envs.grid_map(lane).to_text().replace("S", ".").replace("G", ".").split(), tuple(goal), moves
            )
            for lane, goal in enumerate(envs.goals.tolist())
        ]
        starts = [tuple(start) for start in envs.starts.tolist()]
        homes = [envs.moving_obstacles(lane) for lane in range(12)]
        visited = [[{home} for home in lane] for lane in homes]
        ended = set()
        for (agents, before), (agents_after, after), _ in traffic(envs, 300, rng):
            for lane in set(range(12)) - ended:
                if envs._lanes["finished"][lane]:
                    ended.add(lane)
                    continue
                cells = after[lane]
                num_seen += len(cells)
                num_moved += cells != before[lane]
                assert len(set(cells)) == len(cells) == len(homes[lane])
                assert agents_after[lane] not in cells
                for k, (cell, home) in enumerate(zip(cells, homes[lane], strict=True)):
                    assert worlds[lane].mark(cell) not in "#H12"
                    assert max(abs(cell[0] - home[0]), abs(cell[1] - home[1])) <= span
                    assert sum(abs(np.subtract(cell, before[lane][k]))) <= 1
                    # Agent and obstacle never change places.
                    assert not (cell == agents[lane] and before[lane][k] == agents_after[lane])
                    visited[lane][k].add(cell)
        for lane, world in enumerate(worlds):
            taken = set().union(*visited[lane])
            assert not taken & {starts[lane], world.goal}
            rows = [
                "".join("#" if (row, col) in taken else mark for col, mark in enumerate(marks))
                for row, marks in enumerate(world.rows)
            ]
            assert starts[lane] in reference.World(rows, world.goal, moves).distances()
            if motion == "patrol":
                for cells in visited[lane]:
                    assert len({row for row, _ in cells}) == 1 or len({col for _, col in cells}) == 1
    assert num_seen > 1000 and num_moved > 100


def test_a_patrol_goes_to_and_fro_on_its_line():
    # Only below is there a place for one, since above is the only way.
    text = "S...G\n#.###\n....."
    env = GridPathEnv("GridPath-v0", map=text, moving_obstacles=1, obstacle_range=9, stay=True, time_limit=500)
    num_patrols = 0
    for seed in range(30):
        env.reset(seed=seed)
        cells = []
        for _ in range(30 if env.moving_obstacles else 0):
            cells.extend(env.moving_obstacles)
            env.step(4)
        if len({row for row, _ in cells}) != 1:
            continue
        num_patrols += 1
        changes = np.diff([col for _, col in cells])
        assert {row for row, _ in cells} == {2}
        assert {col for _, col in cells} == set(range(5))
        assert set(np.abs(changes)) == {1}
        assert {cells[k + 1][1] for k in np.flatnonzero(np.diff(changes))} == {0, 4}
    assert num_patrols > 5


def test_a_random_walk_stays_or_goes_each_way_one_time_in_five():
    rows = ["S.G".ljust(30, "#"), "#" * 30] + ["." * 30] * 28
    arguments = {
        "moving_obstacles": 1,
        "obstacle_motion": "random_walk",
        "obstacle_range": 5,
        "stay": True,
        "time_limit": 64,
    }
    envs = GridVectorEnv("GridPath-v0", 300, map="\n".join(rows), **arguments)
    envs.reset(seed=0)
    homes = [envs.moving_obstacles(lane) for lane in range(300)]
    counts = {}
    for (_, before), (_, after), _ in traffic_of_waiting(envs, 20):
        for home, old, new in zip(homes, before, after, strict=True):
            # Where neither the range nor the map ends.
            if old and np.abs(np.subtract(old[0], home[0])).max() < 5 and 2 < old[0][0] < 29 and 0 < old[0][1] < 29:
                change = tuple(np.subtract(new[0], old[0]).tolist())
                counts[change] = counts.get(change, 0) + 1
    assert set(counts) == {*reference.CARDINAL, (0, 0)}
    total = sum(counts.values())
    assert total > 1000
    for count in counts.values():
        assert abs(count / total - 0.2) < 4 * (0.16 / total) ** 0.5


def traffic_of_waiting(envs, steps):
    lanes = range(envs.num_envs)
    before = [envs.moving_obstacles(lane) for lane in lanes]
    for _ in range(steps):
        envs.step(np.full(envs.num_envs, envs.single_action_space.n - 1))
        after = [envs.moving_obstacles(lane) for lane in lanes]
        yield (None, before), (None, after), None
        before = after


@pytest.mark.parametrize("motion", MOTIONS)
def test_running_into_an_obstacle_costs_and_leaves_the_agent_where_it_is(motion):
    reward = RewardConfig(step=0, goal=0, collision=-0.25)
    arguments = {"density": 0.0, "moving_obstacles": 12, "obstacle_motion": motion, "moves": "octile", "stay": True}
    envs = GridVectorEnv("GridPath-v0", 16, size=(8, 8), reward=reward, **arguments)
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    table = reference.actions("octile", True)
    bumps = 0
    for _ in range(150):
        agents, masks = [tuple(cell) for cell in envs.positions.tolist()], envs.action_masks()
        occupied = [envs.moving_obstacles(lane) for lane in range(16)]
        fresh = envs._lanes["finished"].copy()
        actions = rng.integers(9, size=16)
        rewards = envs.step(actions)[1]
        for lane in np.flatnonzero(~fresh):
            world = reference.World(["." * 8] * 8, (-1, -1), "octile", True)
            for number, action in enumerate(table):
                assert masks[lane, number] == (not world.apply(agents[lane], action, occupied[lane])[2])
            after, _, collided = world.apply(agents[lane], table[actions[lane]], occupied[lane])
            assert tuple(envs.positions[lane]) == after
            assert rewards[lane] == (-0.25 if collided else 0.0)
            bumps += collided and not world.apply(agents[lane], table[actions[lane]])[2]
    assert bumps > 20


def run_traffic(num_envs, seed, options=None, steps=15, **arguments):
    arguments = {"size": (8, 8), "moving_obstacles": 4, "stay": True} | arguments
    envs = GridVectorEnv("GridPath-v0", num_envs, **arguments)
    envs.reset(seed=seed, options=options)
    levels = [envs.grid_map(lane) for lane in range(num_envs)]
    cells = [[envs.moving_obstacles(lane)] for lane in range(num_envs)]
    for _, (_, after), _ in traffic_of_waiting(envs, steps):
        for lane in range(num_envs):
            cells[lane].append(after[lane])
    return levels, cells


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_same_seed_is_the_same_traffic_for_any_number_of_lanes(motion):
    levels, cells = run_traffic(6, 40, obstacle_motion=motion)
    assert any(scene != lane[0] for lane in cells for scene in lane)
    for lane in range(6):
        assert run_traffic(1, 40 + lane, obstacle_motion=motion) == ([levels[lane]], [cells[lane]])
    assert run_traffic(6, 40, obstacle_motion=motion, num_threads=3) == (levels, cells)


@pytest.mark.parametrize(
    "arguments", [{}, {"num_levels": 5}, {"map": np.zeros((8, 8), dtype=bool), "size": None}], ids=str
)
def test_equal_episode_seeds_are_equal_levels_under_traffic_of_each_lane_itself(arguments):
    levels, cells = run_traffic(4, 40, {"episode_seeds": 9}, **arguments)
    assert levels[0] == levels[1] == levels[2] == levels[3]
    assert all(cells[0] != other for other in cells[1:])


def test_obstacles_are_gone_from_where_they_were_in_the_episode_before():
    env = GridPathEnv(
        "GridPath-v0", map=np.zeros((6, 6), dtype=bool), moving_obstacles=3, observation="global", stay=True
    )
    for seed in range(20):
        env.reset(seed=seed)
        for _ in range(5):
            observation = env.step(4)[0]
            shown = {tuple(cell) for cell in np.argwhere(observation[-1]).tolist()}
            assert shown == set(env.moving_obstacles)
    assert isinstance(env.grid_map, GridMap)
