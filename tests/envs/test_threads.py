"""Lanes that threads share: the same results as one thread gives, in copies, in other processes and side by side."""

import copy
import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import gymnasium
import numpy as np
import pytest

import gridpath_envs
from configurations import EVERYTHING, random_actions
from gridpath_envs.errors import GridPathError, MapFormatError
from gridpath_envs.maps import GridMap, Scenario

CASES = [(id, {"time_limit": 15}) for id in gridpath_envs.TASKS] + [("GridPath-v0", EVERYTHING)]


def make(num_threads, id="GridPath-v0", mode="SameStep", num_envs=5, **arguments):
    return gymnasium.make_vec(id, num_envs=num_envs, autoreset_mode=mode, num_threads=num_threads, **arguments)


def play(envs, num_steps, seed=0):
    rng = np.random.default_rng(seed)
    return [envs.step(random_actions(envs.single_action_space, rng, envs.num_envs))[:4] for _ in range(num_steps)]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        for k in range(4):
            np.testing.assert_equal(one[k], other[k])


def lane_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("gridpath-lanes")]


@pytest.mark.parametrize("num_threads", [2, 3])
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_options_and_errors_are_those_of_one_thread(id, arguments, num_threads):
    one, several = make(1, id, **arguments), make(num_threads, id, **arguments)
    one.reset(seed=2)
    several.reset(seed=2)
    levels, starts, goals = one.levels[::-1], one.starts[::-1], one.goals[::-1]
    for options in (
        {"level": levels},
        {"episode_seeds": [1, 1, 2, 3, 2**64 - 1]},
        {"level": levels, "start": goals, "goal": starts},
        {"start": starts, "goal": starts},
        {"level": -1},
    ):
        outcomes = []
        for envs in (one, several):
            try:
                outcomes.append(envs.reset(seed=9, options=options)[0])
            except GridPathError as error:
                outcomes.append(f"{type(error)} {error}")
        np.testing.assert_equal(outcomes[1], outcomes[0])
        assert_same(play(several, 20), play(one, 20))
        np.testing.assert_array_equal(several.get_state(), one.get_state())
    np.testing.assert_array_equal(several.optimal_actions(), one.optimal_actions())
    several.close()


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda envs: pickle.loads(pickle.dumps(envs))])
def test_a_copy_has_threads_of_its_own_and_goes_on_like_the_original(clone):
    envs = make(3, **EVERYTHING)
    envs.reset(seed=1)
    play(envs, 10)
    twin = clone(envs)
    state = envs.get_state()
    expected = play(envs, 60)
    np.testing.assert_array_equal(twin.get_state(), state)
    envs.close()
    assert_same(play(twin, 60), expected)
    twin.close()


def test_a_spawned_process_goes_on_like_this_one():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        for id, arguments in CASES:
            envs = make(2, id, **arguments)
            envs.reset(seed=1)
            play(envs, 10)
            # The environment goes there with its method.
            actions = random_actions(envs.single_action_space, np.random.default_rng(0), 5)
            elsewhere = pool.submit(envs.step, actions).result(timeout=120)
            assert_same([elsewhere[:4]], [envs.step(actions)[:4]])
            envs.close()


FORK = """
import os, signal, sys
import gymnasium, numpy as np
from configurations import EVERYTHING, random_actions
signal.alarm(60)
envs = gymnasium.make_vec("GridPath-v0", num_envs=5, autoreset_mode="SameStep", num_threads=3, **EVERYTHING)
envs.reset(seed=1)
def play():
    rng = np.random.default_rng(0)
    return [envs.step(random_actions(envs.single_action_space, rng, 5))[:4] for _ in range(50)]
play()
reading, writing = os.pipe()
child = os.fork()
signal.alarm(60)
played = play()
if child == 0:
    os.write(writing, envs.get_state().sum(0, dtype=np.int64).tobytes())
    os.close(writing)
    envs.close()
    sys.exit(5)
os.close(writing)
with os.fdopen(reading, "rb") as file:
    theirs = file.read()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
assert theirs == envs.get_state().sum(0, dtype=np.int64).tobytes()
play()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_begins_threads_of_its_own(root):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "tests"), str(root)])}
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, env=environment, cwd=root)
    assert done.returncode == 0, done.stderr[-1500:]


def test_two_environments_are_stepped_at_once_as_one_after_the_other():
    def run(seed):
        envs = make(2, num_envs=64, **EVERYTHING)
        envs.reset(seed=seed)
        played = play(envs, 150, seed)
        envs.close()
        return played

    expected = [run(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for played, wanted in zip(pool.map(run, range(4)), expected, strict=True):
            assert_same(played, wanted)


def test_threads_end_with_their_environment():
    assert not lane_threads()
    envs = make(3)
    envs.reset(seed=0)
    assert len(lane_threads()) == 2
    envs.close()
    assert not lane_threads()
    twin = make(2)
    twin.reset(seed=0)
    threads = lane_threads()
    assert len(threads) == 1
    del twin
    gc.collect()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def test_the_first_level_that_is_wrong_is_named_as_one_thread_does():
    grid_map = GridMap.from_array(np.zeros((512, 512), dtype=bool))
    rows = [
        Scenario(0, "a", (512, 512), (0, 0), (0, 1 + number % 500), float(1 + number % 500)) for number in range(600)
    ]
    # So many rows on so large a map are measured when they are first played.
    for wrong in (30, 70):
        rows[wrong] = replace(rows[wrong], optimal_length=999.0)
    for num_threads in (1, 2, 256):
        envs = make(num_threads, map=grid_map, scenario=rows, moves="octile", observation="coordinates")
        with pytest.raises(MapFormatError, match="row 70 has the length 999, which is not"):
            envs.reset(options={"level": [1, 70, 3, 30, 5]})


def test_one_thread_begins_no_other():
    # Those of other environments may end meanwhile, but none may begin.
    before = set(threading.enumerate())
    envs = make(1)
    envs.reset(seed=0)
    play(envs, 5)
    assert set(threading.enumerate()) <= before
