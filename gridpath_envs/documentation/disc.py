"""What the pages of environments say whose agent is a disc in the plane."""

from __future__ import annotations

from gridpath_envs.documentation.text import code, entry, space, wrap
from gridpath_envs.tasks import DISC_OBSERVATIONS, ContinuousConfig

GOALS = "`achieved_goal` is the robot's centre (row, col) in cells, `desired_goal` the centre of the goal's cell."

# What rewards and infos are that mean something else where agents move from cell to cell.
REWARD = {
    "path": "Reward times the way gone, in cells.",
    "collision": "Reward for a step that touches a wall.",
    "shaping": "Weight of potential-based shaping: each step adds ``discount * potential(after) - potential(before)``,"
    " where the potential is ``-shaping`` times the length of the shortest way by the centre of a cell around and from"
    " there by octile moves, and 0 at the goal.",
}
INFO = {
    "optimal_length": "length of the shortest path of the robot's centre from the start to the goal's centre, exact",
    "path_length": "the way gone so far, along walls too; once the goal is reached, with what is left to its centre",
}


def action_space(config: ContinuousConfig) -> str:
    """Return what the two numbers of an action are, and how the robot moves."""
    if config.dynamics == "velocity":
        unit = f"a velocity, of which 1 is {config.max_speed:g} cells a second"
    else:
        unit = (
            f"an acceleration, of which 1 is {config.max_acceleration:g} cells a second, each second. Drag takes"
            f" {config.damping:g} of the velocity a second, and no speed is above {config.max_speed:g} cells a second"
        )
    notes = (
        f"Together they are {unit}. An action longer than 1 is shortened to 1; values beyond [-1, 1] are clipped. A"
        f" step lasts {config.time_step:g} seconds, in which the robot gets"
        f" {config.max_speed * config.time_step:g} cells far at most{', before noise' if config.noise else ''}."
        " The robot is a disc with a radius of"
        f" {config.robot_radius:g} cells, which begins at rest in the centre of its start's cell. It slides along walls"
        " and around their corners without friction, and neither enters nor passes one, at any speed. "
    )
    if config.noise:
        notes += (
            f"To each step a displacement is added in each direction, normally distributed with a standard deviation of"
            f" {config.noise * config.max_speed * config.time_step:.4g} cells. "
        )
    notes += "`optimal_actions()` is the action that goes on along a shortest path."
    return f"{space(config.action_space())}\n\n- 0: down, by rows\n- 1: to the right, by columns\n\n" + wrap(notes)


def observation_space(config: ContinuousConfig) -> str:
    """Return the space and what is observed."""
    described = f"`observation={code(config.observation)}`: {DISC_OBSERVATIONS[config.observation]}."
    if config.goal_conditioned:
        described += f" In `observation` nothing shows the goal, so that the vector to it is left out. {GOALS}"
    others = "\n".join(
        entry(f"observation={code(name)}", text)
        for name, text in DISC_OBSERVATIONS.items()
        if name != config.observation
    )
    parts = [space(config.observation_space()), wrap(described)]
    return "\n\n".join([*parts, f"Others to choose from:\n\n{others}"])


def termination(config: ContinuousConfig) -> str:
    """Return what ends an episode for good."""
    return f"the robot's centre is within {config.goal_radius:g} cells of the goal's, at the end of a step"


def time_limit(config: ContinuousConfig) -> str:
    """Return what a multiple of the optimal path length is in steps."""
    return f"the optimal path length in steps of {config.max_speed * config.time_step:g} cells"
