"""Maps for discs, as kernels want them, and the slow, obvious distance to walls."""

from __future__ import annotations

import numba
import numpy as np

from gridpath_envs.core.continuous import MAX_RADIUS
from gridpath_envs.core.line_of_sight import line_of_sight_disc
from gridpath_envs.core.moves import action_table
from gridpath_envs.core.rng import stream_key
from gridpath_envs.core.state import PARAMETERS, padded_size, set_geometry
from gridpath_envs.maps.generators import GENERATORS, generate

RADII = [0.05, 0.15, 0.3, MAX_RADIUS]


def parameters(height, width):
    params = np.zeros(1, PARAMETERS)
    set_geometry(params, height, width, 1, action_table(True, False))
    return params


def padded(blocked):
    return np.pad(np.asarray(blocked, dtype=np.uint8), 1, constant_values=1).ravel()


def picture(text):
    blocked = np.array([[char == "#" for char in line] for line in text.split()])
    return padded(blocked), parameters(*blocked.shape)


def random_map(rng, size=(4, 17), density=(0.05, 0.45)):
    """Return blocked cells with a free one among them, its padded map and the parameters."""
    blocked = rng.random(rng.integers(*size, 2)) < rng.uniform(*density)
    blocked[tuple(rng.integers(0, blocked.shape))] = False
    return blocked, padded(blocked), parameters(*blocked.shape)


def generated_map(kind, height, width, number):
    params = parameters(height, width)
    params[0]["generator"], params[0]["density"], params[0]["block_size"] = GENERATORS[kind], round(0.25 * 65536), 5
    world = np.ones(padded_size(height, width, 1), dtype=np.uint8)
    generate(world, params[0], np.uint64(stream_key(number, 1)), 0, np.zeros((8, world.size), dtype=np.int32))
    return world, params


def free_cells(blocked):
    return np.argwhere(~np.asarray(blocked, dtype=bool))


def distance_to_walls(points, blocked):
    """Return how far points are from the nearest solid square, the map's surroundings included; points: (N, 2)."""
    walls = np.argwhere(np.pad(blocked, 1, constant_values=True)) - 1
    away = points[:, None, :] - np.clip(points[:, None, :], walls[None], walls[None] + 1)
    return np.sqrt((away**2).sum(axis=2)).min(axis=1)


@numba.njit
def sights(starts, ends, radius, world, params, out):
    for k in range(starts.shape[0]):
        out[k] = line_of_sight_disc(starts[k, 0], starts[k, 1], ends[k, 0], ends[k, 1], radius, world, params[0])


def in_sight(starts, ends, radius, world, params):
    out = np.zeros(len(starts), dtype=bool)
    sights(np.array(starts, dtype=float), np.array(ends, dtype=float), radius, world, params, out)
    return out
