"""Packages that only some pictures need, imported when one of those is asked for."""

from __future__ import annotations

import importlib
import os
import warnings
from typing import Any

from gridpath_envs.errors import MissingPackageError


def import_human(module: str, package: str, purpose: str) -> Any:
    """Import a module of the ``human`` extra.

    Args:
        module: Its name.
        package: The package that has it.
        purpose: What needs it, for the message.

    Raises:
        MissingPackageError: The package is not installed.
    """
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        with warnings.catch_warnings():
            # What a package says about its own dependencies is nothing that our user could change.
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ImportError as error:
        install = "pip install 'gridpath-envs[human]'"
        raise MissingPackageError(f"{purpose} needs {package} ({error}): {install}") from None
