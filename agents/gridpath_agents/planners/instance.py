"""What planners for many agents are asked: starts and goals, checked once, and the map as a graph of its free cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.jit import kernel
from gridpath_envs.errors import ConfigurationError, InfeasibleLevelError
from gridpath_envs.maps import GridMap

# What distance tables may take, in bytes.
MAX_TABLE_BYTES = 1 << 32

# Cells that are measured between two chances to interrupt: some hundredths of a second.
_CHUNK = 1 << 22


class Graph(NamedTuple):
    """The free cells of a map, numbered row by row, and which of them lie beside which.

    Args:
        neighbours: (V, 4) int32, numbers of the free cells beside each; behind its degree -1.
        degree: (V,) int32, how many there are.
    """

    neighbours: NDArray[np.int32]
    degree: NDArray[np.int32]


class Numbering:
    """Goes from cells (row, col) to the numbers of a graph's vertices and back.

    Args:
        grid_map: The map. Holes count as blocked, and every move costs 1 whatever the terrain.

    Raises:
        ConfigurationError: The map has portals.
    """

    def __init__(self, grid_map: GridMap) -> None:
        """Number the free cells."""
        if grid_map.portals:
            raise ConfigurationError("planners for many agents know no portals; the map has some")
        self.free = (grid_map.cells & SOLID) == 0
        self.cells = np.argwhere(self.free).astype(np.int32)
        numbers = np.full((grid_map.shape[0] + 2, grid_map.shape[1] + 2), -1, dtype=np.int32)
        numbers[1:-1, 1:-1][self.free] = np.arange(len(self.cells), dtype=np.int32)
        self.vertex_of = numbers[1:-1, 1:-1]
        beside = np.stack([numbers[:-2, 1:-1], numbers[1:-1, 2:], numbers[2:, 1:-1], numbers[1:-1, :-2]], axis=-1)
        around = beside[self.free]
        # Free neighbours first, in the order up, right, down, left.
        order = np.argsort(around < 0, axis=1, kind="stable")
        self.graph = Graph(
            np.ascontiguousarray(np.take_along_axis(around, order, axis=1)),
            (around >= 0).sum(axis=1).astype(np.int32),
        )

    def vertices(self, cells: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the numbers of cells (..., 2)."""
        return np.ascontiguousarray(self.vertex_of[cells[..., 0], cells[..., 1]])


def check_cells(grid_map: GridMap, cells: ArrayLike, what: str, distinct: bool) -> NDArray[np.int32]:
    """Return cells of agents as an array, if each is a free cell of the map.

    Args:
        grid_map: The map.
        cells: (N, 2) integers, (row, col).
        what: What the cells are for, used in the message.
        distinct: Whether no two agents may have the same.

    Returns:
        (N, 2) int32, a copy.

    Raises:
        ConfigurationError: They are not; the message names the agent and its cell.
    """
    array = as_array(cells)
    if array.ndim != 2 or array.shape[1:] != (2,) or array.shape[0] == 0 or array.dtype.kind not in "iu":
        raise ConfigurationError(
            f"{what}: expected an (N, 2) array of integers, a cell (row, col) for each agent,"
            f" got shape {array.shape} and dtype {array.dtype}"
        )
    outside = np.any((array < 0) | (array >= np.array(grid_map.shape)), axis=1)
    safe = np.where(outside[:, np.newaxis], 0, array).astype(np.int32)
    wrong = outside | ((grid_map.cells[safe[:, 0], safe[:, 1]] & SOLID) != 0)
    if wrong.any():
        agent = int(wrong.argmax())
        grid_map.check_free(array[agent], f"{what}: agent {agent}")
    if distinct:
        flat = safe[:, 0].astype(np.int64) * grid_map.shape[1] + safe[:, 1]
        order = np.argsort(flat, kind="stable")
        same = np.flatnonzero(flat[order][1:] == flat[order][:-1])
        if same.size:
            first, second = order[same[0] : same[0] + 2].tolist()
            raise ConfigurationError(
                f"{what}: agents {first} and {second} have the same cell {tuple(safe[first].tolist())}"
            )
    return safe


def check_instance(grid_map: GridMap, starts: ArrayLike, goals: ArrayLike) -> tuple[NDArray[np.int32], ...]:
    """Return starts and goals as arrays, if planners can be asked about them.

    Args:
        grid_map: The map.
        starts: (N, 2) integers, free cells (row, col), all different.
        goals: (N, 2) integers, free cells (row, col), all different.

    Returns:
        Starts and goals, both (N, 2) int32.

    Raises:
        ConfigurationError: They are no such cells, or not as many starts as goals.
    """
    checked = tuple(check_cells(grid_map, cells, name, True) for name, cells in (("starts", starts), ("goals", goals)))
    if len(checked[0]) != len(checked[1]):
        raise ConfigurationError(f"there are {len(checked[0])} starts and {len(checked[1])} goals; each agent has both")
    return checked


def make_tables(num_agents: int, num_vertices: int) -> NDArray[np.int32]:
    """Allocate distance tables, (N, V) int32.

    Raises:
        ConfigurationError: They would take too much memory.
    """
    num_bytes = 4 * num_agents * num_vertices
    if num_bytes > MAX_TABLE_BYTES:
        raise ConfigurationError(
            f"distance tables of {num_agents} agents on {num_vertices} free cells take {num_bytes >> 20} MiB,"
            f" at most {MAX_TABLE_BYTES >> 20} are allowed; use fewer agents or a smaller map"
        )
    return np.empty((num_agents, num_vertices), dtype=np.int32)


class Instance:
    """One question to a planner: the graph, each agent's ends in it, and how far it is to each goal.

    Args:
        grid_map: The map.
        starts: (N, 2) integers, free cells (row, col), all different.
        goals: (N, 2) integers, free cells (row, col), all different.

    Raises:
        ConfigurationError: They are no such cells, not as many starts as goals, the map has portals, or the distance
            tables would take too much memory.
        InfeasibleLevelError: An agent cannot reach its goal.
    """

    def __init__(self, grid_map: GridMap, starts: ArrayLike, goals: ArrayLike) -> None:
        """Check, number and measure."""
        self.start_cells, self.goal_cells = check_instance(grid_map, starts, goals)
        self.numbering = Numbering(grid_map)
        self.graph = self.numbering.graph
        self.starts = self.numbering.vertices(self.start_cells)
        self.goals = self.numbering.vertices(self.goal_cells)
        self.num_agents = len(self.starts)
        self.num_vertices = len(self.numbering.cells)
        self.tables = make_tables(self.num_agents, self.num_vertices)
        every = np.arange(self.num_agents, dtype=np.int32)
        queue = np.empty(self.num_vertices, dtype=np.int32)
        # Some at a time, so that an interruption is heard.
        turn = max(1, _CHUNK // self.num_vertices)
        for first in range(0, self.num_agents, turn):
            measure_distances(self.graph, self.goals, every[first : first + turn], self.tables, queue)
        self.lengths = self.tables[every, self.starts].astype(np.int64)
        apart = np.flatnonzero(self.lengths == self.num_vertices)
        if apart.size:
            agent = int(apart[0])
            start, goal = tuple(self.start_cells[agent].tolist()), tuple(self.goal_cells[agent].tolist())
            raise InfeasibleLevelError(f"agent {agent}: no path leads from its start {start} to its goal {goal}")

    @property
    def lower_bound(self) -> int:
        """The sum of the agents' shortest path lengths."""
        return int(self.lengths.sum())


@kernel
def measure_distances(graph, goals, agents, tables, queue):
    """Write the distance tables of some agents.

    Args:
        graph: Graph.
        goals: (N,) int32, vertices.
        agents: (K,) int32, whose tables to write.
        tables: (N, V) int32, written: moves from each vertex to an agent's goal, V where there is no path.
        queue: (V,) int32, scratch.
    """
    neighbours, degree = graph
    unreached = np.int32(degree.shape[0])
    for agent in agents:
        distance = tables[agent]
        distance[:] = unreached
        distance[goals[agent]] = 0
        queue[0] = goals[agent]
        head = np.uint64(0)
        tail = np.uint64(1)
        while head < tail:
            vertex = np.uint64(queue[head])
            head += np.uint64(1)
            farther = np.int32(distance[vertex] + 1)
            for k in range(np.uint64(degree[vertex])):
                other = np.uint64(neighbours[vertex, k])
                if distance[other] == unreached:
                    distance[other] = farther
                    queue[tail] = other
                    tail += np.uint64(1)
