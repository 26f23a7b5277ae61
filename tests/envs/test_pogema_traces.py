"""POGEMA's own play, step by step: the same moves are made, the same agents leave, the same episodes end."""

import gzip
import json
from itertools import product

import numpy as np
import pytest

from conftest import ROOT
from gridpath_envs import RewardConfig, mapf_v0
from gridpath_envs.core.conflicts import CONFLICTS

# POGEMA's words for what is done on arrival. It may draw one goal for several agents, which GridPath never does: what
# it draws is not compared, and where agents stay no position depends on a goal.
ON_ARRIVAL = {"finish": "disappear", "nothing": "stay", "restart": "stay"}


def load_traces():
    with gzip.open(ROOT / "tests" / "data" / "pogema" / "traces.json.gz") as file:
        return json.load(file)["traces"]


TRACES = load_traces()


def begin(trace, **arguments):
    env = mapf_v0.parallel_env(
        map=np.array(trace["map"], dtype=bool),
        num_agents=len(trace["starts"]),
        conflicts=trace["collision_system"],
        on_arrival=ON_ARRIVAL[trace["on_target"]],
        observation="coordinates",
        time_limit=10_000,
        **arguments,
    )
    goals = trace["goals"][0] if trace["on_target"] == "restart" else trace["goals"]
    env.reset(options={"starts": trace["starts"], "goals": goals})
    return env


def play(env, trace):
    """Yield the number of each step, its rewards, and who is terminated in it."""
    for step, actions in enumerate(trace["actions"]):
        if trace["on_target"] == "restart" and not env.agents:
            # All were on the goals that GridPath keeps at once: they go on from there.
            env.reset(options={"starts": env.positions, "goals": env.goals})
        acting = {name: action for name, action in zip(env.possible_agents, actions, strict=True) if name in env.agents}
        yield step, *env.step(acting)[1:3]


@pytest.mark.parametrize(("conflicts", "on_target"), list(product(CONFLICTS, ON_ARRIVAL)))
def test_positions_and_ends_are_those_of_pogema(conflicts, on_target):
    traces = [trace for trace in TRACES if (trace["collision_system"], trace["on_target"]) == (conflicts, on_target)]
    assert len(traces) == 24
    for trace in traces:
        env = begin(trace)
        ended = np.zeros(len(trace["starts"]), dtype=bool)
        for step, _, terminated in play(env, trace):
            assert env.positions.tolist() == trace["positions"][step + 1]
            ended |= [terminated.get(name, False) for name in env.possible_agents]
            if on_target != "restart":
                assert ended.tolist() == trace["terminated"][step]
            if on_target == "finish":
                assert [name in env.agents for name in env.possible_agents] == trace["active"][step + 1]
        assert step == len(trace["actions"]) - 1


def test_rewards_are_those_of_pogema_where_agents_leave():
    for trace in TRACES:
        if trace["on_target"] == "finish":
            for step, rewards, _ in play(begin(trace, reward=RewardConfig(step=0.0)), trace):
                assert [rewards.get(f"agent_{k}", 0.0) for k in range(len(trace["starts"]))] == trace["rewards"][step]
