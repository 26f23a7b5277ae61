"""Rewards: each part by hand, and shaping, which changes no optimal policy."""

import itertools

import numpy as np
import pytest

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.maps import GridMap
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.vector_env import GridVectorEnv

DISCOUNT = 0.99
REWARDS = {"goal": 1.0, "step": -0.01, "path": -0.02, "collision": -0.05, "hole": -0.5}
COSTS = {"road": 0.5, "sand": 2.0, "swamp": 4.0}


def random_world(seed, moves="cardinal", slip=0.0):
    """Return a small map with everything on it, and a start from which its goal is reached."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.choice(list("....=:~H#"), size=(4, 5))
        cells = rng.permutation(20)[:4]
        for cell, mark in zip(cells, ("1", "1", ".", "."), strict=True):
            rows[cell // 5, cell % 5] = mark
        start, goal = (tuple(int(k) for k in divmod(int(cell), 5)) for cell in cells[2:])
        world = reference.World(["".join(row) for row in rows], goal, moves, False, slip, COSTS, REWARDS)
        if start in world.distances():
            return world, start


def potential_of(world, weight):
    known = world.distances()
    return {cell: 0.0 if world.is_end(cell) else -weight * known.get(cell, 0.0) for cell in world.cells}


def play(world, start, weight, discount=DISCOUNT, seed=0, **arguments):
    """Yield (cell before, cell after, reward, episode over) of random play on the world in the environment."""
    env = GridPathEnv(
        "GridPath-v0",
        map=GridMap.from_text("\n".join(world.rows)),
        moves=world.moves,
        slip=world.slip,
        terrain_costs=COSTS,
        reward=RewardConfig(**REWARDS, shaping=weight, discount=discount),
        time_limit=50,
        **arguments,
    )
    env.reset(seed=seed, options={"start": start, "goal": world.goal})
    rng = np.random.default_rng(seed)
    over = False
    while not over:
        before = env.position
        _, reward, terminated, truncated, _ = env.step(int(rng.integers(len(world.actions))))
        over = terminated or truncated
        yield before, env.position, reward


@pytest.mark.parametrize(
    ("action", "reward"),
    [
        (0, -0.01 - 0.05),  # the map's edge
        (1, -0.01 - 0.02 * 4),
        (2, -0.01 - 0.02 - 0.5),
        (3, -0.01 - 0.02 + 1),
        (4, -0.01 - 0.05),  # a corner of the edge
        (5, -0.01 - 0.05),  # a corner of a hole
        (8, -0.01),
    ],
)
def test_the_parts_of_a_reward_add_up(action, reward):
    rewards = RewardConfig(**REWARDS)
    env = GridPathEnv("GridPath-v0", map="GS~\n.H.", moves="octile", stay=True, terrain_costs=COSTS, reward=rewards)
    env.reset()
    assert env.step(action)[1] == pytest.approx(reward)


def test_a_diagonal_is_charged_by_its_length():
    env = GridPathEnv(
        "GridPath-v0", map="S.\n.~\nG.", moves="octile", terrain_costs=COSTS, reward=RewardConfig(path=-1)
    )
    env.reset()
    assert env.step(5)[1] == pytest.approx(-0.01 - 4 * 2**0.5)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("slip", [0.0, 0.3])
@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_shaping_changes_no_optimal_action(moves, slip, seed):
    world, _ = random_world(seed, moves, slip)
    potential = potential_of(world, 0.37)
    plain = world.values(DISCOUNT)
    shaped = world.values(DISCOUNT, lambda before, after: DISCOUNT * potential[after] - potential[before])
    for cell in world.states():
        # Ng, Harada & Russell: every return is less by the potential of the cell it is counted from.
        assert np.subtract(plain[cell], shaped[cell]) == pytest.approx(potential[cell], abs=1e-7)
        best = [[value >= max(values[cell]) - 1e-7 for value in values[cell]] for values in (plain, shaped)]
        assert best[0] == best[1]


@pytest.mark.parametrize("slip", [0.0, 0.4])
@pytest.mark.parametrize("moves", ["cardinal", "octile"])
def test_each_step_is_shaped_by_the_change_of_the_potential(moves, slip):
    for seed in range(8):
        world, start = random_world(seed, moves, slip)
        potential = potential_of(world, 0.37)
        # The same seed plays the same episode: only the rewards differ.
        plain, shaped = (list(play(world, start, weight, seed=seed)) for weight in (0.0, 0.37))
        assert [step[:2] for step in plain] == [step[:2] for step in shaped]
        for (before, after, reward), (_, _, with_shaping) in zip(plain, shaped, strict=True):
            added = DISCOUNT * potential[after] - potential[before]
            assert with_shaping - reward == pytest.approx(added, abs=1e-5)


def test_shaping_adds_up_to_the_potential_of_the_start_and_that_of_a_cut_off_end():
    endings = set()
    for seed, discount in itertools.product(range(20), (0.9, 1.0)):
        world, start = random_world(seed)
        potential = potential_of(world, 0.37)
        plain, shaped = (list(play(world, start, weight, discount, seed)) for weight in (0.0, 0.37))
        added = sum(
            discount**k * (after[2] - before[2]) for k, (before, after) in enumerate(zip(plain, shaped, strict=True))
        )
        last = shaped[-1][1]
        endings.add("cut off" if not world.is_end(last) else "goal" if last == world.goal else "hole")
        assert added == pytest.approx(discount ** len(shaped) * potential[last] - potential[start], abs=1e-4)
    assert endings == {"cut off", "goal", "hole"}


def test_a_portal_without_a_way_back_shapes_no_reward_to_infinity():
    env = GridPathEnv("GridPath-v0", map="S.G\n1##\n###\n#1#", stay=True, reward=RewardConfig(step=0, shaping=0.5))
    env.reset()
    assert [env.step(action)[1] for action in (2, 4, 0)] == pytest.approx([0.5 * 2, 0.0, 0.0])
    assert env.distance_to_goal() == np.inf


def test_every_lane_is_shaped_by_its_own_goal_also_after_an_autoreset_and_a_saved_state():
    arguments = {"size": (5, 5), "time_limit": 7, "reward": RewardConfig(step=0, goal=0, shaping=0.5, discount=1.0)}
    envs = GridVectorEnv("GridPath-v0", 8, **arguments)
    envs.reset(seed=4)
    rng = np.random.default_rng(0)
    state = None
    for step in range(60):
        before, fresh = envs.distance_to_goal(), envs._lanes["finished"].copy()
        if step == 30:
            state = envs.get_state()
        rewards = envs.step(rng.integers(4, size=8))[1]
        expected = np.where(fresh, 0.0, 0.5 * (before - envs.distance_to_goal()))
        np.testing.assert_allclose(rewards, expected, atol=1e-6)
    other = GridVectorEnv("GridPath-v0", 8, **arguments)
    other.set_state(state)
    before, fresh = other.distance_to_goal(), other._lanes["finished"].copy()
    rewards = other.step(np.ones(8, dtype=int))[1]
    np.testing.assert_allclose(rewards, np.where(fresh, 0, 0.5 * (before - other.distance_to_goal())), atol=1e-6)
