"""Multi-agent pathfinding: many agents on one map, each with a goal of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from gridpath_envs.checks import check_bool, check_choice, check_int, check_number
from gridpath_envs.core.cells import HOLE
from gridpath_envs.core.conflicts import CONFLICTS
from gridpath_envs.core.joint_dynamics import ON_ARRIVAL
from gridpath_envs.core.joint_observations import observe_agent_coordinates_batch, observe_agent_planes_batch
from gridpath_envs.core.moves import action_names, action_table
from gridpath_envs.core.state import set_dynamics
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.movingai import Scenario
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks.arguments import load_instances
from gridpath_envs.tasks.parts import Part
from gridpath_envs.tasks.task_config import MAX_RADIUS, TaskConfig

MAX_AGENTS = 1 << 14
AGENT_PLANES = ("obstacles", "other agents", "goal", "goals of others")


@dataclass(frozen=True)
class MapfConfig(TaskConfig):
    """Configuration of a multi-agent environment: the keyword arguments of ``parallel_env``, ``env`` and their kin.

    Args:
        map: A fixed map instead of generated ones: path of a ``.map`` file, ``"shipped:NAME"``, text with a line break
            in it, a list of strings, (H, W) array of walls, or GridMap; without start, goal, holes and portals.
        scenario: Levels on a fixed map: path of a MAPF ``.scen`` file, whose first rows are the agents' starts and
            goals, or several such paths, of which path k is level k. The map is the one that the file names, beside
            it, where ``map`` is not given.
        time_limit: Steps (int), or multiple of the longest of the agents' optimal path lengths (float, rounded up to
            whole steps), after which an episode is truncated. None: 256 steps.
        max_episode_steps: Additional cap on the time limit, in steps; `parallel_env` and `env` call it `max_cycles`.
        observation: "egocentric" (a window around the agent), "coordinates" (a vector) or "combined" (both, in a
            dict).
        num_agents: N, 1 to 16,384. None: every row of the scenario, else 8.
        conflicts: "soft" (the lowest index that wants a cell gets it; following and rotations are allowed), "priority"
            (agents move one after another) or "block_both" (all who want a cell stay, and an occupied one refuses).
        on_arrival: "stay" (an agent may leave its goal again; the episode ends when all are on theirs), "disappear"
            (its episode ends and its cell is free) or "restart" (it gets a new goal).
        check_reachable: Whether a goal out of reach of its start is refused.
        team_weight: Share of the mean reward of all agents that take part in what each gets; the rest is its own. 0
            for individual rewards, 1 for one reward of the team.
        mask_in_info: Whether infos have ``action_mask``, int8: the actions that run into no wall.

    Raises:
        ConfigurationError: A value is out of range or contradicts another.
    """

    MOTION: ClassVar[str] = "joint"
    LEFT_OUT: ClassVar[tuple[str, ...]] = ("length_range", "detour_range", "goal_conditioned")

    scenario: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None  # type: ignore[assignment]
    num_agents: Any = None
    conflicts: str = "soft"
    on_arrival: str = "stay"
    check_reachable: bool = True
    team_weight: float = 0.0
    observation: str = "egocentric"
    mask_in_info: bool = False

    @classmethod
    def observation_kinds(cls) -> tuple[str, ...]:
        """Return the names that ``observation`` may have."""
        return ("egocentric", "coordinates", "combined")

    def _check_maps(self) -> None:
        count = None if self.num_agents is None else check_int("num_agents", self.num_agents, 1, MAX_AGENTS)
        if self.scenario is not None:
            self._refuse(self.GENERATED, "together with scenario")
            instances, shared = load_instances(self.scenario, self.map, count)
            self._set("scenario", instances)
            self._set("map", shared)
            count = len(instances[0])
        else:
            super()._check_maps()
        count = 8 if count is None else count
        self._set("num_agents", count)
        grid_map = self.fixed_map
        free = self.shape[0] * self.shape[1]
        if grid_map is not None:
            if grid_map.start is not None or grid_map.goal is not None:
                raise ConfigurationError(
                    "map: has a start or a goal, which are for one agent; give starts and goals as options of reset"
                )
            if grid_map.portals or (grid_map.cells & HOLE).any():
                raise ConfigurationError("map: has holes or portals, which are for one agent")
            free = int((~grid_map.blocked).sum())
        if count > free:
            raise ConfigurationError(f"num_agents: {count} agents are more than the map's {free} free cells")

    def _check_dynamics(self) -> None:
        check_choice("conflicts", self.conflicts, CONFLICTS)
        check_choice("on_arrival", self.on_arrival, ON_ARRIVAL)
        self._set("check_reachable", check_bool("check_reachable", self.check_reachable))
        self._set("team_weight", check_number("team_weight", self.team_weight, 0.0, 1.0))
        if isinstance(self.reward, RewardConfig) and self.reward.hole:
            raise ConfigurationError(f"reward.hole: there are no holes where many agents are, got {self.reward.hole}")

    def _check_observation(self) -> None:
        check_choice("observation", self.observation, self.observation_kinds())
        if self.observation == "coordinates":
            self._refuse(("radius",), "for observation='coordinates'")
        else:
            self._set("radius", check_int("radius", 5 if self.radius is None else self.radius, 1, MAX_RADIUS))
        self._set("mask_in_info", check_bool("mask_in_info", self.mask_in_info))

    def _check_levels(self) -> None:
        if self.scenario is not None:
            self._refuse(("split",), "together with scenario")
        super()._check_levels()

    def _default_time_limit(self) -> int | float:
        return 256

    @property
    def dearest_move(self) -> float:
        """The most that a move can cost."""
        return 1.0

    @property
    def pad(self) -> int:
        """Blocked cells around a map, so that no window reaches past it."""
        return self.radius or 1

    @property
    def planes(self) -> tuple[str, ...]:
        """Names of the planes of an observation; none where it has no planes."""
        return () if self.observation == "coordinates" else AGENT_PLANES

    @property
    def num_actions(self) -> int:
        """Number of actions."""
        return len(self.actions)

    @property
    def actions(self) -> tuple[tuple[int, int, float], ...]:
        """(row change, column change, cost) of each action."""
        return action_table(octile=False, stay=True)

    @property
    def action_names(self) -> tuple[str, ...]:
        """Name of each action."""
        return action_names(octile=False, stay=True)

    @property
    def agent_names(self) -> tuple[str, ...]:
        """Name of each agent, as PettingZoo has it."""
        return tuple(f"agent_{k}" for k in range(self.num_agents))

    @property
    def instances(self) -> tuple[tuple[Scenario, ...], ...]:
        """The scenario's levels that are played, a row an agent; none without one."""
        return self.rows  # type: ignore[return-value]

    @property
    def shows_masks(self) -> bool:
        """Whether ``info`` has ``action_mask``."""
        return self.mask_in_info

    def action_space(self) -> spaces.Discrete:
        """Return each agent's action space."""
        return spaces.Discrete(self.num_actions)

    def observation_parts(self) -> dict[str, Part]:
        """Return what an agent's observation is made of: one part without a name, or several by name."""
        side = 2 * (self.radius or 0) + 1
        planes = Part(spaces.Box(0, 1, (len(AGENT_PLANES), side, side), np.uint8), observe_agent_planes_batch)
        coordinates = Part(spaces.Box(0.0, 1.0, (4,), np.float32), observe_agent_coordinates_batch)
        if self.observation == "combined":
            return {"egocentric": planes, "coordinates": coordinates}
        return {"": coordinates if self.observation == "coordinates" else planes}

    def parameters(self) -> np.ndarray:
        """Return the configuration as kernels read it, (1,) PARAMETERS."""
        params = super().parameters()
        set_dynamics(params, slip=0.0, terrain_costs=None, has_portals=False)
        p = params[0]
        p["own_maps"] = True
        p["obstacles_at"] = p["num_cells"]
        p["radius"] = self.radius or 0
        p["num_agents"] = self.num_agents
        p["conflicts"] = CONFLICTS[self.conflicts]
        p["on_arrival"] = ON_ARRIVAL[self.on_arrival]
        p["team_weight"] = self.team_weight
        p["check_reachable"] = self.check_reachable
        return params
