"""GridPath: one agent, one goal, a grid of free and blocked cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from gymnasium import spaces

from gridpath_envs.checks import check_bool, check_choice, check_int, check_number
from gridpath_envs.core.cells import BLOCKED, HOLE, MAX_PORTALS, PORTAL_BYTES
from gridpath_envs.core.moves import action_names, action_table
from gridpath_envs.core.state import set_dynamics
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.oracle import MOVES
from gridpath_envs.maps.terrain import check_terrain_costs
from gridpath_envs.tasks.arguments import DEFAULT_TERRAIN_COSTS
from gridpath_envs.tasks.images import check_image
from gridpath_envs.tasks.observations import OBSERVATIONS, cell_planes, observation_parts
from gridpath_envs.tasks.parts import Part
from gridpath_envs.tasks.task_config import MAX_RADIUS, TaskConfig

MAX_OBSTACLES = 64
OBSTACLE_MOTIONS = ("patrol", "random_walk")


@dataclass(frozen=True)
class GridPathConfig(TaskConfig):
    """Configuration of a GridPath environment: the keyword arguments of ``gymnasium.make`` and ``make_vec``.

    Args:
        observation: "egocentric" (a window around the agent), "line_of_sight" (what the agent sees of it), "global"
            (the whole map), "position" (a number, for tables), "coordinates" (a vector) or "image" (a picture).
        radius: Cells that a window reaches in each direction, 1 to 64; None for an image of the whole map.
        terrain: Share of the free cells of generated maps that are road, sand or swamp, about, 0 to 1.
        holes: Share of the free cells of generated maps that are holes, which end an episode, 0 to 0.9.
        portals: Pairs of portals on generated maps, 0 to 8; who enters one comes out of the other.
        moves: "cardinal" (4 moves) or "octile" (8; diagonals cost sqrt(2) and never cut a corner of what
            blocks the way, nor of a hole; ``RewardConfig(step=0.0, path=-0.01)`` makes them cost as much in reward).
        stay: Whether there is a last action that does nothing.
        slip: Probability that a move goes to one of its two perpendicular directions instead, half of it to each.
        terrain_costs: What a straight move into each terrain costs: "ground", "road", "sand", "swamp", 0.01 to 1000;
            1 for those not named. None: 1 for all, or with ``terrain`` 1, 0.5, 2 and 4.
        moving_obstacles: How many there are at most, 0 to 64. Together they leave a path from start to goal that none
            of them ever enters; those for which there is no such place are left out.
        obstacle_motion: "patrol" (to and fro on a line) or "random_walk".
        obstacle_range: Cells that a moving obstacle goes from where it began, in each direction, 1 to 64.
        trail: Whether observations have a plane of the cells that the agent has been in; an image has them tinted.
        image_size: Pixels of a side of an image, 16 to 512, at least one a cell; 84 for None.
        greyscale: Whether an image is grey, with one channel instead of three.
        mask_in_info: Whether ``info`` has ``action_mask``, int8 as ``action_space.sample(mask)`` wants it.

    Raises:
        ConfigurationError: A value is out of range or contradicts another.
    """

    MOTION: ClassVar[str] = "grid"
    GENERATED: ClassVar[tuple[str, ...]] = (*TaskConfig.GENERATED, "terrain", "holes", "portals")

    terrain: float | None = None
    holes: float | None = None
    portals: int | None = None
    moves: str = "cardinal"
    stay: bool = False
    slip: float = 0.0
    terrain_costs: Mapping[str, float] | None = None
    moving_obstacles: int = 0
    obstacle_motion: str | None = None
    obstacle_range: int | None = None
    observation: str = "egocentric"
    trail: bool = False
    image_size: int | None = None
    greyscale: bool = False
    mask_in_info: bool = False

    @classmethod
    def observation_kinds(cls) -> tuple[str, ...]:
        """Return the names that ``observation`` may have."""
        return tuple(OBSERVATIONS)

    def _check_maps(self) -> None:
        super()._check_maps()
        if self.fixed_map is not None:
            return
        self._set("terrain", check_number("terrain", 0.0 if self.terrain is None else self.terrain, 0.0, 1.0))
        self._set("holes", check_number("holes", 0.0 if self.holes is None else self.holes, 0.0, 0.9))
        self._set("portals", check_int("portals", 0 if self.portals is None else self.portals, 0, MAX_PORTALS))

    def _check_dynamics(self) -> None:
        check_choice("moves", self.moves, MOVES)
        self._set("stay", check_bool("stay", self.stay))
        self._set("slip", check_number("slip", self.slip, 0.0, 1.0))
        if self.terrain_costs is not None:
            self._set("terrain_costs", check_terrain_costs(self.terrain_costs))
        elif self.terrain:
            self._set("terrain_costs", dict(DEFAULT_TERRAIN_COSTS))
        self._set("moving_obstacles", check_int("moving_obstacles", self.moving_obstacles, 0, MAX_OBSTACLES))
        if not self.moving_obstacles:
            self._refuse(("obstacle_motion", "obstacle_range"), "without moving_obstacles")
            return
        motion = "patrol" if self.obstacle_motion is None else self.obstacle_motion
        check_choice("obstacle_motion", motion, OBSTACLE_MOTIONS)
        self._set("obstacle_motion", motion)
        span = 3 if self.obstacle_range is None else self.obstacle_range
        self._set("obstacle_range", check_int("obstacle_range", span, 1, 64))

    def _check_observation(self) -> None:
        check_choice("observation", self.observation, OBSERVATIONS)
        kind = OBSERVATIONS[self.observation]
        if kind.has_window and not (kind.is_image and self.radius is None):
            self._set("radius", check_int("radius", 5 if self.radius is None else self.radius, 1, MAX_RADIUS))
        elif not kind.has_window:
            self._refuse(("radius",), f"for observation={self.observation!r}")
        self._set("trail", check_bool("trail", self.trail))
        if kind.is_image:
            size, greyscale = check_image(self)
            self._set("image_size", size)
            self._set("greyscale", greyscale)
        elif self.image_size is not None or check_bool("greyscale", self.greyscale):
            name = "greyscale" if self.image_size is None else "image_size"
            raise ConfigurationError(f"{name}: is for images, and observation={self.observation!r} is none")
        if self.trail and not (kind.planes or kind.is_image):
            raise ConfigurationError(f"trail: is a plane, and observation={self.observation!r} has none")
        self._set("mask_in_info", check_bool("mask_in_info", self.mask_in_info))

    @property
    def pad(self) -> int:
        """Blocked cells around a map, so that no window reaches past it."""
        return self.radius or 1

    @property
    def has_holes(self) -> bool:
        """Whether there may be holes."""
        return bool((self.fixed_map.cells & HOLE).any()) if self.fixed_map is not None else bool(self.holes)

    @property
    def has_portals(self) -> bool:
        """Whether there may be portals."""
        return bool(self.fixed_map.portals) if self.fixed_map is not None else bool(self.portals)

    @property
    def planes(self) -> tuple[str, ...]:
        """Names of the planes of an observation; none where it has no planes."""
        kind = OBSERVATIONS[self.observation]
        planes = (*kind.planes, *cell_planes(self)) if kind.planes else ()
        return tuple(name for name in planes if name != "goal" or not self.goal_conditioned)

    @property
    def num_positions(self) -> int:
        """Number of position observations: cells, times cells again where the goal varies."""
        num_cells = self.shape[0] * self.shape[1]
        return num_cells if self.goal_conditioned or self.fixed_goal is not None else num_cells**2

    @property
    def num_actions(self) -> int:
        """Number of actions."""
        return len(self.actions)

    @property
    def actions(self) -> tuple[tuple[int, int, float], ...]:
        """(row change, column change, cost) of each action."""
        return action_table(self.moves == "octile", self.stay)

    @property
    def action_names(self) -> tuple[str, ...]:
        """Name of each action."""
        return action_names(self.moves == "octile", self.stay)

    @property
    def dearest_move(self) -> float:
        """The most that a move can cost."""
        return max(cost for _, _, cost in self.actions) * max((self.terrain_costs or {"ground": 1.0}).values())

    @property
    def shows_masks(self) -> bool:
        """Whether ``info`` has ``action_mask``."""
        return self.mask_in_info

    def action_space(self) -> spaces.Discrete:
        """Return the single environment's action space."""
        return spaces.Discrete(self.num_actions)

    def observation_parts(self) -> dict[str, Part]:
        """Return what an observation is made of: one part without a name, or several by name, which make a dict."""
        return observation_parts(self)

    def parameters(self) -> np.ndarray:
        """Return the configuration as kernels read it, (1,) PARAMETERS."""
        params = super().parameters()
        p = params[0]
        set_dynamics(params, self.slip, self.terrain_costs, self.has_portals)
        p["own_maps"] = self.trail or self.moving_obstacles > 0
        p["num_obstacles"] = self.moving_obstacles
        p["random_walk"] = self.obstacle_motion == "random_walk"
        p["obstacle_range"] = self.obstacle_range or 0
        p["obstacles_at"] = p["num_cells"] + PORTAL_BYTES * self.has_portals
        p["trail"] = self.trail
        rewards = (self.reward.path, self.reward.collision, self.reward.hole, self.reward.shaping)
        extras = (p["slip"], p["is_weighted"], self.has_holes, self.has_portals, self.trail, self.moving_obstacles)
        p["is_plain"] = not any((*rewards, *extras))
        p["radius"] = self.radius or 0
        p["goal_in_position"] = self.num_positions > self.shape[0] * self.shape[1]
        planes = cell_planes(self) if self.planes else {}
        # Cells have flags that no plane shows too: terrain where it costs nothing.
        has_flags = self.terrain or (self.fixed_map is not None and (self.fixed_map.cells > BLOCKED).any())
        p["only_walls"] = not (planes or has_flags)
        p["num_planes"] = len(planes)
        for k, (mask, value) in enumerate(planes.values()):
            p["plane_mask"][k], p["plane_value"][k] = mask, value
        p["terrain"] = round((self.terrain or 0.0) * 2**16)
        p["holes"] = round((self.holes or 0.0) * 2**16)
        p["portals"] = self.portals or 0
        return params
