"""GridPathContinuous: a disc-shaped robot in the plane of a grid of free and blocked cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from gymnasium import spaces

from gridpath_envs.checks import check_choice, check_int, check_number
from gridpath_envs.core import continuous
from gridpath_envs.core.cells import BLOCKED, HOLE
from gridpath_envs.core.disc_observations import (
    observe_body_batch,
    observe_goal_centre_batch,
    observe_motion_batch,
    observe_range_finder_batch,
)
from gridpath_envs.core.moves import action_table
from gridpath_envs.core.observations import observe_egocentric_batch
from gridpath_envs.core.range_finder import beam_table
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.tasks.parts import Part
from gridpath_envs.tasks.task_config import MAX_RADIUS, TaskConfig

DYNAMICS = ("velocity", "acceleration")

# Kinds of observation, and what each is.
DISC_OBSERVATIONS = {
    "range_finder": "the vector to the goal, in units of `max_range`; the velocity, as a share of `max_speed`; then how"
    " far each beam gets before it meets a wall, as a share of `max_range`, the first beam up, the others clockwise",
    "egocentric": "`window`, the cells around the agent's: obstacles and the goal, shown on its edge where it lies"
    " outside; and `motion`, the vector to the goal and the velocity as for the range finder, and where in its cell the"
    " agent is",
}

# The longest step, in cells.
_MAX_STEP = 4.0


@dataclass(frozen=True)
class ContinuousConfig(TaskConfig):
    """Configuration of a disc-shaped robot: the keyword arguments of ``gymnasium.make`` and ``make_vec``.

    Lengths are in cells and times in seconds.

    Args:
        length_range: (least, most) length of a level's shortest path by octile moves, None on either side for no bound.
        detour_range: (least, most) ratio of that length to the one on a map without obstacles.
        time_limit: Steps (int), or multiple of the optimal path length in steps of full speed (float, rounded up to
            whole steps), after which an episode is truncated. None: 200 steps on given maps and random obstacles of up
            to 100 cells, else 4.0.
        reward: What steps are rewarded with: ``path`` times the way gone, ``collision`` for each step that touches a
            wall, ``shaping`` by the shortest way by the centre of a cell around and from there by octile moves.
        observation: "range_finder" (vector to the goal, velocity, and beams) or "egocentric" (a window around the
            agent, with the same vector and velocity).
        goal_conditioned: Whether observations are dicts for hindsight replay: ``observation``, in which nothing shows
            the goal, ``achieved_goal`` and ``desired_goal``, points (row, col) as float32. The id's own reward, which
            cannot be told from goals, gives way to the usual one.
        dynamics: What an action is: "velocity", of which 1 is ``max_speed``, or "acceleration", of which 1 is
            ``max_acceleration``. An action longer than 1 is shortened to 1, so that no direction is faster.
        robot_radius: Radius of the robot, 0.05 to 0.45.
        goal_radius: Distance from the goal's centre within which the goal is reached, 0.05 to 0.5.
        time_step: Time that an action lasts, 0.001 to 1.
        max_speed: Greatest speed, 0.01 to 100; in one step it makes 4 cells at most.
        max_acceleration: Greatest acceleration, 0.01 to 1000; 8 where dynamics="acceleration".
        damping: Share of the velocity that drag takes a second, 0 to 1000; 1 where dynamics="acceleration".
        noise: Standard deviation of a Gaussian displacement that is added to each step in each direction, as a share of
            the longest step, 0 to 1.
        num_beams: Beams of the range finder, evenly spaced, 1 to 360; 16 where there is one.
        max_range: How far the range finder reaches, and the unit of the vector to the goal, 1 to 512.

    Raises:
        ConfigurationError: A value is out of range or contradicts another.
    """

    MOTION: ClassVar[str] = "disc"

    observation: str = "range_finder"
    dynamics: str = "velocity"
    robot_radius: float = continuous.DEFAULT_RADIUS
    goal_radius: float = 0.5
    time_step: float = continuous.DEFAULT_DT
    max_speed: float = continuous.DEFAULT_MAX_SPEED
    max_acceleration: float | None = None
    damping: float | None = None
    noise: float = 0.0
    num_beams: int | None = None
    max_range: float = 8.0

    @classmethod
    def observation_kinds(cls) -> tuple[str, ...]:
        """Return the names that ``observation`` may have."""
        return tuple(DISC_OBSERVATIONS)

    def _check_maps(self) -> None:
        super()._check_maps()
        if self.fixed_map is not None and ((self.fixed_map.cells & HOLE).any() or self.fixed_map.portals):
            raise ConfigurationError("map: has holes or portals, which are for environments with discrete moves")

    def _check_dynamics(self) -> None:
        check_choice("dynamics", self.dynamics, DYNAMICS)
        for name, low, high in (
            ("robot_radius", 0.05, continuous.MAX_RADIUS),
            ("goal_radius", 0.05, 0.5),
            ("time_step", 0.001, 1.0),
            ("max_speed", 0.01, 100.0),
            ("noise", 0.0, 1.0),
            ("max_range", 1.0, 512.0),
        ):
            self._set(name, check_number(name, getattr(self, name), low, high))
        if self.max_speed * self.time_step > _MAX_STEP:
            raise ConfigurationError(
                f"max_speed, time_step: a step may be {_MAX_STEP:g} cells long at most, got"
                f" {self.max_speed:g} * {self.time_step:g} = {self.max_speed * self.time_step:g}"
            )
        if self.dynamics == "velocity":
            self._refuse(("max_acceleration", "damping"), "for dynamics='velocity'")
            return
        acceleration = continuous.DEFAULT_MAX_ACCELERATION if self.max_acceleration is None else self.max_acceleration
        self._set("max_acceleration", check_number("max_acceleration", acceleration, 0.01, 1000.0))
        damping = continuous.DEFAULT_DAMPING if self.damping is None else self.damping
        self._set("damping", check_number("damping", damping, 0.0, 1000.0))

    def _check_observation(self) -> None:
        check_choice("observation", self.observation, DISC_OBSERVATIONS)
        if self.observation == "range_finder":
            self._refuse(("radius",), "for observation='range_finder'")
            self._set("num_beams", check_int("num_beams", 16 if self.num_beams is None else self.num_beams, 1, 360))
            return
        self._refuse(("num_beams",), "for observation='egocentric'")
        self._set("radius", check_int("radius", 5 if self.radius is None else self.radius, 1, MAX_RADIUS))
        if self.goal_conditioned:
            raise ConfigurationError("goal_conditioned: needs observation='range_finder'; others are dicts already")

    def _default_time_limit(self) -> int | float:
        # From corner to corner of a 10x10 map it is 64 steps by default.
        is_small = self.shape[0] * self.shape[1] <= 100 and not self.rows and self.generator in (None, "obstacles")
        return 200 if is_small else 4.0

    @property
    def actions(self) -> tuple[tuple[int, int, float], ...]:
        """(row change, column change, cost) of octile moves, by which levels are chosen and rewards are shaped."""
        return action_table(True, False)

    @property
    def dearest_move(self) -> float:
        """The most that a move can cost."""
        return max(cost for _, _, cost in self.actions)

    @property
    def pad(self) -> int:
        """Blocked cells around a map, so that neither a window nor a beam reaches past it."""
        return self.radius or 1

    def action_space(self) -> spaces.Box:
        """Return the single environment's action space."""
        return spaces.Box(-1.0, 1.0, (2,), np.float32)

    def observation_parts(self) -> dict[str, Part]:
        """Return what an observation is made of: one part without a name, or several by name, which make a dict."""
        rows, cols = self.shape
        bound = [] if self.goal_conditioned else [rows / self.max_range, cols / self.max_range]
        if self.observation == "egocentric":
            side = 2 * (self.radius or 0) + 1
            low = np.array([*(-each for each in bound), -1.0, -1.0, 0.0, 0.0], dtype=np.float32)
            high = np.array([*bound, 1.0, 1.0, 1.0, 1.0], dtype=np.float32)
            return {
                "motion": Part(spaces.Box(low, high, dtype=np.float32), observe_motion_batch),
                "window": Part(spaces.Box(0, 1, (2, side, side), np.uint8), observe_egocentric_batch),
            }
        beams = beam_table(self.num_beams or 0)
        low = np.array([*(-each for each in bound), -1.0, -1.0, *[0.0] * len(beams)], dtype=np.float32)
        high = np.array([*bound, 1.0, 1.0, *[1.0] * len(beams)], dtype=np.float32)
        observed = Part(spaces.Box(low, high, dtype=np.float32), observe_range_finder_batch, (beams,))
        if not self.goal_conditioned:
            return {"": observed}
        point = spaces.Box(0.0, np.array([rows, cols], np.float32), (2,), np.float32)
        return {
            "observation": observed,
            "achieved_goal": Part(point, observe_body_batch),
            "desired_goal": Part(point, observe_goal_centre_batch),
        }

    def parameters(self) -> np.ndarray:
        """Return the configuration as kernels read it, (1,) PARAMETERS."""
        params = super().parameters()
        p = params[0]
        p["body_radius"], p["goal_radius"] = self.robot_radius, self.goal_radius
        p["accelerates"] = self.dynamics == "acceleration"
        p["dt"], p["max_speed"] = self.time_step, self.max_speed
        p["max_acceleration"], p["damping"] = self.max_acceleration or 0.0, self.damping or 0.0
        p["noise"] = self.noise * self.max_speed * self.time_step
        p["max_range"] = self.max_range
        p["radius"] = self.radius or 0
        # Terrain is no more than looks to a robot.
        p["only_walls"] = self.fixed_map is None or not (self.fixed_map.cells > BLOCKED).any()
        return params
