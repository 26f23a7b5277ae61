"""Preferences: one number for each action, of which the highest chooses."""

from __future__ import annotations

from gridpath_envs.core.jit import kernel


@kernel
def choose_actions_batch(preferences, actions):
    """Write for each lane the action of the highest preference, the first of equal ones.

    Args:
        preferences: (B, A) float32; infinities are numbers like others.
        actions: (B,) int64, written; from the lane that is returned on, it is left as it was.

    Returns:
        The first lane that has a NaN among its preferences, or -1.
    """
    for i in range(preferences.shape[0]):
        chosen = 0
        best = preferences[i, 0]
        # A NaN is higher than nothing and nothing is higher than it, so that no comparison of sizes would find it.
        has_nan = best != best
        for action in range(1, preferences.shape[1]):
            value = preferences[i, action]
            has_nan |= value != value
            if value > best:
                best = value
                chosen = action
        if has_nan:
            return i
        actions[i] = chosen
    return -1
