"""The report: one HTML file that needs no network, from nothing but a folder of results."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import vl_convert
from markupsafe import Markup

from gridpath_benchmarks.metrics import METRICS
from gridpath_benchmarks.provenance import origins
from gridpath_benchmarks.report.charts import colour_of, learning_curves
from gridpath_benchmarks.report.paths import LevelPaths, level_paths
from gridpath_benchmarks.store import CellRecord, Store, SuiteRecord, write_atomically
from gridpath_benchmarks.suite import Scenario
from gridpath_benchmarks.table import Row, Score, headers, summarise_results, texts

__all__ = ["write_report"]


def write_report(folder: Path, out_html: Path) -> list[str]:
    """Write the report of a folder of results as a single file that works offline.

    Args:
        folder: Folder that a run wrote.
        out_html: The file to write.

    Returns:
        A line for each thing that a reader should know: cells that are missing or failed, files that were passed over.

    Raises:
        SuiteError: If the folder holds no readable `suite.json`.
    """
    store = Store(Path(folder))
    suite = store.read_suite()
    records, problems = store.scan(suite.cells)
    rows = summarise_results(suite, records)
    sections = []
    for name, scenario in suite.suite.scenarios.items():
        members = {key: record for key, record in records.items() if record.scenario == name}
        pictures, damaged = level_paths(suite, name, members)
        problems.extend(damaged)
        sections.append(_section(name, scenario, [row for row in rows if row.scenario == name], pictures))
    specs = {
        name: specs for name in suite.suite.scenarios if (specs := learning_curves(suite, name, records)) is not None
    }
    gaps = _gaps(suite, records, store)
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.PackageLoader("gridpath_benchmarks", "report"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2").render(
        suite=suite.suite,
        command=suite.command,
        sections=sections,
        specs=specs,
        chart_metrics={
            name: METRICS[name].label for name in METRICS if any(name in charts for charts in specs.values())
        },
        metrics=[
            METRICS[name]
            for name in METRICS
            if any(name in suite.suite.metrics_of(scenario) for scenario in suite.suite.scenarios)
        ],
        colour_of=colour_of,
        learners={cell.agent for cell in suite.cells if cell.learns},
        gaps=gaps,
        num_cells=len(suite.cells),
        num_finished=sum(record.status == "finished" for record in records.values()),
        provenance=origins(record.provenance for record in records.values()),
        style=_file(environment, "style.css"),
        script=_file(environment, "page.js"),
        vega=_vega_bundle(),
    )
    write_atomically(Path(out_html), page)
    return [*gaps, *problems]


def _file(environment: jinja2.Environment, name: str) -> Markup:
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])


@functools.cache
def _vega_bundle() -> Markup:
    # Within a script element only this ends it, wherever it stands; in JavaScript the backslash changes nothing.
    return Markup(
        vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        .replace("</script", "<\\/script")
        .replace("<!--", "<\\!--")
    )


def _section(name: str, scenario: Scenario, rows: Sequence[Row], pictures: Sequence[LevelPaths]) -> dict[str, Any]:
    return {
        "name": name,
        "scenario": scenario,
        "is_joint": scenario.kind != "single",
        "setup": [
            (title, [(key, _plain(value)) for key, value in arguments.items()])
            for title, arguments in (
                ("Both", scenario.env_kwargs),
                ("Training", scenario.train),
                ("Test", scenario.test),
            )
            if arguments
        ],
        "separation": _separation(scenario),
        "headers": headers(rows[0]),
        "rows": [list(zip(headers(row), texts(row), _sort_values(row), _scores(row), strict=True)) for row in rows],
        "pictures": pictures,
    }


def _plain(value: Any) -> str:
    return value.strip("\n") if isinstance(value, str) else str(value)


def _separation(scenario: Scenario) -> str:
    train, test = ({**scenario.env_kwargs, **part} for part in (scenario.train, scenario.test))
    if train.get("split") == "train" and test.get("split") == "test":
        return "The test levels are unseen: training never draws one of them."
    layout = test.get("map")
    if layout == train.get("map") and isinstance(layout, str) and "\n" in layout and "S" in layout and "G" in layout:
        return "There is one level, with a fixed start and goal: agents are tested on the level they were trained on."
    return "Training and test levels are not kept apart: an agent may have been trained on levels it is tested on."


def _sort_values(row: Row) -> list[Any]:
    scores = [row.scores[name].value if name in row.scores else None for name in row.metrics]
    planning = [] if row.kind == "single" else [row.predict_seconds]
    return [row.agent, row.actions, *scores, *planning, row.train_steps, row.train_seconds, row.finished]


def _scores(row: Row) -> list[Score | None]:
    """For each table cell the score to draw as a bar, where it is a share between 0 and 1."""
    # A ratio to the optimum is no share, even where it is exactly 1.
    shares = [row.scores.get(name) if METRICS[name].is_share else None for name in row.metrics]
    return [None, None, *shares, *[None] * (len(headers(row)) - 2 - len(shares))]


def _gaps(suite: SuiteRecord, records: Mapping[str, CellRecord], store: Store) -> list[str]:
    gaps = []
    for cell in suite.cells:
        record = records.get(cell.key)
        name = f"{cell.scenario}, {cell.agent}, seed {cell.seed}"
        if record is None:
            gaps.append(f"missing: {name}")
        elif record.status == "failed":
            reason = (record.log or "").partition("\n")[0]
            gaps.append(f"failed: {name}: {reason} ({store.path(cell).relative_to(store.folder)})")
    return gaps
