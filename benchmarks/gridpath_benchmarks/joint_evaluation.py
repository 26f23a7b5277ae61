"""Scoring many agents: every test level exactly once, some environments at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridpath_benchmarks.evaluation import Step, play
from gridpath_benchmarks.joint_replay import JointRecorder
from gridpath_benchmarks.outcomes import Episodes, JointOutcome

__all__ = ["evaluate_joint"]

# What is known of each agent's episode when it ends.
_RECORDED = ("is_success", "cost", "optimal_length", "num_arrivals", "num_collisions", "steps")


def evaluate_joint(agent: Any, env: Any, num_levels: int, deterministic: bool, replays: int) -> Episodes:
    """Play each of the environment's levels once, as many at a time as there are environments.

    Environments that finish early play on until the last of them has finished; only the first episode counts.

    Args:
        agent: Anything with the agents' `predict`, see `play`; it acts for every lane.
        env: An `AgentVecEnv`, whose lane b * N + k is agent k of environment b.
        num_levels: Number of levels, L.
        deterministic: Whether the agent acts greedily; otherwise it samples.
        replays: How many levels' ways to keep.

    Returns:
        The outcome of the L episodes.

    Raises:
        ValueError: If levels of the environment are not `num_levels`.
    """
    levels = env.level_numbers
    if levels is None or len(levels) != num_levels:
        found = "no numbered" if levels is None else str(len(levels))
        raise ValueError(f"evaluation env: {found} levels, expected {num_levels}")
    num_agents, num_envs = env.num_agents, env.num_envs // env.num_agents
    values = {name: np.zeros((num_levels, num_agents)) for name in _RECORDED}
    seconds = np.zeros(num_levels)
    kept: list[dict[str, Any]] = []
    marks: set[tuple[bytes, ...]] = set()
    for first in range(0, num_levels, num_envs):
        # In the last part there may be more environments than levels; what these play does not count.
        played = levels[np.minimum(np.arange(first, first + num_envs), num_levels - 1)]
        count = min(num_envs, num_levels - first)
        env.set_options([{"level": int(level)} for level in np.repeat(played, num_agents)])
        observation = env.reset()
        starts, goals = (each.reshape(num_envs, num_agents, 2).copy() for each in (env.starts, env.goals))
        maps = [env.grid_map(b * num_agents) for b in range(count)]
        marks |= {(maps[b].terrain.tobytes(), starts[b].tobytes(), goals[b].tobytes()) for b in range(count)}
        recorders = [JointRecorder(starts[b], goals[b]) for b in range(max(0, min(replays - first, count)))]
        for step in play(agent, env, observation, deterministic):
            _record_steps(recorders, env, step, num_agents)
            running = step.running.reshape(num_envs, num_agents).any(axis=1)
            seconds[first : first + count] += np.where(running, step.seconds / running.sum(), 0.0)[:count]
            for lane in step.ended:
                b, k = divmod(lane, num_agents)
                if b < count:
                    for name, value in _outcome_of(step.infos[lane]).items():
                        values[name][first + b, k] = value
        kept += [
            {
                "level": int(played[b]),
                "map": maps[b].to_text(),
                "starts": starts[b].tolist(),
                **recorder.stored(),
            }
            for b, recorder in enumerate(recorders)
        ]
    return _episodes(values, seconds, tuple(kept), len(marks))


def _outcome_of(info: dict[str, Any]) -> dict[str, float]:
    """Return what an agent's last info says of its episode; to be at the goal counts if it lasts until the end."""
    steps = info["episode"]["l"]
    return {
        **{name: info[name] for name in ("is_success", "optimal_length", "num_arrivals", "num_collisions")},
        "cost": info["arrival"] if info["is_success"] else steps,
        "steps": steps,
    }


def _record_steps(recorders: list[JointRecorder], env: Any, step: Step, num_agents: int) -> None:
    if not recorders:
        return
    positions, goals, refused = env.positions, env.goals, env.vector.refused.ravel()
    for b, recorder in enumerate(recorders):
        for k in range(num_agents):
            lane = b * num_agents + k
            if not step.running[lane]:
                continue
            if step.dones[lane]:
                # The environment may have begun anew: what happened last is in the info only.
                info = step.infos[lane]
                place = info["terminal_position"]
                is_refused = info["num_collisions"] > recorder.times_refused(k)
                recorder.add(k, place, recorder.goal(k), is_refused)
            else:
                recorder.add(k, positions[lane].tolist(), goals[lane].tolist(), bool(refused[lane]))


def _episodes(
    values: dict[str, NDArray[np.float64]],
    seconds: NDArray[np.float64],
    kept: tuple[dict[str, Any], ...],
    distinct: int,
) -> Episodes:
    def total(name: str) -> NDArray[np.int64]:
        return np.asarray(values[name].sum(axis=1), dtype=np.int64)

    joint = JointOutcome(
        num_agents=values["cost"].shape[1],
        num_succeeded=total("is_success"),
        makespan=values["cost"].max(axis=1).astype(np.int64),
        num_arrivals=total("num_arrivals"),
        num_collisions=total("num_collisions"),
        agent_steps=total("steps"),
        predict_seconds=seconds,
    )
    return Episodes(
        success=np.asarray(values["is_success"].all(axis=1), dtype=np.bool_),
        path_length=values["cost"].sum(axis=1),
        optimal_length=values["optimal_length"].sum(axis=1),
        steps=values["steps"].max(axis=1).astype(np.int64),
        replays=kept,
        num_distinct_levels=distinct,
        joint=joint,
    )
