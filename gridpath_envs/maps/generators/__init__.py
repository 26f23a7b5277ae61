"""Generators of maps: compiled, by integers only, so that a level is the same on every machine.

A generator is a kernel ``(blocked, params, key, counter, queues)``: it writes every inner cell of a padded map,
whatever that held, from the draws of the stream ``key`` that begin at ``counter``, and returns the number of the next
one. ``queues`` is all the scratch there is. All but "obstacles" give free cells that reach each other, two at least.
"""

from __future__ import annotations

from gridpath_envs.core.jit import kernel
from gridpath_envs.maps.generators.caves import generate_caves
from gridpath_envs.maps.generators.city import generate_city
from gridpath_envs.maps.generators.mazes import MAZES, generate_maze
from gridpath_envs.maps.generators.obstacles import generate_obstacles
from gridpath_envs.maps.generators.rooms import generate_rooms
from gridpath_envs.maps.generators.warehouse import generate_warehouse

__all__ = ["FIXED_MAP", "GENERATORS", "MAZES", "generate"]

# Codes that the level kernel dispatches on; FIXED_MAP draws only start and goal.
FIXED_MAP = 0
OBSTACLES, MAZE, ROOMS, CAVES, WAREHOUSE, CITY = 1, 2, 3, 4, 5, 6

GENERATORS = {
    "obstacles": OBSTACLES,
    "maze": MAZE,
    "rooms": ROOMS,
    "caves": CAVES,
    "warehouse": WAREHOUSE,
    "city": CITY,
}


@kernel
def generate(blocked, params, key, counter, queues):
    """Write a map with the generator of the parameters.

    Args:
        blocked: (cells,) uint8, padded; the inner cells are written.
        params: PARAMETERS record; its generator is not FIXED_MAP.
        key: Key of the level's stream.
        counter: Number of the stream's first unused draw.
        queues: (2, cells) int32, scratch.

    Returns:
        The number of the stream's next unused draw.
    """
    if params.generator == OBSTACLES:
        return generate_obstacles(blocked, params, key, counter)
    if params.generator == MAZE:
        return generate_maze(blocked, params, key, counter, queues)
    if params.generator == ROOMS:
        return generate_rooms(blocked, params, key, counter, queues)
    if params.generator == CAVES:
        return generate_caves(blocked, params, key, counter, queues)
    if params.generator == WAREHOUSE:
        return generate_warehouse(blocked, params, key, counter, queues)
    return generate_city(blocked, params, key, counter, queues)
