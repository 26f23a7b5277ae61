"""A binary heap of cells, each of which knows its place, so that its key can be made less."""

from __future__ import annotations

import numpy as np

from gridpath_envs.core.jit import kernel

# The place of a cell that is not in the heap.
UNSEEN = np.int32(-1)
CLOSED = np.int32(-2)


@kernel
def _lift(heap, place, keys, at):
    """Move a cell of a binary heap towards its top until its key fits."""
    cell = heap[np.uint64(at)]
    key = keys[np.uint64(cell)]
    while at > 0:
        above = (at - 1) >> 1
        other = heap[np.uint64(above)]
        if keys[np.uint64(other)] <= key:
            break
        heap[np.uint64(at)] = other
        place[np.uint64(other)] = at
        at = above
    heap[np.uint64(at)] = cell
    place[np.uint64(cell)] = at


@kernel
def put_cell(heap, place, keys, size, cell):
    """Put a cell into a heap, or move it where its key became less; return the size."""
    at = np.int64(place[np.uint64(cell)])
    if at < 0:
        at = size
        heap[np.uint64(at)] = cell
        size += 1
    _lift(heap, place, keys, at)
    return size


@kernel
def take_cell(heap, place, keys, size):
    """Take the cell of the least key out of a heap of a size, and close it."""
    top = np.int64(heap[0])
    place[np.uint64(top)] = CLOSED
    size -= 1
    if size > 0:
        cell = heap[np.uint64(size)]
        key = keys[np.uint64(cell)]
        at = np.int64(0)
        while True:
            below = 2 * at + 1
            if below >= size:
                break
            if (
                below + 1 < size
                and keys[np.uint64(heap[np.uint64(below + 1)])] < keys[np.uint64(heap[np.uint64(below)])]
            ):
                below += 1
            other = heap[np.uint64(below)]
            if keys[np.uint64(other)] >= key:
                break
            heap[np.uint64(at)] = other
            place[np.uint64(other)] = at
            at = below
        heap[np.uint64(at)] = cell
        place[np.uint64(cell)] = at
    return top
