"""What a worker process does with one cell: build, train, score."""

from __future__ import annotations

import dataclasses
import os
import random
import threading
import time
import traceback
from typing import Any

import numpy as np

from gridpath_benchmarks.cell import Cell, vec_env_arguments
from gridpath_benchmarks.evaluation import evaluate, isolated_randomness
from gridpath_benchmarks.joint_evaluation import evaluate_joint
from gridpath_benchmarks.metrics import METRICS, metrics_of, summarise
from gridpath_benchmarks.outcomes import Episodes
from gridpath_benchmarks.store import CellRecord, CurvePoint, EpisodeArrays, replay_of
from gridpath_benchmarks.suite import SuiteError

__all__ = ["failed_record", "initialise", "run_cell", "run_seed"]

PARENT_POLL_SECONDS = 0.5

_warm: set[tuple[str, str]] = set()  # what this process has compiled; only timings know of it


def initialise(parent: int) -> None:
    """Prepare a worker: it ends with its parent, even if that is killed.

    Args:
        parent: Process id of the parent.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_SECONDS)
        os._exit(1)

    if hasattr(os, "getppid"):
        threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def run_cell(cell: Cell, key: str) -> CellRecord:
    """Train and scores one cell, in this process.

    The numbers depend on the cell alone, not on the process or on what it ran before; timings do depend on the machine.

    Args:
        cell: What to run.
        key: The cell's key when the run began; a map file that was changed since makes it another cell.

    Returns:
        The record, without provenance; of status "failed" with the traceback as its log if anything raised.
    """
    try:
        _check_unchanged(cell, key)
        record = _run(cell)
        _check_unchanged(cell, key)
        return record
    except Exception as error:
        # The boundary of a cell: whatever went wrong in it is its result, and the other cells go on.
        summary = f"{type(error).__name__}: {error}"
        return failed_record(cell, f"{summary}\n\n{traceback.format_exc()}")


def _check_unchanged(cell: Cell, key: str) -> None:
    # A copy, since a cell remembers its key.
    if dataclasses.replace(cell).key != key:
        raise SuiteError(f"a map file of scenario {cell.scenario} was changed during the run")


def failed_record(cell: Cell, log: str) -> CellRecord:
    """The record of a cell that did not finish.

    Args:
        cell: The cell.
        log: What happened; the first line says it in short.
    """
    return CellRecord(scenario=cell.scenario, agent=cell.agent, seed=cell.seed, key=cell.key, status="failed", log=log)


def _run(cell: Cell) -> CellRecord:
    started = time.perf_counter()
    import torch

    import gridpath_agents
    from gridpath_envs.adaptors.sb3 import make_vec_env

    torch.set_num_threads(1)
    seed = run_seed(cell.seed)
    train_arguments = vec_env_arguments(cell.train_kwargs)

    def test_env(num_levels: int) -> Any:
        arguments = vec_env_arguments({**cell.test_kwargs, "num_levels": num_levels})
        # Of many agents as many at a time as in training: planners would plan for environments that wait for others.
        num_envs = num_levels if cell.kind == "single" else min(cell.num_envs, num_levels)
        return make_vec_env(cell.env_id, n_envs=num_envs, seed=seed, **arguments)

    _warm_up(cell, train_arguments)
    _seed_everything(seed)
    train_env = make_vec_env(cell.env_id, n_envs=cell.num_envs, seed=seed, **train_arguments)
    agent = gridpath_agents.make(cell.agent, train_env, seed=seed, **cell.parameters)
    timing: dict[str, float | int | None] = {"setup_seconds": time.perf_counter() - started}

    curve: list[CurvePoint] = []
    timesteps, train_seconds = 0, 0.0
    if cell.learns and cell.total_timesteps > 0:
        curve_env = test_env(min(cell.curve_levels, cell.num_levels))
        recorder = _curve_recorder(cell, seed, curve_env)
        recorder.record(agent, 0)
        begun = time.perf_counter()
        agent.learn(cell.total_timesteps, callback=recorder)
        train_seconds = time.perf_counter() - begun - recorder.own_seconds
        timesteps = int(recorder.num_timesteps)
        curve = recorder.points
        curve_env.close()

    evaluation_env = test_env(cell.num_levels)
    begun = time.perf_counter()
    if not cell.learns:
        agent.set_env(evaluation_env)
    with isolated_randomness(agent, seed):
        episodes = _score(cell, agent, evaluation_env, cell.num_levels, cell.replays)
    timing["evaluation_seconds"] = time.perf_counter() - begun
    if episodes.joint is not None:
        timing["predict_seconds_per_episode"] = float(episodes.joint.predict_seconds.mean())
    timing["train_seconds"] = train_seconds
    timing["train_steps"] = timesteps
    timing["train_steps_per_second"] = timesteps / train_seconds if train_seconds > 0 else None
    curve.append(_point(cell, episodes.first(cell.curve_levels), timesteps, train_seconds))
    train_env.close()
    evaluation_env.close()
    return CellRecord(
        scenario=cell.scenario,
        agent=cell.agent,
        seed=cell.seed,
        key=cell.key,
        status="finished",
        # All that make sense, whatever the suite shows.
        metrics=summarise(episodes, metrics_of(cell.kind)) | {"num_distinct_levels": episodes.num_distinct_levels},
        episodes=EpisodeArrays.of(episodes),
        curve=tuple(curve),
        replays=tuple(map(replay_of, episodes.replays)),
        predict_seconds=() if episodes.joint is None else tuple(episodes.joint.predict_seconds.tolist()),
        timing=timing,
    )


def _score(cell: Cell, agent: Any, env: Any, num_levels: int, replays: int) -> Episodes:
    score = evaluate if cell.kind == "single" else evaluate_joint
    return score(agent, env, num_levels, cell.actions == "greedy", replays)


def run_seed(seed: int) -> int:
    """The seed that environments and agents of a cell are given.

    Lane i of an environment is seeded with its seed plus i, so with the suite's 0, 1, 2 as they are, runs that count as
    independent would share all but a few of their lanes.

    Args:
        seed: Seed of the cell.

    Returns:
        A number below 2**31, far from those of other cells.
    """
    return int(np.random.SeedSequence(seed).generate_state(1)[0]) >> 1


def _warm_up(cell: Cell, train_arguments: dict[str, Any]) -> None:
    """Compiling is not training, nor planning: a throw-away agent does the least of both before the clock starts."""
    if (cell.scenario, cell.agent) in _warm:
        return
    import gridpath_agents
    from gridpath_envs.adaptors.sb3 import make_vec_env

    env = make_vec_env(cell.env_id, n_envs=cell.num_envs, seed=0, **train_arguments)
    env.reset()
    env.step(np.stack([env.action_space.sample() for _ in range(env.num_envs)]))
    agent = gridpath_agents.make(cell.agent, env, seed=0, **cell.parameters)
    if cell.learns and cell.total_timesteps > 0:
        agent.learn(1)
    agent.predict(env.reset())
    env.close()
    _warm.add((cell.scenario, cell.agent))


def _seed_everything(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - SB3 draws from it
    torch.manual_seed(seed)


def _point(cell: Cell, episodes: Episodes, timesteps: int, seconds: float) -> CurvePoint:
    charted = [name for name in metrics_of(cell.kind) if METRICS[name].is_charted]
    scores = summarise(episodes, charted)
    return CurvePoint.model_validate(
        {"timesteps": timesteps, "seconds": seconds, **{name: scores[name] for name in charted}}
    )


def _curve_recorder(cell: Cell, seed: int, env: Any) -> Any:
    """The callback that scores an agent while it learns; made here, as SB3 must not be imported before it is needed."""
    from stable_baselines3.common.callbacks import BaseCallback

    class CurveRecorder(BaseCallback):
        def __init__(self) -> None:
            super().__init__()
            self.points: list[CurvePoint] = []
            self.own_seconds = 0.0
            # First and last point are taken before and after training, the others on the way.
            between = cell.curve_points - 1
            self.due = [cell.total_timesteps * part // between for part in range(1, between)]

        def record(self, agent: Any, timesteps: int) -> None:
            with isolated_randomness(agent, seed):
                episodes = _score(cell, agent, env, len(env.level_numbers), replays=0)
            self.points.append(_point(cell, episodes, timesteps, 0.0))

        def _on_training_start(self) -> None:
            self.begun = time.perf_counter()

        def _on_step(self) -> bool:
            if self.due and self.num_timesteps >= self.due[0]:
                self.due = [threshold for threshold in self.due if threshold > self.num_timesteps]
                paused = time.perf_counter()
                seconds = paused - self.begun - self.own_seconds
                self.record(self.model, self.num_timesteps)
                self.points[-1] = self.points[-1].model_copy(update={"seconds": seconds})
                self.own_seconds += time.perf_counter() - paused
            return True

    return CurveRecorder()
