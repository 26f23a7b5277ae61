"""Pictures of the paths that agents took on test levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gridpath_benchmarks.store import CellRecord, JointReplay, Replay, Store, SuiteRecord, write_atomically
from gridpath_envs.errors import GridPathError
from gridpath_envs.maps import GridMap, shortest_path
from gridpath_envs.rendering.agents_animation import animate_agents
from gridpath_envs.rendering.scene import Place
from gridpath_envs.rendering.svg import draw_paths
from gridpath_envs.tasks import TASKS
from gridpath_envs.tasks.arguments import DEFAULT_TERRAIN_COSTS

__all__ = ["AgentPath", "LevelPaths", "level_paths", "write_pictures"]


@dataclass(frozen=True)
class AgentPath:
    """One agent's path on one level: a picture and what to write beneath it."""

    agent: str
    seed: int
    solved: bool
    outcome: str
    svg: Markup


@dataclass
class LevelPaths:
    """The paths of all agents on one test level."""

    level: int
    paths: list[AgentPath] = field(default_factory=list)


def level_paths(
    suite: SuiteRecord, scenario: str, records: Mapping[str, CellRecord]
) -> tuple[list[LevelPaths], list[str]]:
    """Draw the stored paths of a scenario, of each agent's first finished seed.

    Args:
        suite: The suite and its cells.
        scenario: Name of the scenario.
        records: The scenario's records, by key.

    Returns:
        The levels in order, and a line for each path that could not be drawn.
    """
    levels: dict[int, LevelPaths] = {}
    problems: list[str] = []
    drawn: set[str] = set()
    layouts: dict[tuple[object, ...], int] = {}
    for cell in suite.cells:
        record = records.get(cell.key)
        if cell.scenario != scenario or cell.agent in drawn or record is None or record.status != "finished":
            continue
        drawn.add(cell.agent)
        for index, replay in enumerate(record.replays):
            # Where all levels are the same one, one picture of it is enough.
            if layouts.setdefault(_layout(replay), replay.level) != replay.level:
                continue
            try:
                picture = _agent_path(record, index, replay)
            except GridPathError as error:
                problems.append(
                    f"{scenario}, {cell.agent}, seed {cell.seed}: the path on level {replay.level}: {error}"
                )
                continue
            levels.setdefault(replay.level, LevelPaths(replay.level)).paths.append(picture)
    return list(levels.values()), problems


def write_pictures(folder: Path, out: Path) -> int:
    """Write the stored paths of a folder of results as SVG files, ``SCENARIO-LEVEL-AGENT.svg``.

    Args:
        folder: Folder that a run wrote.
        out: Folder of the pictures.

    Returns:
        How many there are.

    Raises:
        SuiteError: The folder holds no readable ``suite.json``.
    """
    store = Store(folder)
    suite = store.read_suite()
    records, _ = store.scan(suite.cells)
    count = 0
    for scenario in suite.suite.scenarios:
        for level in level_paths(suite, scenario, records)[0]:
            for path in level.paths:
                write_atomically(out / f"{scenario}-{level.level}-{path.agent}.svg", f"{path.svg}\n")
                count += 1
    return count


def _layout(replay: Replay | JointReplay) -> tuple[object, ...]:
    if isinstance(replay, JointReplay):
        return replay.map, replay.starts, tuple(goals[0] for goals in replay.goals)
    return replay.map, replay.start, replay.goal


def _agent_path(record: CellRecord, index: int, replay: Replay | JointReplay) -> AgentPath:
    grid_map = GridMap.from_text(replay.map)
    if isinstance(replay, JointReplay):
        return _agents_ways(record, index, replay, grid_map)
    optimal: Sequence[Place] | None = replay.optimal_path
    if optimal is None:
        optimal = shortest_path(grid_map, replay.start, replay.goal, **_moves(record))
    solved, length, shortest = False, None, None
    if record.episodes is not None and index < len(record.episodes.success):
        solved = bool(record.episodes.success[index])
        length, shortest = record.episodes.path_length[index], record.episodes.optimal_length[index]
    travelled, best = _length(length), _length(shortest)
    outcome = f"length {travelled}, optimal {best}" if solved else f"not solved, went {travelled}, optimal {best}"
    title = f"{record.agent} on {record.scenario}, test level {replay.level}: {outcome}"
    svg = draw_paths(grid_map, replay.start, replay.goal, replay.path, optimal, title=title)
    # draw_paths escapes what it is given, so its text may stand in the page as it is.
    return AgentPath(record.agent, record.seed, solved, outcome, Markup(svg))


def _agents_ways(record: CellRecord, index: int, replay: JointReplay, grid_map: GridMap) -> AgentPath:
    solved, outcome = False, "?"
    joint = None if record.episodes is None else record.episodes.joint
    if record.episodes is not None and joint is not None and index < len(record.episodes.success):
        solved = bool(record.episodes.success[index])
        if record.metrics.get("throughput") is not None:
            outcome = f"{joint.num_arrivals[index]} goals in {record.episodes.steps[index]} steps"
        else:
            cost, bound = (values[index] for values in (record.episodes.path_length, record.episodes.optimal_length))
            there = f"{joint.num_succeeded[index]} of {joint.num_agents} at their goals"
            outcome = f"{there}, cost {_length(cost)}, at least {_length(bound)}"
    title = f"{record.agent} on {record.scenario}, test level {replay.level}: {outcome}"
    svg = animate_agents(grid_map, *replay.unpacked(), title=title)
    return AgentPath(record.agent, record.seed, solved, outcome, Markup(svg))


def _length(value: float | None) -> str:
    return "?" if value is None else f"{value:.4g}"


def _moves(record: CellRecord) -> dict[str, Any]:
    """Return what a shortest path depends on besides the map: the moves, and what terrain costs."""
    configuration = record.provenance.get("configuration")
    if not isinstance(configuration, dict):
        return {}
    arguments, env_id = configuration.get("test_kwargs"), configuration.get("env_id")
    if not isinstance(arguments, dict) or not isinstance(env_id, str) or env_id not in TASKS:
        return {}
    chosen = {**TASKS[env_id].defaults, **arguments}
    costs = chosen.get("terrain_costs")
    if costs is None and chosen.get("terrain"):
        costs = DEFAULT_TERRAIN_COSTS
    return {"moves": chosen.get("moves", "cardinal"), "terrain_costs": costs}
