"""Learning curves as Vega-Lite specifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridpath_benchmarks.metrics import METRICS, metrics_of
from gridpath_benchmarks.store import CellRecord, SuiteRecord

__all__ = ["PALETTE", "charted_metrics", "colour_of", "learning_curves"]

# Okabe and Ito (2008): told apart with every kind of colour vision. Without its yellow and black, which vanish on a
# light or a dark page.
LINEAR_STEPS = 10_000  # below so many environment steps the axis of learning curves is linear
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")


def colour_of(index: int) -> str:
    """The colour of the agent that is listed at this place.

    Args:
        index: Place in the suite, from 0.
    """
    return PALETTE[index % len(PALETTE)]


def charted_metrics(suite: SuiteRecord, scenario: str) -> tuple[str, ...]:
    """The metrics that learning curves of a scenario show.

    Args:
        suite: The suite.
        scenario: Name of the scenario.
    """
    known = metrics_of(suite.suite.scenarios[scenario].kind)
    return tuple(name for name in known if METRICS[name].is_charted)


def learning_curves(
    suite: SuiteRecord, scenario: str, records: Mapping[str, CellRecord]
) -> dict[str, dict[str, Any]] | None:
    """The learning curves of one scenario: mean over seeds, a band from the lowest to the highest seed.

    Args:
        suite: The suite and its cells.
        scenario: Name of the scenario.
        records: The records that there are, by key.

    Returns:
        Metric -> Vega-Lite specification; None if no agent that learns is finished.
    """
    learners = {
        cell.agent: cell.learns and cell.total_timesteps > 0 for cell in suite.cells if cell.scenario == scenario
    }
    metrics = charted_metrics(suite, scenario)
    points: list[dict[str, Any]] = []
    levels: list[dict[str, Any]] = []
    for agent, learns in learners.items():
        curves = [
            records[cell.key].curve
            for cell in suite.cells
            if (cell.scenario, cell.agent) == (scenario, agent)
            and cell.key in records
            and records[cell.key].status == "finished"
        ]
        # Seeds of one configuration are scored at the same steps; should a budget end early, the common part is shown.
        for seeds in zip(*curves, strict=False):
            point: dict[str, Any] = {"agent": agent, "timesteps": seeds[0].timesteps, "seeds": len(seeds)}
            for metric in metrics:
                values = [each.score(metric) or 0.0 for each in seeds]
                point |= {
                    metric: sum(values) / len(values),
                    f"{metric}_low": min(values),
                    f"{metric}_high": max(values),
                }
            (points if learns else levels).append(point)
    if not points:
        return None
    agents = list(learners)
    return {metric: _specification(scenario, metric, agents, points, levels) for metric in metrics}


def _specification(
    scenario: str, metric: str, agents: list[str], points: list[dict[str, Any]], levels: list[dict[str, Any]]
) -> dict[str, Any]:
    label = METRICS[metric].label
    colour = {
        "field": "agent",
        "type": "nominal",
        "title": None,
        "scale": {"domain": agents, "range": [colour_of(index) for index in range(len(agents))]},
        "legend": None,  # the page has its own, which wraps on a narrow screen
    }
    last = max(point["timesteps"] for point in points)
    # Agents differ a hundredfold in how many steps they take: logarithmic, but for the point before training.
    x = {
        "field": "timesteps",
        "type": "quantitative",
        "title": "environment steps (log scale)",
        "scale": {"type": "symlog", "constant": LINEAR_STEPS, "nice": False},
        "axis": {
            "labelExpr": "format(datum.value, '~s')",
            "values": [0, *(10**power for power in range(4, 13) if 10**power <= last)],
        },
    }
    y = {"field": metric, "type": "quantitative", "title": label, "scale": {"domain": [0, 1]}}
    if not METRICS[metric].is_share:
        y["scale"] = {"zero": True}
    tooltip = [
        {"field": "agent", "type": "nominal"},
        {"field": metric, "type": "quantitative", "format": ".3f", "title": label},
        {"field": "seeds", "type": "quantitative", "title": "seeds"},
    ]
    steps = {"field": "timesteps", "type": "quantitative", "format": ",", "title": "steps"}
    edges = {"y": {**y, "field": f"{metric}_low"}, "y2": {"field": f"{metric}_high"}}
    return {
        "description": f"Learning curves on {scenario}: {label} against environment steps, for {', '.join(agents)}.",
        "width": "container",
        "height": 300,
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": [
            {
                "data": {"values": points},
                "mark": {"type": "area", "opacity": 0.18},
                "encoding": {"x": x, **edges, "color": colour},
            },
            {
                "data": {"values": levels},
                "mark": {"type": "rule", "strokeDash": [7, 4], "strokeWidth": 2},
                "encoding": {"y": y, "color": colour, "tooltip": tooltip},
            },
            {
                "data": {"values": points},
                "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 36, "filled": True}},
                "encoding": {"x": x, "y": y, "color": colour, "tooltip": [*tooltip, steps]},
            },
        ],
    }
