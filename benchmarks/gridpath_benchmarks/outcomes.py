"""What came of evaluated episodes: arrays with one entry an episode, from which every score is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Episodes", "JointOutcome"]


@dataclass(frozen=True)
class JointOutcome:
    """What episodes of many agents have besides what all have; one entry for each of L levels.

    Attributes:
        num_agents: N.
        num_succeeded: (L,) int64, agents that were at their goals at the end, or had disappeared there.
        makespan: (L,) int64, the largest cost of an agent.
        num_arrivals: (L,) int64, how often a goal was reached, of all agents together.
        num_collisions: (L,) int64, moves refused because of another agent, of all agents together.
        agent_steps: (L,) int64, steps of all agents together.
        predict_seconds: (L,) float64, wall-clock time in which the agents' actions were chosen.
    """

    num_agents: int
    num_succeeded: NDArray[np.int64]
    makespan: NDArray[np.int64]
    num_arrivals: NDArray[np.int64]
    num_collisions: NDArray[np.int64]
    agent_steps: NDArray[np.int64]
    predict_seconds: NDArray[np.float64]

    def first(self, count: int) -> JointOutcome:
        """The outcome of the first `count` levels."""
        arrays = {name: value[:count] for name, value in vars(self).items() if name != "num_agents"}
        return replace(self, **arrays)


@dataclass(frozen=True)
class Episodes:
    """The outcome of one episode on each of L levels.

    Attributes:
        success: (L,) bool, whether the goal was reached in time; of many agents, whether all were at theirs at the end.
        path_length: (L,) float64, cost of the moves made; of many agents the sum of costs, where an agent's is the step
            in which it came to its goal to stay, and the length of the episode if it is not there at the end.
        optimal_length: (L,) float64, cost of a shortest path; of many agents the sum of what each would need alone.
        steps: (L,) int64, environment steps.
        replays: The first levels' episodes: level, map (text), start, goal and path as (row, col) cells; where agents
            move between cells, as places there, and then an optimal path too. Of many agents see `JointReplay`.
        num_distinct_levels: How many of the levels differ; on a small map two numbers may be the same level.
        joint: What there is besides where there are many agents.
    """

    success: NDArray[np.bool_]
    path_length: NDArray[np.float64]
    optimal_length: NDArray[np.float64]
    steps: NDArray[np.int64]
    replays: tuple[dict[str, Any], ...] = ()
    num_distinct_levels: int | None = None
    joint: JointOutcome | None = None

    def first(self, count: int) -> Episodes:
        """The episodes of the first `count` levels, without replays."""
        return Episodes(
            self.success[:count],
            self.path_length[:count],
            self.optimal_length[:count],
            self.steps[:count],
            joint=None if self.joint is None else self.joint.first(count),
        )
