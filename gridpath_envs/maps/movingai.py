"""Maps and scenarios from files: MovingAI's .map and .scen, and those shipped with the package."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from gridpath_envs.errors import MapFormatError, MapNotFoundError, unknown_name
from gridpath_envs.maps.grid_map import Cell, GridMap, read_text

_SHIPPED = Path(__file__).parent / "data"
SHIPPED_PREFIX = "shipped:"


@dataclass(frozen=True)
class Scenario:
    """One row of a ``.scen`` file: a start, a goal, and the published length of the shortest path.

    Args:
        bucket: Number of the row's difficulty bucket.
        map_name: Name of the map, as the file gives it.
        map_shape: (H, W) of the map, in cells.
        start: Cell (row, col).
        goal: Cell (row, col).
        optimal_length: Cost of the shortest 8-connected path without corner cutting, diagonals sqrt(2), in cells.
    """

    bucket: int
    map_name: str
    map_shape: tuple[int, int]
    start: Cell
    goal: Cell
    optimal_length: float


def shipped_maps() -> dict[str, Path]:
    """Return the maps that the package ships: name -> path of the ``.map`` file."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.map"))}


def map_path(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Return the file behind a path or a ``shipped:NAME``.

    Raises:
        UnknownNameError: No shipped map has that name.
    """
    if isinstance(path, str) and path.startswith(SHIPPED_PREFIX):
        name = path.removeprefix(SHIPPED_PREFIX)
        shipped = shipped_maps()
        if name not in shipped:
            raise unknown_name("shipped map", name, shipped)
        return shipped[name]
    return path


def scenario_path(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Return the ``.scen`` file behind a path or a ``shipped:NAME``.

    Raises:
        UnknownNameError: No shipped map has that name.
    """
    if isinstance(path, str) and path.startswith(SHIPPED_PREFIX):
        return f"{os.fspath(map_path(path))}.scen"
    return path


def scenario_map(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Return the map that lies beside a scenario: its name without the last suffix, or the one that its rows name.

    Scenarios of one agent are called ``NAME.map.scen``; those of many, such as ``NAME-random-1.scen``, name the map in
    their rows.

    Raises:
        MapNotFoundError: The scenario's name does not end in ``.map.scen``, and no map of its first row's name lies
            beside it.
        MapFormatError: Its name does not end in ``.map.scen``, and the file is malformed.
    """
    if isinstance(path, str) and path.startswith(SHIPPED_PREFIX):
        return path
    name = os.fspath(path)
    if name.endswith(".map.scen"):
        return name.removesuffix(".scen")
    rows = load_scenario(path) if os.path.isfile(name) else []
    # Only its last part: published rows may give the folder in which the map once was.
    beside = Path(name).parent / Path(rows[0].map_name).name if rows else None
    if beside is None or not beside.is_file():
        raise MapNotFoundError(
            f"{name}: its name does not end in .map.scen, nor do its rows name a map beside it, so its map is not"
            " known; give map beside scenario"
        )
    return os.fspath(beside)


def load_map(path: str | os.PathLike[str]) -> GridMap:
    """Load a map in MovingAI's ``.map`` format or as plain text.

    Args:
        path: File, or ``"shipped:NAME"`` for one of the package's own maps.

    Raises:
        MapNotFoundError: There is no such file.
        MapFormatError: The file is malformed; the message names the line.
    """
    file = map_path(path)
    return GridMap.from_text(read_text(file), source=str(file))


def load_scenario(path: str | os.PathLike[str]) -> list[Scenario]:
    """Load a MovingAI ``.scen`` file.

    Args:
        path: File, or ``"shipped:NAME"`` for that of one of the package's own maps. Its first line is ``version 1``,
            its rows are bucket, map name, map width, map height, start column, start row, goal column, goal
            row, optimal length.

    Returns:
        The rows in their order, with cells as (row, col).

    Raises:
        MapNotFoundError: There is no such file.
        MapFormatError: The file is malformed; the message names the line.
    """
    path = scenario_path(path)
    lines = read_text(path).split("\n")
    if lines[0].split()[:1] != ["version"]:
        raise MapFormatError(f"{path}:1: expected 'version 1', got {lines[0][:40]!r}")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            rows.append(_parse_row(line.rstrip("\r"), f"{path}:{number}"))
    return rows


def _parse_row(line: str, where: str) -> Scenario:
    # Map names may hold spaces, so tabs separate wherever there are any.
    words = line.split("\t") if "\t" in line else line.split()
    if len(words) != 9:
        raise MapFormatError(f"{where}: {len(words)} columns, expected 9")
    try:
        bucket, width, height, start_col, start_row, goal_col, goal_row = (int(words[k]) for k in (0, 2, 3, 4, 5, 6, 7))
        optimal_length = float(words[8])
    except ValueError as error:
        raise MapFormatError(f"{where}: expected numbers ({error})") from None
    for name, (row, col) in (("start", (start_row, start_col)), ("goal", (goal_row, goal_col))):
        if not (0 <= row < height and 0 <= col < width):
            raise MapFormatError(f"{where}: {name} (row {row}, column {col}) lies outside {height} x {width} cells")
    if not (math.isfinite(optimal_length) and optimal_length >= 0):
        raise MapFormatError(f"{where}: optimal length must be finite and not negative, got {words[8]}")
    return Scenario(bucket, words[1], (height, width), (start_row, start_col), (goal_row, goal_col), optimal_length)
