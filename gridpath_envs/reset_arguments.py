"""What a user may pass to ``reset``: seeds and options, checked once, turned into one value a lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import as_array, is_whole
from gridpath_envs.errors import ConfigurationError, InvalidOptionError, shown
from gridpath_envs.maps.level_set import LevelSet
from gridpath_envs.maps.levels import BY_EPISODE_SEED, BY_LEVEL, BY_STREAM, KEEP, MAX_LEVEL
from gridpath_envs.tasks import TaskConfig

OPTIONS = ("start", "goal", "level", "episode_seeds", "reset_mask")


@dataclass(frozen=True)
class ResetPlan:
    """How each lane begins its next episode.

    Args:
        mask: (B,) bool, the lanes that are reset.
        how: (B,) uint8, KEEP, BY_STREAM, BY_EPISODE_SEED or BY_LEVEL.
        values: (B,) uint64, the episode seed or the level.
        start: (B, 2) int64 cells, or None where levels say it.
        goal: (B, 2) int64 cells, or None where levels say it.
    """

    mask: NDArray[np.bool_]
    how: NDArray[np.uint8]
    values: NDArray[np.uint64]
    start: NDArray[np.int64] | None
    goal: NDArray[np.int64] | None

    @property
    def moves_ends(self) -> bool:
        """Whether starts or goals are other ones than the levels'."""
        return self.start is not None or self.goal is not None


def parse_seeds(seed: int | Sequence[int | None] | None, num_envs: int) -> list[int | None]:
    """Return one seed a lane: ``seed + i`` for an int, the elements of a sequence, None where the stream goes on.

    Raises:
        InvalidOptionError: A seed is not a whole number from 0 to 2**64 - 1, or there are not as many as lanes.
    """
    if seed is None:
        return [None] * num_envs
    if isinstance(seed, (int, np.integer)) and is_whole(seed):
        seeds: list[Any] = [int(seed) + i for i in range(num_envs)]
    elif isinstance(seed, (list, tuple)) or (isinstance(seed, np.ndarray) and seed.ndim == 1):
        seeds = list(seed)
    else:
        raise InvalidOptionError(f"seed: expected an int, None or one of these a lane, got {shown(seed)}")
    if len(seeds) != num_envs:
        raise InvalidOptionError(f"seed: {len(seeds)} seeds for {num_envs} lanes")
    return [None if one is None else _whole(one, "seed", 2**64) for one in seeds]


def parse_options(
    options: Mapping[str, Any] | None,
    config: TaskConfig,
    levels: LevelSet,
    num_envs: int,
) -> ResetPlan:
    """Check ``reset(options=...)``.

    Args:
        options: The user's, each entry one value or one a lane.
        config: The environment's configuration.
        levels: The environment's levels.
        num_envs: B.

    Raises:
        InvalidOptionError: An option is unknown, malformed, out of range or contradicts another.
    """
    given = check_names(options, OPTIONS)
    mask, how, values = parse_how(given, config, levels, num_envs)
    start, goal = (_parse_cells(given.get(name), name, config, num_envs) for name in ("start", "goal"))
    return ResetPlan(mask, how, values, start, goal)


def check_names(options: Mapping[str, Any] | None, allowed: Sequence[str]) -> dict[str, Any]:
    """Return the options that are given.

    Raises:
        InvalidOptionError: They are no dict, or one is unknown.
    """
    options = {} if options is None else options
    if not isinstance(options, Mapping):
        raise InvalidOptionError(f"options: expected a dict, got {type(options).__name__}")
    for name in options:
        if name not in allowed:
            raise InvalidOptionError(f"options: unknown key {shown(name)}, allowed: {', '.join(allowed)}")
    return {name: value for name, value in options.items() if value is not None}


def parse_how(
    given: Mapping[str, Any], config: TaskConfig, levels: LevelSet, num_envs: int
) -> tuple[NDArray[np.bool_], NDArray[np.uint8], NDArray[np.uint64]]:
    """Return which environments are reset, and how each chooses its level: mask, how and values, see ``ResetPlan``.

    Raises:
        InvalidOptionError: ``level``, ``episode_seeds`` or ``reset_mask`` is malformed or out of range, or two of them
            contradict each other.
    """
    if "level" in given and "episode_seeds" in given:
        raise InvalidOptionError("options: level and episode_seeds both choose the level; give one of them")
    mask = _parse_mask(given.get("reset_mask"), num_envs)
    how, values = BY_STREAM, np.zeros(num_envs, dtype=np.uint64)
    if "episode_seeds" in given:
        how = BY_EPISODE_SEED
        values = _per_lane(given["episode_seeds"], "episode_seeds", num_envs, 2**64)
    elif "level" in given:
        how = BY_LEVEL
        values = _parse_levels(given["level"], config, levels, num_envs)
    return mask, np.where(mask, how, KEEP).astype(np.uint8), values


def _whole(value: Any, name: str, bound: int) -> int:
    if not is_whole(value) or not 0 <= int(value) < bound:
        raise InvalidOptionError(f"{name}: expected a whole number from 0 to {bound - 1}, got {shown(value)}")
    return int(value)


def _per_lane(value: Any, name: str, num_envs: int, bound: int) -> NDArray[np.uint64]:
    if isinstance(value, np.ndarray):
        if value.shape not in ((), (num_envs,)):
            raise InvalidOptionError(f"{name}: {value.shape} values for {num_envs} lanes")
        value = value.tolist()
    elements = list(value) if isinstance(value, (list, tuple)) else [value] * num_envs
    if len(elements) != num_envs:
        raise InvalidOptionError(f"{name}: {len(elements)} values for {num_envs} lanes")
    return np.array([_whole(element, name, bound) for element in elements], dtype=np.uint64)


def _parse_mask(value: Any, num_envs: int) -> NDArray[np.bool_]:
    if value is None:
        return np.ones(num_envs, dtype=np.bool_)
    if not isinstance(value, np.ndarray) or value.dtype != np.bool_ or value.shape != (num_envs,) or not value.any():
        raise InvalidOptionError(
            f"reset_mask: expected a bool array of shape ({num_envs},) with at least one True, got {shown(value)}"
        )
    return value.copy()


def _parse_levels(value: Any, config: TaskConfig, levels: LevelSet, num_envs: int) -> NDArray[np.uint64]:
    numbers = _per_lane(value, "level", num_envs, MAX_LEVEL)
    if levels.numbers is None:
        is_limited = config.split or config.length_range is not None or config.detour_range is not None
        for number in np.unique(numbers) if is_limited else ():
            if not levels.in_split(int(number)):
                wanted = f"the split {config.split!r}" if config.split else "length_range and detour_range"
                raise InvalidOptionError(f"level: {number} is not in {wanted}")
        return numbers
    index = levels.index_of(numbers.astype(np.int64))
    if (index < 0).any():
        known = levels.table["number"]
        raise InvalidOptionError(
            f"level: {numbers[index < 0][0]} is not one of the {len(known)} levels"
            f" from {known[0]} to {known[-1]} of this environment"
        )
    return index.astype(np.uint64)


def _parse_cells(value: Any, name: str, config: TaskConfig, num_envs: int) -> NDArray[np.int64] | None:
    if value is None:
        return None
    cells = as_array(value)
    if cells.dtype.kind not in "iu" or cells.shape not in ((2,), (num_envs, 2)):
        raise InvalidOptionError(f"{name}: expected a cell (row, col) of integers or one a lane, got {shown(value)}")
    height, width = config.shape
    if (cells < 0).any() or (cells >= (height, width)).any():
        raise InvalidOptionError(f"{name}: {shown(value)} lies outside the map of {height} x {width} cells")
    cells = np.broadcast_to(cells.astype(np.int64), (num_envs, 2))
    hides_goal = config.observation == "position" and not config.goal_conditioned
    if name == "goal" and hides_goal and config.fixed_goal is not None:
        if (cells != config.fixed_goal).any():
            raise InvalidOptionError(
                f"goal: {shown(value)} is not the map's own goal {config.fixed_goal}, and the observation 'position'"
                " has no place for another"
            )
    if config.fixed_map is not None:
        for cell in np.unique(cells, axis=0):
            try:
                config.fixed_map.check_free(cell, name)
            except ConfigurationError as error:
                raise InvalidOptionError(str(error)) from None
    return cells
