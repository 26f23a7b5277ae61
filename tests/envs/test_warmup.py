"""Compiling ahead."""

import os
import subprocess
import sys

import pytest

from gridpath_envs import warmup

PARTS = ["environments", "many agents", "observations", "levels", "oracle", "all"]

# Every id as users play it, with what warm_up itself does not try: other seeds, actions, threads and combinations.
PLAY = """
import gymnasium, gridpath_envs
from gymnasium.vector import AutoresetMode
from configurations import CASES, observation_kinds
from gridpath_envs.tasks import DISC_OBSERVATIONS
for id in gridpath_envs.TASKS:
    for kind in observation_kinds(id):
        moves = {} if kind in DISC_OBSERVATIONS and id == "GridPathContinuous-v0" else {"moves": "octile"}
        envs = gymnasium.make_vec(id, num_envs=3, observation=kind, time_limit=3, num_threads=2, **moves)
        envs.reset(seed=5)
        for _ in range(5): envs.step(envs.action_space.sample())
for id, arguments in CASES:
    env = gymnasium.make(id, **arguments)
    env.reset(seed=3)
    for _ in range(5):
        if any(env.step(env.action_space.sample())[2:4]): env.reset()
    for mode in AutoresetMode:
        envs = gymnasium.make_vec(id, num_envs=3, autoreset_mode=mode, **arguments)
        envs.reset(seed=5)
        for _ in range(3):
            _, _, terminated, truncated, _ = envs.step(envs.action_space.sample())
            ended = terminated | truncated
            if mode is AutoresetMode.DISABLED and ended.any(): envs.reset(options={"reset_mask": ended})
        lanes = envs.unwrapped
        lanes.optimal_actions(); lanes.distance_to_goal()
        if id == "GridPathContinuous-v0": lanes.shortest_path(0)
        else: lanes.action_masks(); lanes.optimal_return()
        lanes.set_state(lanes.get_state())
for id in gridpath_envs.JOINT_TASKS:
    for conflicts in ("soft", "priority", "block_both"):
        for on_arrival in ("stay", "disappear", "restart"):
            for observation in ("egocentric", "coordinates", "combined"):
                chosen = dict(conflicts=conflicts, on_arrival=on_arrival, observation=observation, num_agents=5)
                for generator in ("maze", "warehouse"):
                    envs = gridpath_envs.GridMultiAgentVectorEnv(
                        id, 3, num_threads=2, time_limit=4, mask_in_info=True, team_weight=0.5, generator=generator,
                        reward=gridpath_envs.RewardConfig(shaping=0.5), **chosen
                    )
                    envs.reset(seed=4)
                    for _ in range(6): envs.step(envs.action_space.sample())
                    envs.set_state(envs.get_state()); envs.optimal_actions(); envs.distance_to_goal()
                env = gridpath_envs.mapf_v0.parallel_env(**chosen, map="....\\n.#..\\n....")
                env.reset(seed=1)
                env.reset(options={"starts": [(0, k) for k in range(4)] + [(1, 0)]})
                env.step({name: 2 for name in env.agents})
env = gridpath_envs.wrappers.ContinuousActions(gymnasium.make("GridPath-v0"))
env.reset(seed=3)
env.step(env.action_space.sample())
envs = gridpath_envs.wrappers.vector.ContinuousActions(gymnasium.make_vec("GridPath-v0", num_envs=3))
envs.reset(seed=3)
envs.step(envs.action_space.sample())
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Return a runner of code with an empty cache of kernels of its own, shared by the tests of this file."""
    folder = tmp_path_factory.mktemp("kernels")
    path = os.pathsep.join(filter(None, [os.path.dirname(os.path.dirname(__file__)), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": path}

    def run(code):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout, sorted(path.name for path in folder.rglob("*.nbc")), folder

    return run


def test_after_warming_up_nothing_is_compiled_any_more(fresh):
    # One test for both runs: the first compiles everything, which takes half a minute.
    shown, kernels, folder = fresh("from gridpath_envs.warmup import warm_up; warm_up(print)")
    assert [line[:14].strip() for line in shown.splitlines()] == PARTS
    assert f"compiled {len(kernels)} kernels into {folder}" in shown
    assert len(kernels) > 100
    shown, again, _ = fresh("from gridpath_envs.warmup import warm_up; assert 0 < warm_up(print) < 20")
    assert "nothing to compile" in shown and "was warm" in shown
    assert again == kernels
    _, played, _ = fresh(PLAY)
    assert set(played) - set(kernels) == set()


def test_where_no_kernels_can_be_kept_it_says_so(monkeypatch):
    monkeypatch.setattr(warmup, "cache_folder", lambda: None)
    lines = []
    warmup.warm_up(lines.append)
    assert lines[-1].startswith("all ") and "no folder can be written" in lines[-1]
