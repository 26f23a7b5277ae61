"""The slow, obvious second implementation: plain Python over text rows, sharing no code with the package."""

from __future__ import annotations

import heapq
import math

CARDINAL = [(-1, 0), (0, 1), (1, 0), (0, -1)]
DIAGONAL = [(-1, 1), (1, 1), (1, -1), (-1, -1)]
TERRAIN_MARKS = {"=": "road", ":": "sand", "~": "swamp"}


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


def sees(blocked, cell, other):
    """Tell whether no wall is between two cells, sampling the line between their centres once a row or column."""
    change = [other[k] - cell[k] for k in (0, 1)]
    length = max(abs(change[0]), abs(change[1]))
    for k in range(1, length):
        exact = [cell[axis] + change[axis] * k / length for axis in (0, 1)]
        # The cells whose centres are nearest: one, or two at an exact tie.
        near = [{math.ceil(x - 0.5), math.floor(x + 0.5)} if abs(x % 1 - 0.5) < 1e-9 else {round(x)} for x in exact]
        if not any(is_free(blocked, (row, col)) for row in near[0] for col in near[1]):
            return False
    return True


class World:
    """A map of text with terrain, holes and portals, and the rules on it.

    ``rewards`` has goal, step, path, collision and hole, all 0 where they are not named.
    """

    def __init__(self, text, goal, moves="cardinal", stay=False, slip=0.0, costs=None, rewards=None):
        self.rows = text.split() if isinstance(text, str) else text
        self.goal, self.slip, self.costs = goal, slip, costs or {}
        self.moves, self.actions = moves, actions(moves, stay)
        self.rewards = rewards or {}
        self.height, self.width = len(self.rows), len(self.rows[0])
        self.cells = [(row, col) for row in range(self.height) for col in range(self.width)]
        self.walls = [[mark in "#@TWO" for mark in row] for row in self.rows]

    def mark(self, cell):
        return self.rows[cell[0]][cell[1]]

    def is_open(self, cell):
        return is_free(self.walls, cell)

    def is_hole(self, cell):
        return self.mark(cell) == "H"

    def other_end(self, cell):
        """Return the other cell with the same digit, or the cell itself where it has none."""
        if not self.mark(cell).isdigit():
            return cell
        return next(other for other in self.cells if other != cell and self.mark(other) == self.mark(cell))

    def entry_cost(self, cell):
        return self.costs.get(TERRAIN_MARKS.get(self.mark(cell), "ground"), 1.0)

    def apply(self, cell, action, occupied=()):
        """Return the cell after an action that does not slip, its cost, and whether it ran into something."""
        drow, dcol = action
        if action == (0, 0):
            return cell, 0.0, False
        entered = (cell[0] + drow, cell[1] + dcol)
        if not self.is_open(entered) or entered in occupied:
            return cell, 0.0, True
        if drow and dcol:
            for beside in ((cell[0] + drow, cell[1]), (cell[0], cell[1] + dcol)):
                if not self.is_open(beside) or self.is_hole(beside) or beside in occupied:
                    return cell, 0.0, True
        return self.other_end(entered), math.hypot(drow, dcol) * self.entry_cost(entered), False

    def taken(self, number):
        """Return the actions that may be taken where one is meant: [(probability, action)]."""
        meant = self.actions[number]
        if meant == (0, 0) or self.slip == 0:
            return [(1.0, meant)]
        drow, dcol = meant
        # Rows go down, so (row, col) -> (col, -row) turns clockwise.
        return [(1 - self.slip, meant), (self.slip / 2, (dcol, -drow)), (self.slip / 2, (-dcol, drow))]

    def is_end(self, cell):
        return cell == self.goal or self.is_hole(cell)

    def reward(self, cell, cost, collided):
        get = self.rewards.get
        reward = get("step", 0.0) + get("path", 0.0) * cost + (get("collision", 0.0) if collided else 0.0)
        return (
            reward
            + (get("goal", 0.0) if cell == self.goal else 0.0)
            + (get("hole", 0.0) if self.is_hole(cell) else 0.0)
        )

    def outcomes(self, cell, number):
        """Return [(probability, next cell, reward)] of an action."""
        result = []
        for probability, action in self.taken(number):
            after, cost, collided = self.apply(cell, action)
            result.append((probability, after, self.reward(after, cost, collided)))
        return result

    def distances(self):
        """Dijkstra's algorithm, backwards over every move: {cell: cost of the cheapest path from it to the goal}."""
        into = {}
        for cell in self.cells:
            if self.is_open(cell) and not self.is_hole(cell):
                for action in self.actions:
                    after, cost, _ = self.apply(cell, action)
                    into.setdefault(after, []).append((cell, cost))
        known, frontier = {}, [(0.0, self.goal)]
        while frontier:
            distance, cell = heapq.heappop(frontier)
            if cell not in known:
                known[cell] = distance
                for before, cost in into.get(cell, ()):
                    heapq.heappush(frontier, (distance + cost, before))
        return known

    def states(self):
        """Return the cells in which an action is taken."""
        return [cell for cell in self.cells if self.is_open(cell) and not self.is_end(cell)]

    def values(self, discount, shape=None):
        """Value iteration: {cell: {action: expected return}}; ``shape(before, after)`` is added to each reward."""
        states = self.states()
        table = {}
        for cell in states:
            for number in range(len(self.actions)):
                table[cell, number] = [
                    (probability, after, reward + (shape(cell, after) if shape else 0.0))
                    for probability, after, reward in self.outcomes(cell, number)
                ]
        best = dict.fromkeys(self.cells, 0.0)
        while True:
            returns = {
                cell: [
                    sum(
                        probability * (reward + discount * best[after]) for probability, after, reward in table[cell, k]
                    )
                    for k in range(len(self.actions))
                ]
                for cell in states
            }
            change = max((abs(max(returns[cell]) - best[cell]) for cell in states), default=0.0)
            best.update({cell: max(returns[cell]) for cell in states})
            if change < 1e-12:
                return returns

    def planes(self, visited=(), occupied=(), has_costs=False, trail=False):
        """Return {name: cells that it shows} of the planes that come after those that every observation has."""
        planes = {"trail": set(visited)} if trail else {}
        if has_costs:
            for mark, name in TERRAIN_MARKS.items():
                planes[name] = {cell for cell in self.cells if self.mark(cell) == mark}
        if any("H" in row for row in self.rows):
            planes["holes"] = {cell for cell in self.cells if self.is_hole(cell)}
        if any(mark.isdigit() for row in self.rows for mark in row):
            planes["portals"] = {cell for cell in self.cells if self.mark(cell).isdigit()}
        return planes | ({"moving obstacles": set(occupied)} if occupied else {})

    def observe(self, kind, cell, radius, planes):
        """Return the observation of a kind that has planes, as lists of lists of rows."""
        if kind == "global":
            walls = {cell for cell in self.cells if not self.is_open(cell)}
            shown = [walls, {self.goal}, {cell}, *planes.values()]
            return [
                [[int((row, col) in plane) for col in range(self.width)] for row in range(self.height)]
                for plane in shown
            ]
        side = range(-radius, radius + 1)
        around = [[(cell[0] + drow, cell[1] + dcol) for dcol in side] for drow in side]
        if kind == "egocentric":
            extras = [[[int(there in plane) for there in row] for row in around] for plane in planes.values()]
            return window(self.walls, cell, self.goal, radius) + extras
        seen = [[sees(self.walls, cell, there) for there in row] for row in around]
        tests = [lambda there: not self.is_open(there), lambda there: there == self.goal, lambda there: True]
        tests += [lambda there, plane=plane: there in plane for plane in planes.values()]
        return [
            [
                [int(can and test(there)) for can, there in zip(*rows, strict=True)]
                for rows in zip(seen, around, strict=True)
            ]
            for test in tests
        ]


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
