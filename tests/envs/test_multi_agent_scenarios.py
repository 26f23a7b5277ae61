"""Scenarios of many agents: each file is a level, row k of it agent k; what does not fit its map is refused by name."""

import math

import numpy as np
import pytest

from conftest import movingai_folder
from gridpath_envs import GridMultiAgentVectorEnv, lifelong_v0, mapf_v0
from gridpath_envs.errors import (
    ConfigurationError,
    GridPathError,
    InfeasibleLevelError,
    InvalidOptionError,
    MapFormatError,
    MapNotFoundError,
)
from gridpath_envs.maps import distances_to, load_map, load_scenario
from joint_configurations import cells_of


def write_scenario(path, rows, shape=(3, 4), map_name="small.map"):
    """Write rows of (start, goal) as MovingAI has them, and beside them a map."""
    lines = ["version 1"]
    for (start_row, start_col), (goal_row, goal_col) in rows:
        ends = f"{start_col}\t{start_row}\t{goal_col}\t{goal_row}"
        lines.append(f"0\t{map_name}\t{shape[1]}\t{shape[0]}\t{ends}\t1.0")
    path.write_text("\n".join(lines) + "\n")
    path.with_name("small.map").write_text("type octile\nheight 3\nwidth 4\nmap\n....\n.@@.\n....\n")
    return path


ROWS = [((0, 0), (2, 0)), ((0, 1), (2, 1)), ((0, 2), (2, 2))]


def test_files_that_do_not_fit_are_named(tmp_path):
    good = write_scenario(tmp_path / "good.scen", ROWS)
    assert mapf_v0.parallel_env(scenario=good).config.num_agents == 3
    cases = [
        ({"num_agents": 4}, ROWS, {}, ConfigurationError, "num_agents: 4 agents, but .*a.scen has 3 rows"),
        (
            {},
            ROWS,
            {"shape": (4, 4)},
            MapFormatError,
            r"a.scen: row 0 is for a map of \(4, 4\) cells, map has \(3, 4\)",
        ),
        ({}, [((0, 0), (1, 1))], {}, MapFormatError, r"a.scen: row 0: goal: cell \(1, 1\) is blocked"),
        ({}, [*ROWS, ((0, 1), (0, 0))], {}, MapFormatError, r"rows 1 and 3 have the same start \(0, 1\)"),
        ({}, [*ROWS, ((2, 1), (2, 0))], {}, MapFormatError, r"rows 0 and 3 have the same goal \(2, 0\)"),
        ({}, [], {}, GridPathError, "a.scen"),
        ({}, ROWS, {"map_name": "other.map"}, MapNotFoundError, "its map is not known; give map beside scenario"),
        ({"split": "train"}, ROWS, {}, ConfigurationError, "split: has no meaning together with scenario"),
        ({"size": (4, 4)}, ROWS, {}, ConfigurationError, "size: has no meaning together with scenario"),
        ({"first_level": 1}, ROWS, {}, ConfigurationError, "first_level, num_levels: levels 1 to 1 are asked for"),
        ({"num_levels": 2}, ROWS, {}, ConfigurationError, "first_level, num_levels: levels 0 to 1 are asked for"),
        ({"map": "S...\n....\n....\n"}, ROWS, {}, ConfigurationError, "map: has a start or a goal"),
    ]
    for arguments, rows, written, error, message in cases:
        path = write_scenario(tmp_path / "a.scen", rows, **written)
        with pytest.raises(error, match=message):
            mapf_v0.parallel_env(scenario=path, **arguments)
    for scenario in ([], 3, [3], [good, write_scenario(tmp_path / "short.scen", ROWS[:2])]):
        with pytest.raises(ConfigurationError, match=r"scenario: expected the path|num_agents: 3 agents, but .*short"):
            mapf_v0.parallel_env(scenario=scenario)
    with pytest.raises(MapNotFoundError):
        mapf_v0.parallel_env(scenario=tmp_path / "nowhere.scen")


def test_a_goal_of_a_file_that_is_out_of_reach_is_named(tmp_path):
    path = write_scenario(tmp_path / "a.scen", [((0, 0), (0, 1)), ((0, 2), (2, 0))])
    cut = "....\n####\n....\n"
    with pytest.raises(InfeasibleLevelError, match=r"the goal of agent 1 of level 0 is out of reach .*check_reachable"):
        mapf_v0.parallel_env(scenario=path, map=cut)
    env = mapf_v0.parallel_env(scenario=path, map=cut, check_reachable=False)
    assert [info["optimal_length"] for info in env.reset()[1].values()] == [1.0, math.inf]
    full = write_scenario(tmp_path / "b.scen", [((0, k), (0, (k + 1) % 4)) for k in range(4)])
    assert mapf_v0.parallel_env(scenario=full, map=cut).config.num_agents == 4
    with pytest.raises(InfeasibleLevelError, match="needs a cell more than agents"):
        lifelong_v0.parallel_env(scenario=full, map=cut)


def test_rows_are_the_agents_and_files_are_the_levels(tmp_path):
    paths = [write_scenario(tmp_path / f"small-{k}.scen", ROWS[k:] + ROWS[:k]) for k in range(3)]
    envs = GridMultiAgentVectorEnv(num_envs=3, scenario=paths)
    assert envs.num_agents == 3 and envs.level_numbers.tolist() == [0, 1, 2]
    _, infos = envs.reset(options={"level": [2, 0, 1]})
    for env, level in enumerate([2, 0, 1]):
        rows = ROWS[level:] + ROWS[:level]
        assert list(zip(cells_of(envs.starts[env]), cells_of(envs.goals[env]), strict=True)) == rows
        known = [distances_to(envs.grid_map(env), goal)[start] for start, goal in rows]
        assert infos["optimal_length"][env].tolist() == known
    assert {int(level) for _ in range(30) for level in (envs.reset(), envs.levels)[1]} == {0, 1, 2}


def test_fewer_agents_are_the_first_rows_and_fewer_levels_a_slice(tmp_path):
    paths = [write_scenario(tmp_path / f"small-{k}.scen", ROWS[k:] + ROWS[:k]) for k in range(3)]
    env = mapf_v0.parallel_env(scenario=paths, num_agents=2, first_level=1, num_levels=2)
    assert env.possible_agents == ["agent_0", "agent_1"]
    levels = set()
    for _ in range(30):
        env.reset()
        levels.add(env.level)
        assert cells_of(env.starts) == [row[0] for row in (ROWS[env.level :] + ROWS[: env.level])[:2]]
    assert levels == {1, 2}
    with pytest.raises(InvalidOptionError, match="level: 0 is not one of the 2 levels from 1 to 2"):
        env.reset(options={"level": 0})


@pytest.mark.parametrize("name", ["empty-16-16", "maze-32-32-2", "room-32-32-4", "den312d"])
def test_published_scenarios_are_played_as_they_are(name):
    folder = movingai_folder()
    paths = sorted(folder.parent.glob(f"mapf/{name}-random-*.scen"))[:3] if folder else []
    if not paths:
        pytest.skip("MovingAI's maps for many agents are not on this machine")
    num_agents = min(100, min(len(load_scenario(path)) for path in paths))
    envs = GridMultiAgentVectorEnv(num_envs=len(paths), scenario=paths, num_agents=num_agents)
    grid_map = load_map(folder.parent / "mapf" / f"{name}.map")
    _, infos = envs.reset(options={"level": list(range(len(paths)))})
    for level, path in enumerate(paths):
        rows = load_scenario(path)[:num_agents]
        assert cells_of(envs.starts[level]) == [row.start for row in rows]
        assert cells_of(envs.goals[level]) == [row.goal for row in rows]
        for k in range(0, num_agents, 10):
            assert infos["optimal_length"][level, k] == distances_to(grid_map, rows[k].goal)[rows[k].start]
    np.testing.assert_array_equal(envs.distance_to_goal(), infos["optimal_length"])


def test_levels_of_different_maps_and_files_that_are_not_there_are_named(tmp_path):
    rows = [((0, 0), (0, 1))]
    one, other = tmp_path / "one.scen", tmp_path / "other.scen"
    write_scenario(one, rows)
    write_scenario(other, rows, map_name="another.map")
    with pytest.raises(MapFormatError, match=r"share a map, but .*one.scen: row 0 names 'small.map', and .*other"):
        mapf_v0.parallel_env(scenario=[one, other], map=np.zeros((3, 4), dtype=bool))
    with pytest.raises(MapNotFoundError, match=r"nope.scen: No such file"):
        mapf_v0.parallel_env(scenario=str(tmp_path / "nope.scen"))
