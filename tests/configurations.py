"""Configurations that between them use everything, for what every environment must keep."""

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
