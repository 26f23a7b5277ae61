import math

import numpy as np
import pytest

from gridpath_benchmarks.metrics import METRICS, mean, spl, suboptimality, success_rate, summarise

# Solved optimally, solved at twice the length, not solved, solved without a move being needed.
SUCCESS = np.array([True, True, False, True])
PATH = np.array([4.0, 10.0, 3.0, 0.0])
OPTIMAL = np.array([4.0, 5.0, 6.0, 0.0])


def test_success_rate_counts_the_solved():
    assert success_rate(SUCCESS, PATH, OPTIMAL).tolist() == [1, 1, 0, 1]


def test_spl_weighs_success_by_optimality():
    assert spl(SUCCESS, PATH, OPTIMAL).tolist() == [1.0, 0.5, 0.0, 1.0]


def test_spl_never_exceeds_one_when_rounding_makes_a_path_shorter_than_the_optimum():
    values = spl(np.array([True]), np.array([math.sqrt(2) * 3 - 1e-9]), np.array([math.sqrt(2) * 3]))
    assert values[0] == 1.0


def test_suboptimality_is_over_solved_episodes_that_needed_a_move():
    values = suboptimality(SUCCESS, PATH, OPTIMAL)
    assert values[:2].tolist() == [1.0, 2.0]
    assert np.isnan(values[2:]).all()


def test_summarise_by_hand():
    assert summarise(SUCCESS, PATH, OPTIMAL) == {
        "success_rate": 0.75,
        "spl": 0.625,
        "suboptimality": 1.5,
        "num_episodes": 4,
        "num_solved": 3,
    }


def test_what_is_undefined_is_none_not_nan():
    nothing = summarise(np.array([False]), np.array([2.0]), np.array([1.0]))
    assert nothing["suboptimality"] is None
    assert nothing["success_rate"] == 0.0
    assert mean(np.array([np.nan])) is None


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_works_on_a_matrix_and_is_documented(name):
    shape = (3, 4)
    values = METRICS[name](*(np.broadcast_to(array, shape) for array in (SUCCESS, PATH, OPTIMAL)))
    assert values.shape == shape
    assert values.dtype == np.float64
    assert METRICS[name].__doc__
