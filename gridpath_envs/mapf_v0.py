"""Multi-agent pathfinding: every agent to its goal.

``gridpath_envs.mapf_v0.parallel_env(...)`` and ``.env(...)`` are PettingZoo's parallel and AEC environments.
"""

from __future__ import annotations

from typing import Any

from pettingzoo.utils import AECEnv, ParallelEnv

from gridpath_envs.adaptors.pettingzoo_env import make_aec, make_parallel


def parallel_env(**arguments: Any) -> ParallelEnv[str, Any, int]:
    """Make the environment in which all agents act at once; see ``GridPathParallelEnv`` and ``MapfConfig``."""
    return make_parallel("gridpath/mapf_v0", arguments)


def env(**arguments: Any) -> AECEnv[str, Any, int | None]:
    """Make the environment in which agents act one after another; see ``parallel_env``."""
    return make_aec("gridpath/mapf_v0", arguments)
