"""PIBT as an agent: where all go is decided anew at each step, so goals may change on the way."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.pibt import PIBT
from gridpath_agents.planners.planner_agent import PlannerAgent


class PIBTAgent(PlannerAgent):
    """Priority inheritance with backtracking; see ``gridpath_agents.planners.pibt``.

    Args:
        env: VecEnv of an environment of many agents.
        seed: Seed of the choice among equals.

    Raises:
        ConfigurationError: The environment is of one agent.
    """

    name: ClassVar[str] = "pibt"
    plans_ahead: ClassVar[bool] = False

    def _forget(self) -> None:
        self._planners: dict[int, tuple[bytes, PIBT]] = {}

    def _next_cells(self, i: int, positions: NDArray[np.int64]) -> NDArray[Any]:
        number = int(self.vector.levels[i])
        active = np.flatnonzero(self.vector.active[i])
        after: NDArray[Any] = positions.copy()
        if len(active) == 0:
            return after
        grid_map = self.vector.grid_map(i)
        mark = grid_map.terrain.tobytes() + number.to_bytes(8, "little") + active.tobytes()
        known, planner = self._planners.get(i, (b"", None))
        if planner is None or known != mark:
            # Who has disappeared is in nobody's way.
            planner = PIBT(grid_map, len(active), seed=(self.seed or 0) ^ number)
            self._planners[i] = (mark, planner)
        elif self.vector.steps[i] == 0:
            planner.reset()
        after[active] = planner.step(positions[active], self.vector.goals[i][active])
        return after
