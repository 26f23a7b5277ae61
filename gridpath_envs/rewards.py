"""What steps are rewarded with."""

from __future__ import annotations

from dataclasses import dataclass, fields

from gridpath_envs.checks import check_number

# Sums of all of them still fit the float32 that rewards are.
MAX_REWARD = 1e37


@dataclass(frozen=True)
class RewardConfig:
    """What a step is rewarded with: the sum of what applies.

    Args:
        goal: Reward for reaching the goal.
        step: Reward of every step, the last included.
        path: Reward times the cost of the move, which is 1, or sqrt(2) on a diagonal, times that of the terrain
            entered; nothing where the agent does not move.
        collision: Reward for running into a wall, a moving obstacle or another agent.
        hole: Reward for falling into a hole.
        shaping: Weight of potential-based shaping: each step adds ``discount * potential(after) - potential(before)``,
            where the potential is ``-shaping`` times the exact cost of the shortest path to the goal, and 0 at the
            goal, in holes and in cells without a way to the goal. The optimal policy stays the same.
        discount: Discount of the returns that shaping and ``optimal_return`` are about, above 0 and at most 1; that of
            the learner should be the same.

    Raises:
        ConfigurationError: A value is no number, or out of range.

    Reference:
        Ng, Harada & Russell 1999, Policy invariance under reward transformations, ICML (shaping).
    """

    goal: float = 1.0
    step: float = -0.01
    path: float = 0.0
    collision: float = 0.0
    hole: float = 0.0
    shaping: float = 0.0
    discount: float = 0.99

    def __post_init__(self) -> None:
        """Check the values."""
        for entry in fields(self):
            low, high = -MAX_REWARD, MAX_REWARD
            if entry.name == "discount":
                low, high = 1e-6, 1.0
            elif entry.name == "shaping":
                low, high = 0.0, 1e6
            elif entry.name == "path":
                # Times the dearest diagonal it must fit as well.
                low, high = -1e30, 1e30
            value = check_number(f"reward.{entry.name}", getattr(self, entry.name), low, high)
            object.__setattr__(self, entry.name, value)
