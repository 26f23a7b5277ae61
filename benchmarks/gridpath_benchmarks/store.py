"""Results on disk: one JSON file a cell, written whole or not at all, and checked when read back."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from gridpath_benchmarks.cell import Cell
from gridpath_benchmarks.joint_replay import unpacked
from gridpath_benchmarks.outcomes import Episodes, JointOutcome
from gridpath_benchmarks.suite import Suite, SuiteError

__all__ = [
    "CellRecord",
    "CellReference",
    "CurvePoint",
    "EpisodeArrays",
    "JointArrays",
    "JointReplay",
    "Replay",
    "Store",
    "SuiteRecord",
    "replay_of",
    "write_atomically",
]

Position = tuple[int, int]
# A cell, or a place between cells in the same numbers.
Place = tuple[int | float, int | float]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class JointArrays(_Record):
    """What there is besides where there are many agents: how many, and for each test level what `JointOutcome` says."""

    num_agents: int = Field(ge=1)
    num_succeeded: tuple[int, ...]
    makespan: tuple[int, ...]
    num_arrivals: tuple[int, ...]
    num_collisions: tuple[int, ...]
    agent_steps: tuple[int, ...]

    @classmethod
    def of(cls, joint: JointOutcome) -> JointArrays:
        """The stored form of an outcome; wall-clock times are kept apart."""
        arrays = {name: tuple(getattr(joint, name).tolist()) for name in _JOINT}
        return cls(num_agents=joint.num_agents, **arrays)

    def outcome(self) -> JointOutcome:
        """The arrays that were stored, without wall-clock times."""
        arrays = {name: np.array(getattr(self, name), dtype=np.int64) for name in _JOINT}
        return JointOutcome(self.num_agents, predict_seconds=np.full(len(self.makespan), np.nan), **arrays)


_JOINT = tuple(name for name in JointArrays.model_fields if name != "num_agents")


class EpisodeArrays(_Record):
    """One entry a test level: solved (0 or 1), costs and steps; null where a length is not finite."""

    success: tuple[Literal[0, 1], ...]
    path_length: tuple[float | None, ...]
    optimal_length: tuple[float | None, ...]
    steps: tuple[int, ...]
    joint: JointArrays | None = None

    @model_validator(mode="after")
    def _same_length(self) -> EpisodeArrays:
        arrays = [self.success, self.path_length, self.optimal_length, self.steps]
        arrays += [getattr(self.joint, name) for name in _JOINT if self.joint is not None]
        if len(set(map(len, arrays))) != 1:
            raise ValueError("the arrays differ in length")
        return self

    @classmethod
    def of(cls, episodes: Episodes) -> EpisodeArrays:
        """The stored form of the outcome of an evaluation."""
        return cls(
            success=tuple(episodes.success.astype(int).tolist()),
            path_length=tuple(_finite(episodes.path_length.tolist())),
            optimal_length=tuple(_finite(episodes.optimal_length.tolist())),
            steps=tuple(episodes.steps.tolist()),
            joint=None if episodes.joint is None else JointArrays.of(episodes.joint),
        )

    def episodes(self) -> Episodes:
        """The arrays that were stored, without replays."""
        return Episodes(
            np.array(self.success, dtype=np.bool_),
            np.array(self.path_length, dtype=np.float64),
            np.array(self.optimal_length, dtype=np.float64),
            np.array(self.steps, dtype=np.int64),
            joint=None if self.joint is None else self.joint.outcome(),
        )


class CurvePoint(_Record):
    """Scores during training, metric by metric, after so many environment steps and seconds of training."""

    model_config = ConfigDict(extra="allow")

    timesteps: int
    seconds: float
    __pydantic_extra__: dict[str, float | None]

    def score(self, metric: str) -> float | None:
        """The score by a metric, or None where it has none."""
        return self.__pydantic_extra__.get(metric)


class Replay(_Record):
    """The path of one test episode on its map: (row, col) cells, or places between them and then the best path too."""

    level: int
    map: str
    start: Position
    goal: Position
    path: tuple[Place, ...]
    optimal_path: tuple[Place, ...] | None = None


class JointReplay(_Record):
    """The ways of the agents in one test episode on its map, a letter of `joint_replay.WAYS` a step.

    ``goals`` has for each agent its goals as (step from which on, row, col).
    """

    level: int
    map: str
    starts: tuple[Position, ...] = Field(min_length=1)
    goals: tuple[Annotated[tuple[tuple[int, int, int], ...], Field(min_length=1)], ...]
    ways: tuple[Annotated[str, Field(pattern=r"^[urdl.x]*$")], ...]

    @model_validator(mode="after")
    def _same_agents(self) -> JointReplay:
        if len({len(self.starts), len(self.goals), len(self.ways)}) != 1:
            raise ValueError("starts, goals and ways are not of as many agents")
        return self

    def unpacked(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return positions and goals (T + 1, N, 2), active (T + 1, N) and refused (T, N)."""
        return unpacked(self.starts, self.ways, self.goals)


def replay_of(kept: dict[str, Any]) -> Replay | JointReplay:
    """The stored form of an episode that an evaluation kept."""
    return (JointReplay if "ways" in kept else Replay).model_validate(kept, strict=False)


class CellRecord(_Record):
    """Everything known about a cell that ran; of a failed one only the log says something."""

    scenario: str
    agent: str
    seed: int
    key: str
    status: Literal["finished", "failed"]
    metrics: dict[str, float | int | None] = {}
    episodes: EpisodeArrays | None = None
    curve: tuple[CurvePoint, ...] = ()
    replays: tuple[Replay | JointReplay, ...] = ()
    predict_seconds: tuple[float, ...] = ()
    timing: dict[str, float | int | None] = {}
    provenance: dict[str, JsonValue] = {}
    log: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> CellRecord:
        if self.status == "finished" and (self.episodes is None or not self.metrics):
            raise ValueError("a finished cell has metrics and episodes")
        return self


class CellReference(_Record):
    """Which cell a suite expects, and what for."""

    scenario: str
    agent: str
    seed: int
    key: str
    actions: str
    learns: bool
    total_timesteps: int
    num_levels: int


class SuiteRecord(_Record):
    """The suite as it was resolved, its cells, and the command that runs it."""

    suite: Suite
    cells: tuple[CellReference, ...]
    command: str


@dataclass(frozen=True)
class Store:
    """A folder of results.

    Attributes:
        folder: The folder; made when first written to.
    """

    folder: Path

    def path(self, cell: Cell | CellReference) -> Path:
        """The file of a cell."""
        return self.folder / "cells" / cell.scenario / cell.agent / f"seed-{cell.seed}-{cell.key}.json"

    def write(self, record: CellRecord) -> Path:
        """Write a cell's file, replacing the one before.

        Returns:
            The file.
        """
        path = self.folder / "cells" / record.scenario / record.agent / f"seed-{record.seed}-{record.key}.json"
        write_atomically(path, json.dumps(record.model_dump(mode="json"), allow_nan=False, separators=(",", ":")))
        return path

    def write_suite(self, suite: Suite, cells: Iterable[Cell], command: str) -> SuiteRecord:
        """Write `suite.json`, so that a report needs nothing but the folder, and return what is in it."""
        references = tuple(
            CellReference(
                **{name: getattr(cell, name) for name in ("scenario", "agent", "seed", "key", "actions", "learns")},
                total_timesteps=cell.total_timesteps,
                num_levels=cell.num_levels,
            )
            for cell in cells
        )
        record = SuiteRecord(suite=suite, cells=references, command=command)
        text = json.dumps(record.model_dump(mode="json"), allow_nan=False, indent=1, ensure_ascii=False)
        write_atomically(self.folder / "suite.json", text + "\n")
        return record

    def read_suite(self) -> SuiteRecord:
        """Read `suite.json`.

        Raises:
            SuiteError: If the folder has none or it is damaged.
        """
        path = self.folder / "suite.json"
        try:
            return SuiteRecord.model_validate_json(path.read_bytes())
        except OSError as error:
            reason = f"cannot be read ({error.strerror}); expected a folder made by 'gridpath bench run'"
            raise SuiteError(f"{path}: {reason}") from error
        except ValidationError as error:
            raise SuiteError(f"{path}: {_first_problem(error)}") from error

    def scan(self, cells: Iterable[Cell | CellReference]) -> tuple[dict[str, CellRecord], list[str]]:
        """Read what there is of the cells.

        Args:
            cells: The cells expected.

        Returns:
            The readable records by key, and a line for each file that counts as not there: torn, unreadable or foreign.
        """
        records: dict[str, CellRecord] = {}
        problems: list[str] = []
        expected: set[Path] = set()
        for cell in cells:
            path = self.path(cell)
            expected.add(path)
            try:
                record = CellRecord.model_validate_json(path.read_bytes())
            except FileNotFoundError:
                continue
            except OSError as error:
                problems.append(f"{path}: cannot be read ({error.strerror}); the cell counts as not done")
                continue
            except ValidationError as error:
                problems.append(f"{path}: {_first_problem(error)}; the cell counts as not done")
                continue
            if (record.scenario, record.agent, record.seed, record.key) != (
                cell.scenario,
                cell.agent,
                cell.seed,
                cell.key,
            ):
                problems.append(f"{path}: holds another cell than its name says; the cell counts as not done")
                continue
            if record.episodes is not None and len(record.episodes.success) != cell.num_levels:
                problems.append(f"{path}: has not as many episodes as test levels; the cell counts as not done")
                continue
            records[cell.key] = record
        found = self.folder / "cells"
        others = (
            sorted(
                path for path in found.rglob("*") if path.is_file() and path not in expected and path.suffix == ".json"
            )
            if found.is_dir()
            else []
        )
        if others:
            problems.append(
                f"{others[0]}: no cell of this suite as configured now; left alone ({len(others)} such files)"
            )
        return records, problems


def write_atomically(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Args:
        path: The file; its folders are made.
        text: What it shall hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, since a rename is atomic only within a file system; by process, since two may run at once.
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        # The name that the user knows, and not that of the temporary file.
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _finite(values: Iterable[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def _first_problem(error: ValidationError) -> str:
    details = error.errors()[0]
    place = ".".join(str(part) for part in details["loc"])
    return f"is damaged or not a result ({place + ': ' if place else ''}{details['msg']})"
