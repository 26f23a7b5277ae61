"""The throughput benchmark measures what it says; how fast it is, no test asks."""

import dataclasses
import json

import pytest

from gridpath_benchmarks import throughput
from gridpath_benchmarks.cli import main


@pytest.mark.parametrize("case", throughput.CASES, ids=lambda case: case.name)
def test_every_case_steps_and_ends_episodes(case):
    result = throughput.measure(case, repeats=3, seconds=0.01)
    assert 0 < result.low <= result.median <= result.high
    assert result.reset_share < 0.5
    if case.env_id == "GridPath-v0":
        # Random play ends an episode every 64 steps at the latest.
        assert 1 / 64 <= result.reset_share * 1.7
    assert result.lanes == case.lanes


def test_of_many_agents_the_steps_of_each_are_counted():
    case = next(case for case in throughput.CASES if case.through == "joint")
    small = dataclasses.replace(case, lanes=12, env_kwargs={**case.env_kwargs, "num_agents": 4, "time_limit": 8})
    result = throughput.measure(small, repeats=1, seconds=0.01)
    assert result.lanes == 12
    # Each agent's episode ends with its eighth step, and one more step begins it anew.
    assert 0.1 < result.reset_share < 0.125


def test_results_are_written_with_the_machine_they_come_from(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(throughput, "SECONDS", 0.01)
    monkeypatch.setattr(throughput, "CASES", [case for case in throughput.CASES if case.through == "unwrapped"])
    assert main(["bench", "throughput", "--out", str(tmp_path)]) == 0
    data = json.loads((tmp_path / "throughput.json").read_text())
    assert data["results"][0]["median"] > 0
    assert data["provenance"]["cpu"]
    assert "| single env, unwrapped |" in (tmp_path / "README.md").read_text()
    assert "steps/s" in capsys.readouterr().out
