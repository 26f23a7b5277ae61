"""The registered environments: each is a configuration class with its defaults, one file a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gridpath_envs.errors import unknown_name
from gridpath_envs.tasks.grid_path import OBSERVATIONS, GridPathConfig, RewardConfig, make_config


@dataclass(frozen=True)
class Task:
    """What an id stands for.

    Args:
        id: Name under which Gymnasium knows it.
        description: One line.
        config: Class of its configuration, whose fields are the keyword arguments of ``make``.
        defaults: Keyword arguments that differ from the class's own defaults.
    """

    id: str
    description: str
    config: type[GridPathConfig]
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def make_config(self, **arguments: Any) -> GridPathConfig:
        """Return the checked configuration for keyword arguments of ``make``.

        Raises:
            ConfigurationError: An argument is unknown, out of range or contradicts another.
        """
        return make_config(self.config, {**self.defaults, **arguments})


TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.id: task
        for task in (
            Task("GridPath-v0", "Random obstacles, a new level each episode, seen through a window.", GridPathConfig),
        )
    }
)


def get_task(id: str) -> Task:
    """Return the task of an id.

    Raises:
        UnknownNameError: No task has that id.
    """
    if not isinstance(id, str) or id not in TASKS:
        raise unknown_name("environment", id, TASKS)
    return TASKS[id]


__all__ = ["OBSERVATIONS", "TASKS", "GridPathConfig", "RewardConfig", "Task", "get_task"]
