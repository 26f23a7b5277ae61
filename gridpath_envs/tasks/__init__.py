"""The registered environments: each is a configuration class with its defaults, one file a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from gridpath_envs.errors import unknown_name
from gridpath_envs.rewards import RewardConfig
from gridpath_envs.tasks.continuous import DISC_OBSERVATIONS, ContinuousConfig
from gridpath_envs.tasks.grid_path import GridPathConfig
from gridpath_envs.tasks.mapf import MapfConfig
from gridpath_envs.tasks.observations import OBSERVATIONS
from gridpath_envs.tasks.parts import Part
from gridpath_envs.tasks.task_config import TaskConfig


@dataclass(frozen=True)
class Task:
    """What an id stands for.

    Args:
        id: Name under which Gymnasium knows it.
        description: One line.
        config: Class of its configuration, whose fields are the keyword arguments of ``make``.
        defaults: Keyword arguments that differ from the class's own defaults.
        details: What else its page says of it.
    """

    id: str
    description: str
    config: type[TaskConfig]
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    details: str = ""

    def make_config(self, **arguments: Any) -> TaskConfig:
        """Return the checked configuration for keyword arguments of ``make``.

        A map of the user's takes the place of the generator that is the id's default, and a generator or a size that
        of a map. The id's time limit is for the maps that it has by itself.

        Raises:
            ConfigurationError: An argument is unknown, out of range or contradicts another.
        """
        defaults = dict(self.defaults)
        given = {name for name, value in arguments.items() if value is not None}
        generated, map_given = self.config.GENERATED, self.config.GIVEN
        for chosen, replaced in ((map_given, generated + map_given), (("generator", "size"), map_given)):
            if given & set(chosen):
                left_out = (*replaced, "time_limit")
                defaults = {name: value for name, value in defaults.items() if name not in left_out}
        generator = arguments.get("generator")
        if generator is not None and not (isinstance(generator, str) and generator == defaults.get("generator")):
            # They say how the default generator draws.
            for name in ("density", "maze", "loops", "block_size"):
                defaults.pop(name, None)
        asks_for_goals = (
            isinstance(arguments.get("goal_conditioned"), (bool, np.bool_)) and arguments["goal_conditioned"]
        )
        if asks_for_goals and not defaults.get("goal_conditioned"):
            # Goals alone may not tell it.
            defaults.pop("reward", None)
        if "observation" in given:
            for name in ("radius", "trail", "image_size", "greyscale"):
                defaults.pop(name, None)
        return self.config.make({**defaults, **arguments})


# Where a student's first table learns its first way.
_TABULAR_MAP = """\
S...#.....
.##.#.###.
.#..#...#.
.#.####.#.
...#....#.
##.#.####.
...#......
.###.####.
.....#....
.###...##G"""

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.id: task
        for task in (
            Task("GridPath-v0", "Random obstacles, a new level each episode, seen through a window.", GridPathConfig),
            Task(
                "GridPathMaze-v0",
                "Perfect mazes, a new one each episode.",
                GridPathConfig,
                {"generator": "maze", "size": (15, 15), "time_limit": 128},
                "There is one path between any two cells; `loops` opens others. `maze` chooses the algorithm.",
            ),
            Task(
                "GridPathRooms-v0",
                "Rooms of several sizes with doors between them.",
                GridPathConfig,
                {"generator": "rooms", "time_limit": 128},
                "`block_size` is the largest side of a room; `loops` adds doors.",
            ),
            Task(
                "GridPathCaves-v0",
                "Caves grown by cellular automata.",
                GridPathConfig,
                {"generator": "caves", "size": (24, 24), "time_limit": 128},
                "`density` is the share of walls that they grow from.",
            ),
            Task(
                "GridPathWarehouse-v0",
                "Shelves with aisles between them.",
                GridPathConfig,
                {"generator": "warehouse", "size": (20, 24), "time_limit": 128},
                "`block_size` is the length of a shelf.",
            ),
            Task(
                "GridPathCity-v0",
                "Blocks of buildings with streets between them.",
                GridPathConfig,
                {"generator": "city", "size": (24, 24), "time_limit": 128},
                "`block_size` is the side of a block.",
            ),
            Task(
                "GridPathSlippery-v0",
                "Ice with holes, on which a move may go aside: FrozenLake on maps of any size.",
                GridPathConfig,
                {"size": (8, 8), "density": 0.0, "holes": 0.15, "slip": 0.2, "time_limit": 100},
                "A hole ends the episode without success. `slip=2/3` is what FrozenLake calls slippery: each move, and"
                " each of its two perpendicular ones, is taken one time in three. `optimal_return()` is the exact"
                " optimum.",
            ),
            Task(
                "GridPathTerrain-v0",
                "Roads, sand and swamp: the cheapest path is not the one of fewest moves.",
                GridPathConfig,
                {
                    "density": 0.1,
                    "terrain": 0.5,
                    "time_limit": 128,
                    "reward": RewardConfig(step=0.0, path=-0.01),
                },
                "A move costs what the terrain entered costs; `optimal_length` and `path_length` are sums of costs.",
            ),
            Task(
                "GridPathTraffic-v0",
                "Moving obstacles, to and fro on lines, among those that stand.",
                GridPathConfig,
                {
                    "density": 0.1,
                    "moving_obstacles": 8,
                    "stay": True,
                    "time_limit": 96,
                    "reward": RewardConfig(collision=-0.05),
                },
                "The agent moves first, then each obstacle. Neither can enter the other's cell: who tries stays where"
                " it is, and running into one costs the agent `reward.collision`. There always is a path that no"
                " obstacle ever enters. `optimal_length` leaves moving obstacles aside.",
            ),
            Task(
                "GridPathFog-v0",
                "Only what is in line of sight is seen, without a compass: it takes memory.",
                GridPathConfig,
                {"generator": "rooms", "observation": "line_of_sight", "time_limit": 192},
                "A goal out of sight is shown nowhere.",
            ),
            Task(
                "GridPathGoal-v0",
                "Goals apart from the observation, a new one each episode: for hindsight.",
                GridPathConfig,
                {"goal_conditioned": True, "reward": RewardConfig(goal=1.0, step=-1.0)},
                "Each step is rewarded with -1, the one that reaches the goal with 0. `compute_reward(achieved_goal,"
                " desired_goal, info)` takes arrays of any number of goals.",
            ),
            Task(
                "GridPathContinuous-v0",
                "A disc-shaped robot in the plane, with a range finder: for SAC and the like.",
                ContinuousConfig,
                {"size": (10, 10), "reward": RewardConfig(goal=2.0, step=-0.02, shaping=1.0, discount=1.0)},
                "The robot slides along walls and never enters one, at any speed. `optimal_length` is that of the"
                " shortest path of its centre, with straight lines and arcs around corners, to the goal's centre;"
                " `path_length` is the way gone, and once the goal is reached also what is left to its centre.",
            ),
            Task(
                "GridPathTabular-v0",
                "One fixed maze, observed as the number of the agent's cell: for tables.",
                GridPathConfig,
                {"map": _TABULAR_MAP, "observation": "position", "time_limit": 200},
                "Start and goal are fixed, so there are as many observations as cells.",
            ),
            Task(
                "GridPathImage-v0",
                "GridPath seen as a picture of the whole map, for convolutional networks.",
                GridPathConfig,
                {"size": (12, 12), "observation": "image"},
                "At 84 x 84 pixels each cell has exactly 7, so each kind of cell looks the same everywhere. SB3's"
                " `CnnPolicy` takes it as it is.",
            ),
            Task(
                "GridPathBenchmark-v0",
                "The levels of a MovingAI scenario on their map, with diagonal moves.",
                GridPathConfig,
                {
                    "scenario": "shipped:office-32",
                    "moves": "octile",
                    "time_limit": 4.0,
                    "reward": RewardConfig(step=0.0, path=-0.01),
                },
                "`scenario` is the path of any `.map.scen` file, its map beside it. Row k of it is level k, and"
                " `info['optimal_length']` is its published length without the rounding: each is measured, and a file"
                " whose lengths are not those of its map is refused.",
            ),
        )
    }
)


# Those of many agents, under PettingZoo's names.
JOINT_TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.id: task
        for task in (
            Task(
                "gridpath/mapf_v0",
                "Multi-agent pathfinding: every agent to its goal, never two in one cell.",
                MapfConfig,
                {"reward": RewardConfig(collision=-0.01)},
                "An agent gets `reward.goal` when it comes to its goal and gives it back when it leaves; to wait there"
                " costs nothing, as in a sum of costs.",
            ),
            Task(
                "gridpath/lifelong_v0",
                "Lifelong multi-agent pathfinding: a new goal on each arrival.",
                MapfConfig,
                {"on_arrival": "restart", "reward": RewardConfig(step=0.0, collision=-0.01)},
                "Goals are drawn by the level's number alone, among the cells within reach that are no goal of another"
                " agent.",
            ),
        )
    }
)


def get_task(id: str) -> Task:
    """Return the task of an id.

    Raises:
        UnknownNameError: No task has that id.
    """
    tasks = {**TASKS, **JOINT_TASKS}
    if not isinstance(id, str) or id not in tasks:
        raise unknown_name("environment", id, tasks)
    return tasks[id]


__all__ = [
    "DISC_OBSERVATIONS",
    "JOINT_TASKS",
    "OBSERVATIONS",
    "TASKS",
    "ContinuousConfig",
    "GridPathConfig",
    "MapfConfig",
    "Part",
    "RewardConfig",
    "Task",
    "TaskConfig",
    "get_task",
]
