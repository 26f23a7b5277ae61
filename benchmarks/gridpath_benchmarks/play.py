"""`gridpath play`: an environment under the keys of its user."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridpath_benchmarks.episode import make_env, optimal_path
from gridpath_benchmarks.joint_episode import JointPolicy, make_joint_env, outcome
from gridpath_envs.errors import InvalidOptionError
from gridpath_envs.rendering.rgb import draw_rgb
from gridpath_envs.rendering.scene import Place
from gridpath_envs.rendering.window import Window
from gridpath_envs.tasks import JOINT_TASKS

__all__ = ["HELP", "Game", "JointGame", "play"]

HELP = """\
arrow keys, WASD      move
Q E Z C, numeric pad  move diagonally, where moves are octile
space                 stay, where there is such an action
R                     new episode
N                     next level
O                     show or hide a shortest path
Esc                   quit"""

# Names of pygame's keys -> (row change, column change).
_MOVES = {
    **dict.fromkeys(("up", "w", "[8]"), (-1, 0)),
    **dict.fromkeys(("right", "d", "[6]"), (0, 1)),
    **dict.fromkeys(("down", "s", "[2]"), (1, 0)),
    **dict.fromkeys(("left", "a", "[4]"), (0, -1)),
    **dict.fromkeys(("e", "[9]"), (-1, 1)),
    **dict.fromkeys(("c", "[3]"), (1, 1)),
    **dict.fromkeys(("z", "[1]"), (1, -1)),
    **dict.fromkeys(("q", "[7]"), (-1, -1)),
    **dict.fromkeys(("space", "[5]"), (0, 0)),
}


class Game:
    """An environment that is played key by key.

    Args:
        id: Registered id.
        settings: Keyword arguments of the environment.
        seed: Of the first episode; None draws one.
    """

    def __init__(self, id: str, settings: dict[str, Any], seed: int | None = None) -> None:
        """Make the environment and begin an episode."""
        self.id = id
        self.env: Any = self._make(settings)
        self.lane: Any = self.env.unwrapped
        self.is_over = self.shows_optimal = False
        config = self.lane.config
        self._actions: dict[tuple[int, int], Any] = {
            (drow, dcol): k for k, (drow, dcol, _) in enumerate(config.actions)
        }
        if config.MOTION == "disc":
            # A key is as much as a step can be, towards one side or between two.
            self._actions = {move: np.array(move, dtype=np.float32) for move in [*self._actions, (0, 0)]}
        self._begin(seed=seed)

    def press(self, key: str) -> bool:
        """Do what a key asks for; others do nothing.

        Args:
            key: Name, as ``pygame.key.name`` has it.

        Returns:
            Whether the game goes on.
        """
        if key == "escape":
            return False
        if key == "r":
            self._begin()
        elif key == "n":
            self._begin_next_level()
        elif key == "o":
            self.shows_optimal = not self.shows_optimal
        elif not self.is_over and _MOVES.get(key) in self._actions:
            self._step(self._actions[_MOVES[key]])
        return True

    def status(self) -> str:
        """Return a line on how the episode stands."""
        info = self.info
        line = (
            f"{self.id}, level {self.lane.level}: {self.steps} steps, length {info['path_length']:.4g}, "
            f"optimal {info['optimal_length']:.4g}"
        )
        if not self.is_over:
            return line
        return f"{line}: {'goal reached' if info['is_success'] else 'not reached'} (R: again, N: next level)"

    def picture(self) -> Any:
        """Return the picture of this moment, (rows, columns, 3) uint8."""
        return draw_rgb(self.lane.scene(), self._optimal if self.shows_optimal else ())

    def _make(self, settings: dict[str, Any]) -> Any:
        return make_env(self.id, settings)

    def _step(self, action: Any) -> None:
        _, _, terminated, truncated, self.info = self.env.step(action)
        self.steps += 1
        self.is_over = terminated or truncated

    def _begin(self, **how: Any) -> None:
        _, self.info = self.env.reset(**how)
        self.steps, self.is_over = 0, False
        self._optimal: list[Place] = optimal_path(self.env)

    def _begin_next_level(self) -> None:
        level, numbers = self.lane.level, self.lane._vector.level_numbers
        if numbers is not None:
            later = numbers[numbers > level]
            level = int(later[0] if len(later) else numbers[0]) - 1
        try:
            self._begin(options={"level": level + 1})
        except InvalidOptionError:
            self._begin()  # where the start or goal is the map's own, levels have no numbers to choose from


class JointGame(Game):
    """An environment of many agents: the keys are the first one's, the others take shortest paths of their own.

    Args:
        id: Registered id of many agents.
        settings: Keyword arguments of the environment.
        seed: Of the first episode and of the others' moves; None draws one.
    """

    def __init__(self, id: str, settings: dict[str, Any], seed: int | None = None) -> None:
        """Make the environment and begin an episode."""
        self._seed = seed
        super().__init__(id, settings, seed)

    def status(self) -> str:
        """Return a line on how the episode stands."""
        line = outcome(self._scenes, self.lane.config.on_arrival == "restart")
        return f"{self.id}, level {self.lane.level}: you are agent 0, the blue one; {line}" + (
            " (R: again, N: next level)" if self.is_over else ""
        )

    def _make(self, settings: dict[str, Any]) -> Any:
        env = make_joint_env(self.id, settings)
        self._others = JointPolicy(env, "shortest_path", self._seed)
        return env

    def _step(self, action: Any) -> None:
        actions = self._others(dict.fromkeys(self.env.agents))
        first = self.env.possible_agents[0]
        if first in actions:
            # One that has arrived and disappeared is asked no more, and the keys only let time pass.
            actions[first] = action
        self.env.step(actions)
        self._scenes.append(self.env.scene())
        self.is_over = not self.env.agents

    def _begin(self, **how: Any) -> None:
        self.env.reset(**how)
        self._scenes, self.is_over = [self.env.scene()], False
        vector = self.lane._vector
        self._optimal = []
        if self.lane.distance_to_goal()[0] < np.inf:
            self._optimal = vector._motion.places(vector.shortest_path(0))


def play(id: str, settings: dict[str, Any], seed: int | None = None) -> str:
    """Let the user play in a window until it is closed.

    Args:
        id: Registered id.
        settings: Keyword arguments of the environment.
        seed: Of the first episode; None draws one.

    Returns:
        The last episode's status.

    Raises:
        ConfigurationError: The id or an argument is unknown.
        MissingPackageError: pygame is not installed.
        WindowError: There is no screen.
    """
    window = Window(id)
    game = (JointGame if id in JOINT_TASKS else Game)(id, settings, seed)
    goes_on = True
    while goes_on and not window.is_closed:
        window.show(game.picture(), game.status())
        for key in window.keys(wait=0.5):
            goes_on = goes_on and game.press(key)
    window.close()
    game.env.close()
    return game.status()
