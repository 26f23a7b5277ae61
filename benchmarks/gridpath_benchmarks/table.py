"""Scores of a folder of results as rows, and those rows printed or as Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from gridpath_benchmarks.metrics import METRICS, Kind, mean
from gridpath_benchmarks.provenance import origins
from gridpath_benchmarks.statistics import bootstrap_interval
from gridpath_benchmarks.store import CellRecord, CellReference, SuiteRecord
from gridpath_benchmarks.suite import Suite

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Row", "Score", "headers", "markdown", "print_tables", "summarise_results", "texts"]

BOOTSTRAP_SEED = 2018
MISSING = "-"
NARROW, METRIC = 120, 20  # columns that a table of three metrics needs, and each further one


@dataclass(frozen=True)
class Score:
    """A metric over all finished seeds and its 95% interval; None where no episode counts."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Row:
    """One agent on one scenario.

    Attributes:
        scenario: Name of the scenario.
        agent: Name of the agent.
        actions: "greedy" or "sampled".
        kind: The kind of the scenario's environments.
        metrics: Names of the metrics that are shown, in order.
        scores: Metric name -> score; empty if no seed is finished.
        num_levels: Test levels of each seed, None if no seed is finished.
        num_distinct_levels: How many of them differ.
        train_steps: Environment steps of training, mean over seeds.
        train_seconds: Seconds of training, mean over seeds.
        predict_seconds: Seconds in which actions were chosen, mean over episodes; None of one agent.
        finished: Number of seeds finished.
        failed: Number of seeds that failed.
        total: Number of seeds of the suite.
    """

    scenario: str
    agent: str
    actions: str
    kind: Kind
    metrics: tuple[str, ...]
    scores: Mapping[str, Score]
    num_levels: int | None
    num_distinct_levels: int | None
    train_steps: float | None
    train_seconds: float | None
    predict_seconds: float | None
    finished: int
    failed: int
    total: int


def summarise_results(suite: SuiteRecord, records: Mapping[str, CellRecord]) -> list[Row]:
    """One row for each scenario and agent of the suite, in its order, whether its cells are there or not.

    Args:
        suite: The suite and its cells.
        records: The records that there are, by key.
    """
    groups: dict[tuple[str, str], list[CellReference]] = {}
    for cell in suite.cells:
        groups.setdefault((cell.scenario, cell.agent), []).append(cell)
    return [
        _row(suite.suite, cells, [records[cell.key] for cell in cells if cell.key in records])
        for cells in groups.values()
    ]


def _row(suite: Suite, cells: Sequence[CellReference], records: Sequence[CellRecord]) -> Row:
    metrics = suite.metrics_of(cells[0].scenario)
    finished = [record for record in records if record.status == "finished"]
    episodes = [record.episodes.episodes() for record in finished if record.episodes is not None]
    scores: dict[str, Score] = {}
    for name in metrics if episodes else ():
        values = np.stack([METRICS[name].function(each) for each in episodes])
        # A generator of its own: a row's interval must not depend on the rows above it.
        low, high = bootstrap_interval(values, np.random.default_rng(BOOTSTRAP_SEED))
        scores[name] = Score(mean(values), _number(low), _number(high))
    return Row(
        scenario=cells[0].scenario,
        agent=cells[0].agent,
        actions=cells[0].actions,
        kind=suite.scenarios[cells[0].scenario].kind,
        metrics=metrics,
        scores=scores,
        num_levels=len(episodes[0].success) if episodes else None,
        num_distinct_levels=_distinct(finished),
        train_steps=_mean_timing(finished, "train_steps"),
        train_seconds=_mean_timing(finished, "train_seconds"),
        predict_seconds=_mean_timing(finished, "predict_seconds_per_episode"),
        finished=len(finished),
        failed=sum(record.status == "failed" for record in records),
        total=len(cells),
    )


def _mean_timing(records: Sequence[CellRecord], name: str) -> float | None:
    values = [value for record in records if (value := record.timing.get(name)) is not None]
    return sum(values) / len(values) if values else None


def _distinct(records: Sequence[CellRecord]) -> int | None:
    value = records[0].metrics.get("num_distinct_levels") if records else None
    return None if value is None else int(value)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def headers(row: Row) -> tuple[str, ...]:
    """What stands above the cells of a row, and of the others of its scenario."""
    labels = (METRICS[name].label for name in row.metrics)
    planning = () if row.kind == "single" else ("time an episode",)
    return ("agent", "actions", *labels, *planning, "training steps", "train time", "seeds")


def texts(row: Row) -> tuple[str, ...]:
    """The cells of a row as text, one for each of its headers."""
    seeds = f"{row.finished}/{row.total}"
    if row.failed:
        seeds += f" ({row.failed} failed)"
    elif row.finished < row.total:
        seeds += f" ({row.total - row.finished} missing)"
    trained = row.train_steps is not None and row.train_steps > 0
    return (
        row.agent,
        row.actions,
        *(_score_text(row.scores.get(name), METRICS[name].digits) for name in row.metrics),
        *(() if row.kind == "single" else (_duration(row.predict_seconds),)),
        f"{row.train_steps:,.0f}" if trained else MISSING,
        f"{row.train_seconds:.1f} s" if trained else MISSING,
        seeds,
    )


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return MISSING
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1e3 * seconds:.1f} ms"


def _score_text(score: Score | None, digits: int) -> str:
    if score is None or score.value is None:
        return MISSING
    interval = "" if score.low is None or score.high is None else f" [{score.low:.{digits}f}, {score.high:.{digits}f}]"
    return f"{score.value:.{digits}f}{interval}"


def print_tables(rows: Sequence[Row], console: Console) -> None:
    """Print one table a scenario.

    Args:
        rows: The rows, grouped by scenario.
        console: Where to.
    """
    from rich import box, markup
    from rich.table import Table

    for scenario, members in _by_scenario(rows).items():
        if console.width < NARROW + METRIC * max(0, len(members[0].metrics) - 3):
            _print_stacked(_caption(scenario, members), members, console)
            continue
        table = Table(title=markup.escape(_caption(scenario, members)), title_justify="left", box=box.SIMPLE_HEAD)
        for header in headers(members[0]):
            textual = header in ("agent", "actions")
            table.add_column(header, justify="left" if textual else "right", no_wrap=header == "agent", overflow="fold")
        for row in members:
            table.add_row(*(markup.escape(text) for text in texts(row)))
        console.print(table)


def _print_stacked(caption: str, rows: Sequence[Row], console: Console) -> None:
    """Print rows below one another, for a terminal that has no room for columns."""
    console.print(caption, markup=False, highlight=False)
    for row in rows:
        agent, *values = texts(row)
        console.print(f"\n  {agent}", markup=False, highlight=False)
        for header, value in zip(headers(row)[1:], values, strict=True):
            console.print(f"    {header}: {value}", markup=False, highlight=False)
    console.print()


def markdown(suite: SuiteRecord, records: Mapping[str, CellRecord]) -> str:
    """The tables as GitHub Markdown, with the command and the machine that made them.

    Args:
        suite: The suite and its cells.
        records: The records that there are, by key.
    """
    rows = summarise_results(suite, records)
    lines = [
        f"# {suite.suite.name}",
        "",
        escape(suite.suite.description, quote=False),
        "",
        f"Made by `{suite.command}`.",
        "",
    ]
    for scenario, members in _by_scenario(rows).items():
        lines += [f"## {_caption(scenario, members)}", "", f"| {' | '.join(headers(members[0]))} |"]
        lines.append("| --- | --- " + "| ---: " * (len(headers(members[0])) - 2) + "|")
        lines += [f"| {' | '.join(texts(row))} |" for row in members]
        lines.append("")
    lines += ["## Provenance", "", "| what | value |", "| --- | --- |"]
    origin = origins(record.provenance for record in records.values())
    lines += [f"| {name} | {', '.join(values)} |" for name, values in origin]
    return "\n".join(lines) + "\n"


def _caption(scenario: str, rows: Sequence[Row]) -> str:
    levels = next((row.num_levels for row in rows if row.num_levels is not None), None)
    if levels is None:
        return scenario
    distinct = next((row.num_distinct_levels for row in rows if row.num_distinct_levels is not None), levels)
    played = f"{levels} test levels a seed"
    if distinct < levels:
        played = f"{levels} test episodes a seed on {distinct} distinct level{'s' if distinct > 1 else ''}"
    return f"{scenario} ({played}, 95% intervals)"


def _by_scenario(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.scenario, []).append(row)
    return groups
