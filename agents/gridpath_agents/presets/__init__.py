"""Presets: for each agent a small data file with its budget, lanes and hyperparameters."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gridpath_envs.errors import ConfigurationError, unknown_name

_FOLDER = Path(__file__).parent
_KEYS = ("num_envs", "total_timesteps", "env_kwargs", "parameters")


@dataclass(frozen=True)
class Preset:
    """How an agent is trained where nothing else is said.

    Args:
        num_envs: B, the number of environments it trains on, as ``make_vec_env`` counts them: lanes, or with many
            agents environments of N lanes each.
        total_timesteps: Training budget in steps, counted over all lanes; 0 for an agent that does not learn.
        env_kwargs: Keyword arguments that the environment needs for this agent, such as its observation.
        parameters: Keyword arguments of the agent.
    """

    num_envs: int = 1
    total_timesteps: int = 0
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def load_preset(agent: str, env_id: str) -> Preset:
    """Return an agent's preset for an environment: its file's ``[default]``, overlaid by the table of the id.

    Args:
        agent: Name of the agent.
        env_id: Registered id.

    Raises:
        UnknownNameError: There is no preset of that name.
    """
    file = _FOLDER / f"{agent}.toml"
    if not file.is_file():
        raise unknown_name("agent", agent, [path.stem for path in _FOLDER.glob("*.toml")])
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    merged: dict[str, Any] = {}
    for table in (tables.get("default", {}), tables.get(env_id, {})):
        for key, value in table.items():
            if key not in _KEYS:
                raise ConfigurationError(f"{file}: unknown key {key!r}, allowed: {', '.join(_KEYS)}")
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    return Preset(**merged)
