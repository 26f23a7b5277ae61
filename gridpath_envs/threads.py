"""Threads that share the lanes of a vector environment."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Result = TypeVar("_Result")


class LaneThreads:
    """A part of the lanes for each thread, which runs the same compiled kernels on it that one thread runs on all.

    Kernels let go of the interpreter's lock, and lanes share nothing that is written, so results are those of one
    thread. Numba's own parallel kernels would be compiled once more each, and end the process where a forked child or
    a second Python thread enters one.

    Args:
        num_lanes: B.
        num_threads: Threads, the caller's among them.
        new_scratch: Allocates what a thread needs for itself.
    """

    def __init__(self, num_lanes: int, num_threads: int, new_scratch: Callable[[], tuple[NDArray[Any], ...]]) -> None:
        """Divide the lanes, and allocate what each part needs."""
        bounds = np.linspace(0, num_lanes, num_threads + 1).astype(int).tolist()
        self._parts = [slice(first, last) for first, last in itertools.pairwise(bounds)]
        self._scratch = [new_scratch() for _ in self._parts]
        self._executor: ThreadPoolExecutor | None = None
        self._process = -1

    def run(self, task: Callable[..., _Result]) -> list[_Result]:
        """Call ``task(part, *scratch)`` for each part of the lanes and return what it returned, in order."""
        if self._executor is None or self._process != os.getpid():
            # A forked child has none of its parent's threads.
            self._executor = ThreadPoolExecutor(len(self._parts) - 1, thread_name_prefix="gridpath-lanes")
            self._process = os.getpid()
        futures = [
            self._executor.submit(task, part, *scratch)
            for part, scratch in zip(self._parts[1:], self._scratch[1:], strict=True)
        ]
        try:
            results = [task(self._parts[0], *self._scratch[0])]
        finally:
            # Whatever happens here, no thread may go on writing to lanes that are in use again.
            for future in futures:
                future.exception()
        return results + [future.result() for future in futures]

    def close(self) -> None:
        """End the threads; the next run would begin new ones."""
        if self._executor is not None and self._process == os.getpid():
            self._executor.shutdown(wait=True)
        self._executor = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the threads out of pickles and copies."""
        return {**self.__dict__, "_executor": None}
