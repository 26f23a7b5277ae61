"""Level sets: which levels an environment plays, and the maps that they are on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.jit import kernel
from gridpath_envs.core.state import LANE, LEVEL, pad_map, padded_size
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps.levels import BY_STREAM, SPLITS, begin_batch, fill_table, split_of

# Sets of up to this many cells in all are built once, when the environment is made; larger ones level by level.
TABLED_CELLS = 1 << 24


@dataclass
class LevelSet:
    """The levels of an environment as its kernels read them.

    Args:
        numbers: (num_levels,) int64 ascending, or None where levels are unlimited.
        table: (num_levels,) LEVEL; whole levels where they were built ahead, else their numbers only.
        maps: (M, cells) uint8, padded: one for all levels, one a level, or one a lane.
        maps_of_lanes: Whether each lane has a map of its own, which its next level overwrites.
    """

    numbers: NDArray[np.int64] | None
    table: NDArray[np.void]
    maps: NDArray[np.uint8]
    maps_of_lanes: bool

    @classmethod
    def build(
        cls,
        params: NDArray[np.void],
        blocked: NDArray[np.bool_] | None,
        num_lanes: int,
        first_level: int,
        split: str | None,
    ) -> LevelSet:
        """Allocate the maps and, for a small set, build its levels.

        Args:
            params: (1,) PARAMETERS; ``tabled`` is written.
            blocked: (H, W) bool, the map that all levels share, or None where maps are generated.
            num_lanes: B.
            first_level: Lowest number of a limited set.
            split: None, "train" or "test".

        Raises:
            InfeasibleLevelError: On the shared map no start and goal reach each other.
        """
        p = params[0]
        num_levels, pad = int(p["num_levels"]), int(p["pad"])
        num_cells = padded_size(int(p["height"]), int(p["width"]), pad)
        tabled = 0 < num_levels * num_cells <= TABLED_CELLS
        p["tabled"] = tabled
        numbers = level_numbers(num_levels, first_level, split) if num_levels else None
        table = np.zeros(num_levels, dtype=LEVEL)
        if numbers is not None:
            table["number"] = numbers
        if blocked is not None:
            maps = pad_map(blocked, pad)[np.newaxis]
        else:
            maps = np.ones((num_levels if tabled else num_lanes, num_cells), dtype=np.uint8)
        distance, queues = np.empty(num_cells, dtype=np.float64), np.empty((2, num_cells), dtype=np.int32)
        lane = np.zeros(1, dtype=LANE)
        if tabled:
            failed = fill_table(lane, table, maps, params, distance, queues)
        else:
            # One trial, since kernels have no way to say during play that a shared map has no level.
            how, value = np.full(1, BY_STREAM, dtype=np.uint8), np.zeros(1, dtype=np.uint64)
            failed = begin_batch(lane, maps, table, params, how, value, distance, queues)
        if failed >= 0:
            raise InfeasibleLevelError("map: no start and goal on it reach each other")
        return cls(numbers, table, maps, maps_of_lanes=blocked is None and not tabled)


@kernel
def _numbers_of_split(first, split, out):
    number = np.int64(first)
    found = 0
    while found < out.shape[0]:
        if split_of(number) == split:
            out[found] = number
            found += 1
        number += 1


def level_numbers(num_levels: int, first_level: int, split: str | None) -> NDArray[np.int64]:
    """Return the numbers of a level set: the first ``num_levels`` from ``first_level`` on that are in the split.

    Args:
        num_levels: How many levels.
        first_level: The lowest number allowed.
        split: None for all levels, "train" (four in five) or "test" (one in five), by a hash of the number.

    Returns:
        (num_levels,) int64, ascending.
    """
    if split is None:
        return np.arange(first_level, first_level + num_levels, dtype=np.int64)
    numbers = np.empty(num_levels, dtype=np.int64)
    _numbers_of_split(first_level, SPLITS[split], numbers)
    return numbers


def in_split(number: int, split: str | None) -> bool:
    """Tell whether a level belongs to a split."""
    return split is None or split_of(number) == SPLITS[split]
