"""GridVectorEnv: B lanes of one task behind Gymnasium's vector API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from gridpath_envs.errors import ConfigurationError, InvalidOptionError, ResetNeededError, shown
from gridpath_envs.lane_queries import LaneQueries
from gridpath_envs.rendering import RENDER_MODES, render_scene
from gridpath_envs.reset_arguments import ResetPlan, parse_options, parse_seeds

# The fields of a lane that every info shows.
INFO_KEYS = ("is_success", "optimal_length", "path_length")


def check_render_mode(render_mode: Any) -> str | None:
    """Return a render mode of vector environments.

    Raises:
        ConfigurationError: It is none.
    """
    if render_mode is not None and not (isinstance(render_mode, str) and render_mode in RENDER_MODES):
        raise ConfigurationError(f"render_mode: got {shown(render_mode)}, allowed: None, {', '.join(RENDER_MODES)}")
    return render_mode


def check_autoreset_mode(autoreset_mode: Any) -> AutoresetMode:
    """Return one of Gymnasium's autoreset modes.

    Raises:
        ConfigurationError: It is none.
    """
    try:
        # An array would be compared with each mode, element by element.
        return AutoresetMode("" if isinstance(autoreset_mode, np.ndarray) else autoreset_mode)
    except ValueError:
        allowed = ", ".join(repr(mode.value) for mode in AutoresetMode)
        raise ConfigurationError(f"autoreset_mode: got {shown(autoreset_mode)}, allowed: {allowed}") from None


class VectorApi(LaneQueries, VectorEnv[Any, Any, Any]):
    """Gymnasium's vector API over lanes: what environments of one agent and of many have in common.

    Args:
        task: Registered id.
        num_envs: B, the number of environments.
        autoreset_mode: Gymnasium's NEXT_STEP (default), SAME_STEP or DISABLED, or "NextStep", "SameStep" or
            "Disabled".
        copy: Whether observations are new arrays; False returns a view that the next step overwrites.
        num_threads: Threads that share the environments, 1 to 256; results do not depend on it.
        render_mode: None, "ansi" or "rgb_array".
        **arguments: Configuration of the task.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
        InfeasibleLevelError: No level can be made.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 10}  # noqa: RUF012 (Gymnasium's own)
    # The fields of a lane that every info shows.
    INFO_KEYS: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        task: str,
        num_envs: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        num_threads: int = 1,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        """Make the lanes and their spaces."""
        self.render_mode = check_render_mode(render_mode)
        self.autoreset_mode = check_autoreset_mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        try:
            super().__init__(task, num_envs, copy, num_threads, render_mode is not None, arguments)
            self.single_observation_space, self.single_action_space = self._single_spaces()
            self.observation_space = batch_space(self.single_observation_space, self.num_envs)
            self.action_space = batch_space(self.single_action_space, self.num_envs)
        except MemoryError as error:
            message = f"num_envs: there is not enough memory for {num_envs} environments of this task ({error})"
            raise ConfigurationError(message) from None

    def _reset(
        self, seed: int | Sequence[int | None] | None, options: dict[str, Any] | None
    ) -> tuple[Any, dict[str, Any]]:
        seeds = parse_seeds(seed, self.num_envs)
        plan = self._plan_reset(options)
        if not self._started and not plan.mask.all():
            raise InvalidOptionError("reset_mask: the first reset must begin every environment")
        self._begin(seeds, plan)
        return self._shaped(self._observe()), self._infos(plan.mask)

    def _step(
        self, actions: NDArray[Any]
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        self._advance(actions)
        rewards = self._per_env(self._transitions["reward"].astype(np.float64))
        terminated = self._per_env(self._transitions["terminated"].copy())
        truncated = self._per_env(self._transitions["truncated"].copy())
        infos: dict[str, Any] = {}
        if self._num_finished and self.autoreset_mode is AutoresetMode.SAME_STEP:
            finished = self._finished_envs()
            infos = {
                "final_obs": self._final_observations(finished),
                "_final_obs": finished,
                "final_info": self._infos(finished),
                "_final_info": finished.copy(),
            }
            self._restart_finished()
        infos.update(self._infos(None))
        return self._shaped(self._observe()), rewards, terminated, truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """Return a picture of each lane, or None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(self._render_lane(i) for i in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """End the threads, where there are any."""
        if self._threads is not None:
            self._threads.close()

    # ------------------------------------------------------------------ what differs

    def _single_spaces(self) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        """Return the observation and the action space of one environment."""
        return self.config.observation_space(), self.config.action_space()

    def _plan_reset(self, options: dict[str, Any] | None) -> Any:
        """Check the options of ``reset``."""
        raise TypeError("a vector environment says which options it takes")

    def _per_env(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return one value a lane as the API wants it."""
        return values

    def _shaped(self, observations: Any) -> Any:
        """Return the observations of all lanes as the API wants them."""
        return observations

    def _final_observations(self, finished: NDArray[np.bool_]) -> NDArray[Any]:
        """Return the observation of each environment that has finished, (B,) object."""
        final_obs = np.full(self.num_envs, None, dtype=object)
        observed = self._observer.each(self._observe_lanes(finished))
        for i, observation in zip(np.flatnonzero(finished), observed, strict=True):
            final_obs[i] = observation
        return final_obs

    # ------------------------------------------------------------------ shared with the adaptors

    def _resume_finished(self) -> None:
        if self.autoreset_mode is AutoresetMode.DISABLED:
            i = int(np.flatnonzero(self._finished_envs())[0])
            raise ResetNeededError(f"step: the episode of environment {i} has ended; reset it first")
        super()._resume_finished()

    def _infos(self, mask: NDArray[np.bool_] | None) -> dict[str, Any]:
        """Return Gymnasium's vector infos: an array a key, and under ``_key`` which lanes have it (None: all)."""
        values: dict[str, NDArray[Any]] = {key: self._per_env(self._lanes[key].copy()) for key in self.INFO_KEYS}
        values |= self._more_infos()
        if self.config.shows_masks:
            values["action_mask"] = self.action_masks().astype(np.int8)
        infos: dict[str, Any] = {}
        for key, value in values.items():
            if mask is not None:
                value[~mask] = 0
            infos[key] = value
            infos[f"_{key}"] = np.ones(self.num_envs, dtype=np.bool_) if mask is None else mask.copy()
        return infos

    def _more_infos(self) -> dict[str, NDArray[Any]]:
        """Return what infos have besides the fields of lanes."""
        return {}

    def _render_lane(self, i: int) -> Any:
        return render_scene(self.render_mode or "", self._scene(i))


class GridVectorEnv(VectorApi):
    """A batch of lanes of one task behind Gymnasium's vector API.

    ``gridpath envs show ID`` documents an id: its spaces, reward, episode end and arguments.

    Args:
        task: Registered id.
        num_envs: B, the number of lanes: environments that are stepped at once.
        autoreset_mode: Gymnasium's NEXT_STEP (default), SAME_STEP or DISABLED, or "NextStep", "SameStep" or
            "Disabled".
        copy: Whether observations are new arrays; False returns a view that the next step overwrites.
        num_threads: Threads that share the lanes, 1 to 256; results do not depend on it.
        render_mode: None, "ansi" or "rgb_array".
        **arguments: Configuration of the task, see ``TaskConfig`` and the id's own class.

    Raises:
        ConfigurationError: An argument is unknown, out of range or contradicts another.
        InfeasibleLevelError: No level can be made, since on the given map the goal is never reachable.
    """

    INFO_KEYS: ClassVar[tuple[str, ...]] = INFO_KEYS

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in each lane, or in those of ``options["reset_mask"]``.

        Args:
            seed: Lane i is seeded with ``seed + i``, or with element i; None continues the lane's stream.
            options: ``start`` and ``goal`` (cells), ``level`` (number) or ``episode_seeds`` (equal seeds, equal
                level, start and goal), each one value or one a lane; ``reset_mask`` (B,) bool.

        Returns:
            Observations and infos.

        Raises:
            InvalidOptionError: A seed or option is unknown, malformed or out of range.
            InfeasibleLevelError: With the given start or goal there is no path.
        """
        return self._reset(seed, options)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Take one action in each lane.

        Args:
            actions: (B,) integers, or (B, 2) numbers of which those beyond [-1, 1] are clipped.

        Returns:
            Observations, rewards (B,) float64, terminated and truncated (B,) bool, infos.

        Raises:
            InvalidActionError: The actions have another shape or dtype, or one is out of range or no number.
            ResetNeededError: There was no reset yet, or a finished lane is stepped with autoreset disabled.
        """
        return self._step(self._motion.check_actions(actions, self.num_envs))

    def _plan_reset(self, options: dict[str, Any] | None) -> ResetPlan:
        return parse_options(options, self.config, self._level_set, self.num_envs)

    def _render_lane(self, lane: int) -> Any:
        if self.render_mode == "rgb_array" and self.config.observation == "image":
            return self._seen_image(lane)
        return super()._render_lane(lane)
