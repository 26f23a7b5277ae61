"""The page of each environment, made from its configuration, its spaces and the docstrings of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridpath_envs.documentation import sections
from gridpath_envs.documentation.docstrings import argument_meanings
from gridpath_envs.tasks import get_task

__all__ = ["HEADINGS", "argument_meanings", "page"]

HEADINGS = ("Description", "Action space", "Observation space", "Reward", "Episode end", "Arguments", "Version")


def page(id: str, arguments: Mapping[str, Any] | None = None) -> str:
    """Return the documentation of an environment as Markdown that also reads well in a terminal.

    Args:
        id: Registered id.
        arguments: Keyword arguments of ``gymnasium.make`` that the page is to show; None for the id's own.

    Raises:
        UnknownNameError: No environment has that id.
        ConfigurationError: An argument is unknown, out of range or contradicts another.
    """
    task = get_task(id)
    chosen = dict(arguments or {})
    config = task.make_config(**chosen)
    written = (
        sections.description(task, config, chosen),
        sections.action_space(config),
        sections.observation_space(config),
        sections.reward(config),
        sections.episode_end(config),
        sections.arguments(task, config, chosen),
        sections.version_of(id),
    )
    body = "\n\n".join(f"## {heading}\n\n{section}" for heading, section in zip(HEADINGS, written, strict=True))
    return f"# {id}\n\n{body}\n"
