"""Terrain, holes and portals: pictures of each rule, and random play with all of them against the plain reference."""

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps import GridMap
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.vector_env import GridVectorEnv

UP, RIGHT, DOWN, LEFT, UP_RIGHT, DOWN_RIGHT, DOWN_LEFT, UP_LEFT = range(8)
COSTS = {"road": 0.5, "sand": 2.0, "swamp": 4.0}


def make(text, **arguments):
    env = gymnasium.make("GridPath-v0", map=text, render_mode="ansi", **arguments)
    env.reset(seed=0)
    return env


def picture(env):
    return env.render().split()


@pytest.mark.parametrize(
    ("text", "cost"), [("S.G", 1.0), ("S=G", 0.5), ("S:G", 2.0), ("S~G", 4.0)], ids=["ground", "road", "sand", "swamp"]
)
def test_a_move_costs_what_the_terrain_entered_costs_and_leaving_it_nothing(text, cost):
    env = make(f"{text}\n###", terrain_costs=COSTS)
    assert env.step(RIGHT)[4]["path_length"] == cost
    info = env.step(RIGHT)[4]
    assert info["path_length"] == info["optimal_length"] == cost + 1.0


def test_a_diagonal_move_costs_sqrt_two_times_its_terrain_whatever_is_beside_it():
    env = make("S~.\n~:.\n..G", moves="octile", terrain_costs=COSTS)
    assert env.step(DOWN_RIGHT)[4]["path_length"] == pytest.approx(2 * 2**0.5)


def test_terrain_without_costs_is_ground():
    env = make("S~G\n###")
    assert env.step(RIGHT)[4]["path_length"] == 1.0


def test_a_blocked_move_in_a_swamp_costs_nothing():
    env = make("S~G\n###", terrain_costs=COSTS)
    env.step(RIGHT)
    assert env.step(DOWN)[4]["path_length"] == 4.0


def test_a_hole_ends_the_episode_without_success():
    env = make("SHG\n...", reward=RewardConfig(hole=-0.5))
    _, reward, terminated, truncated, info = env.step(RIGHT)
    assert env.unwrapped.position == (0, 1)
    assert reward == pytest.approx(-0.51)
    assert (terminated, truncated, info["is_success"]) == (True, False, False)
    assert info["path_length"] == 1.0
    assert info["optimal_length"] == 4.0
    assert env.unwrapped.distance_to_goal() == np.inf
    assert not env.unwrapped.optimal_actions().any()
    with pytest.raises(InfeasibleLevelError, match="no path"):
        env.unwrapped.shortest_path()


@pytest.mark.parametrize("text", ["SH\n.G", "S.\nHG"])
def test_a_diagonal_move_never_passes_the_corner_of_a_hole(text):
    # Else an agent would be faster than the shortest path, which leaves holes aside.
    env = make(text, moves="octile")
    assert not env.unwrapped.action_masks()[DOWN_RIGHT]
    assert env.step(DOWN_RIGHT)[4] == {"is_success": False, "optimal_length": 2.0, "path_length": 0.0}
    assert env.unwrapped.position == (0, 0)


def test_a_diagonal_move_may_end_in_a_hole():
    env = make("S..\n.H.\n..G", moves="octile")
    assert env.unwrapped.action_masks()[DOWN_RIGHT]
    assert env.step(DOWN_RIGHT)[2]
    assert env.unwrapped.position == (1, 1)


@pytest.mark.parametrize(
    ("text", "moves", "action", "after"),
    [
        ("S1.\n###\n.1G", "cardinal", RIGHT, ["S1.", "###", ".AG"]),
        ("1S.\n###\n.1G", "cardinal", LEFT, ["1S.", "###", ".AG"]),
        ("S..\n.1.\n#..\n1.G", "octile", DOWN_RIGHT, ["S..", ".1.", "#..", "A.G"]),
        # A diagonal move cuts no corner, portal or not.
        ("S#.\n.1.\n#..\n1.G", "octile", DOWN_RIGHT, ["A#.", ".1.", "#..", "1.G"]),
        # A portal beside a diagonal move is no wall.
        ("S1.\n1..\n..G", "octile", DOWN_RIGHT, ["S1.", "1A.", "..G"]),
    ],
)
def test_who_enters_a_portal_stands_on_the_other(text, moves, action, after):
    env = make(text, moves=moves)
    env.step(action)
    assert picture(env) == after


def test_entering_a_portal_is_one_move_whose_other_end_costs_nothing():
    env = make("S1#\n###\n#1G", terrain_costs={"ground": 3.0})
    assert env.step(RIGHT)[4]["path_length"] == 3.0
    assert env.unwrapped.shortest_path() == [(2, 1), (2, 2)]
    info = env.step(RIGHT)[4]
    assert info["path_length"] == info["optimal_length"] == 6.0


def test_staying_on_a_portal_and_running_into_a_wall_from_it_do_nothing():
    env = make("S1.\n###\n.1G", stay=True)
    env.step(RIGHT)
    for action in (UP, 4):
        assert env.step(action)[4]["path_length"] == 1.0
        assert env.unwrapped.position == (2, 1)


def test_running_into_a_wall_next_to_a_portal_does_nothing():
    env = make("S1.\n###\n.1G")
    for action in (UP, DOWN, LEFT):
        env.step(action)
        assert env.unwrapped.position == (0, 0)


def test_a_portal_beside_its_other_end_leads_back_to_where_one_stands():
    env = make("S11G\n....")
    env.step(RIGHT)
    assert env.unwrapped.position == (0, 2)
    assert env.step(LEFT)[4]["path_length"] == 2.0
    assert env.unwrapped.position == (0, 2)


def test_no_generated_portal_is_a_trap():
    envs = GridVectorEnv("GridPath-v0", 64, size=(8, 8), density=0.4, portals=4, holes=0.1)
    num_portals = 0
    for seed in range(20):
        envs.reset(seed=64 * seed)
        for lane in range(64):
            rows = envs.grid_map(lane).to_text().split()
            world = reference.World(rows, tuple(envs.goals[lane]))
            for first, second in envs.grid_map(lane).portals:
                num_portals += 1
                for cell in (first, second):
                    ways = [world.apply(cell, action)[0] for action in world.actions]
                    assert any(not world.is_hole(way) and not world.mark(way).isdigit() for way in ways if way != cell)
    assert num_portals > 1000


def test_a_goal_that_no_portal_leads_to_is_drawn_anew():
    env = GridPathEnv("GridPath-v0", map="..##\n##1.\n####\n#1##")
    for seed in range(30):
        env.reset(seed=seed)
        assert {env.grid_map.start, env.grid_map.goal} == {(0, 0), (0, 1)}


@st.composite
def worlds(draw, marks="...=:~H#"):
    height, width = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    rows = [[draw(st.sampled_from(marks)) for _ in range(width)] for _ in range(height)]
    cells = [(row, col) for row in range(height) for col in range(width)]
    order = draw(st.permutations(cells))
    start, goal = order[:2]
    rows[start[0]][start[1]] = rows[goal[0]][goal[1]] = "."
    num_pairs = draw(st.integers(0, min(3, (len(cells) - 2) // 2)))
    for k in range(num_pairs):
        for row, col in order[2 + 2 * k : 4 + 2 * k]:
            rows[row][col] = str(k + 1)
    return ["".join(row) for row in rows], start, goal


@settings(max_examples=200, deadline=None)
@given(
    drawn=worlds(),
    moves=st.sampled_from(["cardinal", "octile"]),
    stay=st.booleans(),
    is_weighted=st.booleans(),
    kind=st.sampled_from(["egocentric", "line_of_sight", "global"]),
    radius=st.integers(1, 3),
    trail=st.booleans(),
    shaping=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_play_with_everything_is_that_of_the_reference(
    drawn, moves, stay, is_weighted, kind, radius, trail, shaping, seed
):
    rows, start, goal = drawn
    costs = COSTS if is_weighted else None
    rewards = {"goal": 2.0, "step": -0.1, "path": -0.05, "collision": -0.3, "hole": -1.0}
    world = reference.World(rows, goal, moves, stay, costs=costs, rewards=rewards)
    known = world.distances()
    if start not in known:
        return
    window = {} if kind == "global" else {"radius": radius}
    env = GridPathEnv(
        "GridPath-v0",
        map=GridMap.from_text("\n".join(rows) + "\n"),
        moves=moves,
        stay=stay,
        terrain_costs=costs,
        observation=kind,
        trail=trail,
        time_limit=60,
        reward=RewardConfig(**rewards, shaping=shaping, discount=0.9),
        **window,
    )
    observation, info = env.reset(options={"start": start, "goal": goal})
    assert info["optimal_length"] == pytest.approx(known[start])
    rng = np.random.default_rng(seed)
    cell, length, visited = start, 0.0, {start}

    def potential(cell):
        return 0.0 if world.is_end(cell) else -shaping * known.get(cell, 0.0)

    for _ in range(60):
        planes = world.planes(visited, (), is_weighted, trail)
        np.testing.assert_array_equal(observation, world.observe(kind, cell, radius, planes))
        assert env.distance_to_goal() == pytest.approx(known.get(cell, np.inf))
        masks, best = env.action_masks(), env.optimal_actions()
        for number, action in enumerate(world.actions):
            after, cost, collided = world.apply(cell, action)
            assert masks[number] == (not collided)
            shortens = cost > 0 and known.get(after, np.inf) + cost == pytest.approx(known.get(cell, -1.0))
            assert best[number] == shortens
        number = int(rng.integers(len(world.actions)))
        ((_, after, expected),) = world.outcomes(cell, number)
        length += world.apply(cell, world.actions[number])[1]
        expected += 0.9 * potential(after) - potential(cell)
        cell = after
        visited.add(cell)
        observation, reward, terminated, _, info = env.step(number)
        assert env.position == cell
        assert reward == pytest.approx(expected, abs=1e-5)
        assert terminated == world.is_end(cell)
        assert info["is_success"] == (cell == goal)
        assert info["path_length"] == pytest.approx(length)
        if terminated:
            break
