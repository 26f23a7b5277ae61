"""What a score is: one function a metric, from the outcome of each episode to its contribution.

Every metric is the mean over episodes of a value per episode, where NaN means that the episode does not count. With
that one shape a single bootstrap (`gridpath_benchmarks.statistics`) serves them all.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gridpath_benchmarks.outcomes import Episodes, JointOutcome
from gridpath_envs.tasks import JOINT_TASKS

__all__ = ["METRICS", "Kind", "Metric", "kind_of", "mean", "metrics_of", "summarise"]

Floats = NDArray[np.float64]
# What is asked of agents: that one gets to its goal, that many do, or that many go on from goal to goal.
Kind = Literal["single", "mapf", "lifelong"]


@dataclass(frozen=True)
class Metric:
    """A metric and how it is shown.

    Attributes:
        function: From episodes to (L,) float64, NaN where an episode does not count; its docstring begins with what it
            means.
        label: How it is headed.
        kinds: The kinds of environments in which it makes sense.
        is_share: Whether it is a share between 0 and 1, drawn as a bar.
        is_charted: Whether learning curves show it.
        digits: How many stand behind the point.
    """

    function: Callable[[Episodes], Floats]
    label: str
    kinds: tuple[Kind, ...]
    is_share: bool = False
    is_charted: bool = False
    digits: int = 3

    @property
    def meaning(self) -> str:
        """What it means, with its formula and where it comes from."""
        text = inspect.getdoc(self.function) or ""
        reference = text.partition("\nReference:")[2]
        words = f"{text.partition(f'{chr(10)}Args:')[0]} {reference}"
        return " ".join(words.split())


def success_rate(episodes: Episodes) -> Floats:
    """Share of test episodes in which the goal was reached within the time limit.

    Args:
        episodes: Of one agent.
    """
    return episodes.success.astype(np.float64)


def spl(episodes: Episodes) -> Floats:
    """Success weighted by path length: the mean of S · optimal / max(path, optimal), against exact shortest paths.

    A success that needed no move (start equal to goal) and made none is 1.

    Args:
        episodes: Of one agent.

    Reference:
        Anderson et al. (2018), On Evaluation of Embodied Navigation Agents, arXiv 1807.06757.
    """
    optimal = episodes.optimal_length
    longest = np.maximum(episodes.path_length, optimal)
    ratio = np.divide(optimal, longest, out=np.ones_like(longest, dtype=np.float64), where=longest > 0)
    return np.where(episodes.success, ratio, 0.0)


def suboptimality(episodes: Episodes) -> Floats:
    """How many times longer than the shortest path, over solved episodes only; 1 is optimal.

    Of many agents, the sum of costs / the sum of what each would need alone, a bound that perhaps no plan reaches, over
    episodes in which all succeed. Agents that solve different episodes are not compared by it fairly.

    Args:
        episodes: Of one agent or of many.
    """
    counts = episodes.success & (episodes.optimal_length > 0)
    undefined = np.full(episodes.success.shape, np.nan)
    ratio: Floats = np.divide(episodes.path_length, episodes.optimal_length, out=undefined, where=counts)
    return ratio


def isr(episodes: Episodes) -> Floats:
    """Individual success rate: agents at their goals at the end / all agents.

    Args:
        episodes: Of many agents.

    Reference:
        Skrynnik et al. (2024), POGEMA: A Benchmark Platform for Cooperative Multi-Agent Navigation, arXiv 2407.14931.
    """
    joint = _joint(episodes)
    return joint.num_succeeded / np.float64(joint.num_agents)


def csr(episodes: Episodes) -> Floats:
    """Co-success rate: share of test episodes in which all agents are at their goals at the end.

    Args:
        episodes: Of many agents.

    Reference:
        Skrynnik et al. (2024), POGEMA: A Benchmark Platform for Cooperative Multi-Agent Navigation, arXiv 2407.14931.
    """
    return episodes.success.astype(np.float64)


def sum_of_costs(episodes: Episodes) -> Floats:
    """Sum over agents of the step in which each came to its goal to stay, over all test episodes.

    An agent that is not there at the end costs the length of the episode.

    Args:
        episodes: Of many agents.

    Reference:
        Stern et al. (2019), Multi-Agent Pathfinding: Definitions, Variants, and Benchmarks, arXiv 1906.08291.
    """
    return episodes.path_length.astype(np.float64)


def makespan(episodes: Episodes) -> Floats:
    """Step in which the last agent came to its goal to stay, else the length of the episode, over all test episodes.

    Args:
        episodes: Of many agents.

    Reference:
        Stern et al. (2019), Multi-Agent Pathfinding: Definitions, Variants, and Benchmarks, arXiv 1906.08291.
    """
    return _joint(episodes).makespan.astype(np.float64)


def throughput(episodes: Episodes) -> Floats:
    """Goals reached by all agents together / steps.

    Args:
        episodes: Of many agents that get new goals.

    Reference:
        Li et al. (2021), Lifelong Multi-Agent Path Finding in Large-Scale Warehouses, arXiv 2005.07371.
    """
    return _joint(episodes).num_arrivals / episodes.steps.astype(np.float64)


def collisions(episodes: Episodes) -> Floats:
    """Moves refused because of another agent / steps of all agents: an agent's share of steps lost to others.

    Args:
        episodes: Of many agents.
    """
    joint = _joint(episodes)
    return joint.num_collisions / joint.agent_steps.astype(np.float64)


def _joint(episodes: Episodes) -> JointOutcome:
    if episodes.joint is None:
        raise ValueError("episodes: are of one agent, the metric is of many")
    return episodes.joint


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "success_rate": Metric(success_rate, "success", ("single",), is_share=True, is_charted=True),
        "spl": Metric(spl, "SPL", ("single",), is_share=True, is_charted=True),
        "isr": Metric(isr, "ISR", ("mapf",), is_share=True, is_charted=True),
        "csr": Metric(csr, "CSR", ("mapf",), is_share=True, is_charted=True),
        "sum_of_costs": Metric(sum_of_costs, "cost", ("mapf",), digits=1),
        "makespan": Metric(makespan, "makespan", ("mapf",), digits=1),
        "suboptimality": Metric(suboptimality, "path/optimal", ("single", "mapf")),
        "throughput": Metric(throughput, "throughput", ("lifelong",), is_charted=True),
        "collisions": Metric(collisions, "collisions", ("mapf", "lifelong"), is_share=True),
    }
)


def metrics_of(kind: Kind) -> tuple[str, ...]:
    """The names of the metrics that make sense in a kind of environments."""
    return tuple(name for name, metric in METRICS.items() if kind in metric.kinds)


def kind_of(env_id: str, arguments: Mapping[str, Any]) -> Kind:
    """The kind of an environment.

    Args:
        env_id: Registered id.
        arguments: Its keyword arguments.
    """
    if env_id not in JOINT_TASKS:
        return "single"
    return "lifelong" if {**JOINT_TASKS[env_id].defaults, **arguments}.get("on_arrival") == "restart" else "mapf"


def mean(values: Floats) -> float | None:
    """The mean over the values that count.

    Args:
        values: (...) float64, NaN where an episode does not count.

    Returns:
        The mean, or None if nothing counts.
    """
    counted = values[~np.isnan(values)]
    return None if counted.size == 0 else math.fsum(counted.tolist()) / counted.size


def summarise(episodes: Episodes, names: Iterable[str]) -> dict[str, float | int | None]:
    """Metrics of one cell.

    Args:
        episodes: What came of its episodes.
        names: The metrics.

    Returns:
        Metric name -> value (None where undefined), with `num_episodes` and `num_solved`.
    """
    values: dict[str, float | int | None] = {name: mean(METRICS[name].function(episodes)) for name in names}
    return {
        **values,
        "num_episodes": int(episodes.success.size),
        "num_solved": int(np.count_nonzero(episodes.success)),
    }
