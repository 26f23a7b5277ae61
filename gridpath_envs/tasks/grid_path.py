"""GridPath: one agent, one goal, a grid of free and blocked cells."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike

from gridpath_envs.checks import check_bool, check_choice, check_int, check_number
from gridpath_envs.core import observations
from gridpath_envs.core.moves import action_table
from gridpath_envs.core.state import PARAMETERS
from gridpath_envs.errors import ConfigurationError, unknown_name
from gridpath_envs.maps.generators import FIXED_MAP, GENERATORS
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.maps.levels import MAX_LEVEL, SPLITS
from gridpath_envs.maps.movingai import load_map
from gridpath_envs.maps.oracle import MOVES

MIN_SIDE, MAX_SIDE = 4, 512
MAX_NUM_LEVELS = 10_000_000
MAX_RADIUS = 64
MAX_STEPS = 2**31 - 1
# Sums of two still fit the float32 that rewards are.
MAX_REWARD = 1e38


@dataclass(frozen=True)
class RewardConfig:
    """What a step is rewarded with.

    Args:
        goal: Reward for reaching the goal, added to that step's ``step``.
        step: Reward of every step, the last included.

    Raises:
        ConfigurationError: A reward is no number, or larger than MAX_REWARD.
    """

    goal: float = 1.0
    step: float = -0.01

    def __post_init__(self) -> None:
        """Check the values."""
        for entry in fields(self):
            value = check_number(f"reward.{entry.name}", getattr(self, entry.name), -MAX_REWARD, MAX_REWARD)
            object.__setattr__(self, entry.name, value)


@dataclass(frozen=True)
class GridPathConfig:
    """Configuration of a GridPath environment: the keyword arguments of ``gymnasium.make`` and ``make_vec``.

    Args:
        map: A fixed map instead of generated ones: path of a ``.map`` file, ``"shipped:NAME"``, text with a line break
            in it, (H, W) array of walls, or GridMap. Start and goal are the map's own where it has them, else drawn.
        generator: Generator of maps: "obstacles".
        size: (rows, cols) of generated maps, 4 to 512 cells each.
        density: Share of blocked cells of generated maps, 0 to 0.9.
        moves: "cardinal" (4 moves) or "octile" (8; diagonals cost sqrt(2) and never cut corners).
        stay: Whether there is a last action that does nothing.
        observation: "egocentric" (a window around the agent) or "position" (a number, for tables).
        radius: Cells that the window reaches in each direction, 1 to 64.
        num_levels: How many levels there are; 0 for unlimited ones, a new level each episode.
        first_level: Lowest level number, where levels are limited.
        split: None, "train" or "test"; the two never share a level, that is, the same start and goal on the same map.
        time_limit: Steps (int), or multiple of the optimal path length (float), after which an episode is truncated.
        max_episode_steps: Additional cap on the time limit, in steps.
        reward: What steps are rewarded with.
        mask_in_info: Whether ``info`` has ``action_mask``, int8 as ``action_space.sample(mask)`` wants it.

    Raises:
        ConfigurationError: A value is out of range or contradicts another.
        MapFormatError: The map is malformed.
        MapNotFoundError: The map's file does not exist.
    """

    map: str | os.PathLike[str] | ArrayLike | GridMap | None = None
    generator: str | None = None
    size: tuple[int, int] | None = None
    density: float | None = None
    moves: str = "cardinal"
    stay: bool = False
    observation: str = "egocentric"
    radius: int | None = None
    num_levels: int = 0
    first_level: int = 0
    split: str | None = None
    time_limit: int | float = 64
    max_episode_steps: int | None = None
    reward: RewardConfig = field(default_factory=RewardConfig)
    mask_in_info: bool = False

    def __post_init__(self) -> None:
        """Check every value, load the map, and fill in the defaults that depend on others."""
        values: dict[str, Any] = {}
        if self.map is not None:
            for name in ("generator", "size", "density"):
                if getattr(self, name) is not None:
                    raise ConfigurationError(f"{name}: has no meaning together with map; leave one of them out")
            values["map"] = _load(self.map)
        else:
            values["generator"] = "obstacles" if self.generator is None else self.generator
            check_choice("generator", values["generator"], GENERATORS)
            values["size"] = _check_size((16, 16) if self.size is None else self.size)
            values["density"] = check_number("density", 0.2 if self.density is None else self.density, 0.0, 0.9)
        check_choice("moves", self.moves, MOVES)
        check_choice("observation", self.observation, OBSERVATIONS)
        values["stay"] = check_bool("stay", self.stay)
        values["mask_in_info"] = check_bool("mask_in_info", self.mask_in_info)
        if self.observation == "egocentric":
            values["radius"] = check_int("radius", 5 if self.radius is None else self.radius, 1, MAX_RADIUS)
        elif self.radius is not None:
            raise ConfigurationError(f"radius: has no meaning for observation={self.observation!r}")
        values["num_levels"] = check_int("num_levels", self.num_levels, 0, MAX_NUM_LEVELS)
        values["first_level"] = check_int("first_level", self.first_level, 0, MAX_LEVEL - 100 * MAX_NUM_LEVELS)
        if values["first_level"] and not values["num_levels"]:
            raise ConfigurationError("first_level: needs num_levels; unlimited levels have no first one")
        check_choice("split", self.split, SPLITS)
        values["time_limit"] = _check_time_limit(self.time_limit)
        if self.max_episode_steps is not None:
            values["max_episode_steps"] = check_int("max_episode_steps", self.max_episode_steps, 1, MAX_STEPS)
        if not isinstance(self.reward, RewardConfig):
            raise ConfigurationError(f"reward: expected a RewardConfig, got {self.reward!r}")
        for name, value in values.items():
            object.__setattr__(self, name, value)
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
    def num_positions(self) -> int:
        """Number of position observations: cells, times cells again where the goal varies."""
        num_cells = self.shape[0] * self.shape[1]
        return num_cells if self.fixed_goal is not None else num_cells**2

    @property
    def num_actions(self) -> int:
        """Number of actions."""
        return len(self.actions)

    @property
    def actions(self) -> tuple[tuple[int, int, float], ...]:
        """(row change, column change, cost) of each action."""
        return action_table(self.moves == "octile", self.stay)

    def action_space(self) -> spaces.Discrete:
        """Return the single environment's action space."""
        return spaces.Discrete(self.num_actions)

    def observation_space(self) -> spaces.Space[Any]:
        """Return the single environment's observation space."""
        return OBSERVATIONS[self.observation].space(self)

    def parameters(self) -> np.ndarray:
        """Return the configuration as kernels read it, (1,) PARAMETERS."""
        params = np.zeros(1, dtype=PARAMETERS)
        p = params[0]
        p["height"], p["width"] = self.shape
        p["pad"] = self.pad
        p["pitch"] = self.shape[1] + 2 * self.pad
        p["num_actions"] = self.num_actions
        for action, (drow, dcol, cost) in enumerate(self.actions):
            p["row_delta"][action], p["col_delta"][action], p["cost"][action] = drow, dcol, cost
        p["octile"] = self.moves == "octile"
        cap = MAX_STEPS if self.max_episode_steps is None else self.max_episode_steps
        if isinstance(self.time_limit, float):
            p["time_limit"], p["time_limit_factor"] = cap, self.time_limit
        else:
            p["time_limit"] = min(self.time_limit, cap)
        p["reward_goal"], p["reward_step"] = self.reward.goal, self.reward.step
        p["radius"] = self.radius or 0
        p["goal_in_position"] = self.fixed_goal is None
        p["generator"] = FIXED_MAP if self.fixed_map is not None else GENERATORS[self.generator or ""]
        p["density"] = 0 if self.density is None else round(self.density * 2**16)
        p["num_levels"], p["first_level"] = self.num_levels, self.first_level
        p["split"] = SPLITS[self.split]
        p["fixed_start_row"], p["fixed_start_col"] = self.fixed_start or (-1, -1)
        p["fixed_goal_row"], p["fixed_goal_col"] = self.fixed_goal or (-1, -1)
        return params


@dataclass(frozen=True)
class Observation:
    """A kind of observation: its space and the kernel that writes it.

    Args:
        space: Makes the single environment's space from the configuration.
        kernel: ``kernel(lanes, maps, params, out)``, with ``out`` flat: (B, size), or (B,) for a Discrete space.
    """

    space: Callable[[GridPathConfig], spaces.Space[Any]]
    kernel: Callable[..., None]


def _egocentric_space(config: GridPathConfig) -> spaces.Space[Any]:
    side = 2 * (config.radius or 0) + 1
    return spaces.Box(0, 1, (2, side, side), np.uint8)


def _position_space(config: GridPathConfig) -> spaces.Space[Any]:
    return spaces.Discrete(config.num_positions)


OBSERVATIONS: dict[str, Observation] = {
    "egocentric": Observation(_egocentric_space, observations.observe_egocentric_batch),
    "position": Observation(_position_space, observations.observe_position_batch),
}


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


def _load(source: object) -> GridMap:
    if isinstance(source, GridMap):
        return source
    if isinstance(source, str) and "\n" in source:
        return GridMap.from_text(source)
    if isinstance(source, (str, os.PathLike)):
        return load_map(source)
    return GridMap.from_array(source)  # type: ignore[arg-type]


def _check_size(value: object) -> tuple[int, int]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ConfigurationError(f"size: expected (rows, cols), got {value!r}")
    return check_int("size[0]", value[0], MIN_SIDE, MAX_SIDE), check_int("size[1]", value[1], MIN_SIDE, MAX_SIDE)


def _check_time_limit(value: object) -> int | float:
    if not isinstance(value, (float, np.floating)):
        return check_int("time_limit", value, 1, MAX_STEPS)
    if not 1.0 <= value <= 1e6:
        raise ConfigurationError(
            f"time_limit: as a multiple of the optimal path length it must be from 1.0 to 1e6, got {value!r}"
        )
    return float(value)
