"""What PettingZoo asks of environments of many agents, and that every way to make one makes the same."""

import copy
import pickle
import warnings

import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, render_test, seed_test

from gridpath_envs import JOINT_TASKS, lifelong_v0, mapf_v0
from gridpath_envs.adaptors.pettingzoo_env import GridPathParallelEnv
from gridpath_envs.errors import InvalidActionError
from joint_configurations import CASES, OPEN, cells_of

MODULES = {"gridpath/mapf_v0": mapf_v0, "gridpath/lifelong_v0": lifelong_v0}
ALONE = [("gridpath/mapf_v0", {"size": (4, 4), "num_agents": 1, "on_arrival": "disappear"})]
ALL = [(id, {}) for id in JOINT_TASKS] + CASES + ALONE


@pytest.fixture
def quiet():
    """Let no warning pass but those about what an environment is free to do."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # A dict of arrays, which it advises against.
        warnings.filterwarnings("ignore", "Observation is not a NumPy array|Observation space for each agent")
        yield


def random_play(env, rng, num_steps):
    """Return what each step returned, over as many episodes as it takes."""
    played = []
    for _ in range(num_steps):
        if not env.agents:
            played.append(env.reset())
        played.append(env.step({name: int(rng.integers(5)) for name in env.agents}))
    return played


@pytest.mark.parametrize(("id", "arguments"), ALL, ids=str)
def test_pettingzoo_finds_nothing_to_complain_about(id, arguments, quiet):
    module = MODULES[id]
    parallel_api_test(module.parallel_env(**arguments), num_cycles=150)
    parallel_seed_test(lambda: module.parallel_env(**arguments), num_cycles=50)
    api_test(module.env(**arguments), num_cycles=150)
    seed_test(lambda: module.env(**arguments), num_cycles=20)


@pytest.mark.parametrize("id", JOINT_TASKS)
def test_every_render_mode_renders(id, monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setitem(GridPathParallelEnv.metadata, "render_fps", 1000)
    render_test(lambda render_mode: MODULES[id].env(size=(5, 5), num_agents=3, render_mode=render_mode))
    pygame.display.quit()


def test_a_window_shows_what_a_picture_does(monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setitem(GridPathParallelEnv.metadata, "render_fps", 1000)
    human, picture = (mapf_v0.parallel_env(size=(5, 5), render_mode=mode) for mode in ("human", "rgb_array"))
    for env in (human, picture):
        env.reset(seed=1)
        env.step(dict.fromkeys(env.agents, 1))
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).transpose(1, 0, 2)
    assert np.array_equal(shown, picture.render())
    assert human.render() is None
    twin = copy.deepcopy(human)
    assert cells_of(twin.positions) == cells_of(human.positions)
    human.close()
    assert not pygame.display.get_init()


@pytest.mark.parametrize("id", JOINT_TASKS)
def test_every_way_to_make_one_makes_the_same(id):
    arguments = {"size": (6, 7), "num_agents": 3, "max_cycles": 9}
    parallel = [MODULES[id].parallel_env(**arguments), pettingzoo.make("parallel", id, **arguments)]
    taking_turns = [MODULES[id].env(**arguments), pettingzoo.make("aec", id, **arguments)]
    for env in parallel + taking_turns:
        env.reset(seed=4)
        assert env.possible_agents == ["agent_0", "agent_1", "agent_2"]
        assert env.metadata["name"] == id.split("/")[1]
    rng = np.random.default_rng(0)
    for step in range(9):
        actions = {name: int(rng.integers(5)) for name in parallel[0].agents}
        observations, rewards, terminated, truncated, infos = parallel[0].step(actions)
        np.testing.assert_equal(parallel[1].step(actions), (observations, rewards, terminated, truncated, infos))
        assert truncated == dict.fromkeys(actions, step == 8)
        for env in taking_turns:
            for name in actions:
                assert env.agent_selection == name
                env.step(actions[name])
            for name in actions:
                np.testing.assert_array_equal(env.observe(name), observations[name])
            assert (env.rewards, env.terminations, env.truncations) == (rewards, terminated, truncated)
            assert env.infos == infos
            np.testing.assert_array_equal(env.state(), parallel[0].state())
    assert not parallel[0].agents


def test_agents_are_those_that_still_take_part():
    env = mapf_v0.parallel_env(map=OPEN, num_agents=3, on_arrival="disappear", time_limit=6)
    assert env.agents == [] and env.possible_agents == ["agent_0", "agent_1", "agent_2"]
    starts, goals = [(0, 0), (2, 0), (4, 0)], [(4, 5), (2, 1), (4, 2)]
    observations, infos = env.reset(options={"starts": starts, "goals": goals})
    assert env.agents == list(observations) == list(infos) == env.possible_agents
    observations, rewards, terminated, _, infos = env.step(dict.fromkeys(env.agents, 1))
    # One that arrives has a last observation, reward and info, and then no more.
    assert terminated == {"agent_0": False, "agent_1": True, "agent_2": False}
    assert infos["agent_1"]["is_success"] and rewards["agent_1"] > 0.5
    assert observations["agent_1"].any()
    assert env.agents == ["agent_0", "agent_2"]
    assert env.state()[1].sum() == env.state()[2].sum() == 2
    returned = env.step(dict.fromkeys(env.agents, 1))
    assert all(list(part) == ["agent_0", "agent_2"] for part in returned)
    assert env.agents == ["agent_0"]
    assert env.action_masks()[:, :-1].any(axis=1).tolist() == [True, False, True] and env.action_masks()[:, -1].all()
    truncated = [env.step({"agent_0": 4})[3] for _ in range(4)]
    assert truncated == [{"agent_0": False}] * 3 + [{"agent_0": True}]
    assert env.agents == []
    assert env.reset()[0].keys() == set(env.possible_agents)


def test_state_is_the_whole_map():
    env = mapf_v0.parallel_env(map="..#\n...", num_agents=2)
    env.reset(options={"starts": [(0, 0), (1, 2)], "goals": [(0, 1), (1, 0)]})
    assert env.state_space.contains(env.state())
    assert env.state().tolist() == [[[0, 0, 1], [0, 0, 0]], [[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [1, 0, 0]]]


def test_infos_have_the_same_keys_at_each_reset_and_step():
    keys = {"is_success", "optimal_length", "path_length", "arrival", "num_arrivals", "num_collisions"}
    for mask_in_info in (False, True):
        env = mapf_v0.parallel_env(size=(4, 4), num_agents=2, mask_in_info=mask_in_info)
        wanted = keys | ({"action_mask"} if mask_in_info else set())
        infos = [env.reset(seed=0)[1], *(played[-1] for played in random_play(env, np.random.default_rng(0), 20))]
        for name in env.possible_agents:
            assert all(set(info[name]) == wanted for info in infos if name in info)
            types = {type(value) for info in infos if name in info for value in info[name].values()}
            assert types == {bool, float, int} | ({np.ndarray} if mask_in_info else set())


def test_an_agent_in_turn_may_act_again_after_an_action_that_is_none():
    env = mapf_v0.env(size=(5, 5), num_agents=2, max_cycles=3)
    env.reset(seed=0)
    for wrong in (9, -1, 1.5, None, "up"):
        with pytest.raises(InvalidActionError, match=r"^action: .*agent_0$"):
            env.step(wrong)
        assert env.agent_selection == "agent_0"
    for _ in range(3):
        for name in ("agent_0", "agent_1"):
            assert env.agent_selection == name
            env.step(4)
    assert env.last()[3]
    with pytest.raises(InvalidActionError, match="action: the episode of agent_0 has ended, so it must be None, got 4"):
        env.step(4)
    env.step(None)
    assert env.agents == ["agent_1"]


def test_action_masks_leave_out_walls_and_no_more():
    env = mapf_v0.parallel_env(map="#.#\n..#", num_agents=2, mask_in_info=True)
    _, infos = env.reset(options={"starts": [(0, 1), (1, 1)], "goals": [(1, 0), (0, 1)]})
    assert env.action_masks().tolist() == [[False, False, True, False, True], [True, False, False, True, True]]
    for name, mask in zip(env.agents, env.action_masks(), strict=True):
        assert infos[name]["action_mask"].dtype == np.int8
        assert infos[name]["action_mask"].tolist() == mask.tolist()
        assert env.action_space(name).sample(infos[name]["action_mask"]) in np.flatnonzero(mask)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize(("id", "arguments"), CASES, ids=str)
def test_a_copy_goes_on_like_the_original(id, arguments, clone):
    for make in (MODULES[id].parallel_env, MODULES[id].env):
        env = make(**arguments)
        env.reset(seed=2)
        if make is MODULES[id].parallel_env:
            random_play(env, np.random.default_rng(0), 7)
            twin = clone(env)
            expected = random_play(env, np.random.default_rng(1), 60)
            np.testing.assert_equal(random_play(twin, np.random.default_rng(1), 60), expected)
            np.testing.assert_array_equal(twin.get_state(), env.get_state())
        else:
            twin = clone(env)
            for one, other in zip(env.agent_iter(30), twin.agent_iter(30), strict=True):
                np.testing.assert_equal(env.last(), twin.last())
                assert one == other
                action = None if env.terminations[one] or env.truncations[one] else 1
                env.step(action)
                twin.step(action)


def test_saved_states_go_on_with_those_that_took_part():
    env = mapf_v0.parallel_env(map=OPEN, num_agents=2, on_arrival="disappear")
    env.reset(options={"starts": [(0, 0), (2, 0)], "goals": [(0, 1), (2, 5)]})
    env.step(dict.fromkeys(env.agents, 1))
    other = mapf_v0.parallel_env(map=OPEN, num_agents=2, on_arrival="disappear")
    other.set_state(env.get_state())
    assert other.agents == env.agents == ["agent_1"]
    np.testing.assert_equal(other.step({"agent_1": 1}), env.step({"agent_1": 1}))


def test_max_cycles_truncates_and_options_of_others_are_ignored():
    env = mapf_v0.parallel_env(size=(5, 5), num_agents=2, max_cycles=3, time_limit=10)
    assert env.max_cycles == 3
    env.reset(seed=0, options={"anything": 1, "reset_mask": np.array([True])})
    truncated = [env.step(dict.fromkeys(env.agents, 4))[3]["agent_0"] for _ in range(3)]
    assert truncated == [False, False, True]


def test_each_reset_without_a_seed_is_another_episode_and_each_with_one_the_same():
    env = mapf_v0.parallel_env(size=(8, 8), num_agents=2)
    first = env.reset(seed=0)
    levels = {env.reset() and env.level for _ in range(20)}
    assert len(levels) == 20
    np.testing.assert_equal(env.reset(seed=0), first)
    other = mapf_v0.parallel_env(size=(8, 8), num_agents=2)
    other.reset()
    env.reset()
    # Without a seed two environments do not play the same either.
    assert other.level != env.level


def test_spaces_of_agents_are_seeded_each_by_itself():
    env = mapf_v0.parallel_env(num_agents=2)
    for name, space in ((name, env.action_space(name)) for name in env.possible_agents):
        assert env.action_space(name) is space
        space.seed(1)
    first, second = ([env.action_space(name).sample() for _ in range(9)] for name in env.possible_agents)
    assert first == second
    assert env.observation_space("agent_0") is not env.observation_space("agent_1")
