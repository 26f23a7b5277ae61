"""Compiling ahead: what the kernels' cache holds afterwards, no first step has to wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

from gridpath_envs.core.conflicts import CONFLICTS
from gridpath_envs.core.jit import cache_folder
from gridpath_envs.core.joint_dynamics import ON_ARRIVAL
from gridpath_envs.maps import (
    GridMap,
    distances_to,
    optimal_actions,
    optimal_values,
    shortest_path,
    shortest_path_length,
)
from gridpath_envs.multi_agent_vector_env import GridMultiAgentVectorEnv
from gridpath_envs.tasks import JOINT_TASKS, OBSERVATIONS, TASKS, MapfConfig
from gridpath_envs.vector_env import GridVectorEnv
from gridpath_envs.wrappers.preferences import choose_actions


def warm_up(report: Callable[[str], None]) -> float:
    """Compile every kernel, or find it in the cache.

    Args:
        report: Called with a line of text for each part.

    Returns:
        How long it took, in seconds.
    """
    parts = {
        "environments": _warm_environments,
        "many agents": _warm_many_agents,
        "observations": _warm_observations,
        "levels": _warm_levels,
        "oracle": _warm_oracle,
    }
    folder = cache_folder()
    before = _count_kernels(folder)
    begun = time.perf_counter()
    for name, warm in parts.items():
        since = time.perf_counter()
        warm()
        report(f"{name:<14}{time.perf_counter() - since:6.1f} s")
    total = time.perf_counter() - begun
    report(f"{'all':<14}{total:6.1f} s, {_outcome(folder, _count_kernels(folder) - before)}")
    return total


def _count_kernels(folder: Path | None) -> int:
    return 0 if folder is None else sum(1 for _ in folder.rglob("*.nbc"))


def _outcome(folder: Path | None, compiled: int) -> str:
    if folder is None:
        return "kept nowhere: no folder can be written, so each process compiles anew"
    return f"compiled {compiled} kernels into {folder}" if compiled else f"nothing to compile: {folder} was warm"


def _warm_environments() -> None:
    choose_actions(np.zeros(1), (1,))
    for id in TASKS:
        env = gymnasium.make(id)
        env.reset(seed=0)
        env.step(env.action_space.sample())
        for mode in AutoresetMode:
            envs = gymnasium.make_vec(id, num_envs=2, autoreset_mode=mode, time_limit=2)
            envs.reset(seed=0)
            for _ in range(2):
                envs.step(np.zeros_like(envs.action_space.sample()))


def _warm_many_agents() -> None:
    arguments: dict[str, Any]
    for id in JOINT_TASKS:
        for kind in MapfConfig.observation_kinds():
            for mode in AutoresetMode:
                arguments = {"observation": kind, "num_levels": 2, "split": "train"}
                _play_many_agents(GridMultiAgentVectorEnv(id, 2, autoreset_mode=mode, time_limit=2, **arguments))
    for rule in CONFLICTS:
        for on_arrival in ON_ARRIVAL:
            for more in ({}, {"map": "....\n....\n...."}, {"num_threads": 2}):
                arguments = {"conflicts": rule, "on_arrival": on_arrival, "num_agents": 3, "time_limit": 2, **more}
                _play_many_agents(GridMultiAgentVectorEnv("gridpath/mapf_v0", 2, **arguments))


def _play_many_agents(envs: GridMultiAgentVectorEnv) -> None:
    envs.reset(seed=0)
    for _ in range(2):
        envs.step(np.zeros((2, envs.num_agents), dtype=np.int64))
    envs.action_masks()
    envs.optimal_actions()
    envs.distance_to_goal()
    envs.shortest_path(0)
    envs.set_state(envs.get_state())
    if envs.config.fixed_map is not None:
        envs.reset(options={"starts": envs.goals, "goals": envs.starts})
    envs.reset(options={"level": 1})
    envs.close()


def _warm_observations() -> None:
    for observation in OBSERVATIONS:
        configurations: tuple[dict[str, Any], ...] = ({}, {"holes": 0.1})
        for arguments in configurations:
            envs = GridVectorEnv("GridPath-v0", 2, observation=observation, **arguments)
            envs.reset(seed=0)
    for arguments in ({"observation": "egocentric"}, {"goal_conditioned": True}):
        envs = GridVectorEnv("GridPathContinuous-v0", 2, **arguments)
        envs.reset(seed=0)


def _warm_levels() -> None:
    limited: dict[str, Any] = {"num_levels": 4, "split": "train"}
    for arguments in (limited, {"length_range": (2, None)}, {"map": "S..\n...\n..G"}):
        envs = GridVectorEnv("GridPath-v0", 2, num_threads=2, **arguments)
        envs.reset(seed=0, options={"start": (0, 1)} if "map" in arguments else None)
        envs.set_state(envs.get_state())
    envs = GridVectorEnv("GridPath-v0", 2, split="test")
    envs.reset(seed=0)
    envs.reset(options={"level": int(envs.levels[0])})


def _warm_oracle() -> None:
    for slip in (0.0, 0.1):
        envs = GridVectorEnv("GridPath-v0", 2, size=(4, 4), slip=slip)
        envs.reset(seed=0)
        envs.action_masks()
        envs.optimal_actions()
        envs.distance_to_goal()
        envs.optimal_return()
        envs.shortest_path(0)
    envs = GridVectorEnv("GridPathContinuous-v0", 2)
    envs.reset(seed=0)
    envs.optimal_actions()
    envs.distance_to_goal()
    envs.shortest_path(0)
    grid_map = GridMap.from_text("S.1\n.#.\n1.G")
    plain = GridMap.from_text("S..\n.#.\n..G")
    for moves in ("cardinal", "octile"):
        for each in (plain, grid_map):
            distances_to(each, (2, 2), moves)
            shortest_path(each, (0, 0), (2, 2), moves)
            shortest_path_length(each, (0, 0), (2, 2), moves)
            optimal_actions(each, (2, 2), moves)
            optimal_actions(each, (2, 2), moves, slip=0.1)
            optimal_values(each, (2, 2), moves)
