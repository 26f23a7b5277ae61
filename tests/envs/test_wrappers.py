"""Gymnasium's own wrappers and vector environments over ours."""

import gymnasium
import numpy as np
from gymnasium.vector import AsyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics


def test_episode_statistics_are_recorded_on_the_native_vector_env():
    envs = RecordEpisodeStatistics(gymnasium.make_vec("GridPath-v0", num_envs=3, time_limit=10))
    envs.reset(seed=0)
    lengths = []
    for _ in range(40):
        _, _, terminated, truncated, infos = envs.step(envs.action_space.sample())
        if (terminated | truncated).any():
            lengths += infos["episode"]["l"][infos["_episode"]].tolist()
    assert len(lengths) >= 9 and max(lengths) == 10


def test_single_environments_run_in_spawned_processes():
    envs = AsyncVectorEnv([lambda: gymnasium.make("gridpath_envs:GridPath-v0")] * 2, context="spawn")
    native = gymnasium.make_vec("GridPath-v0", num_envs=2)
    try:
        np.testing.assert_array_equal(envs.reset(seed=4)[0], native.reset(seed=4)[0])
        for _ in range(70):
            np.testing.assert_array_equal(envs.step([0, 1])[0], native.step([0, 1])[0])
    finally:
        envs.close()
