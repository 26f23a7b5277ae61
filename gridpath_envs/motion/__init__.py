"""How agents move: each motion is a class that checks actions, steps lanes and answers what only it knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gridpath_envs.motion.base import Motion
from gridpath_envs.motion.disc import DiscMotion
from gridpath_envs.motion.grid import GridMotion
from gridpath_envs.motion.joint import JointMotion

MOTIONS: Mapping[str, type[Motion]] = MappingProxyType({"grid": GridMotion, "disc": DiscMotion, "joint": JointMotion})

__all__ = ["MOTIONS", "Motion"]
