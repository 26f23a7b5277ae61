"""Compilation of kernels, with an on-disk cache that notices an edit in any kernel file."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def cache_folder() -> Path:
    """Return the folder of this version's compiled kernels.

    Numba's own stamp is the time of the file that defines a function, so an edit in a function that it calls from
    another file goes unnoticed; the folder is therefore named by a hash of every file that may define kernels.
    """
    digest = hashlib.sha256(f"{sys.version_info[:2]} {numba.__version__}".encode())
    for folder in ("core", "maps"):
        for source in sorted((_PACKAGE / folder).glob("*.py")):
            digest.update(source.read_bytes())
    root = os.environ.get("NUMBA_CACHE_DIR")
    if root is None:
        root = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "gridpath-envs")
    return Path(root) / f"kernels-{digest.hexdigest()[:16]}"


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function without the interpreter, cached on disk.

    Kernels allocate nothing, raise nothing and check no index: whatever calls them has checked their input.
    """
    previous = numba_config.CACHE_DIR
    # Read by Numba once, while it decorates: the setting of the user's own functions stays as it was.
    numba_config.CACHE_DIR = str(cache_folder())
    try:
        return numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    finally:
        numba_config.CACHE_DIR = previous
