"""Wrappers for environments of any library; those of vector environments have the same names in ``wrappers.vector``."""

from gridpath_envs.wrappers import vector
from gridpath_envs.wrappers.continuous_actions import ContinuousActions

__all__ = ["ContinuousActions", "vector"]
