"""Where numbers come from: versions, commit and machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import gridpath_envs

__all__ = ["PACKAGES", "available_cores", "git_commit", "machine_and_versions", "origins", "utc_now"]

PACKAGES = ("gridpath-envs", "numpy", "numba", "gymnasium", "stable-baselines3", "torch")


def machine_and_versions() -> dict[str, Any]:
    """Versions of what numbers depend on, the source's commit and the machine, as plain data."""
    return {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "commit": git_commit(),
        "cpu": _cpu_model(),
        "cores": available_cores(),
        "platform": platform.platform(),
    }


def origins(provenances: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """List every distinct value of each entry: a run that was continued elsewhere has several, and says so.

    Args:
        provenances: Those of the cells.

    Returns:
        (entry, its values), versions of packages first.
    """
    found: dict[str, dict[str, None]] = {}
    times = []
    for details in provenances:
        versions = details.get("versions")
        for package, version in versions.items() if isinstance(versions, dict) else ():
            found.setdefault(package, {})[str(version)] = None
        for entry in ("commit", "cpu", "cores", "platform", "threads", "jobs"):
            value = details.get(entry)
            found.setdefault(entry, {})["unknown" if value is None else str(value)] = None
        if isinstance(details.get("time"), str):
            times.append(details["time"])
    if times:
        found["finished"] = dict.fromkeys(sorted({min(times), max(times)}))
    return [(name, list(values)) for name, values in found.items()]


def utc_now() -> str:
    """The time now, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def available_cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def git_commit() -> str | None:
    """The commit of GridPath's own checkout, ending in -dirty if it has changes; None if it does not run from one."""
    source = Path(__file__)
    # An installed copy may lie inside somebody else's repository, whose commit would say nothing: it must be tracked.
    if _git(source.parent, "ls-files", "--error-unmatch", source.name) is None:
        return None
    return _git(source.parent, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _version(package: str) -> str | None:
    if package == "gridpath-envs":
        return gridpath_envs.__version__  # the code that runs; an editable install's metadata may be older
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"
