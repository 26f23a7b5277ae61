"""Kept episodes of many agents: where each went, a letter a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["WAYS", "JointRecorder", "unpacked"]

WAYS = "urdl.x"
"""What a step may be: up, right, down, left, stay, stay because another agent was in the way."""

_MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1), (0, 0), (0, 0))
_LETTERS = {move: letter for move, letter in reversed(list(zip(_MOVES, WAYS, strict=True)))}


class JointRecorder:
    """Keeps the ways of the agents of one environment, step by step.

    Args:
        starts: (N, 2) int64, cells.
        goals: (N, 2) int64, cells.
    """

    def __init__(self, starts: NDArray[np.int64], goals: NDArray[np.int64]) -> None:
        """Begin where the agents start."""
        self._positions, self._last_goals = starts.copy(), goals.copy()
        self._ways: list[list[str]] = [[] for _ in starts]
        self._goals: list[list[tuple[int, int, int]]] = [[(0, *goal)] for goal in goals.tolist()]

    def add(self, agent: int, position: Sequence[int], goal: Sequence[int], is_refused: bool) -> None:
        """Keep an agent's step.

        Args:
            agent: Its number.
            position: (row, col) after the step.
            goal: Its goal after the step.
            is_refused: Whether another agent kept it where it is.
        """
        row, col = (int(after) - int(before) for after, before in zip(position, self._positions[agent], strict=True))
        self._ways[agent].append("x" if is_refused else _LETTERS[row, col])
        self._positions[agent] = position
        if tuple(goal) != tuple(self._last_goals[agent]):
            self._goals[agent].append((len(self._ways[agent]), int(goal[0]), int(goal[1])))
            self._last_goals[agent] = goal

    def goal(self, agent: int) -> list[int]:
        """An agent's last known goal, (row, col)."""
        goal: list[int] = self._last_goals[agent].tolist()
        return goal

    def times_refused(self, agent: int) -> int:
        """How many of an agent's steps were refused so far."""
        return self._ways[agent].count("x")

    def stored(self) -> dict[str, Any]:
        """What a record keeps: `ways`, and for each agent `goals` as (step from which on, row, col)."""
        return {"ways": ["".join(way) for way in self._ways], "goals": self._goals}


def unpacked(
    starts: Sequence[tuple[int, int]], ways: Sequence[str], goals: Sequence[Sequence[tuple[int, int, int]]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """What was kept, as arrays over T steps and N agents; an agent whose way ends early stays there.

    Args:
        starts: Cell of each agent.
        ways: Of each agent, a letter a step, see `WAYS`.
        goals: Of each agent, (step from which on, row, col) in order, the first from step 0 on.

    Returns:
        positions and goals (T + 1, N, 2), active (T + 1, N), which agents are there, and refused (T, N).
    """
    num_steps, num_agents = max(map(len, ways)), len(starts)
    positions = np.empty((num_steps + 1, num_agents, 2), dtype=np.int64)
    wanted = np.empty_like(positions)
    active = np.zeros((num_steps + 1, num_agents), dtype=np.bool_)
    refused = np.zeros((num_steps, num_agents), dtype=np.bool_)
    for k, (start, way, own) in enumerate(zip(starts, ways, goals, strict=True)):
        letters = np.array([WAYS.index(letter) for letter in way], dtype=np.int64)
        moves = np.zeros((num_steps + 1, 2), dtype=np.int64)
        moves[0] = start
        moves[1 : len(way) + 1] = np.array(_MOVES)[letters]
        positions[:, k] = moves.cumsum(axis=0)
        for step, row, col in own:
            wanted[step:, k] = row, col
        active[: len(way) + 1, k] = True
        refused[: len(way), k] = letters == WAYS.index("x")
    return positions, wanted, active, refused
