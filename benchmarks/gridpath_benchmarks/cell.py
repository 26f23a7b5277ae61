"""One cell of a suite: a scenario, an agent and a seed, with everything that decides its numbers."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gridpath_envs
from gridpath_benchmarks.metrics import Kind, kind_of
from gridpath_envs.errors import GridPathError
from gridpath_envs.maps import map_path, scenario_map, scenario_path

__all__ = ["FILE_KEYWORDS", "RESULTS_VERSION", "Cell", "env_arguments", "vec_env_arguments"]

RESULTS_VERSION = 1
"""Raised by hand when a change of code changes numbers, so that cells run before it count as not done."""

FILE_KEYWORDS = ("map", "scenario")
"""Keyword arguments of environments that may name a file, or several in a list."""


@dataclass(frozen=True)
class Cell:
    """A scenario, an agent and a seed, with the whole resolved configuration.

    Attributes:
        scenario: Name of the scenario.
        agent: Name of the agent.
        seed: Seed of training and evaluation.
        env_id: Registered environment id.
        train_kwargs: Keyword arguments of the training environment, as plain data.
        test_kwargs: Keyword arguments of the evaluation environment, as plain data.
        num_levels: Number of evaluated levels, one episode each.
        num_envs: Parallel training environments (lanes).
        learns: Whether the agent learns at all.
        total_timesteps: Training budget, environment steps.
        parameters: Parameters of the agent, as plain data.
        actions: How actions are chosen in evaluation, "greedy" or "sampled".
        curve_points: Evaluations that make up the learning curve.
        curve_levels: Levels of each of them.
        replays: Test levels whose path is kept.
        cell_time_limit: Seconds after which the cell is given up.
    """

    scenario: str
    agent: str
    seed: int
    env_id: str
    train_kwargs: Mapping[str, Any]
    test_kwargs: Mapping[str, Any]
    num_levels: int
    num_envs: int
    learns: bool
    total_timesteps: int
    parameters: Mapping[str, Any]
    actions: str
    curve_points: int
    curve_levels: int
    replays: int
    cell_time_limit: float

    @property
    def kind(self) -> Kind:
        """The kind of its environments."""
        return kind_of(self.env_id, self.test_kwargs)

    @property
    def configuration(self) -> dict[str, Any]:
        """Everything that decides the cell's numbers, as plain data; how long it may take is not part of it."""
        configuration = asdict(self)
        del configuration["cell_time_limit"]
        return configuration

    @cached_property
    def key(self) -> str:
        """16 hex digits that change with the configuration, the content of its map files and the code's versions."""
        content = self.configuration | {"version": gridpath_envs.__version__, "results": RESULTS_VERSION}
        for arguments in ("train_kwargs", "test_kwargs"):
            content[arguments] = {name: _fingerprint(name, value) for name, value in content[arguments].items()}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fingerprint(name: str, value: Any) -> Any:
    """A file counts by what it holds, not by where it lies; a scenario together with the map beside it."""
    if name in FILE_KEYWORDS and isinstance(value, list):
        return [_fingerprint(name, each) for each in value]
    if name in FILE_KEYWORDS and isinstance(value, str) and "\n" not in value:
        names = [map_path(value)]
        if name == "scenario":
            names = [scenario_path(value)]
            with contextlib.suppress(GridPathError):
                names.append(map_path(scenario_map(value)))
        files = [Path(file) for file in names if Path(file).is_file()]
        if files:
            return "sha256:" + "".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    return value


def env_arguments(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Turn keyword arguments written as plain data into those that an environment takes.

    Args:
        plain: Keyword arguments as read from TOML: lists for tuples, a table for the reward.

    Returns:
        The same with tuples for lists and a `RewardConfig` for `reward`.
    """
    arguments: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
    }
    reward = plain.get("reward")
    if isinstance(reward, dict):
        arguments["reward"] = gridpath_envs.RewardConfig(**reward)
    return arguments


def vec_env_arguments(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Turn keyword arguments written as plain data into those of `make_vec_env`.

    Args:
        plain: Keyword arguments of an environment, and `continuous_actions`, which is the adaptor's.
    """
    arguments = env_arguments(plain)
    return {"continuous_actions": arguments.pop("continuous_actions", False), "env_kwargs": arguments}
