"""Tabular Q-learning, the whole training loop compiled around the kernels that step every other agent.

Reference:
    Watkins & Dayan 1992, Q-learning, doi:10.1007/BF00992698. Sutton & Barto 2018, section 6.5.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, fields
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from gridpath_agents.archive import CheckpointError, read_archive, write_archive
from gridpath_agents.base import batch_size, check_masks, check_seed
from gridpath_envs.checks import check_int, check_number
from gridpath_envs.core.dynamics import step_lane
from gridpath_envs.core.jit import kernel
from gridpath_envs.core.observations import observe_position_lane
from gridpath_envs.core.rng import below, draw, stream_key
from gridpath_envs.errors import ConfigurationError, InvalidStateError, UnknownNameError, unknown_name
from gridpath_envs.maps.levels import BY_STREAM, begin_episode

_MAX_TABLE_BYTES = 1 << 31
_AGENT_STREAM = np.uint64(0x716C726E)

# Steps between two calls of a callback. Results do not depend on it: the loop goes on where it stopped.
_CHUNK = 8192


@dataclass(frozen=True)
class QLearningConfig:
    """Parameters of Q-learning.

    Args:
        step_size: Share of the error that an update removes, 0 to 1.
        discount: Discount of later rewards, 0 to 1.
        epsilon: Probability of a random action at the start of training.
        final_epsilon: The same at the end of its decay.
        epsilon_decay: Share of the training budget over which it decays linearly.
        initial_value: What each entry of the table starts with; above any return it is optimistic, so that every
            action is tried.

    Raises:
        ConfigurationError: A value is out of range.
    """

    step_size: float = 0.5
    discount: float = 0.99
    epsilon: float = 1.0
    final_epsilon: float = 0.05
    epsilon_decay: float = 0.5
    initial_value: float = 0.0

    def __post_init__(self) -> None:
        """Check the values."""
        for entry in fields(self):
            low, high = (-1e9, 1e9) if entry.name == "initial_value" else (0.0, 1.0)
            object.__setattr__(self, entry.name, check_number(entry.name, getattr(self, entry.name), low, high))


class QLearning:
    """Q-learning over the positions of a native VecEnv made with ``observation="position"``.

    Args:
        env: Native VecEnv, see ``gridpath_envs.adaptors.sb3.make_vec_env``.
        seed: Seed of exploration; the environment has its own.
        **parameters: Fields of ``QLearningConfig``.

    Raises:
        ConfigurationError: The environment's observations are no numbers, too many for a table, or a parameter is
            out of range.
    """

    uses_action_masks: ClassVar[bool] = False

    def __init__(self, env: Any, seed: int | None = 0, **parameters: Any) -> None:
        """Allocate the table."""
        known = [entry.name for entry in fields(QLearningConfig)]
        for name in parameters:
            if name not in known:
                raise unknown_name("parameter", name, [*known, "seed"])
        self.config = QLearningConfig(**parameters)
        checked = check_seed(seed)
        self.seed = int(np.random.SeedSequence().generate_state(1)[0]) if checked is None else checked
        self.num_timesteps = 0
        self._total_timesteps = 0
        self._draws = 0
        # Numba hands unsigned integers back as Python's, which it would take for signed ones.
        self._key = np.uint64(stream_key(np.uint64(self.seed), _AGENT_STREAM))
        self.rng = np.random.default_rng(self.seed)
        self._logger: Any = None
        self._saved_state: NDArray[np.uint8] | None = None
        self.set_env(env)
        num_bytes = self._shape[0] * self._shape[1] * 8
        if num_bytes > _MAX_TABLE_BYTES:
            raise ConfigurationError(
                f"q_learning: a table of {self._shape[0]} states and {self._shape[1]} actions is over"
                f" {_MAX_TABLE_BYTES >> 20} MiB; use a smaller map, or one with a fixed goal"
            )
        self.q_table: NDArray[np.float64] = np.full(self._shape, self.config.initial_value, dtype=np.float64)

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv."""
        return cls(env, **parameters)

    def learn(
        self,
        total_timesteps: int,
        callback: Any = None,
        progress_bar: bool = False,
        reset_num_timesteps: bool = True,
    ) -> Self:
        """Train.

        Args:
            total_timesteps: Steps to take, counted over all lanes; rounded up to a multiple of their number.
            callback: SB3 callback, called about every 8,192 steps; training stops where it returns False.
            progress_bar: Whether to show one.
            reset_num_timesteps: Whether the count and the decay of epsilon begin anew; False goes on.
        """
        total_timesteps = check_int("total_timesteps", total_timesteps, 0, 2**53)
        if reset_num_timesteps:
            self.num_timesteps = 0
        self._total_timesteps = self.num_timesteps + total_timesteps
        if not self._running:
            self._begin(resume=not reset_num_timesteps)
        callback = as_callback(callback)
        bar = _progress_bar(total_timesteps) if progress_bar else None
        try:
            if callback is not None:
                callback.init_callback(self)
                callback.on_training_start(locals(), globals())
            while self.num_timesteps < self._total_timesteps:
                before = self.num_timesteps
                self._train(min(_CHUNK, self._total_timesteps - before))
                if bar is not None:
                    bar.update(self.num_timesteps - before)
                if callback is not None and not callback.on_step():
                    break
            if callback is not None:
                callback.on_training_end()
        finally:
            self.env.refresh()
            if bar is not None:
                bar.close()
        return self

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: NDArray[np.bool_] | None = None,
        deterministic: bool = True,
        action_masks: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.int64], Any]:
        """Return the action of the highest value for each state, (B,) int64; epsilon-greedy if not deterministic."""
        values = self.q_table[np.asarray(observation, dtype=np.int64)]
        if action_masks is not None:
            action_masks = check_masks(action_masks, values.shape)
            values = np.where(action_masks, values, -np.inf)
        actions = values.argmax(axis=-1)
        if not deterministic:
            count = batch_size(observation, self.observation_space)
            allowed = np.ones(values.shape) if action_masks is None else np.asarray(action_masks, dtype=np.float64)
            explored = (allowed * (1.0 - self.rng.random(values.shape))).argmax(axis=-1)
            actions = np.where(self.rng.random(count) < self.config.final_epsilon, explored, actions)
        return np.asarray(actions, dtype=np.int64), state

    def set_env(self, env: Any) -> None:
        """Train and act in another VecEnv of the same spaces.

        Raises:
            ConfigurationError: It is no native VecEnv, or its observations are no positions.
        """
        vector = getattr(env, "vector", None)
        if vector is None or env.unwrapped is not env:
            # A wrapper would not see the steps of a compiled loop, nor would the loop see what it changes.
            raise ConfigurationError(
                "q_learning: expected the VecEnv of gridpath_envs.adaptors.sb3.make_vec_env itself, without wrappers,"
                f" got {type(env).__name__}"
            )
        if vector.config.observation != "position":
            raise ConfigurationError(
                f"q_learning: needs observation='position', got observation={vector.config.observation!r}"
            )
        shape = (vector.config.num_positions, vector.config.num_actions)
        if hasattr(self, "q_table") and shape != self.q_table.shape:
            raise ConfigurationError(
                f"q_learning: the table has {self.q_table.shape} states and actions, the environment {shape}"
            )
        self.env = env
        self._shape = shape
        self._running = False
        self.observation_space = env.observation_space
        self.action_space = env.action_space

    def get_env(self) -> Any:
        """Return the VecEnv."""
        return self.env

    def get_vec_normalize_env(self) -> None:
        """Return None: positions cannot be normalised. SB3's callbacks ask."""

    @property
    def logger(self) -> Any:
        """An SB3 logger for callbacks, which writes nowhere."""
        if self._logger is None:
            from stable_baselines3.common.logger import Logger

            self._logger = Logger(folder=None, output_formats=[])
        return self._logger

    def save(self, path: str | PathLike[str]) -> None:
        """Write table, counters and the environment's state, so that training can go on as if never interrupted."""
        header = {
            "config": asdict(self.config),
            "seed": self.seed,
            "num_timesteps": self.num_timesteps,
            "total_timesteps": self._total_timesteps,
            "draws": self._draws,
        }
        arrays: dict[str, NDArray[Any]] = {"q_table": self.q_table}
        if self._running:
            arrays["env_state"] = self.env.vector.get_state()
        write_archive(path, "q_learning", header, arrays)

    @classmethod
    def load(cls, path: str | PathLike[str], env: Any = None) -> Self:
        """Read an agent.

        Args:
            path: File that ``save`` wrote.
            env: Native VecEnv of the same spaces.

        Raises:
            CheckpointError: The file is missing, damaged, of another agent, or its table does not fit.
        """
        keys = {"config", "seed", "num_timesteps", "total_timesteps", "draws"}
        header, arrays = read_archive(path, "q_learning", keys)
        try:
            agent = cls(env, seed=header["seed"], **header["config"])
            counters = [
                check_int(name, header[name], 0, 2**62) for name in ("num_timesteps", "total_timesteps", "draws")
            ]
            table = np.ascontiguousarray(arrays["q_table"])
        except (KeyError, TypeError, UnknownNameError) as error:
            raise CheckpointError(f"{path}: is damaged ({error})") from None
        if table.shape != agent._shape or table.dtype != np.float64:
            raise CheckpointError(
                f"{path}: its table has {table.shape} states and actions of {table.dtype},"
                f" the environment {agent._shape}"
            )
        agent.q_table = table
        agent.num_timesteps, agent._total_timesteps, agent._draws = counters
        # The environment is left alone until training goes on: it may be there to be evaluated in.
        agent._saved_state = arrays.get("env_state")
        return agent

    def _begin(self, resume: bool) -> None:
        """Reset the environment, or put it where the saved run left it if it is of the same configuration."""
        self.env.reset()
        if resume and self._saved_state is not None:
            # Another configuration, or another number of lanes, has no place for the state: there it begins anew.
            with contextlib.suppress(InvalidStateError):
                self.env.vector.set_state(self._saved_state)
        self._saved_state = None
        self._running = True

    def _train(self, num_timesteps: int) -> None:
        vector = self.env.vector
        table = self.q_table
        if table.shape != self._shape or table.dtype != np.float64 or not table.flags.c_contiguous:
            raise ConfigurationError(f"q_table: expected a contiguous float64 array of shape {self._shape}")
        num_rounds = -(-num_timesteps // vector.num_envs)
        config = self.config
        schedule = np.array(
            [
                config.step_size,
                config.discount,
                config.epsilon,
                config.final_epsilon,
                max(config.epsilon_decay * self._total_timesteps, 1.0),
            ]
        )
        self._draws = _q_learning_loop(
            table,
            vector._lanes,
            vector._maps,
            vector._levels,
            vector._distances,
            vector._params,
            vector._transitions,
            vector._scratch,
            vector._queues,
            schedule,
            num_rounds,
            self.num_timesteps,
            self._key,
            self._draws,
        )
        self.num_timesteps += num_rounds * vector.num_envs


def as_callback(callback: Any) -> Any:
    """Return a callback as SB3's own algorithms take them: None, an object, a function, or a list of objects."""
    if callback is None:
        return None
    from stable_baselines3.common.callbacks import BaseCallback, CallbackList, ConvertCallback

    if isinstance(callback, list):
        return CallbackList(callback)
    return callback if isinstance(callback, BaseCallback) else ConvertCallback(callback)


def _progress_bar(total: int) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, unit="step", unit_scale=True)


@kernel
def _greedy(values):
    best = 0
    for action in range(1, values.shape[0]):
        if values[action] > values[best]:
            best = action
    return best


@kernel
def _q_learning_loop(
    q_table,
    lanes,
    maps,
    levels,
    distances,
    params,
    transitions,
    scratch,
    queues,
    schedule,
    num_rounds,
    timestep,
    key,
    draws,
):
    """Let each lane take ``num_rounds`` steps, and update the table after each step.

    Returns:
        The number of the exploration stream's next unused draw.
    """
    p = params[0]
    step_size, discount, epsilon, final_epsilon, decay_steps = schedule
    scale = 1.0 / 9007199254740992.0
    for _ in range(num_rounds):
        for i in range(lanes.shape[0]):
            lane = lanes[i]
            transition = transitions[i]
            progress = min(timestep / decay_steps, 1.0)
            timestep += 1
            state = observe_position_lane(lane, p)
            bits = draw(key, draws)
            draws += 1
            if np.float64(bits >> np.uint64(11)) * scale < epsilon + progress * (final_epsilon - epsilon):
                action = below(draw(key, draws), q_table.shape[1])
                draws += 1
            else:
                action = _greedy(q_table[state])
            step_lane(lane, maps[lane.map], distances[i], p, p.is_plain, action, transition)
            target = np.float64(transition.reward)
            if not transition.terminated:
                # A time limit is no end of the task: the value of the state where it struck counts on.
                next_values = q_table[observe_position_lane(lane, p)]
                target += discount * next_values[_greedy(next_values)]
            q_table[state, action] += step_size * (target - q_table[state, action])
            if lane.finished:
                begin_episode(lane, maps, levels, p, BY_STREAM, np.uint64(0), distances[i], scratch, queues)
    return draws
