"""`gridpath record`: one episode as an animated picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gridpath_benchmarks.episode import make_env, play_episode
from gridpath_benchmarks.joint_episode import make_joint_env, play_joint_episode
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.rendering.animation import animate_svg
from gridpath_envs.rendering.gif import write_gif
from gridpath_envs.rendering.scene import Place
from gridpath_envs.tasks import JOINT_TASKS

__all__ = ["record"]

SUFFIXES = (".svg", ".gif")


def record(
    id: str,
    out: Path,
    settings: dict[str, Any],
    seed: int | None = None,
    policy: str = "shortest_path",
    max_steps: int = 500,
    fps: float = 6.0,
) -> str:
    """Play an episode and write it as an animated SVG or GIF.

    Args:
        id: Registered id.
        out: File to write; its suffix says which of the two.
        settings: Keyword arguments of the environment.
        seed: Seeds the environment and the random policy; None draws one.
        policy: "shortest_path" or "random".
        max_steps: Steps after which to stop.
        fps: Steps a second.

    Returns:
        A line that says what was written.

    Raises:
        ConfigurationError: The suffix, the policy, the id or an argument is unknown.
        MissingPackageError: A GIF was asked for and Pillow is not installed.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigurationError(f"{out}: expected a file name that ends in {' or '.join(SUFFIXES)}")
    best: list[Place] = []
    if id in JOINT_TASKS:
        scenes, lengths = play_joint_episode(make_joint_env(id, settings), policy, seed, max_steps)
    else:
        env = make_env(id, settings)
        scenes, best, info = play_episode(env, policy, seed, max_steps)
        env.close()
        outcome = "goal reached" if info["is_success"] else "goal not reached"
        lengths = (
            f"{outcome} after {len(scenes) - 1} steps, length {info['path_length']:.4g}, optimal "
            f"{info['optimal_length']:.4g}"
        )
    if suffix == ".svg":
        out.write_text(animate_svg(scenes, best, fps, f"{id}, {policy}: {lengths}") + "\n", encoding="utf-8")
    else:
        write_gif(out, scenes, best, fps)
    return f"wrote {out} ({out.stat().st_size / 1e3:.1f} kB): {lengths}"
