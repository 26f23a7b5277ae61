"""Whatever is given, however strange: it is taken, or refused with an error of ours that changes nothing."""

import dataclasses
import random
import subprocess
import sys
from fractions import Fraction

import gymnasium
import numpy as np
import pytest

from gridpath_envs import RewardConfig
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.errors import (
    ConfigurationError,
    GridPathError,
    InfeasibleLevelError,
    InvalidActionError,
    InvalidOptionError,
    InvalidStateError,
    MapFormatError,
    MapNotFoundError,
)
from gridpath_envs.maps import Scenario
from gridpath_envs.tasks import TASKS, ContinuousConfig, GridPathConfig, get_task


def make_single():
    env = gymnasium.make("GridPath-v0").unwrapped
    env.reset(seed=0)
    return env, env.step


def make_vector():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=3)
    envs.reset(seed=0)
    return envs, envs.step


def make_sb3():
    env = make_vec_env("GridPath-v0", 3, seed=0)
    env.reset()
    return env.vector, env.step


# Each is wrong for nearly every argument; where one is right, it is taken.
STRANGE = [
    True,
    "",
    "x",
    -1,
    3.5,
    float("inf"),
    float("nan"),
    10**400,
    10**5000,
    [],
    (1, 2, 3),
    (5, 2),
    ("a", "b"),
    (float("nan"), 1),
    (10**400, None),
    (10**5000, 8),
    Fraction(10**5000, 3),
    "x" * 200,
    b"\xff\n",
    {},
    {"lava": 1},
    {"swamp": "x"},
    {"swamp": -1},
    {1: 2},
    {10**5000: 1},
    {"sand": 10**5000},
    b"x",
    object(),
    1j,
    np.float32(2.5),
    np.float16("nan"),
    np.longdouble("1e4000"),
    np.timedelta64(5),
    np.timedelta64("NaT"),
    np.datetime64("2020"),
    np.complex64(1),
    np.array(5),
    np.array([None, 1]),
    np.array([(1, 2)], dtype=[("a", int), ("b", int)]),
    np.zeros((2, 2, 2), dtype=int),
    np.broadcast_to(np.True_, (10**6, 10**6)),
    np.array([b"\xff.", b".."]),
    np.array([1, 2]),
    np.zeros((0, 3)),
    np.array([b"SF", b"F"]),
    [[1, 2], [3]],
    ["SF", "F"],
    ["S\u4e2d", ".G"],
    ["1.", ".."],
    [[10**5000, 0], [0, 0]],
    [Scenario(0, "a", (2, 4), (0, 0), (1, 1), None)],
    [Scenario(0, "a", None, (0, 0), (1, 1), 2.0)],
    set(),
    RewardConfig,
]


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, entry.name) for kind in (GridPathConfig, ContinuousConfig) for entry in dataclasses.fields(kind)],
)
def test_whatever_is_given_for_an_argument_is_taken_or_named(kind, name):
    refused = 0
    for value in STRANGE:
        try:
            kind(**{name: value})
        except GridPathError as error:
            refused += 1
            assert name in str(error) or name in ("map", "scenario"), str(error)
            assert len(str(error)) < 1000
    assert refused >= 30


@pytest.mark.parametrize("name", ["num_envs", "copy", "num_threads", "render_mode", "autoreset_mode"])
def test_whatever_is_given_for_an_argument_of_a_vector_environment_is_taken_or_named(name):
    refused = 0
    for value in STRANGE:
        try:
            gymnasium.make_vec("GridPath-v0", **{"num_envs": 2, name: value})
        except GridPathError as error:
            refused += 1
            assert f"{name}: " in str(error) and len(str(error)) < 1000
    assert refused >= 30


def test_arguments_at_random_are_taken_or_refused_with_an_error_of_our_own():
    kinds = (GridPathConfig, ContinuousConfig)
    names = sorted({entry.name for kind in kinds for entry in dataclasses.fields(kind)})
    fitting = [1, 2, 0.5, 0.0, (4, 6), (2, 9), True, "maze", "test", "octile", "coordinates", "random_walk", "S.\n.G"]
    rng = random.Random(0)
    taken = 0
    for _ in range(4000):
        values = fitting if rng.random() < 0.8 else STRANGE
        arguments = {name: rng.choice(values) for name in rng.sample(names, rng.choice([1, 2, 3, 4]))}
        try:
            get_task(rng.choice(list(TASKS))).make_config(**arguments)
            taken += 1
        except GridPathError as error:
            of_a_file = isinstance(error, (MapFormatError, MapNotFoundError))
            assert of_a_file or any(name in str(error) for name in (*arguments, "trail", "radius")), str(error)
    assert taken > 10


@pytest.mark.parametrize("make", [make_single, make_vector, make_sb3])
def test_whatever_is_given_as_an_action_is_refused_and_changes_nothing(make):
    env, step = make()
    before = env.get_state()
    actions = [value for value in STRANGE if make is not make_single or not isinstance(value, np.ndarray) or value.ndim]
    actions += [float("nan"), None, [None] * 3, [0, 1, 99], [0, 1, -1], [0, 1, 2**63], [0, 1, 2**64], [[0, 1, 2]]]
    actions += [
        np.array([0, 1, 2], dtype="m8"),
        np.zeros(3, dtype=complex),
        np.zeros(3, dtype=object),
        [0.0, 1.0, np.nan],
    ]
    actions.remove((1, 2, 3))
    for action in actions:
        with pytest.raises(InvalidActionError, match="action") as caught:
            step(action)
        assert len(str(caught.value)) < 1000
    np.testing.assert_array_equal(env.get_state(), before)


@pytest.mark.parametrize("name", ["start", "goal", "level", "episode_seeds", "reset_mask", "seed", "options"])
def test_whatever_is_given_to_a_reset_is_taken_or_named(name):
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2)
    envs.reset(seed=0)
    before = envs.get_state()
    refused = 0
    for value in [*STRANGE, [10**5000, 1], [np.timedelta64(1)] * 2, np.array([1, 2], dtype="m8"), [[10**5000, 1]] * 2]:
        envs.set_state(before)
        try:
            envs.reset(**{name: value} if name in ("seed", "options") else {"options": {name: value}})
        except (InvalidOptionError, InfeasibleLevelError) as error:
            refused += 1
            assert name in str(error) and len(str(error)) < 1000
            np.testing.assert_array_equal(envs.get_state(), before)
    assert refused >= 30


def test_whatever_is_given_for_lanes_and_states_is_refused():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2)
    envs.reset(seed=0)
    before = envs.get_state()
    for value in STRANGE:
        with pytest.raises(InvalidStateError):
            envs.set_state(value)
        try:
            envs.get_state(value)
            envs.grid_map(value)
            envs.moving_obstacles(value)
        except InvalidStateError as error:
            assert "indices: expected lanes from 0 to 1" in str(error) and len(str(error)) < 1000
    np.testing.assert_array_equal(envs.get_state(), before)


HUNGRY = """
import resource, sys
import gymnasium
import gridpath_envs
from gridpath_envs.errors import ConfigurationError
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
for arguments in ({"size": (512, 512)}, {"size": (64, 64), "observation": "global"}):
    try:
        gymnasium.make_vec("GridPath-v0", num_envs=2_000_000, **arguments)
    except ConfigurationError as error:
        assert "num_envs: there is not enough memory for 2000000 environments" in str(error), error
    else:
        sys.exit("made")
"""


def test_more_lanes_than_memory_holds_are_refused():
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", HUNGRY], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-1500:]


@pytest.mark.parametrize("name", [entry.name for entry in dataclasses.fields(RewardConfig)])
def test_whatever_is_given_for_a_reward_is_taken_or_named(name):
    for value in STRANGE:
        try:
            RewardConfig(**{name: value})
        except ConfigurationError as error:
            assert f"reward.{name}: expected a number from" in str(error)
