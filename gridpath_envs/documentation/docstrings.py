"""What docstrings in Google's style say of arguments."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from gridpath_envs.errors import ConfigurationError

_SECTION = re.compile(r"^Args:\n((?:[ ]+.*\n|\n)+)", re.MULTILINE)
_ENTRY = re.compile(r"(\*{0,2}\w+):(?: (.*))?$")


def argument_meanings(documented: Callable[..., Any]) -> dict[str, str]:
    """Return what the docstring of a class or function says of each argument under ``Args:``, in their order.

    A dataclass says it of its own fields and of those that it changes; for the others its base is asked. Descriptions
    that wrap over lines are joined; ``code`` keeps its marks.

    Args:
        documented: What has the docstring; of a class, the arguments are those that make one.

    Raises:
        ConfigurationError: An argument has no description, a description no argument, or their order differs.
    """
    meanings: dict[str, list[str]] = {}
    names = _argument_names(documented)
    for part in _documented_parts(documented):
        own = _entries(part)
        if [name for name in names if name in own] != [name for name in own if name in names]:
            raise ConfigurationError(f"{_name(documented)}: its docstring has its arguments in another order")
        meanings |= own
    described = {name: " ".join(parts).strip() for name, parts in meanings.items()}
    empty = [name for name in names if not described.get(name)]
    extra = [name for name in described if name not in names]
    for problem, found in (("no description of", empty), ("a description, but no argument,", extra)):
        if found:
            raise ConfigurationError(f"{_name(documented)}: its docstring has {problem} {', '.join(found)}")
    return {name: described[name] for name in names}


def _documented_parts(documented: Callable[..., Any]) -> list[Callable[..., Any]]:
    """Return what has the docstrings: a dataclass's bases first, then itself."""
    if not (isinstance(documented, type) and is_dataclass(documented)):
        return [documented]
    return [base for base in reversed(documented.__mro__) if is_dataclass(base)]


def _entries(documented: Callable[..., Any]) -> dict[str, list[str]]:
    section = _SECTION.search(f"{inspect.cleandoc(documented.__doc__ or '')}\n")
    meanings: dict[str, list[str]] = {}
    for line in textwrap.dedent(section.group(1)).splitlines() if section else ():
        # Lines that go on are indented once more, so a colon in them begins no argument.
        entry = _ENTRY.match(line)
        if entry:
            meanings[entry.group(1)] = [entry.group(2) or ""]
        elif line.strip():
            if not meanings:
                raise ConfigurationError(f"{_name(documented)}: under Args stands {line.strip()!r} before any argument")
            meanings[list(meanings)[-1]].append(line.strip())
    return meanings


def _argument_names(documented: Callable[..., Any]) -> list[str]:
    stars: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    parameters = inspect.signature(documented).parameters.values()
    return [stars.get(parameter.kind, "") + parameter.name for parameter in parameters]


def _name(documented: Callable[..., Any]) -> str:
    return getattr(documented, "__name__", repr(documented))
