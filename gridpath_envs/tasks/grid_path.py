"""GridPath: one agent, one goal, a grid of free and blocked cells."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike

from gridpath_envs.checks import check_bool, check_choice, check_int, check_number
from gridpath_envs.core.cells import BLOCKED, HOLE, MAX_PORTALS, PORTAL_BYTES
from gridpath_envs.core.moves import action_names, action_table
from gridpath_envs.core.state import PARAMETERS, set_dynamics, set_geometry
from gridpath_envs.errors import ConfigurationError, shown, unknown_name
from gridpath_envs.maps.generators import FIXED_MAP, GENERATORS, MAZES
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.maps.levels import MAX_LEVEL, SPLITS
from gridpath_envs.maps.movingai import Scenario
from gridpath_envs.maps.oracle import MOVES
from gridpath_envs.maps.terrain import check_terrain_costs
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks.arguments import (
    DEFAULT_TERRAIN_COSTS,
    GENERATOR_ARGUMENTS,
    MAX_STEPS,
    check_range,
    check_size,
    check_time_limit,
    load_rows,
    load_source,
)
from gridpath_envs.tasks.images import check_image
from gridpath_envs.tasks.observations import OBSERVATIONS, Part, cell_planes, observation_parts

MAX_NUM_LEVELS = 10_000_000
MAX_RADIUS = 64
MAX_OBSTACLES = 64
OBSTACLE_MOTIONS = ("patrol", "random_walk")

# Arguments that say what maps to generate, and so have no meaning together with a map that is given.
GENERATED = ("generator", "size", "density", "maze", "loops", "block_size", "terrain", "holes", "portals")
GIVEN = ("map", "scenario")


@dataclass(frozen=True)
class GridPathConfig:
    """Configuration of a GridPath environment: the keyword arguments of ``gymnasium.make`` and ``make_vec``.

    Args:
        map: A fixed map instead of generated ones: path of a ``.map`` file, ``"shipped:NAME"``, text with a line break
            in it, a list of strings as FrozenLake has it, (H, W) array of walls, or GridMap. Start and goal are the
            map's own where it has them, else drawn.
        scenario: Levels on a fixed map: path of a ``.scen`` file, ``"shipped:NAME"``, or its rows. Row k is level k.
            The map is the one beside the file where ``map`` is not given.
        generator: Generator of maps: "obstacles", "maze", "rooms", "caves", "warehouse" or "city".
        size: (rows, cols) of generated maps, 4 to 512 cells each.
        density: Share of blocked cells, 0 to 0.9: of "obstacles", and of what "caves" grow from.
        maze: Algorithm of "maze": "depth_first", "prim", "kruskal", "wilson" or "recursive_division".
        loops: Share of the inner walls of a "maze" that are opened besides, or of further doors of "rooms", 0 to 1.
        block_size: Largest side of "rooms", length of the shelves of a "warehouse", side of the blocks of a "city", in
            cells, 1 to 64.
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
        observation: "egocentric" (a window around the agent), "line_of_sight" (what the agent sees of it), "global"
            (the whole map), "position" (a number, for tables), "coordinates" (a vector) or "image" (a picture).
        radius: Cells that a window reaches in each direction, 1 to 64; None for an image of the whole map.
        trail: Whether observations have a plane of the cells that the agent has been in; an image has them tinted.
        image_size: Pixels of a side of an image, 16 to 512, at least one a cell; 84 for None.
        greyscale: Whether an image is grey, with one channel instead of three.
        goal_conditioned: Whether observations are dicts for hindsight replay: ``observation``, in which nothing shows
            the goal, ``achieved_goal`` and ``desired_goal``, cells (row, col) as float32.
        num_levels: How many levels there are; 0 for unlimited ones, a new level each episode, or all of a scenario.
        first_level: Lowest level number, where levels are limited.
        split: None, "train" or "test"; the two never share a level, that is, the same start and goal on the same map.
        length_range: (least, most) optimal path length of a level, None on either side for no bound.
        detour_range: (least, most) ratio of the optimal path length to that on a map without obstacles.
        time_limit: Steps (int), or multiple of the optimal path length (float, rounded up to whole steps), after which
            an episode is truncated; where terrain costs less than 1, of that length divided by the least cost. None: 64
            steps on given maps and random obstacles of up to 256 cells, else 4.0.
        max_episode_steps: Additional cap on the time limit, in steps.
        reward: What steps are rewarded with.
        mask_in_info: Whether ``info`` has ``action_mask``, int8 as ``action_space.sample(mask)`` wants it.

    Raises:
        ConfigurationError: A value is out of range or contradicts another.
        MapFormatError: The map or the scenario is malformed.
        MapNotFoundError: The map's or scenario's file does not exist.
    """

    map: str | os.PathLike[str] | ArrayLike | GridMap | None = None
    scenario: str | os.PathLike[str] | Sequence[Scenario] | None = None
    generator: str | None = None
    size: tuple[int, int] | None = None
    density: float | None = None
    maze: str | None = None
    loops: float | None = None
    block_size: int | None = None
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
    radius: int | None = None
    trail: bool = False
    image_size: int | None = None
    greyscale: bool = False
    goal_conditioned: bool = False
    num_levels: int = 0
    first_level: int = 0
    split: str | None = None
    length_range: tuple[float | None, float | None] | None = None
    detour_range: tuple[float | None, float | None] | None = None
    time_limit: int | float | None = None
    max_episode_steps: int | None = None
    reward: RewardConfig = field(default_factory=RewardConfig)
    mask_in_info: bool = False

    def __post_init__(self) -> None:
        """Check every value, load the map, and fill in the defaults that depend on others."""
        self._check_maps()
        self._check_dynamics()
        self._check_observation()
        self._check_levels()
        if self.time_limit is None:
            # Longer paths than fit 64 steps are common on larger maps, and in mazes of any size.
            is_small = self.shape[0] * self.shape[1] <= 256 and not self.rows and self.generator in (None, "obstacles")
            self._set("time_limit", 64 if is_small else 4.0)
        self._set("time_limit", check_time_limit(self.time_limit))
        if self.max_episode_steps is not None:
            self._set("max_episode_steps", check_int("max_episode_steps", self.max_episode_steps, 1, MAX_STEPS))
        if not isinstance(self.reward, RewardConfig):
            raise ConfigurationError(f"reward: expected a RewardConfig, got {shown(self.reward)}")

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _refuse(self, names: Iterable[str], why: str) -> None:
        for name in names:
            if getattr(self, name) is not None:
                raise ConfigurationError(f"{name}: has no meaning {why}; leave one of them out")

    def _check_maps(self) -> None:
        if self.map is not None or self.scenario is not None:
            self._refuse(GENERATED, f"together with {'map' if self.scenario is None else 'scenario'}")
            if self.scenario is not None:
                rows, grid_map = load_rows(self.scenario, self.map)
                self._set("scenario", rows)
                self._set("map", grid_map)
            else:
                self._set("map", load_source(self.map))
            return
        generator = "obstacles" if self.generator is None else self.generator
        check_choice("generator", generator, GENERATORS)
        self._set("generator", generator)
        self._set("size", check_size((16, 16) if self.size is None else self.size))
        takes = GENERATOR_ARGUMENTS[generator]
        self._refuse(
            sorted({name for names in GENERATOR_ARGUMENTS.values() for name in names} - set(takes)),
            f"for generator={generator!r}",
        )
        for name, default in takes.items():
            value = default if getattr(self, name) is None else getattr(self, name)
            if name == "maze":
                check_choice(name, value, MAZES)
            elif name == "block_size":
                value = check_int(name, value, 1, 64)
            else:
                value = check_number(name, value, 0.0, 0.9 if name == "density" else 1.0)
            self._set(name, value)
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
        self._set("goal_conditioned", check_bool("goal_conditioned", self.goal_conditioned))

    def _check_levels(self) -> None:
        self._set("num_levels", check_int("num_levels", self.num_levels, 0, MAX_NUM_LEVELS))
        self._set("first_level", check_int("first_level", self.first_level, 0, MAX_LEVEL - 100 * MAX_NUM_LEVELS))
        check_choice("split", self.split, SPLITS)
        if isinstance(self.scenario, tuple):
            self._refuse(("length_range", "detour_range"), "together with scenario, whose rows are ordered by length")
            if self.first_level + max(self.num_levels, 1) > len(self.scenario):
                raise ConfigurationError(
                    f"first_level, num_levels: levels {self.first_level} to"
                    f" {self.first_level + max(self.num_levels, 1) - 1} are asked for, the scenario has the levels 0"
                    f" to {len(self.scenario) - 1}"
                )
        elif self.first_level and not self.num_levels:
            raise ConfigurationError("first_level: needs num_levels; unlimited levels have no first one")
        if self.length_range is not None:
            least, most = check_range("length_range", self.length_range, 0.0, np.inf)
            # No path enters a cell twice.
            longest = (self.shape[0] * self.shape[1] - 1) * (2.0**0.5 if self.moves == "octile" else 1.0)
            longest *= max((self.terrain_costs or {"ground": 1.0}).values())
            if least > longest:
                raise ConfigurationError(
                    f"length_range: no path on {self.shape[0]} x {self.shape[1]} cells is longer than {longest:g},"
                    f" got a least length of {least:g}"
                )
            self._set("length_range", (least, most))
        if self.detour_range is not None:
            self._set("detour_range", check_range("detour_range", self.detour_range, 0.0, np.inf))
        if self.split is not None and self.fixed_start is not None and self.fixed_goal is not None:
            raise ConfigurationError(
                f"split: got {self.split!r}, but map has both a start and a goal, so every level would be the same one"
            )

    @property
    def fixed_map(self) -> GridMap | None:
        """The map that all levels share, or None where maps are generated."""
        return self.map if isinstance(self.map, GridMap) else None

    @property
    def fixed_start(self) -> tuple[int, int] | None:
        """The start that all levels share, or None where it is drawn."""
        return self.fixed_map.start if self.fixed_map else None

    @property
    def fixed_goal(self) -> tuple[int, int] | None:
        """The goal that all levels share, or None where it is drawn."""
        return self.fixed_map.goal if self.fixed_map else None

    @property
    def rows(self) -> tuple[Scenario, ...]:
        """The rows of the scenario that are played; none without one."""
        if not isinstance(self.scenario, tuple):
            return ()
        last = self.first_level + self.num_levels if self.num_levels else len(self.scenario)
        return self.scenario[self.first_level : last]

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of every map, in cells."""
        if self.fixed_map is not None:
            return self.fixed_map.shape
        assert self.size is not None  # set by __post_init__ where there is no map
        return self.size

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

    def action_space(self) -> spaces.Discrete:
        """Return the single environment's action space."""
        return spaces.Discrete(self.num_actions)

    def observation_space(self) -> spaces.Space[Any]:
        """Return the single environment's observation space."""
        parts = self.observation_parts()
        return parts[""].space if "" in parts else spaces.Dict({name: part.space for name, part in parts.items()})

    def observation_parts(self) -> dict[str, Part]:
        """Return what an observation is made of: one part without a name, or several by name, which make a dict."""
        return observation_parts(self)

    def parameters(self) -> np.ndarray:
        """Return the configuration as kernels read it, (1,) PARAMETERS."""
        params = np.zeros(1, dtype=PARAMETERS)
        set_geometry(params, *self.shape, self.pad, self.actions)
        p = params[0]
        set_dynamics(params, self.slip, self.terrain_costs, self.has_portals, self.reward)
        p["own_maps"] = self.trail or self.moving_obstacles > 0
        cap = MAX_STEPS if self.max_episode_steps is None else self.max_episode_steps
        if isinstance(self.time_limit, float):
            p["time_limit"], p["time_limit_factor"] = cap, self.time_limit
        else:
            p["time_limit"] = min(self.time_limit or cap, cap)
        p["num_obstacles"] = self.moving_obstacles
        p["random_walk"] = self.obstacle_motion == "random_walk"
        p["obstacle_range"] = self.obstacle_range or 0
        p["obstacles_at"] = p["num_cells"] + PORTAL_BYTES * self.has_portals
        p["trail"] = self.trail
        rewards = (self.reward.path, self.reward.collision, self.reward.hole, self.reward.shaping)
        extras = (p["slip"], p["is_weighted"], self.has_holes, self.has_portals, self.trail, self.moving_obstacles)
        p["is_plain"] = not any((*rewards, *extras))
        p["radius"] = self.radius or 0
        p["shows_goal"] = not self.goal_conditioned
        p["goal_in_position"] = self.num_positions > self.shape[0] * self.shape[1]
        planes = cell_planes(self) if self.planes else {}
        # Cells have flags that no plane shows too: terrain where it costs nothing.
        has_flags = self.terrain or (self.fixed_map is not None and (self.fixed_map.cells > BLOCKED).any())
        p["only_walls"] = not (planes or has_flags)
        p["num_planes"] = len(planes)
        for k, (mask, value) in enumerate(planes.values()):
            p["plane_mask"][k], p["plane_value"][k] = mask, value
        p["generator"] = FIXED_MAP if self.fixed_map is not None else GENERATORS[self.generator or ""]
        p["density"] = round((self.density or 0.0) * 2**16)
        p["maze"] = MAZES[self.maze] if self.maze is not None else 0
        p["loops"] = round((self.loops or 0.0) * 2**16)
        p["block_size"] = self.block_size or 0
        p["terrain"] = round((self.terrain or 0.0) * 2**16)
        p["holes"] = round((self.holes or 0.0) * 2**16)
        p["portals"] = self.portals or 0
        p["num_levels"], p["first_level"] = self.num_levels, self.first_level
        p["split"] = SPLITS[self.split]
        p["is_bounded"] = self.length_range is not None or self.detour_range is not None
        p["length_range"] = (0.0, np.inf) if self.length_range is None else self.length_range
        p["detour_range"] = (0.0, np.inf) if self.detour_range is None else self.detour_range
        p["fixed_start_row"], p["fixed_start_col"] = self.fixed_start or (-1, -1)
        p["fixed_goal_row"], p["fixed_goal_col"] = self.fixed_goal or (-1, -1)
        return params


def make_config(cls: type[GridPathConfig], arguments: dict[str, Any]) -> GridPathConfig:
    """Make a configuration from keyword arguments.

    Raises:
        UnknownNameError: An argument does not exist.
        ConfigurationError: See the configuration class.
    """
    known = [entry.name for entry in fields(cls)]
    for name in arguments:
        if name not in known:
            raise unknown_name("argument", name, known)
    return cls(**arguments)
