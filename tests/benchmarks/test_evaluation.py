import itertools
import random
from typing import ClassVar

import numpy as np
import pytest
import torch

import gridpath_agents
from gridpath_benchmarks.evaluation import evaluate, isolated_randomness
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.maps import GridMap, shortest_path

ROOM = {"size": (6, 6), "time_limit": 15, "split": "test"}


def levels_env(num_levels, **arguments):
    return make_vec_env("GridPath-v0", num_levels, seed=0, env_kwargs={**ROOM, "num_levels": num_levels, **arguments})


def test_the_oracle_is_optimal_on_every_level():
    env = levels_env(12)
    episodes = evaluate(gridpath_agents.make("shortest_path", env), env, 12, deterministic=True, replays=3)
    assert episodes.success.all()
    np.testing.assert_allclose(episodes.path_length, episodes.optimal_length)
    np.testing.assert_array_equal(episodes.steps, episodes.optimal_length)


def test_each_lane_plays_its_own_level_whatever_was_played_before():
    env = levels_env(9)
    agent = gridpath_agents.make("shortest_path", env)
    first, second = (evaluate(agent, env, 9, deterministic=True, replays=9) for _ in range(2))
    assert [replay["level"] for replay in first.replays] == env.level_numbers.tolist()
    assert first.replays == second.replays
    fewer = levels_env(4)
    agent.set_env(fewer)
    assert evaluate(agent, fewer, 4, deterministic=True, replays=4).replays == first.replays[:4]


def test_replays_lead_from_start_to_goal_along_moves():
    env = levels_env(6)
    episodes = evaluate(gridpath_agents.make("shortest_path", env), env, 6, deterministic=True, replays=6)
    for replay, length in zip(episodes.replays, episodes.path_length, strict=True):
        path = replay["path"]
        assert (path[0], path[-1]) == (replay["start"], replay["goal"])
        assert len(path) - 1 == length
        assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in itertools.pairwise(path))
        grid_map = GridMap.from_text(replay["map"])
        assert not any(grid_map.blocked[tuple(cell)] for cell in path)
        assert len(shortest_path(grid_map, replay["start"], replay["goal"])) == len(path)


class AlwaysUp:
    """Walks into the wall above, for ever; and keeps what it was given."""

    uses_action_masks: ClassVar[bool] = False

    def __init__(self):
        self.calls = []

    def predict(self, observation, state=None, episode_start=None, deterministic=True, **extra):
        self.calls.append((state, episode_start.copy(), deterministic, extra))
        return np.zeros(len(observation), dtype=np.int64), len(self.calls)


class MaskedUp(AlwaysUp):
    uses_action_masks: ClassVar[bool] = True


def test_a_failure_takes_the_time_limit_and_only_first_episodes_count():
    env = levels_env(8, time_limit=5, size=(12, 12), density=0.0)
    agent = AlwaysUp()
    episodes = evaluate(agent, env, 8, deterministic=False, replays=1)
    failed = ~episodes.success
    assert failed.any()
    assert (episodes.steps[failed] == 5).all()
    assert (episodes.steps <= 5).all()
    assert len(agent.calls) == 5
    assert len(episodes.replays[0]["path"]) == episodes.steps[0] + 1


def test_recurrent_state_and_episode_starts_are_handed_on():
    env = levels_env(4, time_limit=3)
    agent = AlwaysUp()
    evaluate(agent, env, 4, deterministic=True, replays=0)
    assert [call[0] for call in agent.calls] == [None, 1, 2]
    assert agent.calls[0][1].all()
    assert agent.calls[0][2] is True


def test_masks_go_only_to_agents_that_use_them():
    env = levels_env(4, time_limit=3)
    plain, masked = AlwaysUp(), MaskedUp()
    for agent in (plain, masked):
        evaluate(agent, env, 4, deterministic=True, replays=0)
    assert plain.calls[0][3] == {}
    assert masked.calls[0][3]["action_masks"].shape == (4, 4)
    assert masked.calls[0][3]["action_masks"].dtype == np.bool_


def test_another_number_of_lanes_than_levels_is_an_error():
    env = levels_env(4)
    with pytest.raises(ValueError, match="4 lanes and 4 levels, expected 5 of each"):
        evaluate(AlwaysUp(), env, 5, deterministic=True, replays=0)


def test_scoring_leaves_the_global_generators_as_they_were():
    def draw():
        return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002

    def seeded():
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002
        torch.manual_seed(3)

    seeded()
    expected = draw()
    seeded()
    with isolated_randomness(None, 9):
        first = draw()
    assert draw() == expected
    with isolated_randomness(None, 9):
        assert draw() == first
    assert first != expected


def test_scoring_by_sampled_actions_leaves_the_agents_own_choices_as_they_were():
    env = levels_env(4)
    env.reset()
    agents = [gridpath_agents.make("random", env, seed=5) for _ in range(2)]
    with isolated_randomness(agents[0], 9):
        evaluate(agents[0], env, 4, deterministic=False, replays=0)
    observations = env.reset()
    for _ in range(5):
        assert agents[0].predict(observations)[0].tolist() == agents[1].predict(observations)[0].tolist()


def test_levels_that_are_the_same_are_counted_once():
    env = make_vec_env("GridPath-v0", 30, env_kwargs={"map": "...\n...", "num_levels": 30})
    episodes = evaluate(gridpath_agents.make("random", env), env, 30, deterministic=True, replays=0)
    contents = {(*start, *goal) for start, goal in zip(*_ends(env), strict=True)}
    assert episodes.num_distinct_levels == len(contents) < 30


def _ends(env):
    env.set_options([{"level": int(level)} for level in env.level_numbers])
    env.reset()
    return env.starts.tolist(), env.goals.tolist()
