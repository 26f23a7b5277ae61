"""The query benchmark measures what it says; how fast the queries are, no test asks."""

import json
import shutil

import numpy as np
import pytest

from gridpath_benchmarks import oracle_speed
from gridpath_benchmarks.cli import main
from gridpath_envs.maps import load_map, load_scenario, shipped_maps, shortest_path_length

NAME = "office-32"


def test_every_query_takes_time():
    result = oracle_speed.measure(shipped_maps()[NAME], queries=7, repeats=2)
    assert (result.map, result.shape, result.queries) == (NAME, (32, 32), 7)
    times = [result.cardinal_length, result.cardinal_path, result.octile_length, result.octile_path]
    assert min(result.yardstick, *times) > 0


def test_the_yardstick_finds_the_same_lengths():
    file = shipped_maps()[NAME]
    grid_map = load_map(file)
    yardstick = oracle_speed.Yardstick(grid_map)
    for row in load_scenario(file.with_suffix(".map.scen")):
        assert yardstick(row.start, row.goal) == shortest_path_length(grid_map, row.start, row.goal)


def test_results_are_written_with_the_command_and_the_machine(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(oracle_speed, "measure", lambda file, measure=oracle_speed.measure: measure(file, 3, 1))
    maps, out = tmp_path / "maps", tmp_path / "out"
    maps.mkdir()
    for suffix in (".map", ".map.scen"):
        shutil.copy(shipped_maps()[NAME].with_suffix(suffix), maps)
    assert main(["bench", "oracle", "--maps", str(maps), "--out", str(out)]) == 0
    data = json.loads((out / "oracle.json").read_text())
    assert [result["map"] for result in data["results"]] == [NAME]
    assert np.isfinite(data["results"][0]["octile_path"])
    assert data["provenance"]["command"] == f"gridpath bench oracle --maps {maps} --out {out}"
    assert f"| {NAME} | 32 x 32 | 3 |" in (out / "README.md").read_text()
    assert f"| {NAME} |" in capsys.readouterr().out


def test_without_movingai_the_shipped_maps_are_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("GRIDPATH_MOVINGAI", str(tmp_path))
    assert oracle_speed.default_maps() == sorted(shipped_maps().values())


@pytest.mark.parametrize("folder", ["", "missing"])
def test_a_folder_without_maps_is_named(folder, tmp_path, capsys):
    assert main(["bench", "oracle", "--maps", str(tmp_path / folder)]) == 2
    assert "holds no .map file" in capsys.readouterr().err
