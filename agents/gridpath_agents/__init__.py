"""Agents behind one protocol, found by name; importing this package imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from gridpath_agents.base import Agent
from gridpath_agents.presets import Preset, load_preset
from gridpath_envs.errors import unknown_name

AGENTS: Mapping[str, str] = MappingProxyType(
    {
        "random": "gridpath_agents.random:RandomAgent",
        "shortest_path": "gridpath_agents.planners.shortest_path:ShortestPathAgent",
        "q_learning": "gridpath_agents.q_learning:QLearning",
        "dqn": "gridpath_agents.dqn:DQN",
        "her_dqn": "gridpath_agents.her_dqn:HerDQN",
        "ppo": "gridpath_agents.ppo:PPO",
        "sac": "gridpath_agents.sac:SAC",
        "greedy": "gridpath_agents.planners.greedy:GreedyAgent",
        "pibt": "gridpath_agents.planners.pibt_agent:PIBTAgent",
        "lacam": "gridpath_agents.planners.whole_plans:LaCAMAgent",
        "prioritised": "gridpath_agents.planners.whole_plans:PrioritisedAgent",
    }
)


def agent_class(name: str) -> type[Agent]:
    """Return the class of an agent.

    Raises:
        UnknownNameError: No agent has that name.
    """
    if not isinstance(name, str) or name not in AGENTS:
        raise unknown_name("agent", name, AGENTS)
    module, _, attribute = AGENTS[name].partition(":")
    cls: type[Agent] = getattr(import_module(module), attribute)
    return cls


def make(name: str, env: Any, **overrides: Any) -> Agent:
    """Make an agent by name.

    Args:
        name: One of AGENTS.
        env: Native VecEnv, see ``gridpath_envs.adaptors.sb3.make_vec_env``.
        **overrides: Parameters of the agent's constructor, in place of its preset's; ``seed`` among them. A table
            ``{start, end}`` for ``learning_rate`` is a linear schedule over training.

    Raises:
        UnknownNameError: No agent has that name.
        ConfigurationError: A parameter is unknown or out of range.
    """
    cls = agent_class(name)
    preset = load_preset(name, getattr(getattr(env, "unwrapped", None), "env_id", ""))
    return cls.make(env, **{**preset.parameters, **overrides})


__all__ = ["AGENTS", "Agent", "Preset", "agent_class", "load_preset", "make"]
