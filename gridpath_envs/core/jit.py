"""Compilation of kernels, with an on-disk cache that notices an edit in any kernel file."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config

# No kernel divides by zero, so none needs the branch that would say so; and none is called from C.
_OPTIONS = {"nogil": True, "boundscheck": False, "error_model": "numpy", "no_cfunc_wrapper": True}

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def cache_folder(package: Path | None = None) -> Path | None:
    """Return the folder of this version's compiled kernels, or None where none can be written.

    Numba's own stamp is the time of the file that defines a function, so an edit in a function that it calls from
    another file goes unnoticed; the folder is therefore named by a hash of every file that may define kernels.

    Args:
        package: Folder outside this package whose kernels, which may call one another, are kept; None: this package's.
    """
    digest = hashlib.sha256(f"{sys.version_info[:2]} {numba.__version__}".encode())
    sources = [source for folder in ("core", "maps") for source in sorted((_PACKAGE / folder).rglob("*.py"))]
    if package is not None:
        sources += sorted(package.glob("*.py"))
    for source in sources:
        digest.update(source.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"
    root = os.environ.get("NUMBA_CACHE_DIR")
    if root is None:
        root = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "gridpath-envs")
    if _is_writable(Path(root) / name):
        return Path(root) / name
    # Containers often have no home that can be written. What lies in the common folder for temporary files is loaded
    # as code, so it must be this user's own.
    user = os.getuid() if hasattr(os, "getuid") else 0
    spare = Path(tempfile.gettempdir()) / f"gridpath-envs-{user}"
    return spare / name if _is_writable(spare / name) and spare.stat().st_uid == user else None


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function without the interpreter, cached on disk.

    Kernels allocate nothing, raise nothing and check no index: whatever calls them has checked their input.
    """
    return _compile(function, {})


def inlined_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function into each kernel that calls it.

    For what every lane does on every step: handing two arrays to a function that the compiler finds too long to inline
    takes three times as long as the step itself.
    """
    return _compile(function, {"inline": "always"})


def _compile(function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    package = Path(function.__code__.co_filename).resolve().parent
    folder = cache_folder(None if package.is_relative_to(_PACKAGE) else package)
    if folder is None:
        # Numba would fall back on the source's own folder, where an edit elsewhere goes unnoticed.
        return numba.njit(**_OPTIONS, **options)(function)
    previous = numba_config.CACHE_DIR
    # Read by Numba once, while it decorates: the setting of the user's own functions stays as it was.
    numba_config.CACHE_DIR = str(folder)
    try:
        return numba.njit(cache=True, **_OPTIONS, **options)(function)
    finally:
        numba_config.CACHE_DIR = previous
