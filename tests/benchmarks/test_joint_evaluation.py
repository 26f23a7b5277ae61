"""Many agents are scored as a walk through PettingZoo's environment says, level by level."""

import itertools

import numpy as np
import pytest

import gridpath_agents
from gridpath_benchmarks.evaluation import isolated_randomness
from gridpath_benchmarks.joint_evaluation import evaluate_joint
from gridpath_benchmarks.joint_replay import unpacked
from gridpath_envs import mapf_v0
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.maps import GridMap

ROOM = {"size": (6, 7), "num_agents": 5, "time_limit": 20, "split": "test", "num_levels": 7}
LETTERS = {"u": 0, "r": 1, "d": 2, "l": 3, ".": 4}


def envs_of(num_envs, **arguments):
    return make_vec_env("gridpath/mapf_v0", num_envs, seed=0, env_kwargs={**ROOM, **arguments})


def scored(name, num_envs=3, replays=7, deterministic=True, seed=0, **arguments):
    env = envs_of(num_envs, **arguments)
    agent = gridpath_agents.make(name, env, seed=seed)
    with isolated_randomness(agent, seed):
        return evaluate_joint(agent, env, 7, deterministic, replays)


def ways_of(replay):
    return unpacked(replay["starts"], replay["ways"], replay["goals"])


@pytest.mark.parametrize("on_arrival", ["stay", "disappear", "restart"])
@pytest.mark.parametrize("conflicts", ["soft", "priority", "block_both"])
def test_replaying_what_was_kept_gives_what_was_recorded(on_arrival, conflicts):
    arguments = {"on_arrival": on_arrival, "conflicts": conflicts}
    episodes = scored("greedy", deterministic=False, **arguments)
    joint = episodes.joint
    assert joint.num_collisions.sum() > 0
    env = mapf_v0.parallel_env(**{**ROOM, **arguments})
    for index, replay in enumerate(episodes.replays):
        positions, _, active, refused = ways_of(replay)
        env.reset(seed=0, options={"level": replay["level"]})
        walker = env.unwrapped
        assert walker.grid_map.to_text() == replay["map"]
        costs, arrivals, there = [0] * 5, 0, [False] * 5
        for step in range(len(refused)):
            np.testing.assert_array_equal(walker.positions[active[step]], positions[step][active[step]])
            names = list(env.agents)
            moves = positions[step + 1] - positions[step]
            actions = {}
            for name in names:
                k = int(name.partition("_")[2])
                way = replay["ways"][k][step]
                # A refused move was towards somewhere; which way is not kept, and does not matter to where all are.
                actions[name] = 4 if way == "x" else LETTERS[way]
                assert (way in "x.") == (not moves[k].any())
            infos = env.step(actions)[4]
            for name in names:
                k = int(name.partition("_")[2])
                there[k] = infos[name]["is_success"]
                costs[k] = infos[name]["arrival"] if there[k] else step + 1
        arrivals = sum(infos[name]["num_arrivals"] for name in infos) if on_arrival != "disappear" else sum(there)
        assert not env.agents
        assert episodes.steps[index] == len(refused)
        assert joint.num_arrivals[index] == arrivals
        assert joint.num_collisions[index] == refused.sum()
        assert joint.agent_steps[index] == sum(map(len, replay["ways"]))
        if on_arrival != "restart":
            assert joint.num_succeeded[index] == sum(there)
            assert episodes.success[index] == all(there)
            assert episodes.path_length[index] == sum(costs)
            assert joint.makespan[index] == max(costs)


def test_every_level_is_played_once_whatever_the_number_of_environments():
    alone, three, ten = (scored("pibt", num_envs) for num_envs in (1, 3, 10))
    assert [replay["level"] for replay in alone.replays] == envs_of(1).level_numbers.tolist()
    assert alone.num_distinct_levels == 7
    for other in (three, ten):
        assert other.replays == alone.replays
        np.testing.assert_array_equal(other.path_length, alone.path_length)
        np.testing.assert_array_equal(other.joint.num_arrivals, alone.joint.num_arrivals)


def test_a_plan_is_carried_out_without_a_collision_and_close_to_the_bound():
    episodes = scored("lacam")
    assert episodes.success.all()
    assert (episodes.joint.num_succeeded == 5).all()
    assert episodes.joint.num_collisions.sum() == 0
    assert (episodes.path_length >= episodes.optimal_length).all()
    assert episodes.path_length.sum() < 1.3 * episodes.optimal_length.sum()
    assert (episodes.joint.predict_seconds > 0).all()
    for replay in episodes.replays:
        positions, goals, active, _ = ways_of(replay)
        assert active.all()
        np.testing.assert_array_equal(positions[-1], goals[-1])
        blocked = GridMap.from_text(replay["map"]).blocked
        assert not blocked[positions[..., 0], positions[..., 1]].any()
        assert all(len({tuple(cell) for cell in moment}) == 5 for moment in positions.tolist())


def test_an_agent_that_is_not_at_its_goal_at_the_end_costs_the_whole_episode():
    class Still:
        def predict(self, observation, state=None, episode_start=None, deterministic=True):
            return np.full(len(observation), 4), state

    episodes = evaluate_joint(Still(), envs_of(2), 7, deterministic=True, replays=1)
    assert (episodes.path_length == 5 * 20).all()
    assert (episodes.joint.makespan == 20).all()
    assert (episodes.joint.num_succeeded == 0).all()
    assert not episodes.success.any()
    assert episodes.replays[0]["ways"] == ["." * 20] * 5


def test_goals_that_follow_one_another_are_kept_with_their_step():
    episodes = scored("pibt", on_arrival="restart")
    replay = episodes.replays[0]
    changes = sum(len(goals) - 1 for goals in replay["goals"])
    assert 0 < changes <= episodes.joint.num_arrivals[0]
    positions, goals, _, _ = ways_of(replay)
    for k, own in enumerate(replay["goals"]):
        for (_, row, col), (step, *_) in itertools.pairwise(own):
            assert positions[step, k].tolist() == [row, col]
            assert goals[step - 1, k].tolist() == [row, col]


def test_another_number_of_levels_is_an_error():
    env = envs_of(2)
    with pytest.raises(ValueError, match="7 levels, expected 5"):
        evaluate_joint(gridpath_agents.make("pibt", env), env, 5, deterministic=True, replays=0)
