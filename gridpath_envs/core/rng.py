"""Counter-based random numbers: draw n of stream k is a function of (k, n), so any order of evaluation agrees.

Reference:
    Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators, doi:10.1145/2660193.2660195 (SplitMix64).
"""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)

# Tags keep the streams that grow from one seed apart.
SEED_STREAM = np.uint64(0x73656564)
EPISODE_STREAM = np.uint64(0x65706973)
LEVEL_STREAM = np.uint64(0x6C65766C)
SPLIT_STREAM = np.uint64(0x73706C74)
SLIP_STREAM = np.uint64(0x736C6970)
OBSTACLE_STREAM = np.uint64(0x6F627374)
FEATURE_STREAM = np.uint64(0x66656174)
GOAL_STREAM = np.uint64(0x676F616C)
NOISE_STREAM = np.uint64(0x6E6F6973)


@kernel
def mix64(value):
    """Scramble 64 bits (the finaliser of SplitMix64)."""
    value = np.uint64(value)
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


@kernel
def stream_key(seed, tag):
    """Return the key of the stream that a seed and a tag name."""
    return mix64(np.uint64(seed) * _GOLDEN + mix64(np.uint64(tag) + _GOLDEN))


@kernel
def draw(key, counter):
    """Return draw number ``counter`` of the stream ``key``: 64 uniform bits."""
    return mix64(np.uint64(key) + (np.uint64(counter) + np.uint64(1)) * _GOLDEN)


@kernel
def below(bits, bound):
    """Map 64 uniform bits to an integer in [0, bound), ``bound`` at most 2**32, by integers only."""
    return np.int64(((np.uint64(bits) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32))
