"""The page of each environment, made from its configuration, its spaces and the docstrings of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridpath_envs.documentation import joint, sections
from gridpath_envs.documentation.docstrings import argument_meanings
from gridpath_envs.tasks import MapfConfig, get_task

__all__ = ["argument_meanings", "page"]


def page(id: str, arguments: Mapping[str, Any] | None = None) -> str:
    """Return the documentation of an environment as Markdown that also reads well in a terminal.

    Args:
        id: Registered id.
        arguments: Keyword arguments of ``gymnasium.make`` or ``parallel_env`` that the page is to show; None for the
            id's own.

    Raises:
        UnknownNameError: No environment has that id.
        ConfigurationError: An argument is unknown, out of range or contradicts another.
    """
    task = get_task(id)
    chosen = dict(arguments or {})
    config = task.make_config(**chosen)
    written = {"Description": sections.description(task, config, chosen)}
    if isinstance(config, MapfConfig):
        written |= {
            "Agents": joint.agents(config),
            "Conflicts": joint.conflicts(config),
            "On arrival": joint.on_arrival(config),
        }
    written |= {
        "Action space": sections.action_space(config),
        "Observation space": sections.observation_space(config),
        "Reward": sections.reward(config),
        "Episode end": sections.episode_end(config),
    }
    if isinstance(config, MapfConfig):
        written["Options"] = joint.options(config)
    written |= {"Arguments": sections.arguments(task, config, chosen), "Version": sections.version_of(id)}
    body = "\n\n".join(f"## {heading}\n\n{section}" for heading, section in written.items())
    return f"# {id}\n\n{body}\n"
