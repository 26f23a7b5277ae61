"""How long a shortest-path query takes, as a user asks it from Python, beside a plain compiled breadth-first search."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from gridpath_benchmarks.provenance import machine_and_versions, utc_now
from gridpath_envs.errors import MapNotFoundError
from gridpath_envs.maps import (
    GridMap,
    Scenario,
    load_map,
    load_scenario,
    shipped_maps,
    shortest_path,
    shortest_path_length,
)

REPEATS = 5
QUERIES = 500  # of each map, spread evenly over its scenario's rows


@dataclass(frozen=True)
class QueryTimes:
    """What was measured on one map: medians over queries, in microseconds.

    Args:
        map: The map's name.
        shape: (H, W), in cells.
        queries: How many were asked.
        yardstick: Plain compiled breadth-first search for the cardinal length.
        cardinal_length: ``shortest_path_length`` with cardinal moves.
        cardinal_path: ``shortest_path`` with cardinal moves.
        octile_length: ``shortest_path_length`` with octile moves.
        octile_path: ``shortest_path`` with octile moves.
    """

    map: str
    shape: tuple[int, int]
    queries: int
    yardstick: float
    cardinal_length: float
    cardinal_path: float
    octile_length: float
    octile_path: float


@numba.njit
def _plain_search(blocked, start_row, start_col, goal_row, goal_col, distance, queue):
    """Textbook breadth-first search, stops at the goal; distance: (H, W) int32, queue: (cells, 2) int32, scratch."""
    height, width = blocked.shape
    distance[:] = -1
    distance[start_row, start_col] = 0
    queue[0, 0], queue[0, 1] = start_row, start_col
    head, tail = 0, 1
    while head < tail:
        row, col = queue[head, 0], queue[head, 1]
        head += 1
        if row == goal_row and col == goal_col:
            return distance[row, col]
        for drow, dcol in ((-1, 0), (0, 1), (1, 0), (0, -1)):
            to_row, to_col = row + drow, col + dcol
            if 0 <= to_row < height and 0 <= to_col < width:
                if not blocked[to_row, to_col] and distance[to_row, to_col] < 0:
                    distance[to_row, to_col] = distance[row, col] + 1
                    queue[tail, 0], queue[tail, 1] = to_row, to_col
                    tail += 1
    return -1


class Yardstick:
    """The plain search on one map, with its arrays allocated once.

    Args:
        grid_map: The map.
    """

    def __init__(self, grid_map: GridMap) -> None:
        """Allocate the search's arrays."""
        self._blocked: NDArray[np.bool_] = grid_map.blocked.copy()
        self._distance = np.empty(grid_map.shape, dtype=np.int32)
        self._queue = np.empty((self._blocked.size, 2), dtype=np.int32)

    def __call__(self, start: tuple[int, int], goal: tuple[int, int]) -> int:
        """Return the number of moves from start to goal, -1 where there is no path."""
        return int(_plain_search(self._blocked, *start, *goal, self._distance, self._queue))


def default_maps() -> list[Path]:
    """Return the maps to measure: MovingAI's where this machine has them, else those shipped with the package."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("GRIDPATH_MOVINGAI") or root.parent / "shared" / "data" / "movingai") / "single"
    return _maps_in(folder) or sorted(shipped_maps().values())


def _maps_in(folder: Path) -> list[Path]:
    return [path.with_suffix("") for path in sorted(folder.glob("*.map.scen")) if path.with_suffix("").is_file()]


def measure(map_file: Path, queries: int = QUERIES, repeats: int = REPEATS) -> QueryTimes:
    """Measure one map on one thread.

    Args:
        map_file: The ``.map`` file; its queries are the rows of the ``.scen`` file beside it.
        queries: How many rows to ask at most.
        repeats: How many times each query is asked; the median counts.
    """
    grid_map = load_map(map_file)
    rows = load_scenario(map_file.with_name(map_file.name + ".scen"))
    picked = [rows[k * len(rows) // queries] for k in range(queries)] if len(rows) > queries else rows
    asked: dict[str, Callable[[Any, Any], object]] = {
        "yardstick": Yardstick(grid_map),
        "cardinal_length": lambda start, goal: shortest_path_length(grid_map, start, goal),
        "cardinal_path": lambda start, goal: shortest_path(grid_map, start, goal),
        "octile_length": lambda start, goal: shortest_path_length(grid_map, start, goal, "octile"),
        "octile_path": lambda start, goal: shortest_path(grid_map, start, goal, "octile"),
    }
    times = {name: _median_time(ask, picked, repeats) * 1e6 for name, ask in asked.items()}
    return QueryTimes(map_file.stem, grid_map.shape, len(picked), **times)


def _median_time(ask: Callable[[Any, Any], object], rows: Sequence[Scenario], repeats: int) -> float:
    """Return the median over rows of each row's median time, in seconds."""
    ask(rows[0].start, rows[0].goal)  # compiles, and allocates what is kept
    times: list[list[float]] = [[] for _ in rows]
    # Round after round: the same query several times in a row would be known to the processor's branch predictor.
    for _ in range(repeats):
        for row, spent in zip(rows, times, strict=True):
            begun = time.perf_counter()
            ask(row.start, row.goal)
            spent.append(time.perf_counter() - begun)
    return median(median(spent) for spent in times)


def markdown(results: Sequence[QueryTimes], origin: Mapping[str, Any]) -> str:
    """Return the table, with the command and the machine that made it.

    Args:
        results: What was measured.
        origin: Provenance.
    """
    header = ("map", "cells", "queries", "plain search", "length", "path", "plain / length", "octile length")
    lines = [f"| {' | '.join(header)} | octile path |", "| --- " + "| ---: " * len(header) + "|"]
    for result in results:
        cells = [result.map, f"{result.shape[0]} x {result.shape[1]}", f"{result.queries:,}"]
        cells += [_duration(value) for value in (result.yardstick, result.cardinal_length, result.cardinal_path)]
        cells += [f"{result.yardstick / result.cardinal_length:.1f}"]
        cells += [_duration(value) for value in (result.octile_length, result.octile_path)]
        lines.append(f"| {' | '.join(cells)} |")
    versions = ", ".join(f"{name} {version}" for name, version in origin["versions"].items())
    lines += [
        "",
        "Median time of a query, over the rows of each map's `.scen`, as called from Python with arguments checked:"
        " `shortest_path_length` and `shortest_path`, cardinal unless it says octile. The plain search is a textbook"
        " breadth-first search compiled by Numba, which stops at the goal, checks nothing and gives the length only.",
        "",
        f"Made by `{origin['command']}` on one thread of: {origin['cpu']}. {versions}.",
    ]
    return "\n".join(lines) + "\n"


def _duration(microseconds: float) -> str:
    return f"{microseconds:.1f} us" if microseconds < 1000 else f"{microseconds / 1000:.2f} ms"


def run_oracle_speed(maps: Path | None, out: Path | None, command: str, report: Callable[[str], None]) -> None:
    """Measure every map, and write ``oracle.json`` and ``README.md`` where a folder is given.

    Args:
        maps: Folder of ``.map`` files with a ``.map.scen`` beside each, or None for the default maps.
        out: Folder, or None to print only.
        command: The command that asked for it, for readers of the results.
        report: Called with each line to show.

    Raises:
        MapNotFoundError: The folder holds no map with a scenario.
    """
    from gridpath_benchmarks.store import write_atomically

    files = default_maps() if maps is None else _maps_in(maps)
    if not files:
        raise MapNotFoundError(f"{maps}: holds no .map file with a .map.scen beside it")
    results = []
    for file in files:
        results.append(measure(file))
        report(f"{file.stem}: measured")
    origin = {**machine_and_versions(), "threads": 1, "time": utc_now(), "command": command}
    table = markdown(results, origin)
    report(table.partition("\n\n")[0])
    if out is not None:
        data = {"results": [asdict(result) for result in results], "provenance": origin}
        write_atomically(out / "oracle.json", json.dumps(data, indent=1) + "\n")
        write_atomically(out / "README.md", f"# Shortest-path queries\n\n{table}")
        report(f"wrote {out}")
