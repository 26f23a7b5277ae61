"""What the pages of environments say in which many agents share a map."""

from __future__ import annotations

from gridpath_envs.documentation.grid import moves
from gridpath_envs.documentation.text import code, entry, space, wrap
from gridpath_envs.tasks import MapfConfig

# What each plane shows, besides what its name says.
PLANES = {
    "obstacles": "walls, trees, water and what is out of bounds",
    "other agents": "the agents that take part, but itself",
    "goal": "its own goal; where that is outside of the window, the cell at the edge that is nearest to it",
    "goals of others": "the goals of the other agents",
}

OBSERVATIONS = {
    "egocentric": "a window around the agent",
    "coordinates": "row and column of the agent and of its goal, each as a share of the last one",
    "combined": "both of them in a dict",
}

CONFLICTS = {
    "soft": "Where several agents want one cell, the one that comes first in their order gets it and the others stay;"
    " an agent that ends up staying keeps its cell. To follow into a cell that is being left is allowed, and so is a"
    " rotation of three or more; two agents that want to change places both stay.",
    "priority": "Agents move one after another in their order, and a cell that is occupied at that moment refuses. So"
    " an agent may follow only one that comes before it, and there are no swaps and no rotations.",
    "block_both": "All who want the same cell stay, and an occupied cell refuses, even if it is being left: there is no"
    " following, no swap and no rotation.",
}

ON_ARRIVAL = {
    "stay": "It may leave its goal again. The episode ends for all in the step after which all are on their goals.",
    "disappear": "Its episode ends, and its cell is free from then on.",
    "restart": "It gets a new goal at once, and goes on until the time is up. The level's number says which goals, so"
    " that whoever plays a level, or the one `scenario` there is, gets the same ones.",
}

OPTIONS = {
    "starts, goals": "cells (row, col), (N, 2), in place of those of the level; where only one of them is given, the"
    " other is that of the `level`, episode seed or scenario, else drawn anew within reach",
    "level": "number of the level",
    "episode_seeds": "equal seeds, equal level",
    "reset_mask": "(B,) bool, which environments begin anew; of `GridMultiAgentVectorEnv` only",
}

# What rewards and infos are that mean something else where there are many agents.
REWARD = {
    "goal": "Reward for coming to the goal; one that may leave it again gives it back then.",
    "step": "Reward of every step, the last included, but not of waiting at the goal.",
    "collision": "Reward for a move that a wall or another agent refuses.",
}
INFO = {
    "is_success": "whether the agent is at its goal, or has disappeared there; never where it gets new goals",
    "optimal_length": "cost of its shortest path from its start to its first goal as if it were alone, exact",
    "arrival": "the step in which it came to its goal last: what it costs in a sum of costs if it stays there",
    "num_arrivals": "how often it came to a goal",
    "num_collisions": "how many of its moves another agent refused",
}


def agents(config: MapfConfig) -> str:
    """Return how many agents there are, and what they are called."""
    names = config.agent_names
    called = f"`{names[0]}`" if len(names) == 1 else f"`{names[0]}` to `{names[-1]}`"
    text = (
        f"N = {config.num_agents}, in PettingZoo {called}. No two of them start in the same cell or have the same goal."
        + (" Each agent can reach its goal." if config.check_reachable else "")
        + " Each agent takes one action a step, all at once."
    )
    return wrap(text)


def conflicts(config: MapfConfig) -> str:
    """Return what happens where agents want what cannot be."""
    return _chosen("conflicts", config.conflicts, CONFLICTS, "A move into a wall is a stay that claims nothing.")


def on_arrival(config: MapfConfig) -> str:
    """Return what becomes of an agent at its goal."""
    return _chosen("on_arrival", config.on_arrival, ON_ARRIVAL)


def options(config: MapfConfig) -> str:
    """Return the options of a reset."""
    return "\n".join(["`reset(options={...})` takes:", "", *(entry(name, text) for name, text in OPTIONS.items())])


def action_space(config: MapfConfig) -> str:
    """Return the actions with what each does."""
    notes = "`action_masks()` tells which actions do not run into a wall."
    return f"`{config.action_space()}` for each agent.\n\n{moves(config)}\n\n{wrap(notes)}"


def observation_space(config: MapfConfig) -> str:
    """Return the space, what is observed, and the planes where there are any."""
    text = (
        f"`observation={code(config.observation)}`: {OBSERVATIONS[config.observation]}. One that has gone sees zeros."
    )
    parts = ["For each agent:", space(config.observation_space()), wrap(text)]
    if config.planes:
        side = f"{2 * (config.radius or 0) + 1}"
        lines = [wrap(f"Planes of the window of {side} x {side} cells, 1 where a cell shows it, 0 elsewhere:"), ""]
        lines += [wrap(PLANES[name], "  ", f"- {number} `{name}`: ") for number, name in enumerate(config.planes)]
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, _others("observation", config.observation, OBSERVATIONS)])


def termination(config: MapfConfig) -> str:
    """Return what ends an episode for good."""
    return {
        "stay": "all agents stand on their goals in the same step, for all of them",
        "disappear": "the agent comes to its goal, for this one",
        "restart": "never",
    }[config.on_arrival]


def time_limit(config: MapfConfig) -> str:
    """Return what a multiple of the optimal path length is in steps."""
    return "the length of the longest of the agents' shortest paths in steps"


def _chosen(name: str, value: str, meanings: dict[str, str], more: str = "") -> str:
    chosen = wrap(f"`{name}={code(value)}`: {meanings[value]} {more}")
    return f"{chosen}\n\n{_others(name, value, meanings)}"


def _others(name: str, value: str, meanings: dict[str, str]) -> str:
    others = [entry(f"{name}={code(other)}", text) for other, text in meanings.items() if other != value]
    return "\n".join(["Others to choose from:", "", *others])
