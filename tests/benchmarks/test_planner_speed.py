"""The planner benchmark measures what it says; how fast the planners are, no test asks."""

import json

import numpy as np
import pytest

from gridpath_benchmarks import planner_speed
from gridpath_benchmarks.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of small scenarios, which are all that is asked about."""
    monkeypatch.setattr(planner_speed, "TIME_LIMIT", 0.2)
    monkeypatch.setattr(planner_speed, "SEEDS", (0, 1))
    monkeypatch.setattr(planner_speed, "QUESTIONS", (("hall-random-1", 3),))
    monkeypatch.setattr(planner_speed, "CROWDED", ("hall",))
    monkeypatch.setattr(planner_speed, "CROWDS", (2, 4))
    monkeypatch.setattr(planner_speed, "SCENARIOS", (1, 2))
    monkeypatch.setattr(planner_speed, "measure_first_call", lambda is_compiled: 0.5 if is_compiled else 12.5)
    maps = tmp_path / "maps"
    maps.mkdir()
    (maps / "hall.map").write_text("type octile\nheight 3\nwidth 4\nmap\n....\n.@..\n....\n")
    rows = ["0 0 3 0", "3 0 0 0", "0 1 3 1", "3 2 0 2"]
    for number, count in ((1, 4), (2, 3)):
        lines = ["version 1"] + [f"0\thall.map\t4\t3\t{row.replace(' ', chr(9))}\t3" for row in rows[:count]]
        (maps / f"hall-random-{number}.scen").write_text("\n".join(lines) + "\n")
    return maps


def test_a_question_is_the_first_rows_of_a_scenario(folder):
    grid_map, starts, goals = planner_speed.load_question(folder / "hall-random-1.scen", 3)
    assert grid_map.shape == (3, 4)
    assert starts.tolist() == [[0, 0], [0, 3], [1, 0]] and goals.tolist() == [[0, 3], [0, 0], [1, 3]]
    assert planner_speed.load_question(folder / "hall-random-2.scen", 4) is None


def test_every_plan_takes_time_and_costs_no_less_than_it_can(folder):
    result = planner_speed.measure_question(folder / "hall-random-1.scen", 3)
    assert (result.scenario, result.agents, result.seeds, result.lower_bound) == ("hall-random-1", 3, 2, 11)
    assert 0 < result.first_seconds <= result.seconds
    assert 1 <= result.ratio <= result.first_ratio


def test_scenarios_of_too_few_rows_are_not_counted(folder):
    crowd = planner_speed.measure_crowd(folder, "hall", 4)
    assert (crowd.map, crowd.agents, crowd.scenarios, crowd.solved) == ("hall", 4, 1, 1)
    assert 0 < crowd.median_seconds <= crowd.most_seconds


def test_what_is_not_solved_in_time_is_not_counted_as_solved(folder, monkeypatch):
    monkeypatch.setattr(planner_speed, "TIME_LIMIT", 0.0)
    crowd = planner_speed.measure_crowd(folder, "hall", 2)
    assert (crowd.scenarios, crowd.solved) == (2, 0) and np.isnan(crowd.most_seconds)
    result = planner_speed.measure_question(folder / "hall-random-1.scen", 3)
    assert result.ratio == np.inf
    origin = {"versions": {}, "compile_seconds": 1.0, "load_seconds": 1.0, "command": "", "cpu": ""}
    page = planner_speed.markdown([result], [crowd], origin)
    assert "| hall-random-1 | 3 | - | - | 0.0 s | - |" in page and "| hall | 2 | 0 of 2 | - | - |" in page


def test_results_are_written_with_the_command_and_the_machine(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["bench", "planners", "--maps", str(folder), "--out", str(out)]) == 0
    data = json.loads((out / "planners.json").read_text())
    assert [(entry["scenario"], entry["agents"]) for entry in data["questions"]] == [("hall-random-1", 3)]
    assert [(entry["map"], entry["scenarios"], entry["solved"]) for entry in data["crowds"]] == [
        ("hall", 2, 2),
        ("hall", 1, 1),
    ]
    assert data["provenance"]["command"] == f"gridpath bench planners --maps {folder} --out {out}"
    page = (out / "README.md").read_text()
    assert "| hall-random-1 | 3 |" in page and "| hall | 2 | 2 of 2 |" in page
    assert "12.5 s to compile" in page and "0.5 s where that was done before" in page
    assert "| hall | 4 | 1 of 1 |" in capsys.readouterr().out


def test_a_process_that_has_to_compile_takes_longer():
    assert planner_speed.measure_first_call(True) > 0


def test_what_is_missing_is_named(folder, tmp_path, capsys):
    (folder / "hall-random-2.scen").unlink()
    assert main(["bench", "planners", "--maps", str(folder)]) == 2
    assert "holds no hall-random-2.scen" in capsys.readouterr().err
    assert main(["bench", "planners", "--maps", str(tmp_path / "nowhere")]) == 2


def test_movingai_is_looked_for_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("GRIDPATH_MOVINGAI", str(tmp_path))
    assert planner_speed.default_folder() == tmp_path / "mapf"
