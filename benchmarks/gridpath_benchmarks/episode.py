"""One episode to look at: an environment as the command line asks for it, played by a simple policy."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from gridpath_envs import RewardConfig
from gridpath_envs.checks import check_choice
from gridpath_envs.errors import ConfigurationError, GridPathError
from gridpath_envs.rendering.scene import Place, Scene
from gridpath_envs.tasks import get_task

POLICIES = ("shortest_path", "random")

_NOT_SETTABLE = ("id", "task", "render_mode")


def parse_settings(entries: Sequence[str]) -> dict[str, Any]:
    """Return the keyword arguments that ``--set KEY=VALUE`` gives: TOML's notation, strings also without quotes.

    Args:
        entries: ``KEY=VALUE`` each.

    Raises:
        ConfigurationError: One has no ``=``, or sets what the command itself sets.
    """
    settings: dict[str, Any] = {}
    for entry in entries:
        name, equals, text = entry.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ConfigurationError(f"--set {entry}: expected KEY=VALUE, such as size=[8,8]")
        if name in _NOT_SETTABLE:
            raise ConfigurationError(f"--set {entry}: {name} is set by the command")
        try:
            read = tomllib.loads(f"value = {text}")
        except tomllib.TOMLDecodeError:
            read = {}
        # Text of a map has line breaks, behind which TOML would see more entries.
        settings[name] = read["value"] if set(read) == {"value"} else text
    if isinstance(settings.get("reward"), dict):
        try:
            settings["reward"] = RewardConfig(**settings["reward"])
        except TypeError as error:
            raise ConfigurationError(f"--set reward: {error}") from None
    return settings


def make_env(id: str, settings: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    """Make an environment that keeps the path for pictures.

    Args:
        id: Registered id.
        settings: Keyword arguments of ``gymnasium.make``.

    Raises:
        ConfigurationError: The id or an argument is unknown, or a value is out of range.
    """
    get_task(id)
    return gymnasium.make(id, render_mode="rgb_array", disable_env_checker=True, **settings)


def optimal_path(env: gymnasium.Env[Any, Any]) -> list[Place]:
    """Return a shortest path of the episode as pictures show it, nothing where there is no telling.

    Args:
        env: An environment after its reset.
    """
    lane: Any = env.unwrapped
    try:
        return lane._vector._motion.places(lane.shortest_path())  # type: ignore[no-any-return]
    except GridPathError:
        return []


def play_episode(
    env: gymnasium.Env[Any, Any], policy: str, seed: int | None, max_steps: int
) -> tuple[list[Scene], list[Place], dict[str, Any]]:
    """Play an episode.

    Args:
        env: The environment, which is reset.
        policy: "shortest_path", the first of the optimal actions, or "random".
        seed: Seeds the environment and the random policy; None draws one.
        max_steps: Steps after which to stop.

    Returns:
        The moments, one more than steps, a shortest path as pictures show it, and the last info.

    Raises:
        ConfigurationError: There is no such policy.
    """
    check_choice("policy", policy, POLICIES)
    lane: Any = env.unwrapped
    rng = np.random.default_rng(seed)
    _, info = env.reset(seed=seed)
    best = optimal_path(env)
    scenes: list[Scene] = [lane.scene()]
    finished = False
    while not finished and len(scenes) <= max_steps:
        action = _random_action(lane.action_space, rng) if policy == "random" else lane.optimal_actions()
        if policy != "random" and isinstance(lane.action_space, spaces.Discrete):
            action = int(action.argmax())
        _, _, terminated, truncated, info = env.step(action)
        finished = terminated or truncated
        scenes.append(lane.scene())
    return scenes, best, info


def _random_action(space: spaces.Space[Any], rng: np.random.Generator) -> Any:
    if isinstance(space, spaces.Discrete):
        return int(rng.integers(space.n))
    assert isinstance(space, spaces.Box)  # the registered ids have no others
    return rng.uniform(space.low, space.high).astype(space.dtype)
