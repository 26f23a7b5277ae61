"""Checks of what comes from outside; each gives one named error that says what is allowed."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError, shown


def check_choice(name: str, value: object, allowed: Iterable[Any]) -> None:
    """Refuse a value that is not among its choices.

    Raises:
        ConfigurationError: It is not.
    """
    choices = list(allowed)
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
        raise ConfigurationError(f"{name}: got {shown(value)}, allowed: {', '.join(map(repr, choices))}")


def check_bool(name: str, value: object) -> bool:
    """Return a truth value as a bool.

    Raises:
        ConfigurationError: It is something else.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ConfigurationError(f"{name}: expected True or False, got {shown(value)}")
    return bool(value)


def check_int(name: str, value: Any, low: int, high: int) -> int:
    """Return a whole number within its bounds, both included, as an int.

    Raises:
        ConfigurationError: It is something else.
    """
    if not is_whole(value) or not low <= int(value) <= high:
        raise ConfigurationError(f"{name}: expected a whole number from {low} to {high}, got {shown(value)}")
    return int(value)


def check_number(name: str, value: object, low: float, high: float) -> float:
    """Return a number within its bounds, both included, as a float.

    Raises:
        ConfigurationError: It is something else.
    """
    try:
        # NumPy's own would be compared in their own type, which the bounds may not fit.
        number = float(value) if isinstance(value, numbers.Real) and not _is_no_number(value) else math.nan
    except OverflowError:
        number = math.nan
    if not low <= number <= high:
        raise ConfigurationError(f"{name}: expected a number from {low} to {high}, got {shown(value)}")
    return number


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number, of Python or NumPy."""
    return isinstance(value, numbers.Integral) and not _is_no_number(value)


def _is_no_number(value: object) -> bool:
    """Tell whether Python or NumPy takes for a number what is none: truth values and spans of time."""
    return isinstance(value, (bool, np.timedelta64))


def as_array(value: Any) -> NDArray[Any]:
    """Return a value as an array; rows of different lengths, which make none, as an array of objects."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.empty(0, dtype=object)
