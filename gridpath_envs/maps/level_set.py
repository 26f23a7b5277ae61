"""Level sets: which levels an environment plays, and the maps that they are on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.distances import flood_plain
from gridpath_envs.core.state import LANE, LEVEL, map_bytes, pad_map, write_portals
from gridpath_envs.errors import InfeasibleLevelError, MapFormatError
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.maps.levels import (
    BY_TRIAL,
    begin_batch,
    build_levels,
    is_in_split,
    make_level,
    measure_levels,
    split_of,
)
from gridpath_envs.maps.movingai import Scenario

# Sets of up to this many cells in all are built once, when the environment is made; larger ones level by level.
TABLED_CELLS = 1 << 24

# Rows of a scenario are measured when the environment is made, if that takes no more than floods over so many cells;
# else each when it is first played.
MEASURED_CELLS = 1 << 27

# Cells that are built between two chances to be interrupted: about a tenth of a second's work.
PIECE_CELLS = 1 << 22


@dataclass
class LevelSet:
    """The levels of an environment as its kernels read them.

    Args:
        params: (1,) PARAMETERS.
        table: (num_levels,) LEVEL in order of their numbers; whole levels where they were built ahead.
        maps: (M, S) uint8, padded: one for all levels or one a level, and then one a lane where lanes need it.
        first_own: Index of the first lane's own map, which its next level overwrites, or -1 where lanes share maps.
    """

    params: NDArray[np.void]
    table: NDArray[np.void]
    maps: NDArray[np.uint8]
    first_own: int

    @classmethod
    def build(
        cls, params: NDArray[np.void], grid_map: GridMap | None, rows: tuple[Scenario, ...], num_lanes: int
    ) -> LevelSet:
        """Number the levels, allocate the maps and, for a small set, build its levels.

        Args:
            params: (1,) PARAMETERS; ``tabled`` and ``num_levels`` are written.
            grid_map: The map that all levels share, or None where maps are generated.
            rows: The levels on that map where a scenario says them.
            num_lanes: B.

        Raises:
            InfeasibleLevelError: On the shared map no start and goal reach each other, or none of the split, or within
                the bounds, do.
            MapFormatError: A scenario's lengths are not those of its map.
        """
        p = params[0]
        num_levels, pad = int(p["num_levels"]), int(p["pad"])
        num_cells = int(p["num_cells"])
        tabled = bool(rows) or 0 < num_levels * num_cells <= TABLED_CELLS
        p["tabled"] = tabled
        table = np.zeros(num_levels, dtype=LEVEL)
        own = bool(p["own_maps"]) or (grid_map is None and not tabled)
        num_shared = 1 if grid_map is not None else num_levels if tabled else 0
        maps = np.ones((num_shared + num_lanes * own, map_bytes(params)), dtype=np.uint8)
        if grid_map is not None:
            maps[0, :num_cells] = pad_map(grid_map.cells, pad)
            maps[0, num_cells:] = 0
            if grid_map.portals:
                write_portals(maps[0], params, grid_map.portals)
        scratch = new_scratch(params)
        first_own = num_shared if own else -1
        if rows:
            table = _scenario_levels(rows, int(p["first_level"]), params, maps[0], scratch)
            p["num_levels"] = len(table)
            return cls(params, table, maps, first_own)
        lane = np.zeros(1, dtype=LANE)
        lane["map"] = max(first_own, 0)
        feasible = True
        if tabled or p["split"] or p["is_bounded"]:
            progress = np.array([0, p["first_level"], 0], dtype=np.int64)
            while feasible and progress[0] < num_levels:
                tries = max(1, PIECE_CELLS // num_cells)
                feasible = bool(build_levels(lane, table, maps, params, progress, tries, *scratch))
        else:
            # Every number is a level, and none has to be built to know.
            table["number"] = np.arange(num_levels) + p["first_level"]
        if feasible and not tabled:
            # One trial, since kernels have no way to say during play that there is no level.
            how, value = np.full(1, BY_TRIAL, dtype=np.uint8), np.zeros(1, dtype=np.uint64)
            fields = scratch[0].copy()[np.newaxis]
            feasible = begin_batch(lane, maps, table, fields, params, how, value, *scratch) < 0
        if not feasible:
            raise no_level(params)
        return cls(params, table, maps, first_own)

    def new_scratch(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Allocate what kernels work in: distances and queues."""
        return new_scratch(self.params)

    def begin(
        self,
        part: slice,
        lanes: NDArray[np.void],
        fields: NDArray[np.float64],
        how: NDArray[np.uint8],
        values: NDArray[np.uint64],
        distance: NDArray[np.float64],
        queues: NDArray[np.int32],
    ) -> int:
        """Begin episodes in a part of the environments.

        Args:
            part: Which environments.
            lanes: Their (K,) LANE, written.
            fields: Their (K, cells) float64 distance fields, or (K, 0).
            how: Their (K,) uint8, see ``begin_batch``.
            values: Their (K,) uint64.
            distance: (cells,) float64, scratch.
            queues: (Q, cells) int32, scratch.

        Returns:
            The first of them that has no feasible level, or -1.
        """
        tables = (self.maps, self.table)
        failed: int = begin_batch(lanes, *tables, fields, self.params, how, values, distance, queues)
        return failed

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
        lane = np.zeros(1, dtype=LANE)
        # A map that all levels share is only read, others are written to.
        world = self.maps[0] if self.first_own == 1 or self.first_own < 0 else np.ones_like(self.maps[0])
        made = make_level(lane[0], world, self.params[0], number, *new_scratch(self.params))
        return bool(made and is_in_split(lane[0], world, self.params[0]))


def no_level(params: NDArray[np.void]) -> InfeasibleLevelError:
    """Make the error for levels of which there are none; params: (1,) PARAMETERS."""
    p = params[0]
    which = " in the split" if p["split"] else ""
    if not p["is_bounded"]:
        return InfeasibleLevelError(f"map: no start and goal on it reach each other{which}")
    ranges = [
        f"{name} {tuple(p[name].tolist())}"
        for name in ("length_range", "detour_range")
        if tuple(p[name]) != (0, np.inf)
    ]
    return InfeasibleLevelError(f"{', '.join(ranges)}: no level{which} was found whose shortest path is within")


def new_scratch(params: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Allocate what floods over a map need: distances and queues, of which weighted moves take eight."""
    p = params[0]
    num_cells, num_queues = int(p["num_cells"]), 8 if p["is_weighted"] or p["has_portals"] else 2
    return np.empty(num_cells, dtype=np.float64), np.empty((num_queues, num_cells), dtype=np.int32)


def _scenario_levels(
    rows: tuple[Scenario, ...],
    first: int,
    params: NDArray[np.void],
    world: NDArray[np.uint8],
    scratch: tuple[NDArray[np.float64], NDArray[np.int32]],
) -> NDArray[np.void]:
    """Return the levels of a scenario that are in the split, (num_levels,) LEVEL."""
    p = params[0]
    table = np.zeros(len(rows), dtype=LEVEL)
    table["number"] = np.arange(first, first + len(rows))
    for end in ("start", "goal"):
        cells = np.array([getattr(row, end) for row in rows])
        table[f"{end}_row"], table[f"{end}_col"] = cells[:, 0], cells[:, 1]
    table["optimal_length"] = [row.optimal_length for row in rows]
    _check_reachable(table, params, world, scratch)
    if len(rows) * int(p["num_cells"]) <= MEASURED_CELLS:
        # Published lengths are those of eight moves that cost what they are long, whatever the moves here are.
        published = params.copy()
        published[0]["octile"], published[0]["is_weighted"] = True, False
        wrong = measure_levels(table.copy(), world, published, *scratch)
        if wrong < 0:
            wrong = measure_levels(table, world, params, *scratch)
        if wrong >= 0:
            raise wrong_length(int(table["number"][wrong]), rows[wrong].optimal_length)
    if p["split"]:
        lane = np.zeros(1, dtype=LANE)
        chosen = np.zeros(len(rows), dtype=np.bool_)
        for k, level in enumerate(table):
            for name in ("start_row", "start_col", "goal_row", "goal_col"):
                lane[name] = level[name]
            chosen[k] = split_of(lane[0], world, p) == p["split"]
        if not chosen.any():
            raise InfeasibleLevelError("scenario: none of its levels is in the split")
        table = table[chosen].copy()
    return table


def wrong_length(number: int, length: float) -> MapFormatError:
    """Make the error for a level whose published length is not that of its map."""
    return MapFormatError(
        f"scenario: row {number} has the length {length:g}, which is not that of the shortest path by 8 moves"
    )


def _check_reachable(
    table: NDArray[np.void],
    params: NDArray[np.void],
    world: NDArray[np.uint8],
    scratch: tuple[NDArray[np.float64], NDArray[np.int32]],
) -> None:
    p = params[0]
    ends = [
        (table[f"{end}_row"].astype(np.int64) + p["pad"]) * p["pitch"] + table[f"{end}_col"] + p["pad"]
        for end in ("start", "goal")
    ]
    left = np.ones(len(table), dtype=np.bool_)
    while left.any():
        # One flood for each connected part of the map that has a level.
        flood_plain(world, SOLID, p, int(ends[1][left][0]), 0, *scratch)
        here = left & np.isfinite(scratch[0][ends[1]])
        cut_off = here & ~np.isfinite(scratch[0][ends[0]])
        if cut_off.any():
            raise InfeasibleLevelError(f"scenario: level {table['number'][cut_off][0]} has no path from start to goal")
        left &= ~here
