"""The slow, obvious second implementation of many agents on one map: plain Python, written from the table of rules."""

from __future__ import annotations

import math

import reference

ACTIONS = reference.actions(stay=True)


def conflict_free(rule, cells, wants):
    """Return the cells where agents end up.

    Args:
        rule: "soft", "priority" or "block_both".
        cells: The cell of each agent, None for one that takes no part.
        wants: The free cell that each wants to be in, its own where it stays.
    """
    return {"soft": soft, "priority": priority, "block_both": block_both}[rule](cells, list(wants))


def soft(cells, wants):
    agents = [k for k, cell in enumerate(cells) if cell is not None]
    changed = True
    while changed:
        changed = False
        for k in agents:
            others = [other for other in agents if other != k]
            swaps = any(cells[other] == wants[k] and wants[other] == cells[k] for other in others)
            is_later = any(wants[other] == wants[k] and other < k for other in others)
            is_kept = any(wants[other] == cells[other] == wants[k] for other in others)
            if wants[k] != cells[k] and (swaps or is_later or is_kept):
                wants[k] = cells[k]
                changed = True
    return wants


def priority(cells, wants):
    now = list(cells)
    for k, want in enumerate(wants):
        if want is not None and want not in now:
            now[k] = want
    return now


def block_both(cells, wants):
    return [
        want if want not in cells and wants.count(want) == 1 else cell for cell, want in zip(cells, wants, strict=True)
    ]


class AgentsReference:
    """One episode of many agents on a given map, from given starts to given goals.

    ``rewards`` has goal, step, path, collision, shaping and discount, all 0 where they are not named.
    """

    def __init__(self, blocked, starts, goals, limit, conflicts, on_arrival, rewards, team_weight=0.0):
        self.blocked, self.limit, self.conflicts, self.on_arrival = blocked, limit, conflicts, on_arrival
        self.rewards, self.team_weight = rewards, team_weight
        self.cells, self.goals = list(starts), list(goals)
        self.agents = list(range(len(starts)))
        self.steps = 0
        # Those that have disappeared from the map.
        self.left = set()
        self.infos = [
            {
                "is_success": start == goal and on_arrival == "stay",
                "optimal_length": reference.distances(blocked, goal).get(start, math.inf),
                "path_length": 0.0,
                "arrival": 0,
                "num_arrivals": 0,
                "num_collisions": 0,
            }
            for start, goal in zip(starts, goals, strict=True)
        ]

    def want(self, k, action):
        """Return the cell that an agent wants to be in: a move into a wall is a stay."""
        return reference.move(self.blocked, self.cells[k], ACTIONS[action])[0]

    def step(self, actions, next_goals):
        """Take the actions {agent: action}; return {agent: reward}, {agent: terminated} and {agent: truncated}.

        Args:
            actions: One of each of ``agents``.
            next_goals: The goals after the step, of which those that are drawn anew are taken.
        """
        acting = list(self.agents)
        self.steps += 1
        before = [cell if k in acting else None for k, cell in enumerate(self.cells)]
        wants = [self.want(k, actions[k]) if k in acting else None for k in range(len(before))]
        after = conflict_free(self.conflicts, before, wants)
        own, there = {}, {}
        for k in acting:
            info = self.infos[k]
            self.cells[k] = after[k]
            info["path_length"] += after[k] != before[k]
            info["num_collisions"] += wants[k] != after[k]
            there[k] = after[k] == self.goals[k]
            own[k] = self.reward(k, actions[k], before[k], after[k], there[k])
            if there[k] and not info["is_success"]:
                info["arrival"] = self.steps
                info["num_arrivals"] += 1
            info["is_success"] = there[k]
        mean = sum(own.values()) / len(own)
        rewards = {k: (1 - self.team_weight) * own[k] + self.team_weight * mean for k in acting}
        terminated = dict.fromkeys(acting, self.on_arrival == "stay" and all(there.values()))
        for k in acting:
            if there[k] and self.on_arrival == "disappear":
                terminated[k] = True
                self.left.add(k)
            if there[k] and self.on_arrival == "restart":
                self.goals[k] = next_goals[k]
                self.infos[k]["is_success"] = False
        truncated = dict.fromkeys(acting, self.steps >= self.limit)
        self.agents = [k for k in acting if not terminated[k] and not truncated[k]]
        return rewards, terminated, truncated

    def reward(self, k, action, before, after, is_there):
        """Return what one agent's step is worth by itself; its info still says whether it was at its goal before."""
        get, was_there = lambda name: self.rewards.get(name, 0.0), self.infos[k]["is_success"]
        reward = 0.0 if is_there and was_there else get("step")
        if after != before:
            reward += get("path")
        elif ACTIONS[action] != (0, 0):
            reward += get("collision")
        # One that began at its goal has got nothing to give back.
        gives_back = was_there and not is_there and self.infos[k]["num_arrivals"] > 0
        reward += get("goal") * ((is_there and not was_there) - gives_back)
        if get("shaping"):
            # The potential is 0 where no way leads to the goal.
            known = reference.distances(self.blocked, self.goals[k])
            was, now = (-get("shaping") * known.get(cell, 0.0) for cell in (before, after))
            reward += get("discount") * now - was
        return reward

    def masks(self, k):
        """Return which actions run into no wall."""
        return [self.want(k, number) != self.cells[k] or action == (0, 0) for number, action in enumerate(ACTIONS)]

    def planes(self, k, radius):
        """Return what an agent sees around it: obstacles, other agents, its goal, the goals of others."""
        obstacles, own_goal = reference.window(self.blocked, self.cells[k], self.goals[k], radius)
        others = [other for other in range(len(self.cells)) if other != k and other not in self.left]
        row, col = self.cells[k]
        side = range(-radius, radius + 1)
        shown = [
            [[int((row + drow, col + dcol) in cells) for dcol in side] for drow in side]
            for cells in ([self.cells[other] for other in others], [self.goals[other] for other in others])
        ]
        return [obstacles, shown[0], own_goal, shown[1]]

    def coordinates(self, k):
        """Return row and column of an agent and of its goal, each as a share of the last."""
        last = [max(len(self.blocked) - 1, 1), max(len(self.blocked[0]) - 1, 1)]
        return [cell[axis] / last[axis] for cell in (self.cells[k], self.goals[k]) for axis in (0, 1)]

    def state(self):
        """Return the whole map: obstacles, agents, goals."""
        there = [k for k in range(len(self.cells)) if k not in self.left]
        walls = [[int(wall) for wall in row] for row in self.blocked]
        return [
            walls,
            *(
                [[int((row, col) in cells) for col in range(len(walls[0]))] for row in range(len(walls))]
                for cells in ({self.cells[k] for k in there}, {self.goals[k] for k in there})
            ),
        ]
