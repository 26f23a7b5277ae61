"""Whole runs through the command line, in processes of their own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def cells(folder: Path) -> dict[tuple[str, str, int], dict]:
    records = [json.loads(path.read_text()) for path in sorted((folder / "cells").rglob("*.json"))]
    return {(record["scenario"], record["agent"], record["seed"]): record for record in records}


def numbers(folder: Path) -> dict:
    """All that must not depend on when, where and in how many goes a cell ran."""
    return {
        name: {key: record[key] for key in ("key", "metrics", "episodes", "replays")}
        | {"curve": [{**point, "seconds": None} for point in record["curve"]]}
        for name, record in cells(folder).items()
    }


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_run_scores_every_cell(finished_run):
    folder, done = finished_run
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    records = cells(folder)
    assert len(records) == 12
    assert all(record["status"] == "finished" for record in records.values())
    for scenario, levels in (("room", 6), ("fixed", 3)):
        for seed in (0, 1):
            oracle, learner = records[scenario, "shortest_path", seed], records[scenario, "q_learning", seed]
            assert oracle["metrics"]["spl"] == learner["metrics"]["spl"] == 1.0
            assert oracle["metrics"]["suboptimality"] == 1.0
            assert oracle["metrics"]["num_episodes"] == len(oracle["episodes"]["steps"]) == levels
            assert records[scenario, "random", seed]["metrics"]["spl"] < 1.0


def test_a_run_prints_a_line_a_cell_and_a_table_a_scenario(finished_run):
    output = finished_run[1].stdout
    assert "[12/12]" in output
    assert "room shortest_path seed 1: success 1.00 spl 1.00 (" in output
    assert "room (6 test levels a seed, 95% intervals)" in output
    row = next(line for line in output.splitlines() if line.strip().startswith("q_learning"))
    assert "1.000 [1.000, 1.000]" in row
    assert "1,500," in row
    assert row.rstrip().endswith("2/2")


def test_learning_curves_go_from_the_first_step_to_the_last(finished_run):
    records = cells(finished_run[0])
    curve = records["room", "q_learning", 0]["curve"]
    assert len(curve) == 4
    assert [point["timesteps"] for point in curve] == sorted(point["timesteps"] for point in curve)
    assert curve[0]["timesteps"] == 0
    assert curve[-1]["timesteps"] == records["room", "q_learning", 0]["timing"]["train_steps"] >= 1_500_000
    assert curve[-1]["spl"] == 1.0 > curve[0]["spl"]
    assert [point["seconds"] for point in curve] == sorted(point["seconds"] for point in curve)
    assert len(records["room", "random", 0]["curve"]) == 1


def test_each_score_says_where_it_comes_from(finished_run):
    records = cells(finished_run[0])
    provenance = records["fixed", "random", 1]["provenance"]
    assert provenance["actions"] == "sampled"
    assert records["fixed", "q_learning", 1]["provenance"]["actions"] == "greedy"
    assert {"python", "gridpath-envs", "numpy", "numba", "gymnasium", "stable-baselines3", "torch"} <= set(
        provenance["versions"]
    )
    assert all(provenance["versions"].values())
    assert {"commit", "cpu", "cores", "threads", "platform", "time", "jobs"} <= set(provenance)
    assert provenance["configuration"]["test_kwargs"]["reward"] == {"goal": 1.0, "step": -0.02}
    timing = records["fixed", "q_learning", 1]["timing"]
    assert timing["train_steps_per_second"] == pytest.approx(timing["train_steps"] / timing["train_seconds"])
    assert set(timing) >= {"setup_seconds", "evaluation_seconds"}


def test_a_second_start_does_only_what_is_not_done(finished_run, tiny_suite, tmp_path, command):
    folder = tmp_path / "out"
    shutil.copytree(finished_run[0], folder)
    files = sorted((folder / "cells").rglob("*.json"))
    torn = next(path for path in files if "shortest_path" in str(path))
    torn.write_text(torn.read_text()[:100])
    times = {path: path.stat().st_mtime_ns for path in files if path != torn}
    done = command("bench", "run", tiny_suite, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert f"note: {torn}: is damaged" in done.stdout
    assert "11 of 12 cells are finished already" in done.stdout
    assert len(re.findall(r"seed \d+: success", done.stdout)) == 1
    assert {path: path.stat().st_mtime_ns for path in files if path != torn} == times
    assert numbers(folder) == numbers(finished_run[0])


@linux
def test_runs_that_were_killed_and_interrupted_end_up_with_the_same_numbers(
    finished_run, tiny_suite, tmp_path, command, command_line
):
    folder = tmp_path / "out"
    arguments = ("bench", "run", tiny_suite, "--out", folder, "--jobs", 1)

    def count():
        return len(list(folder.rglob("seed-*.json")))

    def start():
        return subprocess.Popen(
            command_line(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    killed = start()
    wait_until(lambda: count() >= 1)
    workers = children(killed.pid)
    killed.kill()
    killed.communicate()
    assert workers
    wait_until(lambda: not any(map(alive, workers)), seconds=10)
    # As if it had been killed at once, however far it came: the next run must have enough left to be interrupted in.
    for path in sorted(folder.rglob("seed-*.json"))[1:]:
        path.unlink()
    first = count()
    assert first == 1

    interrupted = start()
    wait_until(lambda: count() > first)
    workers = children(interrupted.pid)
    os.killpg(interrupted.pid, signal.SIGINT)
    _, errors = interrupted.communicate(timeout=30)
    assert interrupted.returncode == 130
    assert "Traceback" not in errors
    assert errors.count("\n") == 1
    assert "gridpath: interrupted; finished cells are kept, and this goes on: gridpath bench run" in errors
    assert workers
    wait_until(lambda: not any(map(alive, workers)), seconds=10)

    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    assert numbers(folder) == numbers(finished_run[0])


@linux
def test_cells_that_raise_or_die_are_recorded_and_the_others_go_on(tiny_suite, tmp_path, command, command_line):
    file = tmp_path / "bad.toml"
    text = tiny_suite.read_text().replace("seeds = [0, 1]", "seeds = [0]")
    # One cell that would never end, which is run first for its length, and one whose parameter is refused.
    text = text.replace("1_500_000", "2_000_000_000_000")
    text += "[agents.q_learning.scenarios.room]\ntotal_timesteps = 1000\nparameters = { step_size = 7.0 }\n"
    file.write_text(text)
    folder = tmp_path / "out"
    run = subprocess.Popen(
        command_line("bench", "run", file, "--out", folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def training():
        # A worker that has loaded torch is at its first cell.
        for pid in children(run.pid):
            try:
                if "libtorch" in Path(f"/proc/{pid}/maps").read_text():
                    return pid
            except OSError:
                continue
        return None

    os.kill(wait_until(training), signal.SIGKILL)
    output, errors = run.communicate(timeout=60)
    assert run.returncode == 1
    records = cells(folder)
    assert {name: record["status"] for name, record in records.items() if record["status"] == "failed"} == {
        ("fixed", "q_learning", 0): "failed",
        ("room", "q_learning", 0): "failed",
    }
    assert len(records) == 6
    assert "died with exit code -9" in records["fixed", "q_learning", 0]["log"]
    assert records["room", "q_learning", 0]["log"].startswith("ConfigurationError: step_size")
    assert "Traceback" in records["room", "q_learning", 0]["log"]
    assert errors.count("gridpath: failed: ") == 2
    assert "Traceback" not in errors
    assert f"{folder}/cells/room/q_learning/seed-0-" in errors
    assert "0/1 (1 failed)" in output

    # The failure is mended, and the next start tries again.
    file.write_text(text.replace("7.0", "0.5").replace("2_000_000_000_000", "1000"))
    done = command("bench", "run", file, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert "4 of 6 cells are finished already" in done.stdout


def test_a_cell_that_takes_too_long_is_given_up(tiny_suite, tmp_path, command):
    file = tmp_path / "slow.toml"
    text = tiny_suite.read_text().replace("seeds = [0, 1]", "seeds = [0]")
    text = text.replace("[evaluation]", "[evaluation]\ncell_time_limit = 0.05")
    # Importing alone takes longer than the limit.
    file.write_text(
        text.replace("[agents.random]\nactions", "[agents.random.scenarios.room]\nactions").partition("[agents.s")[0]
    )
    done = command("bench", "run", file, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "longer than the cell_time_limit of 0.05 seconds" in done.stderr
