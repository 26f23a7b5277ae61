"""Observer: what lanes look like to their agents, as one array or as a dict of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.tasks import Part
from gridpath_envs.threads import LaneThreads


class Observer:
    """Writes the observations of lanes.

    Args:
        parts: What an observation is made of: one part without a name, or several by name, which make a dict.
        num_lanes: B.
        copy: Whether each observation is a new array; False gives the same buffers out again and again.
        num_agents: N, how many lanes one environment has.
    """

    def __init__(self, parts: Mapping[str, Part], num_lanes: int, copy: bool, num_agents: int = 1) -> None:
        """Allocate the buffers."""
        self._num_agents = num_agents
        # The kernels write flat: (B, size), or (B,) for a Discrete space.
        self._writers = [(part.kernel, part.tables) for part in parts.values()]
        self._shapes = [part.space.shape or () for part in parts.values()]
        self._flat = [
            ((int(np.prod(shape)),) if shape else (), part.space.dtype)
            for part, shape in zip(parts.values(), self._shapes, strict=True)
        ]
        self._names = None if list(parts) == [""] else tuple(parts)
        self._buffers = None if copy else self._empty(num_lanes)

    def observe(
        self,
        lanes: NDArray[np.void],
        maps: NDArray[np.uint8],
        params: NDArray[np.void],
        threads: LaneThreads | None,
    ) -> Any:
        """Return the observations of all lanes, (B, ...) or a dict of such."""
        if self._names is None and self._buffers is None and threads is None:
            # A single environment comes through here on each step: what the other ways have in common, straight away.
            ((kernel, tables),), ((shape, dtype),), (shown,) = self._writers, self._flat, self._shapes
            array = np.empty((len(lanes), *shape), dtype)
            kernel(lanes, maps, params, *tables, array)
            return array.reshape((len(lanes), *shown))
        flat = self._empty(len(lanes)) if self._buffers is None else self._buffers
        if threads is None:
            self._write(lanes, maps, params, flat)
        else:
            threads.run(lambda part, *_: self._write_part(self._lanes_of(part), lanes, maps, params, flat))
        return self._shaped(flat)

    def observe_some(self, lanes: NDArray[np.void], maps: NDArray[np.uint8], params: NDArray[np.void]) -> Any:
        """Return the observations of some lanes, (K, ...) or a dict of such, always new ones."""
        flat = self._empty(len(lanes))
        self._write(lanes, maps, params, flat)
        return self._shaped(flat)

    def first(self, observations: Any) -> Any:
        """Return the first lane's observation as a single environment returns it."""
        if self._names is None:
            return observations[0] if observations.ndim > 1 else int(observations[0])
        return {name: part[0] if part.ndim > 1 else int(part[0]) for name, part in observations.items()}

    def each(self, observations: Any) -> list[Any]:
        """Return the observation of each lane as a single environment returns it."""
        if self._names is None:
            return list(observations) if observations.ndim > 1 else observations.tolist()
        columns = [list(part) if part.ndim > 1 else part.tolist() for part in observations.values()]
        return [dict(zip(self._names, row, strict=True)) for row in zip(*columns, strict=True)]

    def _empty(self, count: int) -> list[NDArray[Any]]:
        return [np.empty((count, *shape), dtype) for shape, dtype in self._flat]

    def _write(
        self,
        lanes: NDArray[np.void],
        maps: NDArray[np.uint8],
        params: NDArray[np.void],
        flat: list[NDArray[Any]],
    ) -> None:
        for (kernel, tables), array in zip(self._writers, flat, strict=True):
            kernel(lanes, maps, params, *tables, array)

    def _write_part(
        self,
        part: slice,
        lanes: NDArray[np.void],
        maps: NDArray[np.uint8],
        params: NDArray[np.void],
        flat: list[NDArray[Any]],
    ) -> None:
        self._write(lanes[part], maps, params, [array[part] for array in flat])

    def _lanes_of(self, part: slice) -> slice:
        return slice(part.start * self._num_agents, part.stop * self._num_agents)

    def _shaped(self, flat: list[NDArray[Any]]) -> Any:
        shaped = [array.reshape((len(array), *shape)) for shape, array in zip(self._shapes, flat, strict=True)]
        return shaped[0] if self._names is None else dict(zip(self._names, shaped, strict=True))
