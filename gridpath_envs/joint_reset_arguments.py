"""What a user may pass to ``reset`` where many agents share a map, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.errors import ConfigurationError, InvalidOptionError, shown
from gridpath_envs.maps.level_set import LevelSet
from gridpath_envs.reset_arguments import check_names, parse_how
from gridpath_envs.tasks import MapfConfig

JOINT_OPTIONS = ("starts", "goals", "level", "episode_seeds", "reset_mask")


@dataclass(frozen=True)
class JointResetPlan:
    """How each environment begins its next episode.

    Args:
        mask: (B,) bool, the environments that are reset.
        how: (B,) uint8, KEEP, BY_STREAM, BY_EPISODE_SEED or BY_LEVEL.
        values: (B,) uint64, the episode seed or the level.
        starts: (B, N, 2) int64 cells, or None where levels say them.
        goals: (B, N, 2) int64 cells, or None where levels say them.
    """

    mask: NDArray[np.bool_]
    how: NDArray[np.uint8]
    values: NDArray[np.uint64]
    starts: NDArray[np.int64] | None
    goals: NDArray[np.int64] | None

    @property
    def moves_ends(self) -> bool:
        """Whether starts or goals are other ones than the levels'."""
        return self.starts is not None or self.goals is not None


def parse_joint_options(
    options: Mapping[str, Any] | None, config: MapfConfig, levels: LevelSet, num_envs: int
) -> JointResetPlan:
    """Check ``reset(options=...)``.

    Args:
        options: The user's; ``starts`` and ``goals`` are (N, 2) or (B, N, 2), the others one value or one each.
        config: The environment's configuration.
        levels: The environment's levels.
        num_envs: B.

    Raises:
        InvalidOptionError: An option is unknown, malformed, out of range or contradicts another.
    """
    given = check_names(options, JOINT_OPTIONS)
    mask, how, values = parse_how(given, config, levels, num_envs)
    starts, goals = (_parse_cells(given.get(name), name, config, num_envs) for name in ("starts", "goals"))
    return JointResetPlan(mask, how, values, starts, goals)


def _parse_cells(value: Any, name: str, config: MapfConfig, num_envs: int) -> NDArray[np.int64] | None:
    if value is None:
        return None
    num_agents = config.num_agents
    cells = as_array(value)
    if cells.dtype.kind not in "iu" or cells.shape not in ((num_agents, 2), (num_envs, num_agents, 2)):
        raise InvalidOptionError(
            f"{name}: expected integers of shape ({num_agents}, 2), a cell (row, col) an agent, got {shown(value)}"
        )
    height, width = config.shape
    outside = np.argwhere(((cells < 0) | (cells >= (height, width))).any(axis=-1))
    if len(outside):
        *_, agent = outside[0].tolist()
        cell = tuple(cells[tuple(outside[0])].tolist())
        raise InvalidOptionError(f"{name}: {cell} of agent {agent} lies outside the map of {height} x {width} cells")
    cells = np.broadcast_to(cells.astype(np.int64), (num_envs, num_agents, 2))
    for each in cells if cells.strides[0] else cells[:1]:
        first: dict[tuple[int, int], int] = {}
        for agent, (row, col) in enumerate(each.tolist()):
            if first.setdefault((row, col), agent) != agent:
                raise InvalidOptionError(
                    f"{name}: agents {first[row, col]} and {agent} have the same cell ({row}, {col})"
                )
            if config.fixed_map is not None:
                try:
                    config.fixed_map.check_free((row, col), name)
                except ConfigurationError as error:
                    raise InvalidOptionError(f"{error}, for agent {agent}") from None
    return cells
