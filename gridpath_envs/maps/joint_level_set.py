"""Level sets of many agents: which levels an environment plays, and where its agents may be sent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.conflicts import NOBODY
from gridpath_envs.core.joint_dynamics import CLAIMS, NUM_ROWS, OCCUPANT, ON_ARRIVAL, RESTART
from gridpath_envs.core.state import LEVEL, map_bytes, pad_map
from gridpath_envs.errors import InfeasibleLevelError
from gridpath_envs.maps.generators import FIXED_MAP
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.maps.joint_ends import REGION, SIZES, find_regions
from gridpath_envs.maps.joint_levels import begin_joint_batch, joint_split_of, make_joint_level, number_joint_levels
from gridpath_envs.maps.level_set import PIECE_CELLS, LevelSet
from gridpath_envs.maps.movingai import Scenario

# Cells of maps that are drawn before it is said that there is no level.
_TRIAL_CELLS = 1 << 26


@dataclass
class JointLevelSet(LevelSet):
    """The levels of an environment of many agents as its kernels read them.

    Args:
        ends: (num_levels, N, 2) int32, indices of start and goal cells, where a scenario says them, else (0, N, 2).
        regions: (B, cells) int32, the free cells of each environment's map, those that reach each other side by side;
            (B, 0) where goals stay.
    """

    ends: NDArray[np.int32]
    regions: NDArray[np.int32]

    @classmethod
    def build_joint(
        cls,
        params: NDArray[np.void],
        grid_map: GridMap | None,
        instances: tuple[tuple[Scenario, ...], ...],
        num_envs: int,
    ) -> JointLevelSet:
        """Number the levels and allocate the maps, one for each environment.

        Args:
            params: (1,) PARAMETERS; ``tabled`` and ``num_levels`` are written.
            grid_map: The map that all levels share, or None where maps are generated.
            instances: For each level a row an agent, where a scenario says them.
            num_envs: B.

        Raises:
            InfeasibleLevelError: There is not enough room for the agents, no level of the split, or a goal of the
                scenario is out of reach.
        """
        p = params[0]
        num_cells, pad, num_agents = int(p["num_cells"]), int(p["pad"]), int(p["num_agents"])
        num_shared = 0 if grid_map is None else 1
        maps = np.ones((num_shared + num_envs, map_bytes(params)), dtype=np.uint8)
        if grid_map is not None:
            maps[0] = pad_map(grid_map.cells, pad)
        p["tabled"] = bool(instances)
        if instances:
            p["num_levels"] = len(instances)
        table = np.zeros(int(p["num_levels"]), dtype=LEVEL)
        table["number"] = np.arange(len(table)) + p["first_level"]
        ends = np.zeros((len(instances), num_agents, 2), dtype=np.int32)
        for level, rows in enumerate(instances):
            cells = np.array([(row.start, row.goal) for row in rows])
            ends[level] = (cells[:, :, 0] + pad) * int(p["pitch"]) + cells[:, :, 1] + pad
        restarts = p["on_arrival"] == ON_ARRIVAL["restart"]
        regions = np.zeros((num_envs, num_cells if restarts else 0), dtype=np.int32)
        levels = cls(params, table, maps, num_shared, ends, regions)
        if instances:
            levels._check_instances()
        else:
            levels._number()
        return levels

    def new_scratch(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Allocate what kernels work in."""
        num_cells = int(self.params[0]["num_cells"])
        queues = np.zeros((NUM_ROWS, num_cells), dtype=np.int32)
        queues[OCCUPANT] = queues[CLAIMS] = NOBODY
        return np.empty(num_cells, dtype=np.float64), queues

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
        """Begin episodes; see ``LevelSet.begin``."""
        regions, tables = self.regions[part], (self.maps, self.table, self.ends)
        failed: int = begin_joint_batch(lanes, *tables, fields, regions, self.params, how, values, distance, queues)
        return failed

    def in_split(self, number: int) -> bool:
        """Tell whether a level out of the unlimited ones is in the split, and has room for all agents."""
        _, queues = self.new_scratch()
        p = self.params[0]
        world = self.maps[0] if self.first_own else np.ones_like(self.maps[0])
        made = make_joint_level(world, p, number, queues)
        return bool(made and (not p["split"] or joint_split_of(world, p, queues) == p["split"]))

    def no_room(self) -> InfeasibleLevelError:
        """Make the error for levels of which there are none."""
        p = self.params[0]
        which = " in the split" if p["split"] else ""
        spare = " (where goals are drawn anew, each region needs a cell more than agents)"
        return InfeasibleLevelError(
            f"num_agents: no level{which} was found with {p['num_agents']} different starts and goals that reach each"
            f" other{spare if p['on_arrival'] == RESTART else ''}"
        )

    def _number(self) -> None:
        p = self.params[0]
        _, queues = self.new_scratch()
        world = self.maps[0] if self.first_own else self.maps[0].copy()
        shares_map = p["generator"] == FIXED_MAP
        drawn = 64 * int(p["num_cells"])
        most = max(8, _TRIAL_CELLS // drawn)
        if p["split"] or len(self.table) == 0:
            # Unlimited levels: one, to see whether there is any, since kernels cannot say in play that there is none.
            table = self.table if len(self.table) else np.zeros(1, dtype=LEVEL)
            progress = np.array([0, p["first_level"], 0], dtype=np.int64)
            last = progress[1] + len(table) + most
            while progress[0] < len(table):
                tries = max(1, PIECE_CELLS // drawn)
                goes_on = number_joint_levels(table, world, self.params, progress, tries, queues)
                is_hopeless = progress[0] == 0 and progress[1] >= last and not shares_map
                if not goes_on or is_hopeless:
                    raise self.no_room()
        else:
            numbers = self.table["number"][: 1 if shares_map else most].tolist()
            if not any(make_joint_level(world, p, number, queues) for number in numbers):
                raise self.no_room()

    def _check_instances(self) -> None:
        p = self.params[0]
        _, queues = self.new_scratch()
        find_regions(self.maps[0], p, queues[0], queues[REGION], queues[SIZES])
        regions = queues[REGION][self.ends]
        cut_off = np.argwhere(regions[:, :, 0] != regions[:, :, 1])
        if p["check_reachable"] and len(cut_off):
            level, agent = cut_off[0].tolist()
            raise InfeasibleLevelError(
                f"scenario: the goal of agent {agent} of level {level + int(p['first_level'])} is out of reach of its"
                " start (check_reachable=False allows it)"
            )
        if p["on_arrival"] == RESTART:
            for level in range(len(regions)):
                firsts, counts = np.unique(regions[level, :, 1], return_counts=True)
                if (counts >= queues[SIZES][firsts]).any():
                    raise self.no_room()
