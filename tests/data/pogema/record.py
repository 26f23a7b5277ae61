"""Record what POGEMA does with joint actions on small maps, as `traces.json.gz` beside this file.

Run it with a Python that has `pogema==1.4.0`, which wants older packages than this project and so an environment of its
own; see the README.md beside it. The same versions write the same bytes every time.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pogema import GridConfig, pogema_v0

Cell = tuple[int, int]

COLLISION_SYSTEMS = ("priority", "block_both", "soft")
ON_TARGETS = ("finish", "nothing", "restart")

# GridPath's order: up, right, down, left, stay.
MOVES: list[Cell] = [(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)]
STAY = 4

# POGEMA's number of each of them.
POGEMA_ACTIONS = [[list(move) for move in GridConfig().MOVES].index(list(move)) for move in MOVES]

STEPS = 25
ROUNDS = 2

# Sides of the rectangles whose border is turned as a ring; the first two are swaps.
RINGS = [(1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3)]

# Each row is one trace for each pair of rules: rows, columns, density of obstacles, agents (a number, or a share of the
# free cells), probability of a move towards the goal, probability that a step is stirred, agents that start on their
# goals, most steps.
PLANS: list[tuple[int, int, float, int | float, float, float, int, int]] = [
    (5, 5, 0.0, 2, 0.95, 0.0, 0, 40),
    (5, 6, 0.2, 3, 0.9, 0.0, 0, 40),
    (6, 5, 0.1, 0.3, 0.6, 0.1, 0, STEPS),
    (6, 8, 0.3, 0.3, 0.0, 0.2, 0, STEPS),
    (5, 7, 0.0, 0.6, 0.0, 0.6, 0, STEPS),
    (7, 7, 0.1, 0.6, 0.3, 0.4, 0, STEPS),
    (8, 8, 0.2, 0.4, 0.6, 0.2, 0, STEPS),
    (9, 6, 0.3, 0.6, 0.3, 0.4, 0, STEPS),
    (10, 10, 0.1, 0.2, 0.6, 0.1, 0, STEPS),
    (10, 10, 0.0, 0.6, 0.2, 0.6, 0, STEPS),
    (7, 10, 0.2, 0.5, 0.0, 0.4, 0, STEPS),
    (5, 5, 0.0, 0.6, 0.6, 0.2, 3, STEPS),
]


def components(blocked: list[list[int]]) -> list[list[Cell]]:
    """Return the connected sets of free cells, each in row order, the one with the topmost, leftmost cell first."""
    free = [(row, col) for row, line in enumerate(blocked) for col, wall in enumerate(line) if not wall]
    unseen, found = set(free), []
    for cell in free:
        if cell not in unseen:
            continue
        unseen.remove(cell)
        component, frontier = [], [cell]
        while frontier:
            row, col = frontier.pop()
            component.append((row, col))
            for drow, dcol in MOVES:
                neighbour = (row + drow, col + dcol)
                if neighbour in unseen:
                    unseen.remove(neighbour)
                    frontier.append(neighbour)
        found.append(sorted(component))
    return found


def draw_map(rng: random.Random, rows: int, cols: int, density: float) -> list[list[int]]:
    """Return rows of 0 (free) and 1 (obstacle), at least half of them free and joined."""
    while True:
        blocked = [[int(rng.random() < density) for _ in range(cols)] for _ in range(rows)]
        if 2 * max(map(len, components(blocked)), default=0) >= rows * cols:
            return blocked


def draw_ends(rng: random.Random, blocked: list[list[int]], agents: int | float, on_goal: int) -> list[list[Cell]]:
    """Return a start and a goal for each agent; all starts differ, all goals differ, and goals can be reached.

    Args:
        rng: Where the numbers come from.
        blocked: Rows of 0 and 1.
        agents: How many, or which share of the free cells.
        on_goal: How many of the agents start on their goals, the first ones.
    """
    parts = [part for part in components(blocked) if len(part) > 1]
    cells = [cell for part in parts for cell in part]
    count = agents if isinstance(agents, int) else int(agents * sum(line.count(0) for line in blocked))
    starts = rng.sample(cells, min(count, len(cells)))
    fixed = starts[:on_goal]
    goals: dict[Cell, Cell] = {start: start for start in fixed}
    for part in parts:
        mine = [start for start in starts if start in part and start not in goals]
        places = [cell for cell in part if cell not in fixed]
        while True:
            rng.shuffle(places)
            if all(start != goal for start, goal in zip(mine, places, strict=False)):
                break
            if len(places) == 1:  # All the others start on their goals.
                break
        goals.update(zip(mine, places, strict=False))
    return [[start, goals[start]] for start in starts]


def draw_sequences(rng: random.Random, blocked: list[list[int]], ends: list[list[Cell]]) -> list[list[Cell]]:
    """Return five goals for each agent, its own first; no two neighbours in the list are the same."""
    part_of = {cell: part for part in components(blocked) for cell in part}
    sequences = []
    for start, goal in ends:
        sequence = [goal]
        while len(sequence) < 5 or sequence[-1] == sequence[0]:
            cell = rng.choice(part_of[start])
            if cell != sequence[-1]:
                sequence.append(cell)
        sequences.append(sequence)
    return sequences


def ring(top: int, left: int, height: int, width: int) -> list[Cell]:
    """Return the border of a rectangle of cells, clockwise."""
    bottom, right = top + height - 1, left + width - 1
    cells = [(top, col) for col in range(left, right + 1)]
    cells += [(row, right) for row in range(top + 1, bottom + 1)]
    if height > 1 and width > 1:
        cells += [(bottom, col) for col in range(right - 1, left - 1, -1)]
        cells += [(row, left) for row in range(bottom - 1, top, -1)]
    return cells


def stir(rng: random.Random, blocked: list[list[int]], agent_at: dict[Cell, int], actions: list[int]) -> None:
    """Change actions so that agents meet: all go the same way, or rings of neighbours turn, some of them swaps.

    Args:
        rng: Where the numbers come from.
        blocked: Rows of 0 and 1.
        agent_at: The active agent of each cell that has one.
        actions: The actions to change.
    """
    if rng.random() < 0.3:
        way = rng.randrange(4)
        for agent in agent_at.values():
            if rng.random() < 0.9:
                actions[agent] = way
        return
    places = itertools.product(range(len(blocked)), range(len(blocked[0])), RINGS)
    rings = [ring(row, col, height, width) for row, col, (height, width) in places]
    full = [cells for cells in rings if all(cell in agent_at for cell in cells)]
    rng.shuffle(full)
    full.sort(key=lambda cells: len(cells) == 2)  # Else swaps leave no room for the others.
    turned: set[Cell] = set()
    for cells in full:
        if turned & set(cells) or rng.random() < 0.4:
            continue
        turned |= set(cells)
        if rng.random() < 0.5:
            cells = cells[::-1]
        for (row, col), (to_row, to_col) in zip(cells, cells[1:] + cells[:1], strict=True):
            actions[agent_at[row, col]] = MOVES.index((to_row - row, to_col - col))


def draw_action(rng: random.Random, cell: Cell, goal: Cell, goalward: float) -> int:
    """Return a random action, with a given probability one that lessens the Manhattan distance (staying if it is 0)."""
    if rng.random() >= goalward:
        return rng.randrange(len(MOVES))
    drow, dcol = goal[0] - cell[0], goal[1] - cell[1]
    better = [k for k, move in enumerate(MOVES[:STAY]) if move[0] * drow + move[1] * dcol > 0]
    return rng.choice(better) if better else STAY


def record(seed: int, collision_system: str, on_target: str, plan: tuple[Any, ...]) -> dict[str, Any]:
    """Play one episode and return all of it, in plain lists.

    Args:
        seed: What the map, the ends and the actions come from.
        collision_system: POGEMA's word for what happens where agents meet.
        on_target: POGEMA's word for what happens on goals.
        plan: A row of PLANS.
    """
    rows, cols, density, agents, goalward, stirred, on_goal, steps = plan
    rng = random.Random(seed)
    blocked = draw_map(rng, rows, cols, density)
    ends = draw_ends(rng, blocked, agents, on_goal)
    restart = on_target == "restart"
    env = pogema_v0(
        GridConfig(
            map=blocked,
            agents_xy=[start for start, _ in ends],
            targets_xy=draw_sequences(rng, blocked, ends) if restart else [goal for _, goal in ends],
            collision_system=collision_system,
            on_target=on_target,
            max_episode_steps=10 * steps,
        )
    )
    env.reset()
    grid = env.grid
    if grid.get_obstacles(ignore_borders=True).tolist() != blocked:
        raise RuntimeError("POGEMA's map is not the one it was given")

    def cells_of(kind: str) -> list[Cell]:
        found = (
            grid.get_agents_xy(ignore_borders=True) if kind == "agents" else grid.get_targets_xy(ignore_borders=True)
        )
        return [(int(row), int(col)) for row, col in found]

    trace: dict[str, Any] = {
        "collision_system": collision_system,
        "on_target": on_target,
        "map": blocked,
        "starts": [start for start, _ in ends],
        "goals": [cells_of("goals")],
        "actions": [],
        "positions": [cells_of("agents")],
        "active": [[int(grid.is_active[agent]) for agent in range(len(ends))]],
        "rewards": [],
        "terminated": [],
    }
    if trace["positions"][0] != trace["starts"]:
        raise RuntimeError("POGEMA's cells are not (row, col) of the map without its border")
    for _ in range(steps):
        cells, goals, active = trace["positions"][-1], trace["goals"][-1], trace["active"][-1]
        # Who is gone plays at random too, to show that it does not matter.
        chances = [goalward if flag else 0.0 for flag in active]
        actions = [draw_action(rng, *args) for args in zip(cells, goals, chances, strict=True)]
        if rng.random() < stirred:
            agent_at = {cell: agent for agent, cell in enumerate(cells) if active[agent]}
            stir(rng, blocked, agent_at, actions)
        _, rewards, terminated, truncated, infos = env.step([POGEMA_ACTIONS[action] for action in actions])
        if any(truncated) or any(reward not in (0.0, 1.0) for reward in rewards):
            raise RuntimeError("An episode was cut short, or a reward is neither 0 nor 1")
        trace["actions"].append(actions)
        trace["positions"].append(cells_of("agents"))
        trace["goals"].append(cells_of("goals"))
        trace["active"].append([int(info["is_active"]) for info in infos])
        trace["rewards"].append([int(reward) for reward in rewards])
        trace["terminated"].append([int(flag) for flag in terminated])
        if all(terminated):
            break
    if not restart:
        if any(goals != trace["goals"][0] for goals in trace["goals"]):
            raise RuntimeError("A goal moved")
        trace["goals"] = trace["goals"][0]
    return trace


def main() -> None:
    """Record all traces, write the file and say what is in it."""
    warnings.filterwarnings("ignore", message="Agent .* has completed all", category=UserWarning)
    traces = []
    rules = itertools.product(range(ROUNDS), PLANS, COLLISION_SYSTEMS, ON_TARGETS)
    for seed, (_, plan, collision_system, on_target) in enumerate(rules):
        traces.append(record(seed, collision_system, on_target, plan))
    recorded = {"package": "pogema", "version": version("pogema"), "traces": traces}
    text = json.dumps(recorded, separators=(",", ":")) + "\n"
    path = Path(__file__).with_name("traces.json.gz")
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    joint = sum(len(trace["actions"]) for trace in traces)
    moves = sum(len(trace["actions"]) * len(trace["starts"]) for trace in traces)
    rewards = sum(sum(map(sum, trace["rewards"])) for trace in traces)
    print(f"{len(traces)} traces, {joint} joint moves, {moves} actions, {rewards} rewards, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
