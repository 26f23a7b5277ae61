"""Slip and its optimum: frequencies, FrozenLake's probabilities, and value iteration against the plain reference."""

import itertools

import gymnasium
import numpy as np
import pytest
from scipy.stats import chisquare

import reference
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.maps import GridMap, distances_to, optimal_actions, optimal_values
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.vector_env import GridVectorEnv

FROZEN_LAKE = ["SFFF", "FHFH", "FFFH", "HFFG"]
REWARDS = {"goal": 1.5, "step": -0.02, "path": -0.03, "collision": -0.1, "hole": -0.7}
COSTS = {"road": 0.5, "sand": 2.0, "swamp": 4.0}


def outcome_counts(action, slip, moves, stay=False, num_envs=6000):
    """Step many lanes once from the middle of an empty map; {(row change, column change): how many}."""
    arguments = {"map": np.zeros((5, 5), dtype=bool), "moves": moves, "stay": stay, "slip": slip}
    envs = GridVectorEnv("GridPath-v0", num_envs, **arguments)
    envs.reset(seed=11, options={"start": (2, 2), "goal": (0, 0)})
    envs.step(np.full(num_envs, action))
    changes = [tuple(change) for change in (envs.positions - 2).tolist()]
    return {change: changes.count(change) for change in set(changes)}


@pytest.mark.parametrize("slip", [0.1, 2 / 3, 1.0])
@pytest.mark.parametrize(("moves", "action"), [("cardinal", 0), ("cardinal", 1), ("octile", 3), ("octile", 4)])
def test_a_move_slips_to_each_perpendicular_one_half_the_time_that_it_slips(moves, action, slip):
    counts = outcome_counts(action, slip, moves)
    world = reference.World(["....."] * 5, (0, 0), moves, slip=slip)
    expected = {change: probability for probability, change in world.taken(action) if probability > 0}
    assert set(counts) == set(expected)
    if len(expected) > 1:
        observed = [counts[change] for change in expected]
        assert chisquare(observed, np.array(list(expected.values())) * 6000).pvalue > 1e-3


def test_slips_of_later_steps_and_episodes_are_independent():
    envs = GridVectorEnv("GridPath-v0", 4000, map=np.zeros((9, 9), dtype=bool), slip=0.5)
    slips = []
    for _ in range(2):
        envs.reset(seed=3 if not slips else None, options={"start": (4, 4), "goal": (0, 0)})
        for _ in range(2):
            before = envs.positions
            envs.step(np.full(4000, 1))
            slips.append((envs.positions - before)[:, 0].tolist())
    for first, second in itertools.combinations(slips, 2):
        pairs = list(zip(first, second, strict=True))
        table = {-1: 0.25, 0: 0.5, 1: 0.25}
        expected = {(one, other): table[one] * table[other] for one in table for other in table}
        observed = [pairs.count(pair) for pair in expected]
        assert chisquare(observed, np.array(list(expected.values())) * 4000).pvalue > 1e-3


def test_staying_never_slips():
    assert outcome_counts(8, 1.0, "octile", stay=True) == {(0, 0): 6000}


def test_a_move_that_slips_into_a_wall_collides():
    env = GridPathEnv("GridPath-v0", map="S.G\n###", slip=1.0, reward=RewardConfig(collision=-0.5))
    env.reset(seed=0)
    assert env.step(1)[1] == pytest.approx(-0.51)
    assert env.position == (0, 0)


def test_two_thirds_are_the_probabilities_of_frozen_lake():
    lake = gymnasium.make("FrozenLake-v1", desc=FROZEN_LAKE, is_slippery=True).unwrapped
    world = reference.World(FROZEN_LAKE, (3, 3), slip=2 / 3, rewards={"goal": 1.0})
    theirs = {0: 3, 1: 2, 2: 1, 3: 0}  # left, down, right, up
    num_lanes = 3000
    # Unlike the lake's, our episodes may start in any cell with options.
    open_map = "\n".join(FROZEN_LAKE).replace("S", "F").replace("G", "F")
    envs = GridVectorEnv("GridPath-v0", num_lanes, map=open_map, slip=2 / 3, reward=RewardConfig(1.0, 0.0))
    for cell in world.states():
        for action in range(4):
            expected, ours = {}, {}
            for probability, after, reward, terminated in lake.P[cell[0] * 4 + cell[1]][action]:
                key = (after, reward, terminated)
                expected[key] = expected.get(key, 0.0) + probability
            for probability, after, reward in world.outcomes(cell, theirs[action]):
                key = (after[0] * 4 + after[1], reward, world.is_end(after))
                ours[key] = ours.get(key, 0.0) + probability
            assert ours == pytest.approx(expected)
            envs.reset(seed=cell[0] * 16 + cell[1] * 4 + action, options={"start": cell, "goal": (3, 3)})
            _, rewards, terminated, _, _ = envs.step(np.full(num_lanes, theirs[action]))
            reached = (envs.positions @ [4, 1]).tolist()
            seen = list(zip(reached, rewards.tolist(), terminated.tolist(), strict=True))
            counts = {key: seen.count(key) for key in set(seen)}
            assert set(counts) == set(expected)
            if len(counts) > 1:
                observed = [counts[key] for key in expected]
                assert chisquare(observed, np.array(list(expected.values())) * num_lanes).pvalue > 1e-4


def test_a_frozen_lake_description_is_a_map_with_start_goal_and_holes():
    env = GridPathEnv("GridPath-v0", map=FROZEN_LAKE, slip=2 / 3, observation="position")
    assert env.reset(seed=0)[0] == 0
    assert env.grid_map.goal == (3, 3)
    assert env.observation_space == gymnasium.make("FrozenLake-v1").observation_space


def test_the_optimum_of_frozen_lake_without_discount_is_the_known_one():
    values = optimal_values(
        GridMap.from_array(FROZEN_LAKE), (3, 3), slip=2 / 3, reward=RewardConfig(1.0, 0.0, discount=1.0)
    )
    assert values[0, 0] == pytest.approx(14 / 17, abs=1e-6)


def random_world(seed, moves, stay, slip, rewards=REWARDS):
    rng = np.random.default_rng(seed)
    rows = rng.choice(list("....=:~H#"), size=(5, 6))
    cells = rng.permutation(30)[:4]
    for cell, mark in zip(cells, ("1", "1", ".", "."), strict=True):
        rows[cell // 6, cell % 6] = mark
    goal = (int(cells[3] // 6), int(cells[3] % 6))
    return reference.World(["".join(row) for row in rows], goal, moves, stay, slip, COSTS, rewards)


def best(returns):
    return [value >= max(returns) - 1e-7 for value in returns]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("slip", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("moves", "stay"), [("cardinal", True), ("octile", False)])
def test_optimal_values_and_actions_are_those_of_the_reference(moves, stay, slip, seed):
    world = random_world(seed, moves, stay, slip)
    expected = world.values(0.95)
    grid_map = GridMap.from_text("\n".join(world.rows))
    arguments = {"moves": moves, "stay": stay, "slip": slip, "terrain_costs": COSTS}
    arguments["reward"] = RewardConfig(**REWARDS, discount=0.95, shaping=0.7)  # which the optimum leaves aside
    values = optimal_values(grid_map, world.goal, **arguments)
    actions = optimal_actions(grid_map, world.goal, **arguments)
    for cell in world.cells:
        assert values[cell] == pytest.approx(max(expected[cell]) if cell in expected else 0.0, abs=1e-6)
        if slip > 0.0:
            assert actions[cell].tolist() == (
                best(expected[cell]) if cell in expected else [False] * len(actions[cell])
            )


def test_the_env_knows_the_optimum_at_every_step_of_random_play():
    rng = np.random.default_rng(2)
    for seed, moves in itertools.product(range(3), ("cardinal", "octile")):
        world = random_world(seed, moves, False, 0.3)
        expected = world.values(0.95)
        reward = RewardConfig(**REWARDS, discount=0.95)
        grid_map = GridMap(GridMap.from_text("\n".join(world.rows)).terrain, goal=world.goal)
        arguments = {"map": grid_map, "slip": 0.3, "moves": moves}
        envs = GridVectorEnv("GridPath-v0", 6, terrain_costs=COSTS, reward=reward, time_limit=100, **arguments)
        envs.reset(seed=seed)
        for _ in range(20):
            returns, actions = envs.optimal_return(), envs.optimal_actions()
            for lane, position in enumerate(envs.positions.tolist()):
                known = expected.get(tuple(position), [0.0])
                assert returns[lane] == pytest.approx(max(known), abs=1e-6)
                if len(known) > 1:
                    assert actions[lane].tolist() == best(known)
            envs.step(rng.integers(envs.single_action_space.n, size=6))


def test_optimal_play_earns_the_optimal_return():
    num_lanes = 4000
    reward = RewardConfig(1.0, -0.01, hole=-0.5, collision=-0.02, discount=0.9)
    envs = GridVectorEnv(
        "GridPath-v0", num_lanes, autoreset_mode="Disabled", map=FROZEN_LAKE, slip=0.4, reward=reward, time_limit=500
    )
    envs.reset(seed=5)
    expected = envs.optimal_return()
    assert (expected == expected[0]).all()
    policy = optimal_actions(GridMap.from_array(FROZEN_LAKE), (3, 3), slip=0.4, reward=reward).argmax(axis=2)
    earned, alive = np.zeros(num_lanes), np.ones(num_lanes, dtype=bool)
    for step in range(200):
        rewards = envs.step(policy[tuple(envs.positions.T)])[1]
        earned += 0.9**step * rewards * alive
        finished = envs._lanes["finished"].copy()
        alive &= ~finished
        if finished.any():
            envs.reset(options={"reset_mask": finished})
    assert not alive.any()
    assert abs(earned.mean() - expected[0]) < 3 * earned.std() / num_lanes**0.5


def test_without_slip_the_optimum_for_a_cost_a_cell_is_the_shortest_path():
    world = random_world(1, "octile", False, 0.0)
    grid_map = GridMap.from_text("\n".join(world.rows))
    reward = RewardConfig(goal=0.0, step=0.0, path=-1.0, collision=-1000.0, hole=-1000.0, discount=1.0)
    values = optimal_values(grid_map, world.goal, "octile", terrain_costs=COSTS, reward=reward)
    distances = distances_to(grid_map, world.goal, "octile", COSTS)
    reached = np.isfinite(distances)
    np.testing.assert_allclose(-values[reached], distances[reached], atol=1e-6)
