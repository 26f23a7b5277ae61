"""The page of each environment, made from its configuration, its spaces and the docstrings of both."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
from gymnasium import spaces

from gridpath_envs import version
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks import OBSERVATIONS, GridPathConfig, Task, get_task

HEADINGS = ("Description", "Action space", "Observation space", "Reward", "Episode end", "Arguments", "Version")

_WIDTH = 96

# What each plane shows, besides what its name says.
_PLANES = {
    "obstacles": "walls, trees, water, and what lies outside the map",
    "goal": "the goal",
    "seen": "cells in line of sight; the other planes are 0 elsewhere",
    "agent": "the agent",
    "trail": "cells that the agent has been in this episode",
    "road": "road",
    "sand": "sand",
    "swamp": "swamp",
    "holes": "holes",
    "portals": "portals",
    "moving obstacles": "where the moving obstacles are",
}

_INFO = {
    "is_success": "whether the agent stands on the goal",
    "optimal_length": "cost of the shortest path from the episode's start, exact",
    "path_length": "cost of the moves so far; a blocked move adds nothing",
}


def argument_meanings(documented: type) -> dict[str, str]:
    """Return what the docstring of a class says of each argument of its ``Args:``, in their order.

    Args:
        documented: A dataclass with a Google-style docstring.

    Raises:
        ConfigurationError: A field has no description, or a description no field.
    """
    text = inspect.getdoc(documented) or ""
    section = re.search(r"^Args:\n((?:[ ]+.*\n|\n)+)", text + "\n", re.MULTILINE)
    meanings: dict[str, str] = {}
    name = ""
    for line in textwrap.dedent(section.group(1)).splitlines() if section else ():
        entry = re.match(r"(\w+): (.*)", line)
        if entry:
            name = entry.group(1)
            meanings[name] = entry.group(2)
        elif line.strip():
            meanings[name] += f" {line.strip()}"
    names = [entry.name for entry in fields(documented)]
    if list(meanings) != names:
        wrong = sorted(set(meanings) ^ set(names)) or names
        raise ConfigurationError(f"{documented.__name__}: its docstring and its fields differ in {', '.join(wrong)}")
    return meanings


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
    sections = (
        _description(task, config, chosen),
        _action_space(config),
        _observation_space(config),
        _reward(config),
        _episode_end(config),
        _arguments(task, config, chosen),
        _version(id),
    )
    body = "\n\n".join(f"## {heading}\n\n{section}" for heading, section in zip(HEADINGS, sections, strict=True))
    return f"# {id}\n\n{body}\n"


def _wrap(text: str, indent: str = "", first: str | None = None) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _entry(name: str, text: str) -> str:
    return _wrap(text.replace("``", "`"), "  ", f"- `{name}`: ")


def _call(function: str, id: str, arguments: Mapping[str, Any], **extra: Any) -> str:
    parts = [repr(id), *(f"{name}={_shown(value)}" for name, value in {**extra, **arguments}.items())]
    return f"gymnasium.{function}({', '.join(parts)})"


def _description(task: Task, config: GridPathConfig, arguments: Mapping[str, Any]) -> str:
    parts = [_wrap(f"{task.description} {task.details}")]
    parts.append(
        "```python\nimport gymnasium\nimport gridpath_envs\n\n"
        f"env = {_call('make', task.id, arguments)}\n"
        f"envs = {_call('make_vec', task.id, arguments, num_envs=1024)}\n```"
    )
    parts.append(
        f"A level of it, {config.shape[0]} x {config.shape[1]} cells:\n\n```text\n{_picture(task, arguments)}```"
    )
    return "\n\n".join(parts)


def _picture(task: Task, arguments: Mapping[str, Any]) -> str:
    # Not needed to know a task, and above it.
    from gridpath_envs.vector_env import GridVectorEnv

    envs = GridVectorEnv(task.id, 1, render_mode="ansi", **arguments)
    envs.reset(seed=0)
    pictures = envs.render() or ("",)
    return str(pictures[0])


def _action_space(config: GridPathConfig) -> str:
    moves = []
    for number, (name, (drow, dcol, cost)) in enumerate(zip(config.action_names, config.actions, strict=True)):
        what = "stays" if not (drow or dcol) else f"{drow:+d} row, {dcol:+d} column, cost {cost:.4g}"
        moves.append(f"- {number} `{name}`: {what.replace('+0', '0')}")
    notes = "A move into a wall, or across the corner of one, leaves the agent where it is. "
    if config.slip:
        notes += (
            f"A move goes aside with probability {config.slip:.4g}, half of it to each perpendicular direction; staying"
            " never does. "
        )
    if config.terrain_costs is not None:
        costs = ", ".join(f"{name} {cost:g}" for name, cost in config.terrain_costs.items())
        notes += f"The cost of a move is multiplied by that of the terrain entered: {costs}. "
    if config.has_portals:
        notes += "Who enters a portal comes out of its other end. "
    notes += "`action_masks()` tells which actions move the agent."
    return f"`{config.action_space()}`\n\n" + "\n".join(moves) + "\n\n" + _wrap(notes)


def _observation_space(config: GridPathConfig) -> str:
    kind = OBSERVATIONS[config.observation]
    space = config.observation_space()
    parts = [f"`{_space(space)}`", _wrap(f"`observation={config.observation!r}`: {kind.description}.")]
    if config.planes:
        window = f"window of {config.radius} cells in each direction" if kind.has_window else "map"
        lines = [f"Planes of the {window}, 1 where a cell shows it and 0 elsewhere:", ""]
        lines += [f"- {number} `{name}`: {_PLANES[name]}" for number, name in enumerate(config.planes)]
        parts.append("\n".join(lines))
    others = ", ".join(f"`{name}`" for name in OBSERVATIONS if name != config.observation)
    parts.append(_wrap(f"Others by `observation=`: {others}."))
    return "\n\n".join(parts)


def _space(space: spaces.Space[Any]) -> str:
    if isinstance(space, spaces.Box):
        low, high = space.low.flat[0], space.high.flat[0]
        return f"Box({low:g}, {high:g}, {space.shape}, {np.dtype(space.dtype).name})"
    return str(space)


def _reward(config: GridPathConfig) -> str:
    meanings = argument_meanings(RewardConfig)
    applies = ["goal", "step", "path", "collision", "shaping"]
    if config.has_holes:
        applies.insert(4, "hole")
    lines = ["The sum, as float32, of what applies (`reward=RewardConfig(...)` changes it):", ""]
    unused = []
    for name in applies:
        value = getattr(config.reward, name)
        if value:
            lines.append(_entry(f"{name} = {value:g}", meanings[name]))
        else:
            unused.append(f"`{name}`")
    if config.reward.shaping:
        lines.append(_entry(f"discount = {config.reward.discount:g}", meanings["discount"]))
    if unused:
        lines += ["", _wrap(f"Zero here: {', '.join(unused)}.")]
    return "\n".join(lines)


def _episode_end(config: GridPathConfig) -> str:
    lines = ["- terminated: the agent stands on the goal" + (", or fell into a hole" if config.has_holes else "")]
    if isinstance(config.time_limit, float):
        limit = f"after {config.time_limit:g} times as many steps as the optimal path is long"
        if config.terrain_costs is not None and min(config.terrain_costs.values()) < 1:
            limit += f", divided by the least cost of terrain, {min(config.terrain_costs.values()):g}"
    else:
        limit = f"after {config.time_limit} steps"
    if config.max_episode_steps is not None:
        limit += f", at the latest after {config.max_episode_steps}"
    lines.append(_wrap(f"{limit}; true on that step also where the goal is reached", "  ", "- truncated: "))
    lines += ["", "`info` has, in every reset and step:", ""]
    lines += [_entry(name, text) for name, text in _INFO.items()]
    if config.mask_in_info:
        lines.append(_entry("action_mask", "which actions move the agent, int8"))
    return "\n".join(lines)


def _arguments(task: Task, config: GridPathConfig, arguments: Mapping[str, Any]) -> str:
    own = task.make_config()
    lines = [
        _wrap(
            "Keyword arguments of `gymnasium.make` and `gymnasium.make_vec`, with the values of this page; those marked"
            " with * are this id's own."
        ),
        "",
    ]
    for entry in fields(config):
        meaning = argument_meanings(type(config))[entry.name]
        value = getattr(config, entry.name)
        shown = _shown(arguments[entry.name] if entry.name in arguments else _short(task, entry.name, value))
        default = entry.default if entry.default is not MISSING else RewardConfig()
        is_own = entry.name in task.defaults and getattr(own, entry.name) is not default
        lines.append(_entry(f"{entry.name}={shown}{'*' if is_own else ''}", meaning))
    lines += [
        "",
        _wrap(
            "`make_vec` also takes `num_envs`, `autoreset_mode`, `copy`, `num_threads` and `render_mode`; `make` takes"
            ' `render_mode`: "ansi", "rgb_array" or "human".'
        ),
    ]
    return "\n".join(lines)


def _short(task: Task, name: str, value: Any) -> Any:
    """Return what a user would write for a value that was loaded or checked."""
    if name in ("map", "scenario") and value is not None:
        return task.defaults.get(name)
    return value


def _shown(value: Any) -> str:
    if isinstance(value, RewardConfig):
        default = RewardConfig()
        changed = [
            f"{entry.name}={getattr(value, entry.name):g}"
            for entry in fields(value)
            if getattr(value, entry.name) != getattr(default, entry.name)
        ]
        return f"RewardConfig({', '.join(changed)})"
    if isinstance(value, (np.ndarray, GridMap)):
        return "..."
    if isinstance(value, str) and "\n" in value:
        return '"' + value.partition("\n")[0] + '\\n..."'
    return repr(value)


def _version(id: str) -> str:
    number = id.rpartition("-")[2]
    return _wrap(
        f"`{number}`, of gridpath-envs {version.__version__}. A change of levels, dynamics, rewards or observations,"
        " after which numbers can no longer be compared, gets a new number."
    )
