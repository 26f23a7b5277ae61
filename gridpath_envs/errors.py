"""Named errors: each message says what was wrong, where, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GridPathError(Exception):
    """Base of every error that GridPath raises about its user's input."""


class ConfigurationError(GridPathError, ValueError):
    """An argument of an environment or agent is unknown, out of range or contradicts another."""


class MapFormatError(GridPathError, ValueError):
    """A map or scenario is malformed."""


class MapNotFoundError(GridPathError, FileNotFoundError):
    """A map or scenario file does not exist or cannot be read."""


class InfeasibleLevelError(GridPathError, ValueError):
    """A level was asked for that has no path from start to goal."""


class InvalidPlanError(GridPathError, ValueError):
    """A plan for several agents breaks a rule of multi-agent pathfinding."""


class InvalidActionError(GridPathError, ValueError):
    """An action is not in the action space."""


class InvalidOptionError(GridPathError, ValueError):
    """An entry of ``reset(options=...)`` or a seed is unknown or not allowed."""


class InvalidStateError(GridPathError, ValueError):
    """A saved state does not belong to this environment's configuration or is damaged."""


class ResetNeededError(GridPathError, RuntimeError):
    """An environment was stepped before its first reset or after its episode ended."""


class MissingPackageError(GridPathError, ImportError):
    """Something needs a package that the base install does not have."""


class WindowError(GridPathError, RuntimeError):
    """A window cannot be opened."""


class UnknownNameError(ConfigurationError):
    """A name is not in the registry it was looked up in."""


def shown(value: object, length: int = 200) -> str:
    """Return how a value looks, for a message: no longer than it can be read, whatever the value is."""
    try:
        text = repr(value)
    except Exception:  # Python writes no whole numbers of thousands of digits, and others may do anything.
        text = f"{type(value).__name__} that cannot be shown"
    return text if len(text) <= length else text[:length] + "..."


def unknown(kind: str, name: object, allowed: Iterable[str]) -> str:
    """Say that a name is unknown, which one may have been meant, and which there are.

    Args:
        kind: What was looked up, such as ``"agent"``.
        name: What the user asked for.
        allowed: The names that there are.
    """
    names = sorted(allowed)
    near = difflib.get_close_matches(name, names, n=1) if isinstance(name, str) else []
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"unknown {kind} {shown(name)}{hint}; known: {', '.join(names) or 'none'}"


def unknown_name(kind: str, name: object, allowed: Iterable[str]) -> UnknownNameError:
    """Make the error for a name that a registry does not have; see ``unknown``."""
    return UnknownNameError(unknown(kind, name, allowed))
