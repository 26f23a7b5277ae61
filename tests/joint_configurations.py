"""Configurations of many agents that between them use everything, and ways to play and compare them."""

import numpy as np

from gridpath_envs import RewardConfig

OPEN = "......\n.##...\n......\n...#..\n......"
SHAPED = RewardConfig(goal=2.0, step=-0.05, path=-0.01, collision=-0.1, shaping=0.2)

CASES = [
    ("gridpath/mapf_v0", {"size": (5, 6), "num_agents": 3, "time_limit": 12}),
    ("gridpath/mapf_v0", {"size": (4, 4), "density": 0.0, "num_agents": 2, "time_limit": 60, "conflicts": "priority"}),
    (
        "gridpath/mapf_v0",
        {
            "size": (6, 6),
            "num_agents": 4,
            "on_arrival": "disappear",
            "time_limit": 3.0,
            "observation": "combined",
            "radius": 2,
            "mask_in_info": True,
            "team_weight": 0.25,
            "reward": SHAPED,
        },
    ),
    (
        "gridpath/mapf_v0",
        {
            "map": OPEN,
            "num_agents": 5,
            "on_arrival": "disappear",
            "time_limit": 40,
            "observation": "coordinates",
            "conflicts": "block_both",
            "num_levels": 6,
            "first_level": 4,
            "split": "train",
        },
    ),
    ("gridpath/lifelong_v0", {"size": (5, 5), "num_agents": 6, "time_limit": 15, "radius": 1, "team_weight": 1.0}),
    (
        "gridpath/lifelong_v0",
        {"map": OPEN, "num_agents": 3, "time_limit": 25, "reward": SHAPED, "split": "test", "conflicts": "priority"},
    ),
]


def cells_of(array):
    """Return cells as a list of tuples."""
    return [tuple(cell) for cell in np.asarray(array).tolist()]


def joint_actions(envs, rng):
    """Draw (B, N) actions: often towards goals, so that agents arrive, and else at random."""
    actions = rng.integers(0, envs.config.num_actions, (envs.num_envs, envs.num_agents))
    best = envs.optimal_actions()
    ways = np.where(best.any(axis=-1), best.argmax(axis=-1), envs.config.num_actions - 1)
    return np.where(rng.random(actions.shape) < 0.6, ways, actions)


def play(envs, num_steps, seed=0):
    """Return what each of several steps returned."""
    rng = np.random.default_rng(seed)
    return [envs.step(joint_actions(envs, rng)) for _ in range(num_steps)]


def assert_same(actual, expected):
    """Compare nested tuples, lists, dicts and arrays, also arrays of arrays, by value and dtype."""
    assert type(actual) is type(expected)
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for key in expected:
            assert_same(actual[key], expected[key])
    elif isinstance(expected, (tuple, list)) or (isinstance(expected, np.ndarray) and expected.dtype == object):
        for one, other in zip(actual, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)
    else:
        assert actual == expected
