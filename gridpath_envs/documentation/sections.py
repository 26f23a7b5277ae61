"""What stands under each heading of a page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from gymnasium.vector import AutoresetMode

from gridpath_envs import version
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.adaptors.pettingzoo_env import GridPathParallelEnv
from gridpath_envs.documentation import disc, grid, joint
from gridpath_envs.documentation.docstrings import argument_meanings
from gridpath_envs.documentation.text import WIDTH, call, code, entry, shown, wrap
from gridpath_envs.maps.terrain import CODE_TO_TEXT, NAMES
from gridpath_envs.multi_agent_vector_env import JOINT_INFO_KEYS, GridMultiAgentVectorEnv
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks import JOINT_TASKS, Task, TaskConfig
from gridpath_envs.vector_env import INFO_KEYS, GridVectorEnv, VectorApi

INFO = {
    "is_success": "whether the agent has reached the goal",
    "optimal_length": "cost of the shortest path from the episode's start, exact",
    "path_length": "cost of the moves so far; a blocked move adds nothing",
}

# What is said of each way to move, by its name.
FAMILIES: dict[str, Any] = {"grid": grid, "disc": disc, "joint": joint}

# How environments are made, and what makes them: one alone, and a batch.
_MAKERS = (("gymnasium.make", GridPathEnv), ("gymnasium.make_vec", GridVectorEnv))
_JOINT_MAKERS = (("parallel_env", GridPathParallelEnv), ("GridMultiAgentVectorEnv", VectorApi))

_MARKS = {CODE_TO_TEXT[mark]: NAMES[mark] for mark in CODE_TO_TEXT}
_MARKS |= {"A": "the agent", "G": "the goal", "o": "a moving obstacle"}

_MOST_ROWS = 64


def description(task: Task, config: TaskConfig, chosen: Mapping[str, Any]) -> str:
    """Return what the task is, how to make it, and a picture of its first level."""
    given = [f"{name}={_called(value)}" for name, value in chosen.items()]
    parts = [wrap(f"{task.description} {task.details}")]
    if task.id in JOINT_TASKS:
        module = f"gridpath_envs.{task.id.rpartition('/')[2]}"
        batch = "gridpath_envs.GridMultiAgentVectorEnv"
        usage = (
            "import gridpath_envs\n\n"
            f"env = {call(f'{module}.parallel_env', given)}\n"
            "observations, infos = env.reset(seed=0)\n\n"
            f"envs = {call(batch, [code(task.id), 'num_envs=1024', *given])}\n"
        )
        others = f"`{module}.env` is the one in which agents act one after another; `make_vec_env` of"
        others += " `gridpath_envs.adaptors.sb3` has a lane an agent."
    else:
        usage = (
            "import gymnasium\nimport gridpath_envs\n\n"
            f"env = {call('gymnasium.make', [code(task.id), *given])}\n"
            "observation, info = env.reset(seed=0)\n\n"
            f"envs = {call('gymnasium.make_vec', [code(task.id), 'num_envs=1024', *given])}\n"
        )
        others = ""
    parts.append(f"```python\n{usage}observations, infos = envs.reset(seed=0)\n```")
    return "\n\n".join([*parts, *([wrap(others)] if others else []), _picture(task, config, chosen)])


def _called(value: Any) -> str:
    # The example imports the package, and nothing from it.
    return f"gridpath_envs.{code(value)}" if isinstance(value, RewardConfig) else code(value)


def _picture(task: Task, config: TaskConfig, chosen: Mapping[str, Any]) -> str:
    is_joint = task.id in JOINT_TASKS
    envs: Any = (GridMultiAgentVectorEnv if is_joint else GridVectorEnv)(task.id, 1, render_mode="ansi", **chosen)
    if envs.level_numbers is not None:
        envs.reset(seed=0, options={"level": int(envs.level_numbers[0])})
    elif config.split or config.length_range is not None or config.detour_range is not None:
        # Which numbers are levels is known only when they are made.
        envs.reset(seed=0)
    else:
        envs.reset(seed=0, options={"level": 0})
    title = f"Level {envs.levels[0]}, {config.shape[0]} x {config.shape[1]} cells"
    title += " without its agents" if is_joint else ""
    if config.shape[0] > _MOST_ROWS or config.shape[1] > WIDTH:
        return f"{title}: too many to show here."
    (picture,) = (f"{envs.grid_map(0).to_text()}\n",) if is_joint else envs.render() or ("",)
    legend = ", ".join(f"`{mark}` {_MARKS[mark]}" for mark in sorted(set(picture) - {"\n"}))
    return f"{wrap(f'{title} ({legend}):')}\n\n```text\n{picture}```"


def action_space(config: TaskConfig) -> str:
    """Return the actions, and what they do."""
    text: str = FAMILIES[config.MOTION].action_space(config)
    return text


def observation_space(config: TaskConfig) -> str:
    """Return the space, and what is observed."""
    text: str = FAMILIES[config.MOTION].observation_space(config)
    return text


def reward(config: TaskConfig) -> str:
    """Return the parts of the reward that are not zero with their meanings, and the names of the others."""
    values = {name: getattr(config.reward, name) for name in argument_meanings(RewardConfig)}
    meanings = argument_meanings(RewardConfig) | FAMILIES[config.MOTION].REWARD
    lines = [wrap("The sum of what applies, as float32; `reward=gridpath_envs.RewardConfig(...)` changes it:"), ""]
    lines += [entry(f"{name}={value:g}", meanings[name]) for name, value in values.items() if value]
    zero = ", ".join(f"`{name}`" for name, value in values.items() if not value)
    if zero:
        lines += ["", wrap(f"Zero here: {zero}.")]
    return "\n".join(lines)


def episode_end(config: TaskConfig) -> str:
    """Return what ends an episode, and what ``info`` says of it."""
    family = FAMILIES[config.MOTION]
    termination = family.termination(config)
    lines = [wrap(termination, "  ", "- terminated: ")]
    if isinstance(config.time_limit, float):
        limit = f"after {config.time_limit:g} times {family.time_limit(config)}, rounded up"
    else:
        limit = f"after {config.time_limit} steps"
    if config.max_episode_steps is not None:
        limit += f", at the latest after {config.max_episode_steps}"
    if termination != "never":
        limit += "; where the last of them ends the episode as above, both are true"
    lines.append(wrap(limit, "  ", "- truncated: "))
    lines += ["", "`info` has, in every reset and step:", ""]
    keys = JOINT_INFO_KEYS if family is joint else INFO_KEYS
    lines += [entry(name, (INFO | family.INFO)[name]) for name in keys]
    if config.shows_masks:
        lines.append(entry("action_mask", "which actions do not run into anything, int8"))
    return "\n".join(lines)


def arguments(task: Task, config: TaskConfig, chosen: Mapping[str, Any]) -> str:
    """Return every keyword argument with its value and its meaning."""
    own, plain = task.make_config(), type(config)()
    meanings = argument_meanings(type(config))
    entries, marks = [], set()
    makers = _JOINT_MAKERS if task.id in JOINT_TASKS else _MAKERS
    for name in (field.name for field in fields(config) if field.name not in config.LEFT_OUT):
        value = chosen[name] if chosen.get(name) is not None else _given(task, config, name)
        mark = ""
        if name in chosen:
            mark = "set"
        elif value is not None and value == _given(task, own, name) != getattr(plain, name):
            mark = "own"
        marks.add(mark)
        entries.append(entry(f"{name}={shown(value)}", meanings[name], mark))
    legend = f"Keyword arguments of {' and '.join(f'`{name}`' for name, _ in makers)}, with their values here. "
    legend += "None: where an argument has no meaning here, or sets no bound. "
    legend += "Marked (own): this id's default differs from the usual one. " if "own" in marks else ""
    legend += "Marked (set): as asked for. " if "set" in marks else ""
    lines = [wrap(legend), "", *entries]
    known = {field.name for field in fields(config)} | {"task"}
    for function, made in makers:
        lines += ["", f"`{function}` also takes:", "", *_other_arguments(made, known)]
    return "\n".join(lines)


def _given(task: Task, config: TaskConfig, name: str) -> Any:
    """Return what a user would write for a value, also where it was loaded from a file."""
    value = getattr(config, name)
    if name == "map" and config.scenario is not None:
        return None  # it came with the scenario
    return task.defaults.get(name) if name in ("map", "scenario") and value is not None else value


def _other_arguments(made: Callable[..., Any], known: set[str]) -> list[str]:
    lines = []
    meanings = argument_meanings(made)
    for name, parameter in inspect.signature(made).parameters.items():
        if name in known or parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        default = parameter.default
        # Gymnasium takes the value of a mode as well, which needs no import.
        written = code(default.value if isinstance(default, AutoresetMode) else default)
        lines.append(entry(f"{name}={written}", meanings[name]))
    return lines


def version_of(id: str) -> str:
    """Return which version of the environment this is, and what a version means."""
    number = id.replace("_", "-").rpartition("-")[2]
    return wrap(
        f"`{number}`, of gridpath-envs {version.__version__}. A change of levels, dynamics, rewards or observations,"
        " after which numbers can no longer be compared, gets a new number."
    )
