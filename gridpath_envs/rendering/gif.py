"""An episode as an animated GIF; needs Pillow."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from gridpath_envs.rendering.animation import check_scenes
from gridpath_envs.rendering.clock import HOLD
from gridpath_envs.rendering.extras import import_human
from gridpath_envs.rendering.rgb import draw_rgb
from gridpath_envs.rendering.scene import Place, Scene

__all__ = ["write_gif"]


def write_gif(
    path: str | os.PathLike[str], scenes: Sequence[Scene], optimal_path: Sequence[Place] | None = None, fps: float = 6.0
) -> None:
    """Write an episode as an animated GIF, which loops for ever.

    Args:
        path: File to write.
        scenes: Moments of one episode in order, one a step; all on the same map.
        optimal_path: Cells (row, col) of a shortest path to compare with.
        fps: Steps a second.

    Raises:
        ConfigurationError: There is no scene, the scenes do not belong together, or ``fps`` is out of range.
        MissingPackageError: Pillow is not installed.
    """
    check_scenes(scenes, fps)
    pillow = import_human("PIL.Image", "pillow", "a GIF")
    pictures = [draw_rgb(scene, optimal_path or ()) for scene in scenes]
    # One palette for all frames, or colours would flicker; made of moments from all over the episode.
    sample = np.concatenate([picture[::2, ::2] for picture in pictures[:: -(-len(pictures) // 24)]])
    palette = pillow.fromarray(sample).quantize(colors=255, dither=0)
    frames = [pillow.fromarray(picture).quantize(palette=palette, dither=0) for picture in pictures]
    # GIF counts in hundredths of a second.
    durations = [10 * max(2, round(100 / fps))] * (len(frames) - 1) + [round(1000 * HOLD)]
    frames[0].save(
        path, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False
    )
