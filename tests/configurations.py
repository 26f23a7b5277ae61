"""Configurations that between them use everything, for what every environment must keep."""

from gymnasium import spaces

import gridpath_envs
from gridpath_envs import RewardConfig

# Each id as it is made without arguments, but for a time limit that lets episodes end often.
CASES = [(id, {"time_limit": 20}) for id in gridpath_envs.TASKS]

EVERYTHING = {
    "size": (7, 9),
    "terrain": 0.4,
    "holes": 0.05,
    "portals": 2,
    "slip": 0.3,
    "moves": "octile",
    "stay": True,
    "moving_obstacles": 3,
    "trail": True,
    "time_limit": 3.0,
    "mask_in_info": True,
    "reward": RewardConfig(collision=-0.1, hole=-1.0, path=-0.01, shaping=0.1),
}
CASES += [
    ("GridPath-v0", case)
    for case in (
        {"size": (5, 5), "time_limit": 12},
        {"size": (4, 6), "time_limit": 2.0, "observation": "position", "mask_in_info": True},
        {
            "size": (6, 5),
            "num_levels": 7,
            "first_level": 3,
            "split": "train",
            "moves": "octile",
            "stay": True,
            "radius": 2,
        },
        {"map": "S..\n.#.\n..G", "time_limit": 9, "observation": "position"},
        {"map": "S.1~\n.#H.\n=:1.\n...G", "time_limit": 9, "slip": 0.5, "terrain_costs": {"swamp": 3, "road": 0.5}},
        {"map": "....\n.##.\n....", "time_limit": 9, "trail": True, "moving_obstacles": 1, "observation": "global"},
        EVERYTHING,
        {**EVERYTHING, "observation": "global", "obstacle_motion": "random_walk", "num_levels": 5},
        {**EVERYTHING, "observation": "line_of_sight", "split": "test"},
        {**EVERYTHING, "observation": "coordinates", "trail": False, "length_range": (3, 9)},
        {**EVERYTHING, "observation": "image"},
        {**EVERYTHING, "observation": "image", "trail": False, "radius": 3, "image_size": 100, "greyscale": True},
        {**EVERYTHING, "observation": "position", "trail": False, "generator": "rooms", "loops": 0.5},
        {
            "map": "..1~\n.#H.\n=:1.\n....",
            "time_limit": 9,
            "trail": True,
            "moving_obstacles": 2,
            "stay": True,
            "slip": 0.2,
        },
    )
]
CASES += [
    (
        "GridPathBenchmark-v0",
        {"trail": True, "moving_obstacles": 4, "slip": 0.1, "time_limit": 1.5, "num_levels": 9, "first_level": 2},
    )
]
CASES += [
    ("GridPathGoal-v0", {**EVERYTHING, "observation": name, "reward": RewardConfig(), "trail": name == "global"})
    for name in ("global", "line_of_sight", "position", "coordinates")
]
CASES += [
    ("GridPathContinuous-v0", case)
    for case in (
        {"dynamics": "acceleration", "noise": 0.3, "time_limit": 1.5, "num_beams": 5, "max_range": 3},
        {"observation": "egocentric", "radius": 2, "num_levels": 5, "size": (6, 5), "split": "train", "time_limit": 25},
        {"goal_conditioned": True, "generator": "rooms", "size": (8, 9), "max_speed": 30, "time_limit": 12},
        {"map": "S..~..\n.##...\n...=.G", "robot_radius": 0.45, "goal_radius": 0.1, "max_speed": 8, "time_limit": 30},
        {
            "map": "......\n.##...\n......",
            "time_limit": 15,
            "noise": 1.0,
            "reward": RewardConfig(path=-0.1, collision=-0.2, shaping=0.5),
        },
        {"scenario": "shipped:office-32", "first_level": 3, "num_levels": 4, "time_limit": 2.0, "max_speed": 10},
    )
]


def random_actions(space, rng, count):
    """Draw actions, of numbers some beyond their bounds, which are clipped."""
    if isinstance(space, spaces.Discrete):
        return rng.integers(0, space.n, count)
    return rng.uniform(1.3 * space.low, 1.3 * space.high, (count, *space.shape)).astype(space.dtype)


def lane_of(observations, lane):
    """Return one lane's part of observations."""
    if isinstance(observations, dict):
        return {name: part[lane] for name, part in observations.items()}
    return observations[lane]


def observation_kinds(id):
    """Return the kinds of observation that an id has."""
    return list(gridpath_envs.TASKS[id].config.observation_kinds())


def contains_each(space, observations):
    """Tell whether a space contains the observation of every lane."""
    lanes = len(next(iter(observations.values())) if isinstance(observations, dict) else observations)
    return all(space.contains(lane_of(observations, lane)) for lane in range(lanes))
