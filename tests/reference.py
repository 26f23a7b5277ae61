"""The slow, obvious second implementation: plain Python over text rows, sharing no code with the package."""

from __future__ import annotations

import heapq
import math

CARDINAL = [(-1, 0), (0, 1), (1, 0), (0, -1)]
DIAGONAL = [(-1, 1), (1, 1), (1, -1), (-1, -1)]


def actions(moves="cardinal", stay=False):
    return CARDINAL + (DIAGONAL if moves == "octile" else []) + ([(0, 0)] if stay else [])


def is_free(blocked, cell):
    row, col = cell
    return 0 <= row < len(blocked) and 0 <= col < len(blocked[0]) and not blocked[row][col]


def move(blocked, cell, action):
    """Return the cell after a move and the move's cost; a blocked move leaves the agent where it is, for nothing."""
    drow, dcol = action
    row, col = cell
    target = (row + drow, col + dcol)
    if not is_free(blocked, target):
        return cell, 0.0
    if drow and dcol and not (is_free(blocked, (row + drow, col)) and is_free(blocked, (row, col + dcol))):
        return cell, 0.0
    return target, math.hypot(drow, dcol)


def distances(blocked, source, moves="cardinal"):
    """Dijkstra's algorithm with a heap: {cell: cost of the shortest path from it to the source}."""
    known = {}
    frontier = [(0.0, source)]
    while frontier:
        cost, cell = heapq.heappop(frontier)
        if cell in known:
            continue
        known[cell] = cost
        for action in actions(moves):
            neighbour, step = move(blocked, cell, action)
            if neighbour not in known and neighbour != cell:
                heapq.heappush(frontier, (cost + step, neighbour))
    return known


def window(blocked, cell, goal, radius):
    """Return the two planes around a cell, as lists of rows."""
    side = range(-radius, radius + 1)
    obstacles = [[0 if is_free(blocked, (cell[0] + drow, cell[1] + dcol)) else 1 for dcol in side] for drow in side]
    seen = [max(-radius, min(radius, goal[k] - cell[k])) for k in (0, 1)]
    goals = [[1 if [drow, dcol] == seen else 0 for dcol in side] for drow in side]
    return [obstacles, goals]


class ReferenceEnv:
    """One episode on a given map from a given start to a given goal."""

    def __init__(self, blocked, start, goal, limit, moves="cardinal", stay=False, goal_reward=1.0, step_reward=-0.01):
        self.blocked, self.cell, self.goal, self.limit = blocked, start, goal, limit
        self.actions = actions(moves, stay)
        self.goal_reward, self.step_reward = goal_reward, step_reward
        self.steps, self.path_length = 0, 0.0

    def step(self, action):
        self.cell, cost = move(self.blocked, self.cell, self.actions[action])
        self.path_length += cost
        self.steps += 1
        reached = self.cell == self.goal
        reward = self.step_reward + (self.goal_reward if reached else 0.0)
        return reward, reached, self.steps >= self.limit
