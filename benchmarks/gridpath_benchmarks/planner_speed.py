"""How long LaCAM* takes to plan for many agents, how good its plans get, and whether it finds any where many crowd."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.lacam import lacam
from gridpath_agents.planners.plan import Plan, lower_bound
from gridpath_agents.planners.validation import check_plan
from gridpath_benchmarks.provenance import machine_and_versions, utc_now
from gridpath_envs.errors import MapNotFoundError
from gridpath_envs.maps import GridMap, load_map, load_scenario, scenario_map

TIME_LIMIT = 5.0  # of each plan, in seconds
SEEDS = (0, 1, 2, 3, 4)

# (scenario, agents): how fast, and how good.
QUESTIONS = (
    ("random-32-32-20-random-1", 300),
    ("maze-32-32-4-random-1", 150),
    ("warehouse-10-20-10-2-1-random-1", 500),
    ("warehouse-10-20-10-2-1-random-1", 1000),
)

# Maps whose scenarios 1 to 5 are all to be solved, with so many agents each.
CROWDED = ("random-32-32-20", "maze-32-32-2")
CROWDS = (50, 100, 200, 300)
SCENARIOS = (1, 2, 3, 4, 5)

# Calls a planner twice in a process of its own, and tells what the first call took longer.
_FIRST_CALL = """
import time
from gridpath_agents.planners.lacam import lacam
from gridpath_envs.maps import GridMap
question = GridMap.from_text("...."), [(0, 0)], [(0, 3)]
times = []
for _ in range(2):
    begun = time.perf_counter()
    lacam(*question)
    times.append(time.perf_counter() - begun)
print(times[0] - times[1])
"""


@dataclass(frozen=True)
class PlanTimes:
    """What was measured on one question: medians over seeds.

    Args:
        scenario: Name of the ``.scen`` file, without its suffix.
        agents: How many, the first rows of the scenario.
        seeds: How many were measured.
        lower_bound: Sum of the agents' shortest path lengths, in moves.
        first_seconds: Time to the first plan, distance tables included.
        first_ratio: The first plan's sum of costs by the lower bound.
        seconds: Time after which the best plan was taken.
        ratio: The best plan's sum of costs by the lower bound.
    """

    scenario: str
    agents: int
    seeds: int
    lower_bound: int
    first_seconds: float
    first_ratio: float
    seconds: float
    ratio: float


@dataclass(frozen=True)
class CrowdTimes:
    """What was measured on the scenarios of one map with one number of agents.

    Args:
        map: The map's name.
        agents: How many.
        scenarios: How many scenarios have so many rows.
        solved: How many of these were solved in time.
        median_seconds: Median time to the first plan of those solved, NaN where none was.
        most_seconds: The longest of these times.
    """

    map: str
    agents: int
    scenarios: int
    solved: int
    median_seconds: float
    most_seconds: float


Question = tuple[GridMap, NDArray[np.int32], NDArray[np.int32]]


def default_folder() -> Path:
    """Return the folder of MovingAI's scenarios for many agents."""
    root = Path(__file__).resolve().parents[2]
    return Path(os.environ.get("GRIDPATH_MOVINGAI") or root.parent / "shared" / "data" / "movingai") / "mapf"


def load_question(scenario: Path, agents: int) -> Question | None:
    """Return map, starts and goals of the first agents of a scenario; None if it has fewer.

    Args:
        scenario: A ``.scen`` file with its map beside it.
        agents: How many.
    """
    rows = load_scenario(scenario)[:agents]
    if len(rows) < agents:
        return None
    starts, goals = (np.array([getattr(row, name) for row in rows], dtype=np.int32) for name in ("start", "goal"))
    return load_map(scenario_map(scenario)), starts, goals


def _planned(question: Question, seed: int, improve: bool) -> Plan:
    """Return a plan that was checked."""
    plan = lacam(*question, seed=seed, time_limit=TIME_LIMIT, improve=improve)
    check_plan(*question, plan.positions, must_solve=plan.is_solved)
    return plan


def measure_question(scenario: Path, agents: int) -> PlanTimes:
    """Measure how fast and how good plans for one question are, on one thread.

    Args:
        scenario: A ``.scen`` file with its map beside it.
        agents: How many of its rows to plan for.

    Raises:
        MapNotFoundError: The scenario has fewer rows.
    """
    question = load_question(scenario, agents)
    if question is None:
        raise MapNotFoundError(f"{scenario}: has fewer than {agents} rows")
    bound = lower_bound(*question)
    plans = [_planned(question, seed, True) for seed in SEEDS]
    # What was not solved took for ever and costs as much.
    firsts = [plan.history[0][1] if plan.is_solved else np.inf for plan in plans]
    lasts = [plan.sum_of_costs if plan.is_solved else np.inf for plan in plans]
    return PlanTimes(
        scenario=scenario.stem,
        agents=agents,
        seeds=len(plans),
        lower_bound=bound,
        first_seconds=median(plan.first_seconds for plan in plans),
        first_ratio=float(median(firsts)) / bound,
        seconds=median(plan.seconds for plan in plans),
        ratio=float(median(lasts)) / bound,
    )


def measure_crowd(folder: Path, map_name: str, agents: int) -> CrowdTimes:
    """Measure how many of a map's scenarios are solved in time.

    Args:
        folder: Where its ``NAME-random-1.scen`` and so on are.
        map_name: NAME.
        agents: How many of each scenario's rows to plan for.
    """
    questions = [load_question(folder / f"{map_name}-random-{number}.scen", agents) for number in SCENARIOS]
    plans = [_planned(question, 0, False) for question in questions if question is not None]
    times = [plan.first_seconds for plan in plans if plan.is_solved] or [np.nan]
    return CrowdTimes(
        map_name, agents, len(plans), sum(plan.is_solved for plan in plans), float(median(times)), max(times)
    )


def measure_first_call(is_compiled: bool) -> float:
    """Return how much longer a process's first call takes than its second, in seconds.

    Args:
        is_compiled: Whether the kernels are there from an earlier call, or have to be compiled.
    """
    with tempfile.TemporaryDirectory() as empty:
        environment = dict(os.environ) if is_compiled else {**os.environ, "NUMBA_CACHE_DIR": empty}
        done = subprocess.run(
            [sys.executable, "-c", _FIRST_CALL], capture_output=True, text=True, env=environment, check=True
        )
    return float(done.stdout)


def markdown(results: Sequence[PlanTimes], crowds: Sequence[CrowdTimes], origin: Mapping[str, Any]) -> str:
    """Return the tables, with the command and the machine that made them.

    Args:
        results: What was measured of single questions.
        crowds: What was measured of maps.
        origin: Provenance.
    """
    lines = ["| scenario | agents | first plan | sum of costs / lower bound | after | sum of costs / lower bound |"]
    lines.append("| --- " + "| ---: " * 5 + "|")
    for result in results:
        cells = [result.scenario, str(result.agents), _duration(result.first_seconds)]
        cells += [_ratio(result.first_ratio), f"{result.seconds:.1f} s", _ratio(result.ratio)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| map | agents | solved | median time | longest time |", "| --- " + "| ---: " * 4 + "|"]
    for crowd in crowds:
        cells = [crowd.map, str(crowd.agents), f"{crowd.solved} of {crowd.scenarios}"]
        cells += [_duration(seconds) for seconds in (crowd.median_seconds, crowd.most_seconds)]
        lines.append(f"| {' | '.join(cells)} |")
    versions = ", ".join(f"{name} {version}" for name, version in origin["versions"].items())
    lines += [
        "",
        f"`lacam` with a time limit of {TIME_LIMIT:g} s, called from Python with arguments checked and distance tables"
        " included, each plan checked by `check_plan`. First table: medians over seeds. Second table: time to the first"
        " plan of the scenarios `random-1` to `random-5` with enough rows. Not included is what a process's first call"
        f" takes longer: {origin['compile_seconds']:.1f} s to compile, once per version, and"
        f" {origin['load_seconds']:.1f} s where that was done before.",
        "",
        f"Made by `{origin['command']}` on one thread of: {origin['cpu']}. {versions}.",
    ]
    return "\n".join(lines) + "\n"


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if np.isfinite(seconds) else "-"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if np.isfinite(ratio) else "-"


def _plain(result: PlanTimes | CrowdTimes) -> dict[str, Any]:
    """Return what was measured as JSON knows it: null for what there is no number for."""
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in asdict(result).items()
    }


def run_planner_speed(maps: Path | None, out: Path | None, command: str, report: Callable[[str], None]) -> None:
    """Measure every question and map, and write ``planners.json`` and ``README.md`` where a folder is given.

    Args:
        maps: Folder of MovingAI's maps and scenarios for many agents, or None for where this machine has them.
        out: Folder, or None to print only.
        command: The command that asked for it, for readers of the results.
        report: Called with each line to show.

    Raises:
        MapNotFoundError: The folder lacks a scenario that is to be measured, or its map.
    """
    from gridpath_benchmarks.store import write_atomically

    folder = default_folder() if maps is None else maps
    asked = {folder / f"{name}.scen" for name, _ in QUESTIONS}
    asked |= {folder / f"{name}-random-{number}.scen" for name in CROWDED for number in SCENARIOS}
    missing = sorted(path.name for path in asked if not path.is_file())
    if missing:
        raise MapNotFoundError(f"{folder}: holds no {', '.join(missing[:3])}{' and more' if len(missing) > 3 else ''}")
    compile_seconds = measure_first_call(False)
    # The first of these fills the cache where it was empty.
    load_seconds = min(measure_first_call(True) for _ in range(2))
    report(f"first call: {compile_seconds:.1f} s, of which compiling; later processes: {load_seconds:.1f} s")
    results = []
    for name, agents in QUESTIONS:
        results.append(measure_question(folder / f"{name}.scen", agents))
        report(f"{name}, {agents} agents: measured")
    crowds = []
    for name in CROWDED:
        for agents in CROWDS:
            crowds.append(measure_crowd(folder, name, agents))
            report(f"{name}, {agents} agents: {crowds[-1].solved} of {crowds[-1].scenarios} solved")
    origin = {**machine_and_versions(), "threads": 1, "time": utc_now(), "command": command}
    origin |= {"compile_seconds": compile_seconds, "load_seconds": load_seconds, "time_limit": TIME_LIMIT}
    text = markdown(results, crowds, origin)
    report(text.rpartition("\n\n`lacam`")[0])
    if out is not None:
        data = {
            "questions": [_plain(result) for result in results],
            "crowds": [_plain(crowd) for crowd in crowds],
            "provenance": origin,
        }
        write_atomically(out / "planners.json", json.dumps(data, indent=1, allow_nan=False) + "\n")
        write_atomically(out / "README.md", f"# Plans for many agents\n\n{text}")
        report(f"wrote {out}")
