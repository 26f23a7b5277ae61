"""Levels of many agents: on every generator, within reach, fairly drawn, and never in both splits."""

import numpy as np
import pytest

from gridpath_envs import GridMultiAgentVectorEnv, mapf_v0
from gridpath_envs.errors import InvalidOptionError
from gridpath_envs.maps import distances_to
from gridpath_envs.tasks.arguments import GENERATOR_ARGUMENTS
from joint_configurations import OPEN, cells_of, play


def contents(envs, i):
    """Return what a level holds: its map, its starts and its goals."""
    ends = (tuple(cells_of(ends[i])) for ends in (envs.starts, envs.goals))
    return envs.grid_map(i).to_text(), *ends


def assert_legal(envs):
    """Check that starts are distinct free cells, goals too, each another than its start and within its reach."""
    for i in range(envs.num_envs):
        grid_map, starts, goals = envs.grid_map(i), cells_of(envs.starts[i]), cells_of(envs.goals[i])
        assert len(set(starts)) == len(set(goals)) == envs.num_agents
        for start, goal in zip(starts, goals, strict=True):
            assert start != goal
            assert np.isfinite(distances_to(grid_map, goal)[start])


@pytest.mark.parametrize("on_arrival", ["stay", "restart"])
@pytest.mark.parametrize("generator", GENERATOR_ARGUMENTS)
def test_every_generator_has_levels_whose_lengths_are_exact(generator, on_arrival):
    arguments = {"generator": generator, "size": (13, 11), "num_agents": 9, "on_arrival": on_arrival}
    envs = GridMultiAgentVectorEnv(num_envs=6, observation="coordinates", **arguments)
    for seed in range(3):
        _, infos = envs.reset(seed=seed)
        assert_legal(envs)
        np.testing.assert_array_equal(infos["optimal_length"], envs.distance_to_goal())
        for i in range(6):
            for start, goal, length in zip(
                cells_of(envs.starts[i]), cells_of(envs.goals[i]), infos["optimal_length"][i], strict=True
            ):
                assert distances_to(envs.grid_map(i), goal)[start] == length
    assert envs.num_distinct_levels() == 6
    play(envs, 20)
    assert (envs.distance_to_goal() <= 13 * 11).all()


@pytest.mark.parametrize("rows", [["..", ".."], ["....", ".##.", "...."], ["..#..", ".###.", "....."]])
def test_as_many_agents_as_there_are_cells_have_starts_and_goals(rows):
    num_agents = sum(row.count(".") for row in rows)
    envs = GridMultiAgentVectorEnv(num_envs=50, map=rows, num_agents=num_agents)
    envs.reset(seed=0)
    assert_legal(envs)
    assert envs.num_distinct_levels() > 8


def test_what_is_drawn_fits_regions_of_any_size():
    # A cell by itself has room for nobody; where goals are drawn anew each region keeps one cell more than agents.
    rows = ["..#.#....", "####.####", "...#....."]
    for on_arrival, num_agents in (("stay", 14), ("restart", 10)):
        envs = GridMultiAgentVectorEnv(num_envs=40, map=rows, num_agents=num_agents, on_arrival=on_arrival)
        envs.reset(seed=0)
        assert_legal(envs)


def test_the_other_end_is_drawn_within_reach_and_differs_from_the_one_given():
    envs = GridMultiAgentVectorEnv(num_envs=200, map=["...#....", "...#...."], num_agents=6)
    given = [(0, 0), (0, 1), (1, 2), (0, 4), (1, 7), (1, 5)]
    for name, others in (("starts", "goals"), ("goals", "starts")):
        envs.reset(seed=3, options={name: given})
        assert_legal(envs)
        assert all(cells_of(cells) == given for cells in getattr(envs, name))
        drawn = getattr(envs, others)
        for k in range(6):
            reach = {(row, col) for row in (0, 1) for col in (range(3) if k < 3 else range(4, 8))} - {given[k]}
            assert set(cells_of(drawn[:, k])) == reach


def test_what_is_given_takes_the_place_of_what_the_level_has_and_the_level_draws_the_rest():
    env = mapf_v0.parallel_env(size=(6, 6), density=0.0, num_agents=3)
    drawn = []
    for level in (5, 6, 5):
        env.reset(options={"level": level, "starts": [(0, 0), (0, 1), (0, 2)]})
        assert env.level == level
        drawn.append(cells_of(env.goals))
    assert drawn[0] == drawn[2] != drawn[1]
    # Both at once may be anything, also the cell itself.
    env.reset(options={"starts": [(0, 0), (0, 1), (0, 2)], "goals": [(0, 0), (5, 5), (0, 1)]})
    assert env.distance_to_goal().tolist() == [0.0, 9.0, 1.0]


@pytest.mark.parametrize("on_arrival", ["stay", "restart"])
def test_every_free_cell_is_a_start_and_a_goal_equally_often(on_arrival):
    envs = GridMultiAgentVectorEnv(num_envs=2000, map=OPEN, num_agents=5, on_arrival=on_arrival)
    free = np.argwhere(~envs.config.fixed_map.blocked)
    envs.reset(seed=0)
    expected = 2000 * 5 / len(free)
    for ends in (envs.starts, envs.goals):
        counts = np.zeros(envs.config.shape)
        np.add.at(counts, tuple(ends.reshape(-1, 2).T), 1)
        assert counts.sum() == counts[tuple(free.T)].sum() == 10_000
        # Five standard deviations.
        assert np.abs(counts[tuple(free.T)] - expected).max() < 5 * expected**0.5
    for k in range(5):
        # And so for each agent by itself: none has a corner of its own.
        cells, counts = np.unique(envs.goals[:, k], axis=0, return_counts=True)
        assert len(cells) == len(free)
        assert np.abs(counts - 2000 / len(free)).max() < 5 * (2000 / len(free)) ** 0.5


def test_pairs_of_start_and_goal_are_drawn_equally_often():
    envs = GridMultiAgentVectorEnv(num_envs=6000, map=["..", ".."], num_agents=2)
    envs.reset(seed=1)
    for k in (0, 1):
        pairs = np.concatenate([envs.starts[:, k], envs.goals[:, k]], axis=1)
        _, counts = np.unique(pairs, axis=0, return_counts=True)
        assert len(counts) == 12
        assert np.abs(counts - 500).max() < 5 * 500**0.5


@pytest.mark.parametrize("arguments", [{"size": (4, 4), "density": 0.1}, {"map": ["..", ".."]}], ids=str)
def test_train_and_test_never_share_a_level(arguments):
    seen = {}
    for split in ("train", "test"):
        envs = GridMultiAgentVectorEnv(num_envs=300, num_agents=2, split=split, **arguments)
        seen[split] = set()
        for seed in (0, 300, 600):
            envs.reset(seed=seed)
            seen[split] |= {contents(envs, i) for i in range(300)}
        assert len(seen[split]) > 8
    assert not seen["train"] & seen["test"]
    either = GridMultiAgentVectorEnv(num_envs=2000, num_agents=2, **arguments)
    either.reset(seed=0)
    if "map" in arguments:
        assert {contents(either, i) for i in range(2000)} == seen["train"] | seen["test"]


@pytest.mark.parametrize("arguments", [{"size": (5, 5)}, {"map": OPEN}], ids=str)
def test_limited_levels_are_those_and_no_other(arguments):
    numbers = {}
    for split in (None, "train", "test"):
        envs = GridMultiAgentVectorEnv(num_envs=60, num_agents=3, num_levels=8, first_level=3, split=split, **arguments)
        envs.reset(seed=0)
        assert set(envs.levels.tolist()) == set(envs.level_numbers.tolist())
        assert envs.num_distinct_levels() == len(envs.level_numbers) == 8
        numbers[split] = set(envs.level_numbers.tolist())
        with pytest.raises(InvalidOptionError, match="level: 2 is not one of the 8 levels from"):
            envs.reset(options={"level": 2})
    assert numbers[None] == set(range(3, 11))
    assert not numbers["train"] & numbers["test"]
    assert numbers["train"] | numbers["test"] >= numbers[None]


def test_a_level_is_the_same_wherever_it_is_played():
    limited = GridMultiAgentVectorEnv(num_envs=3, size=(7, 8), num_agents=4, num_levels=10)
    unlimited = GridMultiAgentVectorEnv("gridpath/mapf_v0", 1, size=(7, 8), num_agents=4, conflicts="priority")
    limited.reset(seed=0, options={"level": [9, 2, 9]})
    unlimited.reset(seed=99, options={"level": 9})
    assert contents(limited, 0) == contents(limited, 2) == contents(unlimited, 0) != contents(limited, 1)


def test_equal_episode_seeds_are_equal_episodes():
    envs = GridMultiAgentVectorEnv("gridpath/lifelong_v0", 3, size=(6, 6), num_agents=3)
    envs.reset(seed=4, options={"episode_seeds": [8, 9, 8]})
    assert contents(envs, 0) == contents(envs, 2) != contents(envs, 1)
    for _ in range(40):
        envs.step(np.repeat(envs.optimal_actions()[:1].argmax(axis=-1), 3, axis=0))
    # They also draw the same goals.
    assert cells_of(envs.goals[0]) == cells_of(envs.goals[2])
    envs.reset()
    assert len({contents(envs, i) for i in range(3)}) == 3


def test_a_level_out_of_the_split_is_refused():
    envs = GridMultiAgentVectorEnv(size=(5, 5), num_agents=2, split="test")
    refused = 0
    for level in range(40):
        try:
            envs.reset(options={"level": level})
        except InvalidOptionError as error:
            assert f"level: {level} is not in the split 'test'" in str(error)
            refused += 1
    assert 20 < refused < 40


@pytest.mark.parametrize("given", ["starts", "goals"])
def test_the_other_ends_of_a_level_that_is_asked_for_stay(given):
    envs = GridMultiAgentVectorEnv(num_envs=2, num_agents=3, map=OPEN)
    envs.reset(options={"level": 5})
    level = {"starts": envs.starts, "goals": envs.goals}
    cells = level[given][0][[1, 2, 0]]
    for how in ({"level": 5}, {"episode_seeds": 9}):
        if "episode_seeds" in how:
            envs.reset(options=how)
            level = {"starts": envs.starts, "goals": envs.goals}
        envs.reset(options={**how, given: cells})
        other = "goals" if given == "starts" else "starts"
        np.testing.assert_array_equal(getattr(envs, other), level[other])
        np.testing.assert_array_equal(getattr(envs, given), np.broadcast_to(cells, (2, 3, 2)))
