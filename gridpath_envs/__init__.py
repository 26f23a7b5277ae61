"""GridPath: compiled grid pathfinding environments behind the standard APIs.

Importing this package registers every environment with Gymnasium, or with PettingZoo where it is one of many agents.
"""

import pettingzoo
from gymnasium.envs.registration import register, registry

from gridpath_envs import errors, lifelong_v0, mapf_v0, wrappers
from gridpath_envs.multi_agent_vector_env import GridMultiAgentVectorEnv
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks import JOINT_TASKS, TASKS
from gridpath_envs.version import __version__

for _id in TASKS:
    if _id not in registry:
        register(
            id=_id,
            entry_point="gridpath_envs.adaptors.gymnasium_env:GridPathEnv",
            vector_entry_point="gridpath_envs.vector_env:GridVectorEnv",
            kwargs={"task": _id},
            # It checks itself, and wrappers would hide compute_reward from who looks for it.
            order_enforce=False,
            disable_env_checker=True,
        )

for _id in JOINT_TASKS:
    _module = f"gridpath_envs.{_id.split('/')[-1]}"
    if _id not in pettingzoo.parallel_registry:
        pettingzoo.register("parallel", _id, entry_point=f"{_module}:parallel_env")
        pettingzoo.register("aec", _id, entry_point=f"{_module}:env")

__all__ = [
    "JOINT_TASKS",
    "TASKS",
    "GridMultiAgentVectorEnv",
    "RewardConfig",
    "__version__",
    "errors",
    "lifelong_v0",
    "mapf_v0",
    "wrappers",
]
