"""GridPath: compiled grid pathfinding environments behind the standard APIs.

Importing this package registers every environment with Gymnasium.
"""

from gymnasium.envs.registration import register, registry

from gridpath_envs import errors, wrappers
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks import TASKS
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

__all__ = ["TASKS", "RewardConfig", "__version__", "errors", "wrappers"]
