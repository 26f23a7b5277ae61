"""Checks of the arguments that environments share."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gridpath_envs.checks import check_int, check_number
from gridpath_envs.errors import ConfigurationError, MapFormatError, shown
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.maps.movingai import Scenario, load_map, load_scenario, scenario_map

MIN_SIDE, MAX_SIDE = 4, 512
MAX_STEPS = 2**31 - 1

# What terrain costs where it is drawn and nothing else is said.
DEFAULT_TERRAIN_COSTS = MappingProxyType({"ground": 1.0, "road": 0.5, "sand": 2.0, "swamp": 4.0})

# What each generator takes, with its defaults.
GENERATOR_ARGUMENTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "obstacles": {"density": 0.2},
        "maze": {"maze": "depth_first", "loops": 0.0},
        "rooms": {"block_size": 5, "loops": 0.1},
        "caves": {"density": 0.45},
        "warehouse": {"block_size": 6},
        "city": {"block_size": 4},
    }
)


def load_source(source: object) -> GridMap:
    """Return the map that the argument ``map`` stands for: a GridMap, text, a path, an array or a description."""
    if isinstance(source, GridMap):
        return source
    if isinstance(source, str) and "\n" in source:
        return GridMap.from_text(source)
    if isinstance(source, (str, os.PathLike)):
        return load_map(source)
    return GridMap.from_array(source)  # type: ignore[arg-type]


def load_rows(scenario: object, source: object) -> tuple[tuple[Scenario, ...], GridMap]:
    """Return the rows that the argument ``scenario`` stands for, and the map that they are on.

    Args:
        scenario: Path of a ``.scen`` file, ``"shipped:NAME"``, or rows.
        source: The argument ``map``; None for the map beside the file.

    Raises:
        ConfigurationError: It is none of these.
        MapFormatError: There are no rows, they are for a map of another size, or end in a blocked cell.
    """
    if isinstance(scenario, (str, os.PathLike)):
        rows = load_scenario(scenario)
        grid_map = load_map(scenario_map(scenario)) if source is None else load_source(source)
        where = str(scenario)
    elif isinstance(scenario, (list, tuple)) and all(isinstance(row, Scenario) for row in scenario):
        if source is None:
            raise ConfigurationError("scenario: rows without a file need the argument map beside them")
        rows, grid_map, where = list(scenario), load_source(source), "scenario"
    else:
        raise ConfigurationError(f"scenario: expected the path of a .scen file or rows of one, got {shown(scenario)}")
    if not rows:
        raise MapFormatError(f"{where}: has no rows")
    if grid_map.start or grid_map.goal:
        raise ConfigurationError("scenario: says start and goal, so map must have none of its own")
    checked = []
    for number, row in enumerate(rows):
        if not isinstance(row.map_shape, tuple) or row.map_shape != grid_map.shape:
            raise MapFormatError(
                f"{where}: row {number} is for a map of {shown(row.map_shape)} cells, map has {grid_map.shape}"
            )
        try:
            start, goal = grid_map.check_free(row.start, "start"), grid_map.check_free(row.goal, "goal")
            length = check_number("optimal_length", row.optimal_length, 0.0, sys.float_info.max)
        except ConfigurationError as error:
            raise MapFormatError(f"{where}: row {number}: {error}") from None
        if start == goal:
            raise MapFormatError(f"{where}: row {number}: start and goal are the same cell {start}")
        checked.append(replace(row, start=start, goal=goal, optimal_length=length))
    return tuple(checked), grid_map


def load_instances(
    scenario: object, source: object, num_agents: int | None
) -> tuple[tuple[tuple[Scenario, ...], ...], GridMap]:
    """Return the levels of many agents that the argument ``scenario`` stands for, and the map that they are on.

    Args:
        scenario: Path of a MAPF ``.scen`` file, or several, one a level.
        source: The argument ``map``; None for the map that the first file names.
        num_agents: How many of a file's rows are played; None for all of the first's.

    Returns:
        For each level a row an agent.

    Raises:
        ConfigurationError: It is none of these, or a file has not enough rows.
        MapFormatError: Rows name different maps, are for a map of another size, begin or end in a blocked cell, or
            where another does.
    """
    paths: list[Any] = list(scenario) if isinstance(scenario, (list, tuple)) else [scenario]
    if not paths or not all(isinstance(path, (str, os.PathLike)) for path in paths):
        raise ConfigurationError(f"scenario: expected the path of a MAPF .scen file, or several, got {shown(scenario)}")
    files = [load_scenario(path) for path in paths]
    named: dict[str, Any] = {}
    for path, rows in zip(paths, files, strict=True):
        for number, row in enumerate(rows):
            named.setdefault(row.map_name, f"{path}: row {number}")
    if len(named) > 1:
        (one, where), (other, elsewhere), *_ = named.items()
        raise MapFormatError(f"scenario: levels share a map, but {where} names {one!r}, and {elsewhere} {other!r}")
    grid_map = load_map(scenario_map(paths[0])) if source is None else load_source(source)
    instances = []
    for path, rows in zip(paths, files, strict=True):
        num_agents = len(rows) if num_agents is None else num_agents
        if not 0 < num_agents <= len(rows):
            raise ConfigurationError(f"num_agents: {num_agents} agents, but {path} has {len(rows)} rows")
        instances.append(tuple(rows[:num_agents]))
        for number, row in enumerate(instances[-1]):
            if row.map_shape != grid_map.shape:
                raise MapFormatError(
                    f"{path}: row {number} is for a map of {shown(row.map_shape)} cells, map has {grid_map.shape}"
                )
            try:
                grid_map.check_free(row.start, "start")
                grid_map.check_free(row.goal, "goal")
            except ConfigurationError as error:
                raise MapFormatError(f"{path}: row {number}: {error}") from None
        for end in ("start", "goal"):
            first: dict[Any, int] = {}
            for number, row in enumerate(instances[-1]):
                cell = getattr(row, end)
                if first.setdefault(cell, number) != number:
                    raise MapFormatError(f"{path}: rows {first[cell]} and {number} have the same {end} {cell}")
    return tuple(instances), grid_map


def check_size(value: object) -> tuple[int, int]:
    """Return the size of generated maps as (rows, cols)."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ConfigurationError(f"size: expected (rows, cols), got {shown(value)}")
    return check_int("size[0]", value[0], MIN_SIDE, MAX_SIDE), check_int("size[1]", value[1], MIN_SIDE, MAX_SIDE)


def check_time_limit(value: object) -> int | float:
    """Return a time limit: a number of steps, or as a float a multiple of the optimal path length."""
    if not isinstance(value, (float, np.floating)):
        return check_int("time_limit", value, 1, MAX_STEPS)
    if not 1.0 <= float(value) <= 1e6:
        raise ConfigurationError(
            f"time_limit: as a multiple of the optimal path length it must be from 1.0 to 1e6, got {shown(value)}"
        )
    return float(value)


def check_range(name: str, value: object, low: float, high: float) -> tuple[float, float]:
    """Return a range (least, most), where None on either side is no bound."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ConfigurationError(f"{name}: expected (least, most), each a number or None, got {shown(value)}")
    least = low if value[0] is None else check_number(f"{name}[0]", value[0], low, high)
    most = np.inf if value[1] is None else check_number(f"{name}[1]", value[1], low, high)
    if least > most:
        raise ConfigurationError(f"{name}: the least, {least}, is above the most, {most}")
    return float(least), float(most)
