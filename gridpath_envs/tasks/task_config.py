"""TaskConfig: the arguments that every environment has: maps, levels, time limit, reward and observation."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike

from gridpath_envs.checks import check_bool, check_choice, check_int, check_number
from gridpath_envs.core.state import PARAMETERS, set_geometry, set_reward
from gridpath_envs.errors import ConfigurationError, shown, unknown_name
from gridpath_envs.maps.generators import FIXED_MAP, GENERATORS, MAZES
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.maps.levels import MAX_LEVEL, SPLITS
from gridpath_envs.maps.movingai import Scenario
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks.arguments import (
    GENERATOR_ARGUMENTS,
    MAX_STEPS,
    check_range,
    check_size,
    check_time_limit,
    load_rows,
    load_source,
)
from gridpath_envs.tasks.parts import Part

MAX_NUM_LEVELS = 10_000_000
MAX_RADIUS = 64


@dataclass(frozen=True)
class TaskConfig(ABC):
    """What every environment is told of its maps, levels, time limit, reward and observation.

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
        observation: Kind of observation.
        radius: Cells that a window reaches in each direction, 1 to 64.
        goal_conditioned: Whether observations are dicts for hindsight replay: ``observation``, in which nothing shows
            the goal, ``achieved_goal`` and ``desired_goal``, cells (row, col) as float32. A reward that is the
            id's own and cannot be told from goals gives way to the usual one.

    Raises:
        ConfigurationError: A value is out of range or contradicts another.
        MapFormatError: The map or the scenario is malformed.
        MapNotFoundError: The map's or scenario's file does not exist.
    """

    # How agents move: a name of ``gridpath_envs.motion.MOTIONS``.
    MOTION: ClassVar[str]
    # Arguments that say what maps to generate, and so have no meaning together with a map that is given.
    GENERATED: ClassVar[tuple[str, ...]] = ("generator", "size", "density", "maze", "loops", "block_size")
    GIVEN: ClassVar[tuple[str, ...]] = ("map", "scenario")
    # Arguments of all that a family has no use for.
    LEFT_OUT: ClassVar[tuple[str, ...]] = ()

    map: str | os.PathLike[str] | ArrayLike | GridMap | None = None
    scenario: str | os.PathLike[str] | Sequence[Scenario] | None = None
    generator: str | None = None
    size: tuple[int, int] | None = None
    density: float | None = None
    maze: str | None = None
    loops: float | None = None
    block_size: int | None = None
    num_levels: int = 0
    first_level: int = 0
    split: str | None = None
    length_range: tuple[float | None, float | None] | None = None
    detour_range: tuple[float | None, float | None] | None = None
    time_limit: int | float | None = None
    max_episode_steps: int | None = None
    reward: RewardConfig = field(default_factory=RewardConfig)
    observation: str = ""
    radius: int | None = None
    goal_conditioned: bool = False

    @classmethod
    @abstractmethod
    def observation_kinds(cls) -> tuple[str, ...]:
        """Return the names that ``observation`` may have."""

    @classmethod
    def make(cls, arguments: dict[str, Any]) -> Self:
        """Make a configuration from keyword arguments.

        Raises:
            UnknownNameError: An argument does not exist.
            ConfigurationError: A value is out of range or contradicts another.
        """
        known = [entry.name for entry in fields(cls) if entry.name not in cls.LEFT_OUT]
        for name in arguments:
            if name not in known:
                raise unknown_name("argument", name, known)
        return cls(**arguments)

    def __post_init__(self) -> None:
        """Check every value, load the map, and fill in the defaults that depend on others."""
        self._check_maps()
        self._check_dynamics()
        self._check_observation()
        self._check_levels()
        limit = self._default_time_limit() if self.time_limit is None else self.time_limit
        self._set("time_limit", check_time_limit(limit))
        if self.max_episode_steps is not None:
            self._set("max_episode_steps", check_int("max_episode_steps", self.max_episode_steps, 1, MAX_STEPS))
        if not isinstance(self.reward, RewardConfig):
            raise ConfigurationError(f"reward: expected a RewardConfig, got {shown(self.reward)}")
        self._set("goal_conditioned", check_bool("goal_conditioned", self.goal_conditioned))
        if self.goal_conditioned:
            for name in ("path", "collision", "hole", "shaping"):
                if getattr(self.reward, name):
                    raise ConfigurationError(
                        f"reward.{name}: must be 0 where goal_conditioned, since goals alone do not tell it for"
                        " compute_reward"
                    )

    # ------------------------------------------------------------------ what a family of environments adds

    @abstractmethod
    def _check_dynamics(self) -> None:
        """Check how agents move."""

    @abstractmethod
    def _check_observation(self) -> None:
        """Check what agents observe."""

    def _default_time_limit(self) -> int | float:
        # Longer paths than fit 64 steps are common on larger maps, and in mazes of any size.
        is_small = self.shape[0] * self.shape[1] <= 256 and not self.rows and self.generator in (None, "obstacles")
        return 64 if is_small else 4.0

    @property
    @abstractmethod
    def dearest_move(self) -> float:
        """The most that a move can cost."""

    @property
    def pad(self) -> int:
        """Blocked cells around a map, so that nothing reaches past it."""
        return 1

    @property
    @abstractmethod
    def actions(self) -> tuple[tuple[int, int, float], ...]:
        """(row change, column change, cost) of each move between cells, for the oracle where agents move otherwise."""

    @property
    def planes(self) -> tuple[str, ...]:
        """Names of the planes of an observation; none where it has no planes."""
        return ()

    @property
    def shows_masks(self) -> bool:
        """Whether ``info`` has ``action_mask``."""
        return False

    @abstractmethod
    def action_space(self) -> spaces.Space[Any]:
        """Return the single environment's action space."""

    @abstractmethod
    def observation_parts(self) -> dict[str, Part]:
        """Return what an observation is made of: one part without a name, or several by name, which make a dict."""

    # ------------------------------------------------------------------ what all have

    def observation_space(self) -> spaces.Space[Any]:
        """Return the single environment's observation space."""
        parts = self.observation_parts()
        return parts[""].space if "" in parts else spaces.Dict({name: part.space for name, part in parts.items()})

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _refuse(self, names: Iterable[str], why: str) -> None:
        for name in names:
            if getattr(self, name) is not None:
                raise ConfigurationError(f"{name}: has no meaning {why}; leave one of them out")

    def _check_maps(self) -> None:
        if self.map is not None or self.scenario is not None:
            self._refuse(self.GENERATED, f"together with {'map' if self.scenario is None else 'scenario'}")
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
            longest = (self.shape[0] * self.shape[1] - 1) * self.dearest_move
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
    def num_agents(self) -> Any:
        """N: how many agents share a map."""
        return 1

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

    def parameters(self) -> np.ndarray:
        """Return the configuration as kernels read it, (1,) PARAMETERS."""
        params = np.zeros(1, dtype=PARAMETERS)
        set_geometry(params, *self.shape, self.pad, self.actions)
        set_reward(params, self.reward)
        p = params[0]
        cap = MAX_STEPS if self.max_episode_steps is None else self.max_episode_steps
        if isinstance(self.time_limit, float):
            p["time_limit"], p["time_limit_factor"] = cap, self.time_limit
        else:
            p["time_limit"] = min(self.time_limit or cap, cap)
        p["shows_goal"] = not self.goal_conditioned
        p["generator"] = FIXED_MAP if self.fixed_map is not None else GENERATORS[self.generator or ""]
        p["density"] = round((self.density or 0.0) * 2**16)
        p["maze"] = MAZES[self.maze] if self.maze is not None else 0
        p["loops"] = round((self.loops or 0.0) * 2**16)
        p["block_size"] = self.block_size or 0
        p["num_levels"], p["first_level"] = self.num_levels, self.first_level
        p["split"] = SPLITS[self.split]
        p["is_bounded"] = self.length_range is not None or self.detour_range is not None
        p["length_range"] = (0.0, np.inf) if self.length_range is None else self.length_range
        p["detour_range"] = (0.0, np.inf) if self.detour_range is None else self.detour_range
        p["fixed_start_row"], p["fixed_start_col"] = self.fixed_start or (-1, -1)
        p["fixed_goal_row"], p["fixed_goal_col"] = self.fixed_goal or (-1, -1)
        return params
