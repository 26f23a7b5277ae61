"""How far a score can be trusted: bootstrap intervals over training seeds and test levels together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["bootstrap_interval"]

Floats = NDArray[np.float64]

PIECE = 1 << 22  # numbers of a piece of the resamples


def bootstrap_interval(
    values: Floats, rng: np.random.Generator, num_resamples: int = 2000, confidence: float = 0.95
) -> tuple[float, float]:
    """Percentile interval of a mean over seeds and levels, resampling both.

    All seeds are evaluated on the same levels, so the scores form a crossed design: seeds and levels are drawn
    independently with replacement, and a resample is the product of the two draws. Resampling single episodes instead
    would take the scores of one training run for independent and give intervals that are far too narrow. With many
    seeds the product bootstrap errs to the wide side; with few (three, say) the spread between seeds is itself known
    only roughly, and the interval is a lower bound on the doubt about training. With one seed it speaks of the levels
    alone.

    Args:
        values: (S, L) float64, one score a seed and level; NaN where an episode does not count (ratio metrics).
        rng: Source of the resamples; the same state gives the same interval.
        num_resamples: Number of resamples.
        confidence: Coverage aimed at, in (0, 1).

    Returns:
        (low, high); both NaN if nothing counts.

    Raises:
        ValueError: If `values` is not a non-empty matrix, or another argument is out of range.

    Reference:
        Owen (2007), The pigeonhole bootstrap, doi 10.1214/07-AOAS122.
    """
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"values: got shape {values.shape}, expected (seeds, levels) with at least one of each")
    if num_resamples < 1:
        raise ValueError(f"num_resamples: got {num_resamples}, expected at least 1")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: got {confidence}, expected a number between 0 and 1")
    num_seeds, num_levels = values.shape
    counted = ~np.isnan(values)
    filled, weighing = np.where(counted, values, 0.0), counted.astype(np.float64)
    totals, weights = np.empty(num_resamples), np.empty(num_resamples)
    # In pieces, since a resample takes a number for each level and there may be a million levels.
    piece = max(1, PIECE // num_levels)
    for first in range(0, num_resamples, piece):
        part = slice(first, min(first + piece, num_resamples))
        size = part.stop - part.start
        # How often each seed and level is drawn says all about a resample, and makes many of them a matrix product.
        seed_counts = rng.multinomial(num_seeds, np.full(num_seeds, 1 / num_seeds), size=size).astype(np.float64)
        level_counts = rng.multinomial(num_levels, np.full(num_levels, 1 / num_levels), size=size)
        totals[part] = ((seed_counts @ filled) * level_counts).sum(axis=1)
        weights[part] = ((seed_counts @ weighing) * level_counts).sum(axis=1)
    means = totals[weights > 0] / weights[weights > 0]  # a resample in which nothing counts has no mean
    if means.size == 0:
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
