"""No kernel reads or writes outside of its arrays: everything is played once with Numba's own checks of each index."""

import os
import subprocess
import sys

PLAY = """
import itertools
import gymnasium
import numpy as np
import gridpath_envs
from configurations import random_actions
from gridpath_envs import RewardConfig, maps
from gridpath_envs.maps.generators import MAZES
from gridpath_envs.tasks import OBSERVATIONS

everything = {
    "terrain": 0.5, "holes": 0.1, "portals": 8, "slip": 0.3, "moving_obstacles": 12, "moves": "octile", "stay": True,
    "reward": RewardConfig(shaping=0.5, collision=-0.1, hole=-1.0, path=-0.01),
}
cases = [{"observation": name} for name in OBSERVATIONS]
image = {"observation": "image", "trail": True, **everything}
cases += [{**image, "size": (9, 14), "image_size": size, "greyscale": size % 2 > 0} for size in (16, 17, 60, 99, 143)]
cases += [{**image, "radius": r, "image_size": 50 - r, "greyscale": r % 2 > 0} for r in (1, 2, 3, 4, 12)]
cases += [{**image, "num_levels": 9, "size": (200, 30), "image_size": size} for size in (200, 512)]
cases += [{"size": (4, 4), "time_limit": 5}, {"size": (5, 37), "time_limit": 30}, {"num_levels": 20, "split": "train"}]
cases += [{"generator": "maze", "maze": name, "size": (9, 14), "loops": 0.2} for name in MAZES]
cases += [{"generator": name, "size": (13, 18), "trail": True} for name in ("rooms", "caves", "warehouse", "city")]
cases += [{"generator": name, "size": (19, 16), **everything} for name in ("obstacles", "rooms", "caves", "city")]
walk = {"obstacle_motion": "random_walk", "num_levels": 9, **everything}
cases += [{"observation": name, **walk} for name in OBSERVATIONS]
cases += [{"length_range": (6, 12), "detour_range": (1.2, None), "split": "test"}]
cases += [{"map": "S.1~\\n.#HT\\n=:1O\\nW..G", "observation": "image", "image_size": size} for size in (16, 17, 84)]
cases += [{"map": "S.1~\\n.#H.\\n=:1.\\n...G", "moves": moves, "slip": 0.5} for moves in ("cardinal", "octile")]
cases += [{"observation": name, "goal_conditioned": True} for name in OBSERVATIONS]
runs = [("GridPath-v0", case) for case in cases] + [(id, {"time_limit": 40}) for id in gridpath_envs.TASKS]
fast = {"max_speed": 40, "noise": 0.5, "size": (9, 14), "time_limit": 12}
runs += [
    ("GridPathContinuous-v0", case)
    for case in (
        {**fast, "dynamics": "acceleration", "num_beams": 7, "reward": RewardConfig(shaping=1.0)},
        {**fast, "observation": "egocentric", "radius": 1},
        {**fast, "generator": "maze", "goal_conditioned": True, "robot_radius": 0.45},
    )
]
for id, case in runs:
    envs = gymnasium.make_vec(id, num_envs=3, **{"time_limit": 25, **case})
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(80):
        envs.step(random_actions(envs.single_action_space, rng, 3))
    envs.optimal_actions(), envs.distance_to_goal()
    if id != "GridPathContinuous-v0":
        envs.action_masks()
    if id != "GridPathContinuous-v0" and envs.config.shape[0] < 20:
        envs.optimal_return()
    envs.set_state(envs.get_state())
    envs.reset(options={"episode_seeds": 3})
    grid_map = envs.grid_map(0)
    for moves in ("cardinal", "octile"):
        if id == "GridPathContinuous-v0":
            break
        for costs in (None, {"swamp": 3}):
            path = maps.shortest_path(grid_map, grid_map.start, grid_map.goal, moves, costs)
            assert path[0] == grid_map.start and path[-1] == grid_map.goal
            maps.shortest_path_length(grid_map, grid_map.start, grid_map.goal, moves, costs)
print("played", len(runs))
"""


def test_no_index_of_any_kernel_is_out_of_bounds(tmp_path, root):
    environment = {
        **os.environ,
        "PYTHONPATH": str(root / "tests"),
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "-c", PLAY], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("played")
