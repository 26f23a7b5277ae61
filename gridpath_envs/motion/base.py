"""Motion: what environments ask of the way their agents move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps.level_set import LevelSet

if TYPE_CHECKING:
    from gridpath_envs.lanes import LaneBatch
    from gridpath_envs.tasks import TaskConfig


class Motion(ABC):
    """A way to move. It keeps no lanes: what is about some is told of them, so that nothing keeps them alive.

    Args:
        params: (1,) PARAMETERS.
    """

    # ``step(lanes, maps, distances, params, actions, transitions)``, which returns how many episodes ended.
    step_kernel: ClassVar[Callable[..., int]]
    # Whether ``settle`` must be called on lanes that have begun an episode.
    settles: ClassVar[bool] = False

    def __init__(self, params: NDArray[np.void]) -> None:
        """Keep the parameters."""
        self._params = params

    def build_levels(self, config: TaskConfig, num_envs: int) -> LevelSet:
        """Return the levels of an environment."""
        return LevelSet.build(self._params, config.fixed_map, config.rows, num_envs)

    def new_scratch(self) -> tuple[NDArray[Any], ...]:
        """Allocate what ``settle`` needs, for each thread that calls it."""
        return ()

    def settle(self, batch: LaneBatch, part: slice, *scratch: NDArray[Any]) -> None:  # noqa: B027 - nothing, for most
        """Finish the beginning of an episode in those of some lanes that have begun one, where ``settles`` says so.

        Args:
            batch: All lanes.
            part: Some of them.
            *scratch: What ``new_scratch`` returned.
        """

    @abstractmethod
    def empty_actions(self, count: int) -> NDArray[Any]:
        """Return an array of actions, (count, ...), for ``check_action`` to write to."""

    @abstractmethod
    def check_actions(self, actions: Any, num_envs: int) -> NDArray[Any]:
        """Return one action a lane as the kernel takes them.

        Raises:
            InvalidActionError: The actions have another shape or dtype, or one is not allowed.
        """

    @abstractmethod
    def check_action(self, action: Any) -> Any:
        """Return one action as it is written into ``empty_actions``.

        Raises:
            InvalidActionError: It has another shape or type, or is not allowed.
        """

    @abstractmethod
    def positions(self, batch: LaneBatch) -> NDArray[Any]:
        """Return where each agent is, (B, 2)."""

    def place(self, record: np.void) -> tuple[float, float]:
        """Return where pictures show a lane's agent: its cell (row, col), or a place between cells.

        Args:
            record: LANE.
        """
        return int(record["row"]), int(record["col"])

    def places(self, points: Iterable[tuple[Any, Any]]) -> list[tuple[float, float]]:
        """Return where pictures show what ``positions`` and ``shortest_path`` say."""
        return [(row, col) for row, col in points]

    @property
    def body_radius(self) -> float | None:
        """Radius of an agent that is a disc between cells, in cells; None where it is in a cell."""
        return None

    @abstractmethod
    def reached(self, achieved_goal: NDArray[Any], desired_goal: NDArray[Any]) -> NDArray[np.bool_]:
        """Return whether goals are reached, (...,) bool.

        Args:
            achieved_goal: (..., 2) float, as observations have them.
            desired_goal: (..., 2) float.
        """

    def action_masks(self, batch: LaneBatch) -> NDArray[np.bool_]:
        """Return which actions run into nothing, (B, A) bool."""
        raise self._unknown("action_masks")

    @abstractmethod
    def optimal_actions(self, batch: LaneBatch) -> NDArray[Any]:
        """Return which actions are optimal, or an action that is."""

    @abstractmethod
    def distance_to_goal(self, batch: LaneBatch) -> NDArray[np.float64]:
        """Return the length of the shortest path from each agent to its goal, (B,)."""

    def optimal_return(self, batch: LaneBatch) -> NDArray[np.float64]:
        """Return the best expected return, (B,)."""
        raise self._unknown("optimal_return")

    @abstractmethod
    def shortest_path(self, batch: LaneBatch, lane: int) -> list[tuple[Any, Any]]:
        """Return a shortest path from a lane's agent to its goal, both included."""

    def check_state(self, lanes: NDArray[np.void], maps: NDArray[np.uint8]) -> None:  # noqa: B027 - nothing, for most
        """Refuse what no lane can be in; what all motions share is right already.

        Args:
            lanes: (K,) LANE.
            maps: (K, S) uint8, padded.

        Raises:
            InvalidStateError: A value is out of range.
        """

    def _unknown(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"{what}: is for discrete actions, this environment has continuous ones")
