"""One episode of many agents to look at, played by a simple policy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_benchmarks.episode import POLICIES
from gridpath_envs.checks import check_choice
from gridpath_envs.rendering.scene import Scene

__all__ = ["JointPolicy", "make_joint_env", "play_joint_episode"]


def make_joint_env(id: str, settings: dict[str, Any]) -> Any:
    """Make a parallel environment that keeps the paths for pictures.

    Args:
        id: Registered id of many agents.
        settings: Keyword arguments of the environment.

    Raises:
        ConfigurationError: An argument is unknown, or a value is out of range.
    """
    from gridpath_envs.adaptors.pettingzoo_env import make_parallel

    return make_parallel(id, {**settings, "render_mode": "rgb_array"})


class JointPolicy:
    """What agents do who know nothing of one another.

    Args:
        env: The parallel environment.
        policy: "shortest_path", each by itself, with a random move now and then where another agent was in the way, or
            "random".
        seed: Seeds the random moves; None draws one.

    Raises:
        ConfigurationError: There is no such policy.
    """

    def __init__(self, env: Any, policy: str, seed: int | None) -> None:
        """Check the policy."""
        check_choice("policy", policy, POLICIES)
        self._env = env
        self._is_random = policy == "random"
        self._rng = np.random.default_rng(seed)

    def __call__(self, observations: dict[str, Any]) -> dict[str, int]:
        """Return an action for each agent that takes part.

        Args:
            observations: Theirs, of which only the names are looked at.
        """
        env = self._env
        optimal, allowed = env.optimal_actions(), env.action_masks()
        marks = env.scene().agents
        actions = {}
        for name in observations:
            k = env.possible_agents.index(name)
            # Two who meet head-on would else refuse one another for ever.
            gives_way = marks[k].is_refused and self._rng.random() < 0.5
            if self._is_random or gives_way:
                actions[name] = self._one_of(allowed[k])
            else:
                actions[name] = self._one_of(optimal[k]) if optimal[k].any() else env.action_space(name).n - 1
        return actions

    def _one_of(self, choices: NDArray[np.bool_]) -> int:
        return int(self._rng.choice(np.flatnonzero(choices)))


def play_joint_episode(env: Any, policy: str, seed: int | None, max_steps: int) -> tuple[list[Scene], str]:
    """Play an episode of many agents.

    Args:
        env: The parallel environment, which is reset.
        policy: "shortest_path" or "random", see ``JointPolicy``.
        seed: Seeds the environment and the policy; None draws one.
        max_steps: Steps after which to stop.

    Returns:
        The moments, one more than steps, and a line on how it went.

    Raises:
        ConfigurationError: There is no such policy.
    """
    choose = JointPolicy(env, policy, seed)
    observations, _ = env.reset(seed=seed)
    scenes = [env.scene()]
    while env.agents and len(scenes) <= max_steps:
        observations, *_ = env.step(choose({name: observations[name] for name in env.agents}))
        scenes.append(env.scene())
    return scenes, outcome(scenes, env.config.on_arrival == "restart")


def outcome(scenes: list[Scene], is_lifelong: bool) -> str:
    """Return a line on how an episode stands.

    Args:
        scenes: Its moments so far.
        is_lifelong: Whether agents get new goals.
    """
    steps, last = len(scenes) - 1, scenes[-1].agents
    refused = sum(agent.is_active and agent.is_refused for scene in scenes[1:] for agent in scene.agents)
    if is_lifelong:
        pairs = itertools.pairwise(scenes)
        arrivals = sum(
            a.goal != b.goal for before, after in pairs for a, b in zip(before.agents, after.agents, strict=True)
        )
        return f"{arrivals} arrivals of {len(last)} agents in {steps} steps, {refused} moves refused"
    # Who has disappeared has arrived.
    there = sum(not agent.is_active or agent.place == agent.goal for agent in last)
    return f"{there} of {len(last)} agents at their goals after {steps} steps, {refused} moves refused"
