"""Scoring an agent: every test level exactly once, all levels in one batch."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_benchmarks.outcomes import Episodes

__all__ = ["evaluate", "isolated_randomness", "play"]


@dataclass(frozen=True)
class Step:
    """A step of all lanes.

    Attributes:
        running: (B,) bool, the lanes whose first episode was still going on.
        dones: (B,) bool, the lanes that ended one.
        infos: Infos of the lanes.
        seconds: Wall-clock time in which the actions were chosen.
    """

    running: NDArray[np.bool_]
    dones: NDArray[np.bool_]
    infos: list[dict[str, Any]]
    seconds: float

    @property
    def ended(self) -> list[int]:
        """The lanes whose first episode ended."""
        lanes: list[int] = np.flatnonzero(self.running & self.dones).tolist()
        return lanes


@contextmanager
def isolated_randomness(agent: Any, seed: int) -> Iterator[None]:
    """Seed every generator for a while and put them back after, so that scoring cannot change training.

    Args:
        agent: The agent that is scored; its own generator, ``rng``, is one of them if it has one.
        seed: Seed for that one and for Python's, NumPy's and torch's global generators.
    """
    import torch

    saved = random.getstate(), np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002 - SB3 draws from it
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - SB3 draws from it
    torch.manual_seed(seed)
    own = getattr(agent, "rng", None)
    if own is not None:
        agent.rng = np.random.default_rng(seed)
    try:
        yield
    finally:
        if own is not None:
            agent.rng = own
        random.setstate(saved[0])
        np.random.set_state(saved[1])  # noqa: NPY002 - SB3 draws from it
        torch.random.set_rng_state(saved[2])


def evaluate(agent: Any, env: Any, num_levels: int, deterministic: bool, replays: int) -> Episodes:
    """Play each of the environment's levels once, level k on lane k.

    Lanes that finish early play on, since the batch steps as one; only a lane's first episode counts.

    Args:
        agent: Anything with the agents' `predict`, see `play`.
        env: A native `VecEnv` with as many lanes as levels.
        num_levels: Number of levels, L.
        deterministic: Whether the agent acts greedily; otherwise it samples.
        replays: How many levels' paths to keep.

    Returns:
        The outcome of the L episodes.

    Raises:
        ValueError: If lanes or levels of the environment are not `num_levels`.
    """
    levels = env.level_numbers
    if env.num_envs != num_levels or (levels is not None and len(levels) != num_levels):
        found = "no numbered" if levels is None else str(len(levels))
        raise ValueError(f"evaluation env: {env.num_envs} lanes and {found} levels, expected {num_levels} of each")
    if levels is not None:
        env.set_options([{"level": int(level)} for level in levels])
    observation = env.reset()
    num_distinct_levels = env.vector.num_distinct_levels()
    kept = min(replays, num_levels)
    # Copies: the environment may write its next positions into the same arrays.
    starts, goals = np.array(env.starts[:kept]), np.array(env.goals[:kept])
    paths: list[list[list[float]]] = [[[int(row), int(col)]] for row, col in starts]
    motion = env.vector._motion
    moves_freely = motion.body_radius is not None
    best = [_rounded(motion.places(env.shortest_path(lane))) if moves_freely else None for lane in range(kept)]

    success = np.zeros(num_levels, dtype=np.bool_)
    path_length = np.zeros(num_levels, dtype=np.float64)
    optimal_length = np.zeros(num_levels, dtype=np.float64)
    steps = np.zeros(num_levels, dtype=np.int64)
    maps = [env.grid_map(lane).to_text() for lane in range(kept)]
    for step in play(agent, env, observation, deterministic):
        steps[step.running] += 1
        positions = env.positions
        for lane in range(kept):
            if step.running[lane]:
                # A finished lane stands at its next episode's start already.
                place = step.infos[lane]["terminal_position"] if step.dones[lane] else positions[lane].tolist()
                paths[lane] += _rounded(motion.places([place]))
        for ended in step.ended:
            info = step.infos[ended]
            success[ended] = info["is_success"]
            path_length[ended] = info["path_length"]
            optimal_length[ended] = info["optimal_length"]
    stored = tuple(
        {
            "level": lane if levels is None else int(levels[lane]),
            "map": maps[lane],
            "start": starts[lane].tolist(),
            "goal": goals[lane].tolist(),
            "path": paths[lane],
            "optimal_path": best[lane],
        }
        for lane in range(kept)
    )
    return Episodes(success, path_length, optimal_length, steps, stored, num_distinct_levels)


def play(agent: Any, env: Any, observation: Any, deterministic: bool) -> Iterator[Step]:
    """Play until every lane has ended the episode that it has begun.

    Args:
        agent: Anything with the agents' `predict`. Masks of allowed actions go to agents whose class says
            `uses_action_masks`.
        env: A native `VecEnv` after its reset.
        observation: What the reset returned.
        deterministic: Whether the agent acts greedily; otherwise it samples.

    Yields:
        Each step, after it was taken.
    """
    running = np.ones(env.num_envs, dtype=np.bool_)
    masked = bool(getattr(type(agent), "uses_action_masks", False))
    state, episode_start = None, np.ones(env.num_envs, dtype=np.bool_)
    while running.any():
        extra = {"action_masks": env.action_masks()} if masked else {}
        begun = time.perf_counter()
        actions, state = agent.predict(
            observation, state=state, episode_start=episode_start, deterministic=deterministic, **extra
        )
        seconds = time.perf_counter() - begun
        observation, _, dones, infos = env.step(actions)
        yield Step(running, dones, infos, seconds)
        running = running & ~dones
        episode_start = np.asarray(dones, dtype=np.bool_)


def _rounded(places: list[tuple[float, float]]) -> list[list[float]]:
    """Return places with no more digits than a picture shows; cells stay as they are."""
    return [[round(row, 3), round(col, 3)] for row, col in places]
