"""Saved states of many agents: exact branching, also into another batch, and nothing damaged gets in."""

import copy
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from gridpath_envs import GridMultiAgentVectorEnv
from gridpath_envs.core.cells import AGENT, AGENT_GOAL
from gridpath_envs.core.state import LANE
from gridpath_envs.errors import InvalidStateError, ResetNeededError
from joint_configurations import CASES, OPEN, assert_same, joint_actions, play


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_a_restored_batch_goes_on_as_it_did_also_over_resets(id, arguments, mode):
    envs = GridMultiAgentVectorEnv(id, 4, autoreset_mode=mode, **arguments)
    envs.reset(seed=1)
    play(envs, 23)
    state, last = envs.get_state(), envs.observe()
    expected, end = play(envs, 80, seed=5), envs.get_state()
    other = GridMultiAgentVectorEnv(id, 4, autoreset_mode=mode, num_threads=2, **arguments)
    for taker in (envs, other):
        taker.set_state(state)
        np.testing.assert_array_equal(taker.get_state(), state)
        assert_same(taker.observe(), last)
        assert_same(play(taker, 80, seed=5), expected)
        np.testing.assert_array_equal(taker.get_state(), end)
    other.close()


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_states_go_on_in_other_places_and_in_copies_as_in_their_own(id, arguments):
    envs = GridMultiAgentVectorEnv(id, 4, autoreset_mode="SameStep", **arguments)
    envs.reset(seed=6)
    play(envs, 13)
    order = [2, 0, 3, 1]
    moved = GridMultiAgentVectorEnv(id, 4, autoreset_mode="SameStep", **arguments)
    moved.reset(seed=0)
    moved.set_state(envs.get_state(order))
    copies = [copy.deepcopy(envs), pickle.loads(pickle.dumps(envs))]
    rng = np.random.default_rng(2)
    for _ in range(60):
        actions = joint_actions(envs, rng)
        expected = envs.step(actions)
        for twin in copies:
            assert_same(twin.step(actions), expected)
        actual = moved.step(actions[order])
        for k in (1, 2, 3):
            np.testing.assert_array_equal(actual[k], expected[k][order])
        np.testing.assert_array_equal(moved.get_state(), envs.get_state(order))
    np.testing.assert_array_equal(moved.distance_to_goal(), envs.distance_to_goal()[order])
    np.testing.assert_array_equal(moved.optimal_actions(), envs.optimal_actions()[order])


def test_a_group_branches_from_one_environment_and_each_has_a_map_of_its_own():
    envs = GridMultiAgentVectorEnv("gridpath/lifelong_v0", 4, size=(6, 6), num_agents=3)
    envs.reset(seed=0)
    state = envs.get_state([1])
    state.flags.writeable = False
    envs.set_state(np.repeat(state, 3, axis=0), [0, 2, 3])
    assert len({state.tobytes() for state in envs.get_state()}) == 1
    envs.step(np.array([[0] * 3, [4] * 3, [1] * 3, [2] * 3]))
    assert len({cells.tobytes() for cells in envs.positions}) > 1
    np.testing.assert_array_equal(envs.positions[1], envs.starts[1])
    # What is given stays as it was, so that it may be given again.
    envs.set_state(state, [3])
    np.testing.assert_array_equal(envs.get_state([3]), state)


def test_states_of_another_shape_or_configuration_are_refused():
    envs = GridMultiAgentVectorEnv(num_envs=2, size=(5, 5), num_agents=2)
    with pytest.raises(ResetNeededError):
        envs.get_state()
    envs.reset(seed=0)
    state = envs.get_state()
    for wrong in (state[:1], state[:, :-1], state.astype(np.int64), state.tolist(), None):
        with pytest.raises(InvalidStateError, match="expected a uint8 array of shape"):
            envs.set_state(wrong)
    with pytest.raises(InvalidStateError, match="indices"):
        envs.get_state([2])
    for changed in ({"conflicts": "priority"}, {"on_arrival": "restart"}, {"team_weight": 0.5}, {"time_limit": 5}):
        other = GridMultiAgentVectorEnv(num_envs=2, size=(5, 5), num_agents=2, **changed)
        with pytest.raises(InvalidStateError, match="another configuration"):
            other.set_state(state)
    with pytest.raises(ResetNeededError):
        GridMultiAgentVectorEnv(num_envs=2, size=(5, 5), num_agents=2).set_state(state[:1], [0])
    fixed = [GridMultiAgentVectorEnv(map=rows, num_agents=2) for rows in (["...", "..."], ["...", "#.."])]
    fixed[0].reset(seed=0)
    with pytest.raises(InvalidStateError, match="another map"):
        fixed[1].set_state(fixed[0].get_state())


def begin(on_arrival):
    """Return an environment of three agents, the second of which has just arrived, and its state's agents and map."""
    envs = GridMultiAgentVectorEnv(map=OPEN, num_agents=3, radius=1, on_arrival=on_arrival, time_limit=30)
    envs.reset(options={"starts": [(0, 0), (2, 0), (4, 0)], "goals": [(0, 5), (2, 1), (4, 5)]})
    envs.step(np.array([[1, 1, 1]]))
    return envs


def cell_of(envs, row, col):
    """Return where a cell lies in a state's map."""
    return (row + 1) * int(envs._params[0]["pitch"]) + col + 1


def damaged(envs, agent, fields, flags=()):
    """Return the environment's state with some fields of an agent, or of all, changed, and flags of cells toggled."""
    state = envs.get_state()
    end = 8 + 3 * LANE.itemsize
    lanes = state[:, 8:end].copy().view(LANE)
    for name, value in fields.items():
        lanes[name][0, agent] = value
    state[:, 8:end] = lanes.view(np.uint8)
    for (row, col), flag in flags:
        state[0, end + cell_of(envs, row, col)] ^= flag
    return state


ALL = slice(None)
DAMAGE = [
    ("stay", 0, {"limit": 29}, "do not agree on limit"),
    ("stay", 2, {"level": 29}, "do not agree on level"),
    ("stay", 1, {"key": 1}, "do not agree on key"),
    ("stay", 1, {"episode": 9}, "do not agree on episode"),
    ("stay", 1, {"fresh": True}, "do not agree on fresh"),
    ("stay", ALL, {"limit": 31}, "counters"),
    ("stay", ALL, {"limit": 0}, "counters"),
    ("stay", ALL, {"steps": 31}, "counters"),
    ("stay", ALL, {"steps": 30}, "counters"),
    ("stay", ALL, {"steps": -1}, "counters"),
    ("stay", 1, {"arrival": 2}, "counters"),
    ("stay", 0, {"num_arrivals": -1}, "counters"),
    ("stay", 0, {"num_collisions": -1}, "counters"),
    ("stay", 0, {"num_collisions": 2}, "counters"),
    ("stay", 0, {"num_arrivals": 2}, "counters"),
    ("stay", 0, {"path_length": np.nan}, "lengths"),
    ("stay", 0, {"path_length": np.inf}, "lengths"),
    ("stay", 0, {"path_length": -1.0}, "lengths"),
    ("stay", 0, {"optimal_length": np.nan}, "lengths"),
    ("stay", 0, {"optimal_length": -1.0}, "lengths"),
    ("stay", 0, {"episode_return": np.nan}, "lengths"),
    ("stay", 0, {"row": -1}, "a cell row, col lies outside the map"),
    ("stay", 0, {"goal_col": 6}, "a cell goal_row, goal_col lies outside the map"),
    ("stay", 0, {"start_row": 2**31 - 1}, "a cell start_row, start_col lies outside the map"),
    ("stay", 0, {"row": 1}, "a cell row, col is blocked"),
    ("stay", 0, {"start_row": 1, "start_col": 1}, "a cell start_row, start_col is blocked"),
    ("stay", 0, {"goal_row": 3, "goal_col": 3}, "a cell goal_row, goal_col is blocked"),
    ("stay", 0, {"is_success": True}, "not where they say"),
    ("stay", 1, {"is_success": False}, "not where they say"),
    ("restart", 0, {"is_success": True}, "not where they say"),
    ("disappear", 0, {"is_success": True}, "not where they say"),
    ("disappear", 1, {"is_success": False}, "not where they say"),
    ("disappear", 1, {"is_success": False, "finished": False}, "not where they say"),
    ("stay", 0, {"path_length": 2.0}, "lengths"),
    ("stay", 0, {"col": 0}, "does not show its agents"),
    ("stay", 0, {"row": 4}, "two agents are in one cell"),
    ("stay", 0, {"goal_row": 4}, "have one goal"),
    ("stay", 0, {"goal_row": 3}, "does not show its agents"),
    # Whose episode has ended is told by where they are, and by the steps that they have had.
    ("stay", 0, {"finished": True}, "whose episode has ended"),
    ("stay", ALL, {"finished": True}, "whose episode has ended"),
    ("stay", ALL, {"fresh": True}, "whose episode has ended"),
    ("restart", 0, {"finished": True}, "whose episode has ended"),
    ("disappear", 0, {"finished": True}, "whose episode has ended"),
    ("disappear", 1, {"finished": False}, "whose episode has ended"),
    ("stay", 0, {"gone": True}, "do not agree on steps"),
    ("stay", 0, {"gone": True, "steps": 0, "path_length": 0.0}, "do not agree on steps"),
    ("disappear", 1, {"gone": True}, "do not agree on steps"),
    ("disappear", ALL, {"gone": True}, "do not agree on steps"),
    ("disappear", 0, {"steps": 0, "path_length": 0.0}, "do not agree on steps"),
    ("restart", 0, {"steps": 5}, "do not agree on steps"),
]


@pytest.mark.parametrize(("on_arrival", "agent", "fields", "message"), DAMAGE, ids=str)
def test_a_state_that_no_episode_can_be_in_is_refused(on_arrival, agent, fields, message):
    envs = begin(on_arrival)
    state = envs.get_state()
    with pytest.raises(InvalidStateError, match=rf"state: is damaged \(.*{message}"):
        envs.set_state(damaged(envs, agent, fields))
    np.testing.assert_array_equal(envs.get_state(), state)
    play(envs, 40)


@pytest.mark.parametrize("flag", [AGENT, AGENT_GOAL])
@pytest.mark.parametrize("cell", [(0, 1), (0, 5), (4, 4)])
def test_a_map_that_shows_other_agents_or_goals_is_refused(cell, flag):
    envs = begin("disappear")
    with pytest.raises(InvalidStateError, match="does not show its agents"):
        envs.set_state(damaged(envs, 0, {}, [(cell, flag)]))
    # An agent that is moved together with what shows it is where no damage is seen.
    envs.set_state(damaged(envs, 0, {"col": 3}, [((0, 1), AGENT), ((0, 3), AGENT)]))
    assert envs.positions[0, 0].tolist() == [0, 3]


FUZZ = """
import numpy as np
from gridpath_envs import GridMultiAgentVectorEnv
from gridpath_envs.core.state import LANE
from gridpath_envs.errors import InvalidStateError
from joint_configurations import CASES, joint_actions, play

def break_states(id, arguments, rng):
    envs = GridMultiAgentVectorEnv(id, 1, **arguments)
    height, width = envs.config.shape
    refused = taken = 0
    for seed in range(5):
        envs.reset(seed=seed)
        play(envs, int(rng.integers(12)), seed)
        state = envs.get_state()
        end = 8 + envs.num_agents * LANE.itemsize
        for low, high in [(8, end), (8, end), (end, state.shape[1])] * 20:
            broken = state.copy()
            for position in rng.integers(low, high, rng.integers(1, 3)):
                # Another byte of the state is likelier than any to be one that may stand there.
                broken[0, position] = rng.choice([rng.integers(256), 0, 1, state[0, rng.integers(low, high)]])
            try:
                envs.set_state(broken)
            except InvalidStateError:
                refused += 1
                continue
            taken += 1
            envs.optimal_actions()
            for step in range(20):
                envs.step(joint_actions(envs, rng))
                cells = envs.positions[0]
                assert ((cells >= 0) & (cells < (height, width))).all()
                assert not envs.grid_map(0).blocked[tuple(cells.T)].any()
                there = cells[envs.active[0]]
                assert len(np.unique(there, axis=0)) == len(there)
            # What came of it is a state that the environment takes itself.
            envs.set_state(envs.get_state())
    assert refused > 100 and taken > 15, (refused, taken)

rng = np.random.default_rng(0)
for id, arguments in CASES:
    print(id, arguments, flush=True)
    break_states(id, arguments, rng)
"""


def test_a_damaged_state_that_is_taken_is_one_that_can_be_played(root):
    # In a process of its own, which shows where memory was damaged.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "tests"), str(root)])}
    done = subprocess.run([sys.executable, "-c", FUZZ], capture_output=True, text=True, env=environment, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr[-1500:]
