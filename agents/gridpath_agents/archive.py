"""Files of our own agents: arrays and a JSON header in one .npz, written atomically and read without pickle."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.errors import GridPathError

# What reading a damaged archive ends in, inside numpy and zipfile.
_READ_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


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
    # In the same folder, since a rename is atomic only within a file system.
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, header=text, **arrays)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def read_archive(
    path: str | os.PathLike[str], kind: str, keys: Collection[str]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read an agent.

    Args:
        path: File that ``write_archive`` wrote.
        kind: Name of the agent that must be in it.
        keys: What the header must have.

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
    except _READ_ERRORS as error:
        raise CheckpointError(f"{file}: cannot be read as a saved agent ({error})") from None
    if not isinstance(header, dict) or header.pop("kind", None) != kind:
        raise CheckpointError(f"{file}: holds no {kind} agent")
    if set(header) != set(keys):
        raise CheckpointError(f"{file}: is damaged (its header has {sorted(header)}, expected {sorted(keys)})")
    return header, arrays
