"""What a score is: one function a metric, from the outcome of each episode to its contribution.

Every metric is the mean over episodes of a value per episode, where NaN means that the episode does not count. With
that one shape a single bootstrap (`gridpath_benchmarks.statistics`) serves them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = ["METRICS", "mean", "spl", "suboptimality", "success_rate", "summarise"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def success_rate(success: Bools, path_length: Floats, optimal_length: Floats) -> Floats:
    """The share of episodes that reach the goal in time.

    Args:
        success: (...) bool, whether the goal was reached.
        path_length: (...) float64, unused.
        optimal_length: (...) float64, unused.

    Returns:
        (...) float64: 1 for success, else 0.
    """
    return success.astype(np.float64)


def spl(success: Bools, path_length: Floats, optimal_length: Floats) -> Floats:
    """Success weighted by path length: S * optimal / max(path, optimal).

    Args:
        success: (...) bool, whether the goal was reached.
        path_length: (...) float64, cost of the moves made.
        optimal_length: (...) float64, cost of a shortest path.

    Returns:
        (...) float64 in [0, 1]; a success that needed no move (start equal to goal) and made none is 1.

    Reference:
        Anderson et al. (2018), On Evaluation of Embodied Navigation Agents, arXiv 1807.06757.
    """
    longest = np.maximum(path_length, optimal_length)
    ratio: Floats = np.divide(optimal_length, longest, out=np.ones_like(longest, dtype=np.float64), where=longest > 0)
    return np.where(success, ratio, 0.0)


def suboptimality(success: Bools, path_length: Floats, optimal_length: Floats) -> Floats:
    """How many times longer than the shortest path, over solved episodes only: 1.0 is optimal.

    Agents that solve different levels are not compared by it fairly; SPL is the score for that.

    Args:
        success: (...) bool, whether the goal was reached.
        path_length: (...) float64, cost of the moves made.
        optimal_length: (...) float64, cost of a shortest path.

    Returns:
        (...) float64, path / optimal; NaN (does not count) where unsolved or where no move was needed.
    """
    counts = success & (optimal_length > 0)
    ratio: Floats = np.divide(path_length, optimal_length, out=np.full(success.shape, np.nan), where=counts)
    return ratio


METRICS: Mapping[str, Callable[[Bools, Floats, Floats], Floats]] = MappingProxyType(
    {"success_rate": success_rate, "spl": spl, "suboptimality": suboptimality}
)


def mean(values: Floats) -> float | None:
    """The mean over the values that count.

    Args:
        values: (...) float64, NaN where an episode does not count.

    Returns:
        The mean, or None if nothing counts.
    """
    counted = values[~np.isnan(values)]
    return None if counted.size == 0 else math.fsum(counted.tolist()) / counted.size


def summarise(success: Bools, path_length: Floats, optimal_length: Floats) -> dict[str, float | int | None]:
    """All metrics of one cell.

    Args:
        success: (L,) bool, whether the goal was reached.
        path_length: (L,) float64, cost of the moves made.
        optimal_length: (L,) float64, cost of a shortest path.

    Returns:
        Metric name -> value (None where undefined), with `num_episodes` and `num_solved`.
    """
    values: dict[str, float | int | None] = {
        name: mean(metric(success, path_length, optimal_length)) for name, metric in METRICS.items()
    }
    return {**values, "num_episodes": int(success.size), "num_solved": int(np.count_nonzero(success))}
