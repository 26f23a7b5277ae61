import math

import numpy as np
import pytest

from gridpath_benchmarks.metrics import METRICS, kind_of, mean, metrics_of, summarise
from gridpath_benchmarks.outcomes import Episodes, JointOutcome


def ints(*values):
    return np.array(values, dtype=np.int64)


def floats(*values):
    return np.array(values, dtype=np.float64)


# Solved optimally, solved at twice the length, not solved, solved without a move being needed.
SINGLE = Episodes(
    np.array([True, True, False, True]),
    floats(4, 10, 3, 0),
    floats(4, 5, 6, 0),
    ints(4, 10, 20, 1),
    num_distinct_levels=4,
)
# Four agents: all there with detours, all there at the bound, three there, nobody there.
JOINT = Episodes(
    np.array([True, True, False, False]),
    floats(30, 20, 60, 80),
    floats(20, 20, 20, 20),
    ints(12, 8, 20, 20),
    joint=JointOutcome(
        num_agents=4,
        num_succeeded=ints(4, 4, 3, 0),
        makespan=ints(12, 8, 20, 20),
        num_arrivals=ints(6, 4, 5, 0),
        num_collisions=ints(3, 0, 8, 40),
        agent_steps=ints(48, 32, 80, 80),
        predict_seconds=floats(0, 0, 0, 0),
    ),
)


def values(name, episodes):
    return METRICS[name].function(episodes).tolist()


def test_success_rate_counts_the_solved():
    assert values("success_rate", SINGLE) == [1, 1, 0, 1]


def test_spl_weighs_success_by_optimality():
    assert values("spl", SINGLE) == [1.0, 0.5, 0.0, 1.0]


def test_spl_never_exceeds_one_when_rounding_makes_a_path_shorter_than_the_optimum():
    optimal = math.sqrt(2) * 3
    assert values("spl", Episodes(np.array([True]), floats(optimal - 1e-9), floats(optimal), ints(3))) == [1.0]


def test_suboptimality_is_over_solved_episodes_that_needed_a_move():
    found = METRICS["suboptimality"].function(SINGLE)
    assert found[:2].tolist() == [1.0, 2.0]
    assert np.isnan(found[2:]).all()


def test_scores_of_many_agents_by_hand():
    assert values("isr", JOINT) == [1.0, 1.0, 0.75, 0.0]
    assert values("csr", JOINT) == [1.0, 1.0, 0.0, 0.0]
    assert values("sum_of_costs", JOINT) == [30, 20, 60, 80]
    assert values("makespan", JOINT) == [12, 8, 20, 20]
    assert values("suboptimality", JOINT)[:2] == [1.5, 1.0]
    assert np.isnan(values("suboptimality", JOINT)[2:]).all()
    assert values("throughput", JOINT) == [0.5, 0.5, 0.25, 0.0]
    assert values("collisions", JOINT) == [3 / 48, 0.0, 0.1, 0.5]


def test_summarise_by_hand():
    assert summarise(SINGLE, metrics_of("single")) == {
        "success_rate": 0.75,
        "spl": 0.625,
        "suboptimality": 1.5,
        "num_episodes": 4,
        "num_solved": 3,
    }
    assert summarise(JOINT, ["isr", "csr"]) == {"isr": 0.6875, "csr": 0.5, "num_episodes": 4, "num_solved": 2}


def test_what_is_undefined_is_none_not_nan():
    nothing = summarise(Episodes(np.array([False]), floats(2), floats(1), ints(9)), metrics_of("single"))
    assert nothing["suboptimality"] is None
    assert nothing["success_rate"] == 0.0
    assert mean(np.array([np.nan])) is None


def test_the_first_episodes_are_those_of_the_first_levels():
    assert values("isr", JOINT.first(3)) == [1.0, 1.0, 0.75]
    assert values("spl", SINGLE.first(2)) == [1.0, 0.5]


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_gives_a_number_an_episode_and_says_what_it_means(name):
    for kind in METRICS[name].kinds:
        found = METRICS[name].function(SINGLE if kind == "single" else JOINT)
        assert found.shape == (4,)
        assert found.dtype == np.float64
    assert len(METRICS[name].meaning) > 30
    assert "Args:" not in METRICS[name].meaning


def test_a_metric_of_many_agents_is_none_of_one():
    with pytest.raises(ValueError, match="are of one agent"):
        METRICS["isr"].function(SINGLE)


def test_what_agents_do_on_arrival_decides_which_metrics_make_sense():
    assert kind_of("GridPath-v0", {}) == "single"
    assert kind_of("gridpath/mapf_v0", {"on_arrival": "disappear"}) == "mapf"
    assert kind_of("gridpath/mapf_v0", {"on_arrival": "restart"}) == "lifelong"
    assert kind_of("gridpath/lifelong_v0", {}) == "lifelong"
    assert metrics_of("single") == ("success_rate", "spl", "suboptimality")
    assert metrics_of("mapf") == ("isr", "csr", "sum_of_costs", "makespan", "suboptimality", "collisions")
    assert metrics_of("lifelong") == ("throughput", "collisions")
