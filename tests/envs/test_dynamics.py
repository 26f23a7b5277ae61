"""The compiled kernels against the plain reference, and pictures of each movement rule."""

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference


def picture(env):
    return env.render().split()


def make(text, **arguments):
    env = gymnasium.make("GridPath-v0", map=text, render_mode="ansi", **arguments)
    env.reset(seed=0)
    return env


@pytest.mark.parametrize(
    ("action", "after"),
    [
        (0, ["A..", "S..", "..G"]),
        (1, ["...", "SA.", "..G"]),
        (2, ["...", "S..", "A.G"]),
        (3, ["...", "A..", "..G"]),  # the map's edge is a wall
    ],
)
def test_the_four_moves_are_up_right_down_left(action, after):
    env = make("...\nS..\n..G")
    env.step(action)
    assert picture(env) == after


@pytest.mark.parametrize(
    ("action", "after", "cost"),
    [
        (4, ["..A", ".S.", "..G"], 2**0.5),
        (5, ["...", ".S.", "..*"], 2**0.5),
        (6, ["...", ".S.", "A.G"], 2**0.5),
        (7, ["A..", ".S.", "..G"], 2**0.5),
        (8, ["...", ".A.", "..G"], 0.0),
    ],
)
def test_the_diagonal_moves_go_clockwise_from_up_right_and_stay_is_last(action, after, cost):
    env = make("...\n.S.\n..G", moves="octile", stay=True)
    info = env.step(action)[4]
    assert picture(env) == after
    assert info["path_length"] == pytest.approx(cost)


def test_a_wall_leaves_the_agent_where_it_is_and_costs_no_length():
    env = make("S#.\n...\n..G")
    info = env.step(1)[4]
    assert picture(env) == ["A#.", "...", "..G"]
    assert info["path_length"] == 0.0


@pytest.mark.parametrize("text", ["S#.\n...\n..G", "S..\n#..\n..G"])
def test_a_diagonal_move_never_cuts_a_corner(text):
    env = make(text, moves="octile")
    env.step(5)
    assert env.unwrapped.position == (0, 0)


def test_the_goal_gives_its_reward_on_top_of_the_steps_and_terminates():
    env = make("S.\nG.")
    _, reward, terminated, truncated, info = env.step(2)
    assert reward == np.float32(1.0) + np.float32(-0.01)
    assert (terminated, truncated) == (True, False)
    assert info == {"is_success": True, "optimal_length": 1.0, "path_length": 1.0}


def test_the_limit_truncates_also_at_the_goal():
    env = make("S.\n.G", time_limit=2)
    assert env.step(0)[2:4] == (False, False)
    assert env.step(0)[2:4] == (False, True)
    env.reset()
    env.step(1)
    assert env.step(2)[2:4] == (True, True)


def test_a_time_limit_of_a_float_is_a_multiple_of_the_optimal_length():
    env = make("S...\n...G", time_limit=1.5)
    flags = [env.step(0)[3] for _ in range(6)]
    assert flags == [False] * 5 + [True]
    # In floating point 1.1 * 50 is more than 55.
    corridor = make("S" + "." * 49 + "G\n" + "#" * 51, time_limit=1.1)
    assert [corridor.step(0)[3] for _ in range(55)] == [False] * 54 + [True]


@st.composite
def played_maps(draw):
    height, width = draw(st.integers(2, 9)), draw(st.integers(2, 9))
    blocked = draw(st.lists(st.lists(st.booleans(), min_size=width, max_size=width), min_size=height, max_size=height))
    cells = st.tuples(st.integers(0, height - 1), st.integers(0, width - 1))
    start = draw(cells)
    goal = draw(cells.filter(lambda cell: cell != start))
    blocked[start[0]][start[1]] = blocked[goal[0]][goal[1]] = False
    return blocked, start, goal


@settings(max_examples=150, deadline=None)
@given(
    played=played_maps(),
    moves=st.sampled_from(["cardinal", "octile"]),
    stay=st.booleans(),
    radius=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_play_is_that_of_the_reference(played, moves, stay, radius, seed):
    blocked, start, goal = played
    known = reference.distances(blocked, goal, moves)
    if start not in known:
        return
    env = gymnasium.make("GridPath-v0", map=blocked, moves=moves, stay=stay, radius=radius, time_limit=40).unwrapped
    observation, info = env.reset(options={"start": start, "goal": goal})
    expected = reference.ReferenceEnv(blocked, start, goal, 40, moves, stay)
    assert info["optimal_length"] == pytest.approx(known[start])
    rng = np.random.default_rng(seed)
    for _ in range(40):
        np.testing.assert_array_equal(observation, reference.window(blocked, expected.cell, goal, radius))
        assert env.distance_to_goal() == pytest.approx(known[expected.cell])
        for action, change in enumerate(expected.actions):
            target, cost = reference.move(blocked, expected.cell, change)
            assert env.action_masks()[action] == (target != expected.cell or change == (0, 0))
            shortens = cost > 0 and known[target] + cost == pytest.approx(known[expected.cell])
            assert env.optimal_actions()[action] == shortens
        action = int(rng.integers(len(expected.actions)))
        observation, reward, terminated, truncated, info = env.step(action)
        reward_, terminated_, truncated_ = expected.step(action)
        assert env.position == expected.cell
        assert reward == pytest.approx(reward_, abs=1e-6)
        assert (terminated, truncated) == (terminated_, truncated_)
        assert info["path_length"] == pytest.approx(expected.path_length)
        if terminated or truncated:
            break


def test_the_position_is_the_cell_and_the_goal_where_it_varies():
    env = gymnasium.make("GridPath-v0", map=np.zeros((3, 4), dtype=bool), observation="position")
    assert env.observation_space.n == 144
    assert env.reset(options={"start": (1, 2), "goal": (2, 3)})[0] == 6 * 12 + 11
    fixed = gymnasium.make("GridPath-v0", map="S..\n..G", observation="position")
    assert fixed.observation_space.n == 6
    assert fixed.reset()[0] == 0
    assert fixed.step(1)[0] == 1
