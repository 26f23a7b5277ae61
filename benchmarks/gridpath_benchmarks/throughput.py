"""How many steps a second the environments take, as a user steps them: random actions made ahead, compiling apart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridpath_benchmarks.provenance import machine_and_versions, utc_now
from gridpath_envs import TASKS, GridMultiAgentVectorEnv

REPEATS = 5
SECONDS = 0.5  # of each repeat
NUM_ACTIONS = 64  # batches made ahead, played in turn

_FIXED = {"num_levels": 1}
_POOL = {"num_levels": 64}


@dataclass(frozen=True)
class Case:
    """What is measured.

    Args:
        name: What a reader is told.
        through: "make_vec", "sb3", "joint", "make" or "unwrapped".
        lanes: B; of many agents, all of them: a step of one is what is counted.
        env_kwargs: Configuration of the environment.
        env_id: Registered id.
        continuous_actions: Whether actions are preferences, for "sb3".
    """

    name: str
    through: str
    lanes: int
    env_kwargs: Mapping[str, Any]
    env_id: str = "GridPath-v0"
    continuous_actions: bool = False


CASES = (
    Case("vector env, 1,024 lanes, one map", "make_vec", 1024, _FIXED),
    Case("vector env, 1,024 lanes, 64 maps", "make_vec", 1024, _POOL),
    Case("vector env, 1,024 lanes, a new map each episode", "make_vec", 1024, {}),
    Case("vector env, 1,024 lanes, 64 maps, position", "make_vec", 1024, {**_POOL, "observation": "position"}),
    Case("SB3 VecEnv, 512 lanes, a new map each episode", "sb3", 512, {}),
    Case("SB3 VecEnv, 512 lanes, the same by preferences", "sb3", 512, {}, continuous_actions=True),
    Case("single env, through gymnasium.make", "make", 1, {}),
    Case("single env, unwrapped", "unwrapped", 1, {}),
    Case("vector env, 16,384 lanes, a new map each episode", "make_vec", 16384, {}),
    Case("vector env, 16,384 lanes, a new map each episode, 2 threads", "make_vec", 16384, {"num_threads": 2}),
    Case(
        "64 agents each in 16 envs, 64x64, agent-steps",
        "joint",
        1024,
        {"num_agents": 64, "size": (64, 64), "time_limit": 512},
        "gridpath/mapf_v0",
    ),
    Case(
        "1,024 agents in one env, 256x256, agent-steps",
        "joint",
        1024,
        {"num_agents": 1024, "size": (256, 256), "time_limit": 512},
        "gridpath/mapf_v0",
    ),
    *(Case(f"vector env, 1,024 lanes, {id}", "make_vec", 1024, {}, id) for id in TASKS if id != "GridPath-v0"),
)


@dataclass(frozen=True)
class Throughput:
    """What was measured, in steps a second over all lanes; a lane is an agent.

    Args:
        case: The case's name.
        lanes: B.
        median: Median of the repeats.
        low: Slowest repeat.
        high: Fastest repeat.
        reset_share: Share of steps that ended an episode.
    """

    case: str
    lanes: int
    median: float
    low: float
    high: float
    reset_share: float


def measure(case: Case, repeats: int = REPEATS, seconds: float | None = None) -> Throughput:
    """Measure one case.

    Args:
        case: What to measure.
        repeats: How many times.
        seconds: Length of each; SECONDS where nothing is said.
    """
    seconds = SECONDS if seconds is None else seconds
    advance, space = _stepper(case)
    actions = _random_actions(space, case.lanes)
    single = actions[:, 0].tolist() if isinstance(space, spaces.Discrete) else list(actions[:, 0])
    prepared = list(actions) if case.through in ("make_vec", "sb3", "joint") else single
    for action in prepared * 4:
        advance(action)
    rates, steps, ended = [], 0, 0
    for _ in range(repeats):
        count = 0
        begun = time.perf_counter()
        while (elapsed := time.perf_counter() - begun) < seconds:
            for action in prepared:
                ended += advance(action)
            count += NUM_ACTIONS
        rates.append(count * case.lanes / elapsed)
        steps += count * case.lanes
    return Throughput(case.name, case.lanes, median(rates), min(rates), max(rates), ended / steps)


def _random_actions(space: spaces.Space[Any], lanes: int) -> NDArray[Any]:
    """Return batches of actions, (NUM_ACTIONS, B, ...)."""
    rng = np.random.default_rng(0)
    if isinstance(space, spaces.Discrete):
        return rng.integers(0, space.n, (NUM_ACTIONS, lanes))
    assert isinstance(space, spaces.Box)  # the registered ids have no others
    return rng.uniform(space.low, space.high, (NUM_ACTIONS, lanes, *space.shape)).astype(space.dtype)


def _stepper(case: Case) -> tuple[Callable[[Any], int], spaces.Space[Any]]:
    """Return a function that takes one step in every lane and says how many episodes it ended, and the actions."""
    kwargs, env_id = dict(case.env_kwargs), case.env_id
    if case.through == "make_vec":
        envs = gymnasium.make_vec(env_id, num_envs=case.lanes, **kwargs)
        envs.reset(seed=0)

        def step_vector(actions: Any) -> int:
            _, _, terminated, truncated, _ = envs.step(actions)
            return int(np.count_nonzero(terminated | truncated))

        return step_vector, envs.single_action_space
    if case.through == "sb3":
        from gridpath_envs.adaptors.sb3 import make_vec_env

        vec_env = make_vec_env(
            env_id, case.lanes, seed=0, env_kwargs=kwargs, continuous_actions=case.continuous_actions
        )
        vec_env.reset()

        def step_sb3(actions: Any) -> int:
            return int(np.count_nonzero(vec_env.step(actions)[2]))

        return step_sb3, vec_env.action_space
    if case.through == "joint":
        num_envs = case.lanes // kwargs["num_agents"]
        joint = GridMultiAgentVectorEnv(env_id, num_envs, **kwargs)
        joint.reset(seed=0)

        def step_joint(actions: Any) -> int:
            _, _, terminated, truncated, _ = joint.step(actions.reshape(num_envs, -1))
            return int(np.count_nonzero(terminated | truncated))

        return step_joint, joint.agent_action_space
    env = gymnasium.make(env_id, **kwargs)
    single = env.unwrapped if case.through == "unwrapped" else env
    single.reset(seed=0)

    def step_single(action: Any) -> int:
        _, _, terminated, truncated, _ = single.step(action)
        if terminated or truncated:
            single.reset()
            return 1
        return 0

    return step_single, env.action_space


def markdown(results: list[Throughput], origin: Mapping[str, Any]) -> str:
    """Return the table, with the machine that it was measured on.

    Args:
        results: What was measured.
        origin: Provenance.
    """
    lines = ["| case | steps/s | slowest to fastest repeat | episodes ended a step |"]
    lines.append("| --- | ---: | ---: | ---: |")
    for result in results:
        spread = f"{_rate(result.low)} to {_rate(result.high)}"
        lines.append(f"| {result.case} | {_rate(result.median)} | {spread} | {result.reset_share:.4f} |")
    versions = ", ".join(f"{name} {version}" for name, version in origin["versions"].items())
    lines += [
        "",
        f"Made by `gridpath bench throughput` on one thread, unless it says more, of: {origin['cpu']}. {versions}.",
    ]
    return "\n".join(lines) + "\n"


def _rate(value: float) -> str:
    return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value / 1e3:.0f} k"


def run_throughput(out: Path | None, report: Callable[[str], None]) -> None:
    """Measure every case, and write ``throughput.json`` and ``README.md`` where a folder is given.

    Args:
        out: Folder, or None to print only.
        report: Called with each line to show.
    """
    from gridpath_benchmarks.store import write_atomically

    results = []
    for case in CASES:
        results.append(measure(case))
        report(f"{case.name}: {_rate(results[-1].median)} steps/s")
    origin = {**machine_and_versions(), "threads": 1, "time": utc_now()}
    if out is not None:
        data = {"results": [asdict(result) for result in results], "provenance": origin}
        write_atomically(out / "throughput.json", json.dumps(data, indent=1) + "\n")
        write_atomically(out / "README.md", f"# Throughput\n\n{markdown(results, origin)}")
        report(f"wrote {out}")
