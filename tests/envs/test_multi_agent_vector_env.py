"""The batch of environments of many agents against one PettingZoo environment each, step by step, to the bit."""

import numpy as np
import pettingzoo
import pytest
from gymnasium.vector import AutoresetMode

from gridpath_envs import GridMultiAgentVectorEnv
from gridpath_envs.errors import InfeasibleLevelError, InvalidOptionError, ResetNeededError
from joint_configurations import CASES, OPEN, assert_same, cells_of, joint_actions, play

KEYS = ("is_success", "optimal_length", "path_length", "arrival", "num_arrivals", "num_collisions", "active")
NUM_ENVS = 3


class Beside:
    """One PettingZoo environment, and what the batch should say of it: an agent that is gone is zeros."""

    def __init__(self, id, arguments):
        self.env = pettingzoo.make("parallel", id, **arguments)
        self.infos = {}

    def told(self, observations, infos):
        """Return (observation, infos), an axis of agents first; an agent that is gone keeps its last info."""
        self.infos = {**self.infos, **infos}
        names = self.env.possible_agents
        space = self.env.observation_space(names[0])

        def stacked(part, choose):
            blank = np.zeros(part.shape, part.dtype)
            return np.stack([choose(observations[name]) if name in observations else blank for name in names])

        if hasattr(space, "spaces"):
            joint = {key: stacked(part, lambda value, key=key: value[key]) for key, part in space.spaces.items()}
        else:
            joint = stacked(space, lambda value: value)
        columns = {key: [self.infos[name][key] for name in names] for key in self.infos[names[0]] if key in KEYS}
        columns["active"] = [name in self.env.agents for name in names]
        if "action_mask" in self.infos[names[0]]:
            columns["action_mask"] = self.env.action_masks().astype(np.int8)
        return joint, columns

    def reset(self, **arguments):
        self.infos = {}
        return self.told(*self.env.reset(**arguments))

    def step(self, actions):
        names = self.env.possible_agents
        acting = {name: actions[k] for k, name in enumerate(names) if name in self.env.agents}
        observations, rewards, terminated, truncated, infos = self.env.step(acting)
        flat = [
            [values.get(name, blank) for name in names]
            for values, blank in ((rewards, 0.0), (terminated, False), (truncated, False))
        ]
        joint, columns = self.told(observations, infos)
        return joint, flat, columns


def part_of(observations, env):
    """Return one environment's part of observations."""
    if isinstance(observations, dict):
        return {key: part[env] for key, part in observations.items()}
    return observations[env]


def assert_same_infos(infos, columns):
    """Compare infos with those of each environment, None where there should be none of it."""
    wanted = next(each for each in columns if each is not None)
    assert {key for key in infos if not key.startswith(("_", "final"))} == set(wanted)
    for key in wanted:
        there = [each is not None for each in columns]
        assert infos[f"_{key}"].dtype == np.bool_ and infos[f"_{key}"].tolist() == there
        for value, each in zip(infos[key], columns, strict=True):
            np.testing.assert_array_equal(value, np.zeros_like(value) if each is None else each[key])


def make(id, mode, arguments, **more):
    return GridMultiAgentVectorEnv(id, NUM_ENVS, autoreset_mode=mode, **arguments, **more)


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_each_environment_is_the_pettingzoo_one_of_its_seed(id, arguments, mode):
    envs, beside = make(id, mode, arguments), [Beside(id, arguments) for _ in range(NUM_ENVS)]
    observations, infos = envs.reset(seed=7)
    assert envs.observation_space.contains(observations)
    dtypes = {key: infos[key].dtype for key in infos}
    expected = [one.reset(seed=7 + i) for i, one in enumerate(beside)]
    assert_same_infos(infos, [columns for _, columns in expected])
    for i, (joint, _) in enumerate(expected):
        assert_same(part_of(observations, i), joint)
    rng, num_ended = np.random.default_rng(0), 0
    for step in range(150):
        actions = joint_actions(envs, rng)
        over = [not one.env.agents for one in beside]
        observations, *flags, infos = envs.step(actions)
        assert envs.observation_space.contains(observations)
        assert [values.dtype for values in flags] == [np.float64, np.bool_, np.bool_]
        assert {key: infos[key].dtype for key in dtypes} == dtypes
        finals, columns = [None] * NUM_ENVS, []
        for i, one in enumerate(beside):
            if over[i]:
                # The next step of an episode that is over is the first of the next one, in which nobody acts.
                joint, now = one.reset()
                wanted = [[0.0] * envs.num_agents, *[[False] * envs.num_agents] * 2]
            else:
                joint, wanted, now = one.step(actions[i])
            if not one.env.agents and mode is AutoresetMode.SAME_STEP:
                finals[i] = joint, now
                joint, now = one.reset()
            assert [values[i].tolist() for values in flags] == wanted
            assert_same(part_of(observations, i), joint)
            columns.append(now)
        assert_same_infos(infos, columns)
        ended = np.array([final is not None for final in finals])
        assert ("final_obs" in infos) == ("final_info" in infos) == bool(ended.any())
        if ended.any():
            assert infos["_final_obs"].tolist() == infos["_final_info"].tolist() == ended.tolist()
            assert [value is not None for value in infos["final_obs"]] == ended.tolist()
            assert_same_infos(infos["final_info"], [None if final is None else final[1] for final in finals])
            for i in np.flatnonzero(ended):
                assert_same(infos["final_obs"][i], finals[i][0])
        over = np.array([not one.env.agents for one in beside])
        num_ended += over.sum() + ended.sum()
        if mode is AutoresetMode.DISABLED and over.any():
            state = envs.get_state()
            with pytest.raises(ResetNeededError, match=f"step: the episode of environment {over.argmax()} has ended"):
                envs.step(actions)
            np.testing.assert_array_equal(envs.get_state(), state)
            options = {"episode_seeds": step} if step % 3 == 0 else {}
            observations, infos = envs.reset(options={**options, "reset_mask": over})
            resets = [one.reset(options=options) if over[i] else None for i, one in enumerate(beside)]
            assert_same_infos(infos, [None if reset is None else reset[1] for reset in resets])
            for i in np.flatnonzero(over):
                assert_same(part_of(observations, i), resets[i][0])
    assert num_ended > 5
    np.testing.assert_array_equal(envs.action_masks(), [one.env.action_masks() for one in beside])
    np.testing.assert_array_equal(envs.distance_to_goal(), [one.env.distance_to_goal() for one in beside])
    np.testing.assert_array_equal(envs.optimal_actions(), [one.env.optimal_actions() for one in beside])
    np.testing.assert_array_equal(envs.goals, [one.env.goals for one in beside])


@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_options_of_each_environment_are_those_of_one_pettingzoo_environment_each(id, arguments):
    envs, beside = make(id, "Disabled", arguments), [Beside(id, arguments) for _ in range(NUM_ENVS)]
    envs.reset(seed=2)
    levels, starts, goals = envs.levels[::-1], envs.starts[::-1], envs.goals[::-1]
    for options in (
        {"level": levels},
        {"episode_seeds": [3, 2**64 - 1, 3]},
        {"level": levels, "starts": goals, "goals": starts},
        {"level": levels, "starts": goals},
        {"level": levels, "goals": starts},
    ):
        observations, infos = envs.reset(seed=[5, 6, 5], options=options)
        for i, one in enumerate(beside):
            own = {key: value[i] for key, value in options.items()}
            joint, columns = one.reset(seed=[5, 6, 5][i], options=own)
            assert_same(part_of(observations, i), joint)
            np.testing.assert_array_equal(infos["optimal_length"][i], columns["optimal_length"])
            assert one.env.level == envs.levels[i]
            np.testing.assert_array_equal(one.env.get_state(), envs.get_state([i]))


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_environments_shared_by_threads_are_those_of_one_thread(id, arguments, mode):
    one, several = (
        GridMultiAgentVectorEnv(id, 7, autoreset_mode=mode, num_threads=threads, **arguments) for threads in (1, 3)
    )
    assert_same(several.reset(seed=3), one.reset(seed=3))
    rng = np.random.default_rng(1)
    for _ in range(100):
        actions = joint_actions(one, rng)
        assert_same(several.step(actions), one.step(actions))
        over = ~one.active.any(axis=1)
        if mode is AutoresetMode.DISABLED and over.any():
            options = {"reset_mask": over}
            assert_same(several.reset(options=options), one.reset(options=options))
    np.testing.assert_array_equal(several.get_state(), one.get_state())
    np.testing.assert_array_equal(several.optimal_actions(), one.optimal_actions())
    several.close()


def test_returned_arrays_are_the_callers_own_unless_views_are_asked_for():
    for copy in (True, False):
        envs = GridMultiAgentVectorEnv(num_envs=2, size=(6, 6), num_agents=3, observation="combined", copy=copy)
        first, infos = envs.reset(seed=0)
        kept = {key: part.copy() for key, part in first.items()}, {key: value.copy() for key, value in infos.items()}
        twin = GridMultiAgentVectorEnv(num_envs=2, size=(6, 6), num_agents=3, observation="combined")
        twin.reset(seed=0)
        for one, other in zip(play(envs, 30), play(twin, 30), strict=True):
            assert one[0].keys() == other[0].keys()
        last = envs.step(np.full((2, 3), 4))[0]
        assert_same(last, twin.step(np.full((2, 3), 4))[0])
        assert [np.shares_memory(last[key], first[key]) for key in first] == [not copy] * 2
        assert_same(infos, kept[1])
        if copy:
            assert_same(first, kept[0])


def test_final_observations_are_the_callers_own_with_views_too():
    arguments = {"size": (4, 4), "num_agents": 2, "time_limit": 3, "autoreset_mode": "SameStep"}
    finals = []
    for copy in (True, False):
        envs = GridMultiAgentVectorEnv(num_envs=2, copy=copy, **arguments)
        envs.reset(seed=0)
        finals.append([infos["final_obs"] for *_, infos in play(envs, 30) if "final_obs" in infos])
    assert len(finals[0]) > 5
    assert_same(finals[1], finals[0])


def test_a_reset_that_cannot_be_done_leaves_the_episodes_as_they_were():
    halves = "....#....\n....#...."
    for id in ("gridpath/mapf_v0", "gridpath/lifelong_v0"):
        envs, twin = (GridMultiAgentVectorEnv(id, 3, map=halves, num_agents=2, radius=1) for _ in range(2))
        options = {"starts": [[(0, 0), (0, 1)]] * 3, "goals": [[(1, 0), (1, 1)], [(1, 0), (1, 1)], [(1, 0), (1, 8)]]}
        with pytest.raises(InfeasibleLevelError):
            envs.reset(options=options)
        with pytest.raises(ResetNeededError):
            envs.step(np.zeros((3, 2), dtype=int))
        for one in (envs, twin):
            one.reset(seed=1)
            play(one, 8)
        with pytest.raises(InfeasibleLevelError, match="goals: that of agent 1 is out of reach"):
            envs.reset(seed=9, options=options)
        np.testing.assert_array_equal(envs.get_state(), twin.get_state())
        assert_same(play(envs, 300), play(twin, 300))


# So many walls that a third of the levels have no room for all.
CROWDED = {"size": (4, 4), "density": 0.6, "num_agents": 12, "time_limit": 5}


@pytest.mark.parametrize("num_threads", [1, 2])
def test_a_level_without_room_leaves_the_episodes_as_they_were(num_threads):
    envs, twin = (GridMultiAgentVectorEnv(num_envs=2, num_threads=num_threads, **CROWDED) for _ in range(2))
    for one in (envs, twin):
        one.reset(seed=1)
        play(one, 3)
    state, num_refused = twin.get_state(), 0
    for level in range(20):
        try:
            envs.reset(seed=3, options={"level": level})
            envs.set_state(state)
        except InfeasibleLevelError as error:
            assert "no level was found with 12 different starts and goals" in str(error)
            num_refused += 1
        np.testing.assert_array_equal(envs.get_state(), state)
    assert 3 < num_refused < 19
    assert_same(play(envs, 50), play(twin, 50))
    envs.close()
    twin.close()


def test_levels_without_room_are_never_drawn():
    envs = GridMultiAgentVectorEnv(num_envs=2, num_levels=20, autoreset_mode="SameStep", **CROWDED)
    envs.reset(seed=0)
    seen = {level for _ in range(300) for level in (play(envs, 1), envs.levels.tolist())[1]}
    refused = set()
    for level in range(20):
        try:
            envs.reset(options={"level": level})
        except InfeasibleLevelError:
            refused.add(level)
    assert refused and seen == set(range(20)) - refused


def test_resets_of_some_leave_the_others_alone():
    envs = GridMultiAgentVectorEnv("gridpath/lifelong_v0", 3, size=(5, 5), num_agents=3, autoreset_mode="Disabled")
    with pytest.raises(InvalidOptionError, match="reset_mask: the first reset must begin every environment"):
        envs.reset(options={"reset_mask": np.array([True, False, True])})
    envs.reset(seed=0)
    play(envs, 9)
    before = envs.get_state()
    envs.reset(options={"reset_mask": np.array([False, True, False])})
    np.testing.assert_array_equal(envs.get_state([0, 2]), before[[0, 2]])
    assert envs.steps.tolist() == [9, 0, 9]


def test_thousands_of_agents_share_a_map():
    envs = GridMultiAgentVectorEnv(
        size=(64, 64), density=0.1, num_agents=2000, observation="coordinates", time_limit=50
    )
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(20):
        envs.step(joint_actions(envs, rng))
        assert len(set(cells_of(envs.positions[0]))) == 2000
    assert len(set(cells_of(envs.goals[0]))) == 2000
    planes = envs.global_planes(0).sum(axis=(1, 2))
    assert planes[1:].tolist() == [2000, 2000] and 200 < planes[0] < 600


@pytest.mark.parametrize("on_arrival", ["stay", "disappear", "restart"])
def test_one_agent_is_many_too(on_arrival):
    envs = GridMultiAgentVectorEnv(num_envs=2, map=OPEN, num_agents=1, on_arrival=on_arrival, autoreset_mode="Disabled")
    observations, infos = envs.reset(seed=0)
    assert observations.shape == (2, 1, 4, 11, 11)
    assert not observations[:, :, 1].any() and not observations[:, :, 3].any()
    for step in range(1, int(infos["optimal_length"].max()) + 1):
        *_, terminated, _, infos = envs.step(envs.optimal_actions().argmax(axis=-1))
        assert infos["path_length"].max() == step
        if terminated.any():
            break
    assert infos["num_arrivals"].max() == 1
    assert terminated.any() == (on_arrival != "restart")


def test_pictures_are_one_an_environment():
    envs = GridMultiAgentVectorEnv(num_envs=2, map=OPEN, num_agents=2, render_mode="rgb_array")
    envs.reset(seed=0)
    first = envs.render()
    assert len(first) == 2 and first[0].dtype == np.uint8
    play(envs, 3)
    assert not np.array_equal(first[0], envs.render()[0])
