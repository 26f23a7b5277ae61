"""Markdown that also reads well in a terminal: wrapped lines, entries of lists, values as they are written in code."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from gymnasium import spaces

from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.rewards import RewardConfig

WIDTH = 96

_CODE = re.compile(r"`+[^`]+`+")
_GLUE = "\0"


def wrap(text: str, indent: str = "", first: str | None = None) -> str:
    """Return text wrapped to the width of a page, not within code: a line that began with its minus would be a list.

    Args:
        text: One paragraph.
        indent: What lines begin with.
        first: What the first line begins with instead.
    """
    glued = _CODE.sub(lambda span: span.group().replace(" ", _GLUE), " ".join(text.split()))
    filled = textwrap.fill(
        glued,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_GLUE, " ")


def entry(name: str, text: str, mark: str = "") -> str:
    """Return an entry of a list: a name as code, perhaps a mark, and what it means."""
    return wrap(text.replace("``", "`"), "  ", f"- `{name}`{f' ({mark})' if mark else ''}: ")


def call(function: str, arguments: list[str]) -> str:
    """Return a call of a function, an argument a line where it is too long for one."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{function}(", *(f"    {argument}," for argument in arguments), ")"])


def shown(value: Any) -> str:
    """Return a value as a user would write it; of long ones only what tells them apart."""
    if isinstance(value, (np.ndarray, GridMap)):
        return "..."
    if isinstance(value, str) and "\n" in value:
        return f'"{value.strip().partition(chr(10))[0]}\\n..."'
    return code(value)


def code(value: Any) -> str:
    """Return an expression of Python's for a value, strings in double quotes as everywhere here."""
    if isinstance(value, RewardConfig):
        default = RewardConfig()
        changed = [
            f"{field.name}={getattr(value, field.name):g}"
            for field in fields(value)
            if getattr(value, field.name) != getattr(default, field.name)
        ]
        return f"RewardConfig({', '.join(changed)})"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{code(key)}: {code(each)}" for key, each in value.items()) + "}"
    return repr(value)


def space(space: spaces.Space[Any]) -> str:
    """Return a space with its bounds as numbers, the least and the greatest where they differ; of a dict its parts."""
    if isinstance(space, spaces.Dict):
        return "\n".join(["`Dict` of", "", *(f"- `{name}`: `{_line(each)}`" for name, each in space.spaces.items())])
    return f"`{_line(space)}`"


def _line(space: spaces.Space[Any]) -> str:
    if isinstance(space, spaces.Box):
        low, high = space.low.min(), space.high.max()
        return f"Box({low:g}, {high:g}, {space.shape}, {np.dtype(space.dtype).name})"
    return str(space)
