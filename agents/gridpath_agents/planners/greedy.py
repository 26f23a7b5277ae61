"""Greedy: each of many agents goes along a shortest path as if it were alone."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.planner_agent import PlannerAgent

_STAY = 4


class GreedyAgent(PlannerAgent):
    """Each of many agents goes along a shortest path of its own, as if it were alone.

    What a plan is worth is seen beside it: agents that face each other wait for ever, or step aside at random.

    Args:
        env: VecEnv of an environment of many agents.
        seed: Seed of the choices, where actions are sampled.

    Raises:
        ConfigurationError: The environment is of one agent.
    """

    name: ClassVar[str] = "greedy"
    plans_ahead: ClassVar[bool] = False

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[Any], Any]:
        """Return the action of each agent, (B * N,) int64: the first optimal one, to stay at the goal.

        Where actions are sampled, any of several, and one whose last move was refused takes any that is free of walls
        every second time.
        """
        optimal = self.lanes.optimal_actions()
        if deterministic:
            return np.where(optimal.any(axis=1), optimal.argmax(axis=1), _STAY), state
        draws = self.rng.random((2, *optimal.shape))
        steps_aside = self.vector.refused.ravel() & (draws[1, :, 0] < 0.5)
        allowed = np.where(steps_aside[:, np.newaxis], self.lanes.action_masks(), optimal)
        chosen = (allowed * (1.0 - draws[0])).argmax(axis=1)
        return np.where(allowed.any(axis=1), chosen, _STAY), state

    def _forget(self) -> None:
        """Nothing is remembered."""

    def _next_cells(self, i: int, positions: NDArray[np.int64]) -> NDArray[Any]:
        return positions
