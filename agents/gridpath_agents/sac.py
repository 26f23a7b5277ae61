"""Soft actor-critic: Stable-Baselines3's.

Reference:
    Haarnoja et al. 2018, Soft actor-critic algorithms and applications, arXiv 1812.05905.
"""

from __future__ import annotations

import stable_baselines3

from gridpath_agents.sb3 import SB3Agent


class SAC(SB3Agent, stable_baselines3.SAC):  # type: ignore[misc]  # load takes the rest by keyword
    """SB3's SAC, for environments with continuous actions."""
