"""JointMotion: many agents on one map, from cell to cell, all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.core.joint_dynamics import step_joint_batch
from gridpath_envs.core.joint_observations import legal_moves_batch
from gridpath_envs.maps.joint_level_set import JointLevelSet
from gridpath_envs.motion.grid import GridMotion

if TYPE_CHECKING:
    from gridpath_envs.lanes import LaneBatch
    from gridpath_envs.tasks import TaskConfig


class JointMotion(GridMotion):
    """Moves of agents that get in each other's way; a lane is an agent.

    Args:
        params: (1,) PARAMETERS.
    """

    step_kernel: ClassVar[Callable[..., int]] = staticmethod(step_joint_batch)

    def build_levels(self, config: TaskConfig, num_envs: int) -> JointLevelSet:
        """Return the levels of an environment."""
        return JointLevelSet.build_joint(self._params, config.fixed_map, config.rows, num_envs)  # type: ignore[arg-type]

    def action_masks(self, batch: LaneBatch) -> NDArray[np.bool_]:
        """Return which actions run into no wall, (B * N, A) bool; to stay is all for an agent that is gone."""
        out = np.empty((len(batch._lanes), self._num_actions), dtype=np.bool_)
        legal_moves_batch(batch._lanes, batch._maps, batch._params, out)
        return out
