"""What the pages of environments say whose agents move from cell to cell."""

from __future__ import annotations

from gridpath_envs.documentation.images import image
from gridpath_envs.documentation.text import code, entry, space, wrap
from gridpath_envs.tasks import OBSERVATIONS, GridPathConfig, MapfConfig
from gridpath_envs.tasks.observations import Observation

# What dicts for hindsight replay have besides the observation.
GOALS = "`achieved_goal` is the agent's cell (row, col), `desired_goal` the goal's."

# What each plane shows, besides what its name says.
PLANES = {
    "obstacles": "walls, trees, water and what is out of bounds",
    "goal": "the goal",
    "seen": "cells in line of sight; the other planes are 0 elsewhere",
    "agent": "the agent",
    "trail": "cells that the agent has been in this episode",
    "road": "cells of road",
    "sand": "cells of sand",
    "swamp": "cells of swamp",
    "holes": "cells that end the episode when entered",
    "portals": "both ends of each pair of portals",
    "moving obstacles": "where the moving obstacles are now",
}

# What rewards and infos are besides what all say of them.
REWARD: dict[str, str] = {}
INFO: dict[str, str] = {}


def action_space(config: GridPathConfig) -> str:
    """Return the actions with what each does, and what else decides where the agent goes."""
    walls = ["a wall"] + ["a moving obstacle"] * (config.moving_obstacles > 0)
    corners = " or ".join([*walls, *["a hole"] * config.has_holes])
    past = f", or a diagonal one past the corner of {corners}," if config.moves == "octile" else ""
    notes = f"A move into {' or '.join(walls)}{past} leaves the agent where it is. "
    if config.slip:
        notes += (
            f"A move goes aside with probability {config.slip:.4g}, half of it to each perpendicular direction"
            f"{'; staying never does' if config.stay else ''}. "
        )
    if config.terrain_costs is not None:
        costs = ", ".join(f"{name} {cost:g}" for name, cost in config.terrain_costs.items())
        notes += f"The cost of a move is multiplied by that of the terrain entered: {costs}. "
    if config.has_portals:
        notes += "Who enters a portal comes out of its other end. "
    notes += "`action_masks()` tells which actions do not run into anything."
    return f"`{config.action_space()}`\n\n{moves(config)}\n\n{wrap(notes)}"


def moves(config: GridPathConfig | MapfConfig) -> str:
    """Return the actions with where each leads."""
    width = max(len(name) for name in config.action_names)
    lines = []
    for number, (name, (drow, dcol, cost)) in enumerate(zip(config.action_names, config.actions, strict=True)):
        what = f"row {drow:+d}, column {dcol:+d}, cost {cost:.4g}".replace("+0", "0")
        lines.append(f"- {number} `{name}`:{' ' * (width - len(name) + 1)}{what}")
    return "\n".join(lines)


def observation_space(config: GridPathConfig) -> str:
    """Return the space, what is observed, and the planes where there are any."""
    kind = OBSERVATIONS[config.observation]
    parts = [space(config.observation_space())]
    described = f"`observation={code(config.observation)}`: {_described(kind, config)}."
    if config.goal_conditioned:
        described += f" In `observation` nothing shows the goal. {GOALS}"
    parts.append(wrap(described))
    if config.planes:
        radius = config.radius or 0
        side = f"{2 * radius + 1} x {2 * radius + 1}"
        rows, cols = config.shape
        what = f"window of {side} cells around the agent" if kind.has_window else f"map, {rows} x {cols} cells"
        lines = [wrap(f"Planes of the {what}, 1 where a cell shows it and 0 elsewhere:"), ""]
        for number, name in enumerate(config.planes):
            outside = "; all that lies outside of the map too" if kind.has_window and name == "obstacles" else ""
            lines.append(wrap(f"{PLANES[name]}{outside}", "  ", f"- {number} `{name}`: "))
        parts.append("\n".join(lines))
    if kind.is_image:
        parts.append(image(config))
    others = "\n".join(
        entry(f"observation={code(name)}", _described(other, config))
        for name, other in OBSERVATIONS.items()
        if name != config.observation
    )
    parts.append(f"Others to choose from:\n\n{others}")
    return "\n\n".join(parts)


def termination(config: GridPathConfig) -> str:
    """Return what ends an episode for good."""
    return "the agent stands on the goal" + (", or fell into a hole" if config.has_holes else "")


def time_limit(config: GridPathConfig) -> str:
    """Return what a multiple of the optimal path length is in steps."""
    cheapest = min((config.terrain_costs or {"ground": 1.0}).values())
    length = "the optimal path length"
    return (
        f"{length}, divided by the least cost of terrain ({cheapest:g}), in steps"
        if cheapest < 1
        else f"{length} in steps"
    )


def _described(kind: Observation, config: GridPathConfig) -> str:
    return f"{kind.description}; {kind.goal}" if kind.goal and not config.goal_conditioned else kind.description
