"""Conflicts: which of the moves that agents want at once are made, in time linear in the number of agents.

A move into a wall is a stay. What each rule does of a vertex conflict (two agents want one cell), a swap conflict, a
move into a cell that is being left, and a rotation, stands in ``CONFLICTS``.

Reference:
    Stern et al. 2019, Multi-agent pathfinding: definitions, variants, and benchmarks, arXiv:1906.08291. The words are
    those of POGEMA: Skrynnik et al. 2024, arXiv:2206.10944.
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel

SOFT, PRIORITY, BLOCK_BOTH = 0, 1, 2

CONFLICTS = {"soft": SOFT, "priority": PRIORITY, "block_both": BLOCK_BOTH}

# In the place of an agent, where there is none, and of the cell of one that takes no part.
NOBODY = np.int32(-1)
NOWHERE = np.int32(0)


@kernel
def resolve(rule, count, cells, targets, occupant, claims, stack):
    """Turn the moves that agents want into those that are made.

    Args:
        rule: SOFT, PRIORITY or BLOCK_BOTH.
        count: N.
        cells: (>= N,) int32, the index of each agent's cell, NOWHERE for one that takes no part.
        targets: (>= N,) int32, the free cell that each wants to be in, written: the one where it will be.
        occupant: (cells,) int32, the agent in each cell, or NOBODY; cleared.
        claims: (cells,) int32, all NOBODY, as they are left.
        stack: (>= N,) int32, scratch.
    """
    if rule == SOFT:
        _resolve_soft(count, cells, targets, occupant, claims, stack)
    elif rule == PRIORITY:
        _resolve_priority(count, cells, targets, occupant)
    else:
        _resolve_block_both(count, cells, targets, occupant, claims, stack)
    for k in range(count):
        occupant[np.uint64(cells[k])] = NOBODY
        occupant[np.uint64(targets[k])] = NOBODY


@kernel
def _resolve_soft(count, cells, targets, occupant, claims, stack):
    """The lowest index that wants a cell gets it, unless the agent that is in it ends up staying."""
    for k in range(count):
        cell, target = cells[k], targets[k]
        if target != cell:
            other = occupant[np.uint64(target)]
            if other != NOBODY and targets[other] == cell:
                targets[k] = cell
                targets[other] = target
    num_stayers = 0
    for k in range(count):
        cell, target = cells[k], targets[k]
        if cell == NOWHERE:
            continue
        if target != cell and claims[np.uint64(target)] == NOBODY:
            claims[np.uint64(target)] = k
        else:
            targets[k] = cell
            stack[num_stayers] = k
            num_stayers += 1
    # Who stays keeps its cell, and so makes the one that was to follow stay as well: each agent at most once.
    while num_stayers > 0:
        num_stayers -= 1
        cell = np.uint64(cells[stack[num_stayers]])
        follower = claims[cell]
        if follower != NOBODY:
            claims[cell] = NOBODY
            targets[follower] = cells[follower]
            stack[num_stayers] = follower
            num_stayers += 1
    for k in range(count):
        claims[np.uint64(targets[k])] = NOBODY


@kernel
def _resolve_priority(count, cells, targets, occupant):
    """Agents move one after another; a cell that is occupied at that moment refuses."""
    for k in range(count):
        cell, target = cells[k], targets[k]
        if target != cell:
            if occupant[np.uint64(target)] == NOBODY:
                occupant[np.uint64(cell)] = NOBODY
                occupant[np.uint64(target)] = k
            else:
                targets[k] = cell


@kernel
def _resolve_block_both(count, cells, targets, occupant, claims, refused):
    """All who want the same cell stay; an occupied cell refuses, also one that is being left."""
    for k in range(count):
        target = np.uint64(targets[k])
        if targets[k] != cells[k]:
            # The first to want a cell, or one of several.
            claims[target] = k if claims[target] == NOBODY else count
    for k in range(count):
        target = np.uint64(targets[k])
        refused[k] = targets[k] != cells[k] and (claims[target] != k or occupant[target] != NOBODY)
    for k in range(count):
        claims[np.uint64(targets[k])] = NOBODY
        if refused[k]:
            targets[k] = cells[k]
