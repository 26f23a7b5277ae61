"""Level sets: which levels an environment plays, and the maps that they are on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.state import LANE, LEVEL, pad_map, padded_size
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps.levels import BY_STREAM, begin_batch, build_levels, is_in_split, make_level

# Sets of up to this many cells in all are built once, when the environment is made; larger ones level by level.
TABLED_CELLS = 1 << 24

# Cells that are built between two chances to be interrupted: about a tenth of a second's work.
PIECE_CELLS = 1 << 22


@dataclass
class LevelSet:
    """The levels of an environment as its kernels read them.

    Args:
        params: (1,) PARAMETERS.
        table: (num_levels,) LEVEL in order of their numbers; whole levels where they were built ahead.
        maps: (M, cells) uint8, padded: one for all levels, one a level, or one a lane.
        maps_of_lanes: Whether each lane has a map of its own, which its next level overwrites.
    """

    params: NDArray[np.void]
    table: NDArray[np.void]
    maps: NDArray[np.uint8]
    maps_of_lanes: bool

    @classmethod
    def build(cls, params: NDArray[np.void], blocked: NDArray[np.bool_] | None, num_lanes: int) -> LevelSet:
        """Number the levels, allocate the maps and, for a small set, build its levels.

        Args:
            params: (1,) PARAMETERS; ``tabled`` is written.
            blocked: (H, W) bool, the map that all levels share, or None where maps are generated.
            num_lanes: B.

        Raises:
            InfeasibleLevelError: On the shared map no start and goal reach each other, or none of the split do.
        """
        p = params[0]
        num_levels, pad = int(p["num_levels"]), int(p["pad"])
        num_cells = padded_size(int(p["height"]), int(p["width"]), pad)
        tabled = 0 < num_levels * num_cells <= TABLED_CELLS
        p["tabled"] = tabled
        table = np.zeros(num_levels, dtype=LEVEL)
        if blocked is not None:
            maps = pad_map(blocked, pad)[np.newaxis]
        else:
            maps = np.ones((num_levels if tabled else num_lanes, num_cells), dtype=np.uint8)
        scratch = new_scratch(num_cells)
        lane = np.zeros(1, dtype=LANE)
        feasible = True
        if tabled or p["split"]:
            progress = np.array([0, p["first_level"], 0], dtype=np.int64)
            while feasible and progress[0] < num_levels:
                tries = max(1, PIECE_CELLS // num_cells)
                feasible = bool(build_levels(lane, table, maps, params, progress, tries, *scratch))
        else:
            # Every number is a level, and none has to be built to know.
            table["number"] = np.arange(num_levels) + p["first_level"]
        if feasible and not tabled:
            # One trial, since kernels have no way to say during play that there is no level.
            how, value = np.full(1, BY_STREAM, dtype=np.uint8), np.zeros(1, dtype=np.uint64)
            feasible = begin_batch(lane, maps, table, params, how, value, *scratch) < 0
        if not feasible:
            which = " in the split" if p["split"] else ""
            raise InfeasibleLevelError(f"map: no start and goal on it reach each other{which}")
        return cls(params, table, maps, maps_of_lanes=blocked is None and not tabled)

    @property
    def numbers(self) -> NDArray[np.int64] | None:
        """(num_levels,) int64 ascending, a copy; None where levels are unlimited."""
        return self.table["number"].copy() if len(self.table) else None

    def index_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where levels are in a limited set, -1 for those that are not.

        Args:
            numbers: (K,) int64.
        """
        known = self.table["number"]
        index = np.searchsorted(known, numbers)
        found = known[np.minimum(index, len(known) - 1)] == numbers
        return np.where(found, index, -1)

    def in_split(self, number: int) -> bool:
        """Tell whether a level out of the unlimited ones is in the split."""
        lane, num_cells = np.zeros(1, dtype=LANE), self.maps.shape[1]
        # Shared maps are only read, others are written to.
        blocked = np.ones(num_cells, dtype=np.uint8) if self.maps_of_lanes else self.maps[0]
        made = make_level(lane[0], blocked, self.params[0], number, *new_scratch(num_cells))
        return bool(made and is_in_split(lane[0], blocked, self.params[0]))


def new_scratch(num_cells: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Allocate what floods over a map of so many cells need: distances and two queues."""
    return np.empty(num_cells, dtype=np.float64), np.empty((2, num_cells), dtype=np.int32)
