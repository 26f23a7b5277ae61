"""Files of our own agents: arrays and a JSON header in one .npz, written atomically and read without pickle."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.errors import GridPathError


class CheckpointError(GridPathError, ValueError):
    """A saved agent cannot be read, or belongs to another agent or environment."""


def archive_path(path: str | os.PathLike[str]) -> Path:
    """Return the path with ``.npz`` added where it has no suffix, as SB3 adds ``.zip``."""
    file = Path(path)
    return file if file.suffix else file.with_suffix(".npz")


def write_archive(
    path: str | os.PathLike[str], kind: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write an agent.

    Args:
        path: File; ``.npz`` is added where there is no suffix.
        kind: Name of the agent, checked on reading.
        header: What JSON can hold.
        arrays: The rest.
    """
    file = archive_path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = np.array(json.dumps({"kind": kind, **header}))
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, header=text, **arrays)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


def read_archive(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read an agent.

    Args:
        path: File that ``write_archive`` wrote.
        kind: Name of the agent that must be in it.

    Returns:
        Header and arrays.

    Raises:
        CheckpointError: The file is missing, damaged, or of another agent.
    """
    file = archive_path(path)
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{file}: cannot be read as a saved agent ({error})") from None
    if not isinstance(header, dict) or header.pop("kind", None) != kind:
        raise CheckpointError(f"{file}: holds no {kind} agent")
    return header, arrays
