"""LaCAM and prioritised planning as agents: a whole plan at the start of each episode, then carried out."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.planners.lacam import lacam
from gridpath_agents.planners.limits import Limits
from gridpath_agents.planners.plan import Plan
from gridpath_agents.planners.planner_agent import PlannerAgent
from gridpath_agents.planners.prioritised import prioritised
from gridpath_envs.checks import check_bool
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps import GridMap


@dataclass(frozen=True)
class _Plan:
    """What is carried out: for which task, from which step on, by which agents, and their ways (T + 1, K, 2)."""

    task: bytes
    begun: int
    agents: NDArray[np.int64]
    ways: NDArray[Any]

    def cells(self, step: int) -> NDArray[Any]:
        """Return where its agents are at a step of the episode, (K, 2)."""
        cells: NDArray[Any] = self.ways[min(step - self.begun, len(self.ways) - 1)]
        return cells

    def is_carried_out(self, task: bytes, step: int, active: NDArray[np.bool_], positions: NDArray[np.int64]) -> bool:
        """Tell whether it is what the agents of an episode that still take part have kept to so far."""
        if self.task != task or step < self.begun:
            return False
        taking_part = active[self.agents]
        return bool((self.cells(step) == positions[self.agents])[taking_part].all())


class _WholePlanAgent(PlannerAgent):
    """Plans when an episode begins; where no plan is found, or a goal is out of reach, agents stay where they are.

    Plans are for agents that stay at their goals. Where they disappear plans hold as well, but there may be shorter
    ones, and some where none is found here.
    """

    @abstractmethod
    def plan(self, grid_map: GridMap, starts: NDArray[np.int64], goals: NDArray[np.int64], seed: int) -> Plan:
        """Plan an episode."""

    def _forget(self) -> None:
        self._plans: dict[int, _Plan] = {}

    def _next_cells(self, i: int, positions: NDArray[np.int64]) -> NDArray[Any]:
        task, steps = self._task_of(i), int(self.vector.steps[i])
        active = self.vector.active[i]
        known = self._plans.get(i)
        if known is None or not known.is_carried_out(task, steps, active, positions):
            # From where they are, so that an agent that is set to a running episode plans the rest of it.
            agents = np.flatnonzero(active)
            seed = int(self.vector.levels[i]) ^ (self.seed or 0)
            ways: NDArray[Any] = positions[np.newaxis, agents]
            # No agent is left, or one cannot get to its goal: nothing to carry out.
            with contextlib.suppress(InfeasibleLevelError):
                if len(agents):
                    ends = (positions[agents], self.vector.goals[i][agents])
                    ways = self.plan(self.vector.grid_map(i), *ends, seed).positions
            known = self._plans[i] = _Plan(task, steps, agents, ways)
        after = positions.copy()
        if len(known.agents):
            after[known.agents] = known.cells(steps + 1)
        # A way may lead over its agent's goal, where one that disappears has ended.
        return np.where(active[:, np.newaxis], after, positions)


class LaCAMAgent(_WholePlanAgent):
    """LaCAM* with large neighbourhood search; see ``gridpath_agents.planners.lacam``.

    Args:
        env: VecEnv of an environment of many agents.
        seed: Seed of the planner's choices, joined with the level's number.
        time_limit: Seconds for each episode's plan, or None.
        improve: Whether to make the first plan better.
        max_iterations: Configurations and groups of agents, at most, or None; with it, and without a time limit,
            scores do not depend on the machine.

    Raises:
        ConfigurationError: A parameter is out of range, or plans cannot be carried out in the environment.
    """

    name: ClassVar[str] = "lacam"
    parameters: ClassVar[tuple[str, ...]] = ("time_limit", "improve", "max_iterations")

    def __init__(
        self,
        env: Any,
        seed: int | None = 0,
        time_limit: float | None = None,
        improve: bool = True,
        max_iterations: int | None = 10_000,
    ) -> None:
        """Check the limits."""
        Limits(time_limit, "max_iterations", max_iterations)
        self.time_limit, self.max_iterations = time_limit, max_iterations
        self.improve = check_bool("improve", improve)
        super().__init__(env, seed)

    def plan(self, grid_map: GridMap, starts: NDArray[np.int64], goals: NDArray[np.int64], seed: int) -> Plan:
        """Plan an episode."""
        return lacam(grid_map, starts, goals, seed, self.time_limit, self.improve, self.max_iterations)


class PrioritisedAgent(_WholePlanAgent):
    """Prioritised planning with space-time A*; see ``gridpath_agents.planners.prioritised``.

    Args:
        env: VecEnv of an environment of many agents.
        seed: Seed of the orders, joined with the level's number.
        time_limit: Seconds for each episode's plan, or None.
        max_restarts: Orders that are tried after the first, at most, or None.

    Raises:
        ConfigurationError: A parameter is out of range, or plans cannot be carried out in the environment.
    """

    name: ClassVar[str] = "prioritised"
    parameters: ClassVar[tuple[str, ...]] = ("time_limit", "max_restarts")

    def __init__(
        self, env: Any, seed: int | None = 0, time_limit: float | None = None, max_restarts: int | None = 20
    ) -> None:
        """Check the limits."""
        Limits(time_limit, "max_restarts", max_restarts)
        self.time_limit, self.max_restarts = time_limit, max_restarts
        super().__init__(env, seed)

    def plan(self, grid_map: GridMap, starts: NDArray[np.int64], goals: NDArray[np.int64], seed: int) -> Plan:
        """Plan an episode."""
        return prioritised(grid_map, starts, goals, seed, self.time_limit, self.max_restarts)
