"""The Gymnasium environment: a view of one lane."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from gridpath_envs.adaptors.shown import WINDOW_MODES, Shown
from gridpath_envs.errors import ConfigurationError, InvalidOptionError
from gridpath_envs.maps import GridMap
from gridpath_envs.maps.grid_map import Cell
from gridpath_envs.vector_env import GridVectorEnv


class GridPathEnv(Shown, gymnasium.Env[Any, Any]):
    """One lane of a task behind Gymnasium's API.

    ``gridpath envs show ID`` documents an id: its spaces, reward, episode end and arguments.

    Args:
        task: Registered id.
        render_mode: None, "ansi", "rgb_array", or "human": a window shows each reset and step; closed by its user, it
            stays closed and the environment goes on.
        **arguments: Configuration of the task, see ``TaskConfig`` and the id's own class.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
        InfeasibleLevelError: On the given map the goal is never reachable.
        MissingPackageError: ``render_mode="human"`` needs pygame, which is not installed.
    """

    _vector: GridVectorEnv

    metadata: dict[str, Any] = {"render_modes": list(WINDOW_MODES), "render_fps": 10}  # noqa: RUF012 (Gymnasium's own)

    def __init__(self, task: str, render_mode: str | None = None, **arguments: Any) -> None:
        """Allocate one lane."""
        for name in ("num_envs", "autoreset_mode", "copy", "num_threads"):
            if name in arguments:
                raise ConfigurationError(f"{name}: is for vector environments, see gymnasium.make_vec")
        lane_mode = self._open(render_mode)
        self._vector = GridVectorEnv(
            task,
            1,
            autoreset_mode=AutoresetMode.DISABLED,
            render_mode=lane_mode,
            **arguments,
        )
        self.config = self._vector.config
        self.observation_space = self._vector.single_observation_space
        self.action_space = self._vector.single_action_space
        self._motion = self._vector._motion
        self._action = self._motion.empty_actions(1)
        if self.config.goal_conditioned:
            # Libraries tell by them whether an environment has goals, so others must not have them.
            self.compute_reward = self._vector.compute_reward
            self.compute_terminated = self._vector.compute_terminated
            self.compute_truncated = self._vector.compute_truncated
        self._bind()

    def _bind(self) -> None:
        """Keep views of the lane's fields: reading one takes a tenth of the time that the record needs."""
        lanes = self._vector._lanes
        self._info_fields = {name: lanes[name] for name in self._vector.INFO_KEYS}

    def __getstate__(self) -> dict[str, Any]:
        """Leave the views out too: a copy of them would show the original's lane no more."""
        return {name: value for name, value in super().__getstate__().items() if name != "_info_fields"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state of a pickled or copied environment."""
        super().__setstate__(state)
        self._bind()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Seeds the environment's stream; None continues it, so that each episode differs.
            options: ``start`` and ``goal`` (cells), ``level`` (number) or ``episode_seeds`` (one seed).

        Raises:
            InvalidOptionError: The seed or an option is unknown, malformed or out of range.
            InfeasibleLevelError: With the given start or goal there is no path.
        """
        if isinstance(options, dict) and "reset_mask" in options:
            raise InvalidOptionError("reset_mask: is for vector environments")
        self._vector.reset(seed=None if seed is None else [seed], options=options)
        super().reset(seed=None if seed is None else int(seed))
        if self._window is not None:
            self._show(self._window)
        return self._observe(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one action.

        Args:
            action: Integer in the action space, or two numbers of which those beyond [-1, 1] are clipped.

        Raises:
            InvalidActionError: The action is not in the action space.
            ResetNeededError: There was no reset yet, or the episode has ended.
        """
        vector = self._vector
        self._action[0] = self._motion.check_action(action)
        vector._advance(self._action)
        transition: tuple[float, bool, bool] = vector._transitions.item()  # type: ignore[assignment]
        if self._window is not None:
            self._show(self._window)
        return self._observe(), *transition, self._info()

    def observe(self) -> Any:
        """Return the current observation, as ``reset`` and ``step`` do."""
        self._vector._check_started()
        return self._observe()

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions run into neither a wall nor a moving obstacle, if the agent does not slip. (A,) bool."""
        masks: NDArray[np.bool_] = self._vector.action_masks()[0]
        return masks

    def optimal_actions(self) -> NDArray[Any]:
        """Return which actions begin a shortest path, or with slip have the highest expected return. (A,) bool.

        None at the goal. Moving obstacles and the time limit are left aside. Where actions are continuous: the one that
        goes on along a shortest path, (2,) float32.
        """
        optimal: NDArray[Any] = self._vector.optimal_actions()[0]
        return optimal

    def distance_to_goal(self) -> float:
        """Return the cost of the shortest path from the agent to the goal."""
        return float(self._vector.distance_to_goal()[0])

    def optimal_return(self) -> float:
        """Return the best expected return from here, discounted by ``reward.discount``; see ``GridVectorEnv``."""
        return float(self._vector.optimal_return()[0])

    def shortest_path(self) -> list[tuple[Any, Any]]:
        """Return a shortest path from the agent to the goal, both included: cells (row, col), or points in the plane.

        Raises:
            InfeasibleLevelError: The agent fell into a hole, or came out of a portal without a way back.
        """
        return self._vector.shortest_path(0)

    @property
    def moving_obstacles(self) -> tuple[Cell, ...]:
        """The cells (row, col) of the moving obstacles."""
        return self._vector.moving_obstacles(0)

    def get_state(self) -> NDArray[np.uint8]:
        """Return the state, (1, S) uint8; see ``GridVectorEnv.get_state``."""
        return self._vector.get_state()

    def set_state(self, state: NDArray[np.uint8]) -> None:
        """Take a saved state, (1, S) uint8; see ``GridVectorEnv.set_state``."""
        self._vector.set_state(state)

    @property
    def position(self) -> tuple[Any, Any]:
        """The agent's cell (row, col), or the point of the plane where its centre is."""
        row, col = self._vector.positions[0].tolist()
        return row, col

    @property
    def grid_map(self) -> GridMap:
        """The map of the episode, with its start and goal."""
        return self._vector.grid_map(0)

    @property
    def level(self) -> int:
        """The number of the level that is played."""
        return int(self._vector.levels[0])

    def _observe(self) -> Any:
        return self._vector._observer.first(self._vector._observe())

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {name: field.item() for name, field in self._info_fields.items()}
        if self.config.shows_masks:
            info["action_mask"] = self.action_masks().astype(np.int8)
        return info
