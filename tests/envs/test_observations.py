"""Observations: pictures of what is seen, and random play on generated levels with everything on at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.maps import GridMap
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.vector_env import GridVectorEnv


def planes(env, observation=None):
    """Return {name: rows of the plane as text, # for 1}."""
    observation = env.observe() if observation is None else observation
    return {
        name: ["".join(".#"[cell] for cell in row) for row in plane]
        for name, plane in zip(env.config.planes, observation.tolist(), strict=True)
    }


def make(text, **arguments):
    env = GridPathEnv("GridPath-v0", map=text, **arguments)
    env.reset(seed=0)
    return env


def test_a_wall_hides_what_is_behind_it_and_is_seen_itself():
    env = make(".....\n..#..\n..S..\n....G\n.....", observation="line_of_sight", radius=2)
    assert planes(env) == {
        "obstacles": [".....", "..#..", ".....", ".....", "....."],
        "goal": [".....", ".....", ".....", "....#", "....."],
        "seen": ["##.##", "#####", "#####", "#####", "#####"],
    }


def test_a_line_between_two_cells_needs_one_of_them_free():
    one = make("S..\n#..\n..G", observation="line_of_sight", radius=2)
    # (2, 1) is seen past (1, 1), though (1, 0) is a wall; (2, 0) is behind it.
    assert [row[2:] for row in planes(one)["seen"][2:]] == ["###", "###", ".##"]
    both = make("S.G.\n##..\n....", observation="line_of_sight", radius=2)
    assert [row[2:] for row in planes(both)["seen"][2:]] == ["###", "###", "..."]


def test_a_goal_out_of_sight_is_shown_nowhere_and_one_in_sight_where_it_is():
    env = make("S#G\n...", observation="line_of_sight", radius=2)
    assert planes(env)["goal"] == ["....."] * 5
    env.step(2)
    env.step(1)
    assert planes(env)["goal"] == [".....", "...#.", ".....", ".....", "....."]


def test_the_outside_of_the_map_is_a_wall_that_hides_the_rest_of_it():
    seen = planes(make("S.\n.G", observation="line_of_sight", radius=3))
    assert seen["seen"][0] == seen["seen"][1] == "......."
    assert seen["obstacles"][2] == "..####."


def test_the_global_observation_is_the_map_the_goal_and_the_agent():
    env = make("S#.\n..G", observation="global")
    env.step(2)
    assert planes(env) == {
        "obstacles": [".#.", "..."],
        "goal": ["...", "..#"],
        "agent": ["...", "#.."],
    }


def test_the_trail_is_where_the_agent_has_been_this_episode():
    env = make("S..\n..G", observation="global", trail=True)
    assert planes(env)["trail"] == ["#..", "..."]
    for action in (1, 0, 2):
        env.step(action)
    assert planes(env)["trail"] == ["##.", ".#."]
    env.reset()
    assert planes(env)["trail"] == ["#..", "..."]


def test_the_trail_leaves_out_the_portal_that_was_gone_into():
    env = make("S1.\n###\n.1G", observation="global", trail=True)
    env.step(1)
    assert planes(env)["trail"] == ["#..", "...", ".#."]


def test_each_kind_of_cell_has_a_plane_in_a_settled_order():
    env = make("S=:~H\n1...1\n....G", observation="global", trail=True, terrain_costs={"sand": 2})
    assert list(planes(env)) == ["obstacles", "goal", "agent", "trail", "road", "sand", "swamp", "holes", "portals"]
    shown = {name: rows for name, rows in planes(env).items() if name not in ("obstacles", "goal", "agent", "trail")}
    assert shown == {
        "road": [".#...", ".....", "....."],
        "sand": ["..#..", ".....", "....."],
        "swamp": ["...#.", ".....", "....."],
        "holes": ["....#", ".....", "....."],
        "portals": [".....", "#...#", "....."],
    }


@pytest.mark.parametrize("kind", ["egocentric", "line_of_sight", "global"])
def test_terrain_planes_are_written_also_where_there_is_no_terrain(kind):
    env = make("S..\n..G", observation=kind, terrain_costs={"sand": 2})
    assert not env.observe()[env.config.planes.index("road") :].any()


def test_coordinates_are_shares_of_the_last_row_and_column():
    env = make("...\nS..\n...\n...\n..G", observation="coordinates")
    assert env.observe().dtype == np.float32
    assert env.observe().tolist() == [0.25, 0.0, 1.0, 1.0]
    assert env.step(1)[0].tolist() == [0.25, 0.5, 1.0, 1.0]
    assert make(["S.G"], observation="coordinates").observe().tolist() == [0.0, 0.0, 0.0, 1.0]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=9, max_size=9),
    radius=st.integers(1, 8),
    position=st.tuples(st.integers(0, 8), st.integers(0, 8)),
)
def test_sight_is_that_of_the_reference_and_mutual(rows, radius, position):
    rows[position[0]][position[1]] = False
    free = [(row, col) for row in range(9) for col in range(9) if not rows[row][col]]
    reached = reference.distances(rows, position)
    goals = [cell for cell in reached if cell != position]
    if not goals:
        return
    env = GridPathEnv("GridPath-v0", map=rows, observation="line_of_sight", radius=radius)
    observation, _ = env.reset(options={"start": position, "goal": goals[0]})
    world = reference.World(["".join("#" if wall else "." for wall in row) for row in rows], goals[0])
    np.testing.assert_array_equal(observation, world.observe("line_of_sight", position, radius, {}))
    for cell in free:
        assert reference.sees(rows, position, cell) == reference.sees(rows, cell, position)


COSTS = {"road": 0.5, "sand": 2.0, "swamp": 4.0}
REWARDS = {"goal": 2.0, "step": -0.1, "path": -0.05, "collision": -0.3, "hole": -1.0}


@pytest.mark.parametrize("kind", ["egocentric", "line_of_sight", "global"])
@pytest.mark.parametrize(("moves", "motion"), [("cardinal", "patrol"), ("octile", "random_walk")])
def test_generated_levels_with_everything_are_played_by_the_rules(kind, moves, motion):
    envs = GridVectorEnv(
        "GridPath-v0",
        8,
        size=(7, 9),
        terrain=0.5,
        holes=0.05,
        portals=2,
        moves=moves,
        stay=True,
        slip=0.3,
        moving_obstacles=3,
        obstacle_motion=motion,
        obstacle_range=1,
        observation=kind,
        trail=True,
        time_limit=40,
        terrain_costs=COSTS,
        reward=RewardConfig(**REWARDS, shaping=0.2, discount=0.9),
        **({} if kind == "global" else {"radius": 2}),
    )
    observations, infos = envs.reset(seed=9)
    rng = np.random.default_rng(9)
    worlds, known, visited, lengths = [None] * 8, [None] * 8, [None] * 8, [0.0] * 8
    fresh = np.ones(8, dtype=bool)
    num_obstacles = num_slips = 0
    for _ in range(120):
        cells = [tuple(cell) for cell in envs.positions.tolist()]
        occupied = [envs.moving_obstacles(lane) for lane in range(8)]
        distances = envs.distance_to_goal()
        for lane, cell in enumerate(cells):
            if fresh[lane]:
                rows = GridMap(envs.grid_map(lane).terrain).to_text().split()
                goal = tuple(envs.goals[lane].tolist())
                worlds[lane] = reference.World(rows, goal, moves, True, 0.3, COSTS, REWARDS)
                known[lane], visited[lane], lengths[lane] = worlds[lane].distances(), {cell}, 0.0
                assert infos["optimal_length"][lane] == pytest.approx(known[lane][cell])
            shown = worlds[lane].planes(visited[lane], (), True, True) | {"moving obstacles": set(occupied[lane])}
            # A generated level may have got no hole; its plane is there all the same, and so is that of portals.
            shown = {name: shown.get(name, set()) for name in envs.config.planes[2 + (kind != "egocentric") :]}
            np.testing.assert_array_equal(observations[lane], worlds[lane].observe(kind, cell, 2, shown))
            assert distances[lane] == pytest.approx(known[lane].get(cell, np.inf))
        actions = rng.integers(len(worlds[0].actions), size=8)
        finished = envs._lanes["finished"].copy()
        observations, rewards, terminated, _, infos = envs.step(actions)
        for lane in np.flatnonzero(~finished):
            world, cell, after = worlds[lane], cells[lane], tuple(envs.positions[lane].tolist())
            length = infos["path_length"][lane] - lengths[lane]
            potential = [0.0 if world.is_end(c) else -0.2 * known[lane].get(c, 0.0) for c in (cell, after)]
            possible = []
            for number, (_, action) in enumerate(world.taken(int(actions[lane]))):
                reached, cost, collided = world.apply(cell, action, occupied[lane])
                reward = world.reward(reached, cost, collided) + 0.9 * potential[1] - potential[0]
                possible.append((number, reached == after and abs(cost - length) < 1e-9, reward))
            matching = [number for number, fits, reward in possible if fits and abs(reward - rewards[lane]) < 1e-5]
            assert matching
            num_slips += matching[0] > 0
            num_obstacles += len(occupied[lane])
            assert terminated[lane] == world.is_end(after)
            lengths[lane] += length
            visited[lane].add(after)
        fresh = finished
    assert num_slips > 50 and num_obstacles > 500
