import numpy as np
import pytest

from gridpath_benchmarks.statistics import bootstrap_interval


def test_equal_scores_have_an_interval_without_width():
    assert bootstrap_interval(np.full((3, 20), 0.5), np.random.default_rng(0)) == (0.5, 0.5)


def test_the_same_generator_state_gives_the_same_interval():
    values = np.random.default_rng(1).random((3, 50))
    first, second = (bootstrap_interval(values, np.random.default_rng(7)) for _ in range(2))
    assert first == second
    assert first != bootstrap_interval(values, np.random.default_rng(8))


def test_two_seeds_on_one_level_by_hand():
    # The mean of two draws from {0, 1} is 0 or 1 a quarter of the time each: a 95% interval holds both ends.
    assert bootstrap_interval(np.array([[0.0], [1.0]]), np.random.default_rng(0)) == (0.0, 1.0)
    # At 40% confidence the tails hold 30% each, so that the ends are the middle.
    assert bootstrap_interval(np.array([[0.0], [1.0]]), np.random.default_rng(0), confidence=0.4) == (0.5, 0.5)


def test_doubt_between_seeds_is_not_averaged_away_by_many_levels():
    values = np.repeat(np.array([[0.0], [1.0]]), 1000, axis=1)
    low, high = bootstrap_interval(values, np.random.default_rng(0))
    assert (low, high) == (0.0, 1.0)


def test_agrees_with_resampling_written_out():
    rng = np.random.default_rng(5)
    values = rng.random((4, 30))
    values[rng.random(values.shape) < 0.3] = np.nan
    means = []
    for _ in range(4000):
        seeds, levels = rng.integers(0, 4, 4), rng.integers(0, 30, 30)
        means.append(np.nanmean(values[np.ix_(seeds, levels)]))
    expected = np.quantile(means, [0.025, 0.975])
    assert bootstrap_interval(values, np.random.default_rng(0), num_resamples=4000) == pytest.approx(expected, abs=0.01)


def test_a_row_or_column_without_values_does_not_matter_but_nothing_at_all_is_nan():
    values = np.full((2, 3), np.nan)
    values[0, 1] = 2.0
    assert bootstrap_interval(values, np.random.default_rng(0)) == (2.0, 2.0)
    assert np.isnan(bootstrap_interval(np.full((2, 3), np.nan), np.random.default_rng(0))).all()


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(11)
    num_seeds, num_levels, truth, covered = 12, 60, 0.3, 0
    for _ in range(200):
        scores = truth + rng.normal(0, 0.1, (num_seeds, 1)) + rng.normal(0, 0.2, (1, num_levels))
        scores = scores + rng.normal(0, 0.3, (num_seeds, num_levels))
        low, high = bootstrap_interval(scores, rng, num_resamples=400)
        covered += low <= truth <= high
    assert 0.88 <= covered / 200 <= 1.0


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (np.zeros(3), {}, r"shape \(3,\), expected \(seeds, levels\)"),
        (np.zeros((0, 3)), {}, "at least one"),
        (np.zeros((2, 3)), {"num_resamples": 0}, "num_resamples: got 0"),
        (np.zeros((2, 3)), {"confidence": 1.0}, "between 0 and 1"),
    ],
)
def test_wrong_arguments_are_named(values, options, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(values, np.random.default_rng(0), **options)


def test_a_million_levels_are_resampled_in_pieces(monkeypatch):
    values = np.random.default_rng(0).random((3, 500))
    whole = bootstrap_interval(values, np.random.default_rng(1))
    monkeypatch.setattr("gridpath_benchmarks.statistics.PIECE", 500 * 7)
    pieces = bootstrap_interval(values, np.random.default_rng(1))
    assert pieces == pytest.approx(whole, abs=0.01)
