"""Stable-Baselines3: the function that makes a native VecEnv of any id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gymnasium.vector import AutoresetMode

from gridpath_envs.adaptors.sb3_agents import AgentVecEnv
from gridpath_envs.adaptors.sb3_vec_env import GridVecEnv
from gridpath_envs.errors import ConfigurationError, shown
from gridpath_envs.multi_agent_vector_env import GridMultiAgentVectorEnv
from gridpath_envs.tasks import JOINT_TASKS
from gridpath_envs.vector_env import GridVectorEnv

__all__ = ["AgentVecEnv", "GridVecEnv", "make_vec_env"]


def make_vec_env(
    env_id: str,
    n_envs: int = 1,
    seed: int | None = None,
    env_kwargs: dict[str, Any] | None = None,
    render_mode: str | None = None,
    continuous_actions: bool = False,
) -> GridVecEnv:
    """Make the native VecEnv of an id; named and shaped as SB3's own function.

    Args:
        env_id: Registered id; with one of many agents, see ``AgentVecEnv``.
        n_envs: B, the number of lanes, or of environments of N agents.
        seed: Environment i of the first reset is seeded with ``seed + i``; None for fresh entropy.
        env_kwargs: Configuration of the id, as for ``gymnasium.make`` or ``parallel_env``.
        render_mode: None, "ansi" or "rgb_array".
        continuous_actions: Whether an action is a preference for each discrete one, see ``GridVecEnv``: for SAC, TQC
            and CrossQ, which know no discrete actions.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
    """
    if not isinstance(env_kwargs, (Mapping, type(None))):
        raise ConfigurationError(f"env_kwargs: expected a dict, got {shown(env_kwargs)}")
    arguments = dict(env_kwargs or {})
    is_joint = env_id in JOINT_TASKS if isinstance(env_id, str) else False
    for name in ("task", "num_envs", "autoreset_mode", "copy", "render_mode"):
        if name in arguments:
            raise ConfigurationError(f"env_kwargs: {name} is not for the native VecEnv, which sets it itself")
    if is_joint and "max_cycles" in arguments:
        # PettingZoo's word.
        arguments["max_episode_steps"] = arguments.pop("max_cycles")
    make_vector = GridMultiAgentVectorEnv if is_joint else GridVectorEnv
    mode = AutoresetMode.SAME_STEP
    vector: Any = make_vector(env_id, n_envs, autoreset_mode=mode, render_mode=render_mode, **arguments)
    env = (AgentVecEnv if is_joint else GridVecEnv)(vector, continuous_actions)
    if seed is not None:
        env.seed(seed)
    return env
