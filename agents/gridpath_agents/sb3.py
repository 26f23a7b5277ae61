"""What our subclasses of Stable-Baselines3's algorithms share: checked parameters, schedules, named load errors."""

from __future__ import annotations

import inspect
import pickle
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Self

from gymnasium import spaces
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.utils import LinearSchedule

from gridpath_agents.archive import CheckpointError
from gridpath_agents.base import check_env, check_seed
from gridpath_envs.checks import check_int, check_number
from gridpath_envs.errors import ConfigurationError, unknown_name

_WHOLE = {
    "n_steps": (1, 10**6),
    "batch_size": (1, 10**7),
    "n_epochs": (1, 10**4),
    "buffer_size": (1, 10**9),
    "learning_starts": (0, 10**9),
    "target_update_interval": (1, 10**9),
}
_SHARES = ("gamma", "gae_lambda", "tau", "exploration_fraction", "exploration_initial_eps", "exploration_final_eps")
_NOT_NEGATIVE = ("ent_coef", "vf_coef", "max_grad_norm", "learning_rate", "clip_range", "clip_range_vf", "target_kl")

# What reading a file that is no checkpoint of the class ends in, deep inside SB3, torch or zipfile.
_LOAD_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
    EOFError,
    ImportError,
    zipfile.BadZipFile,
    pickle.UnpicklingError,
)


class SB3Agent:
    """Mixin for subclasses of SB3's algorithms, before them in the order of bases."""

    uses_action_masks: ClassVar[bool] = False

    @classmethod
    def make(cls, env: Any, **parameters: Any) -> Self:
        """Make the agent for a VecEnv, with the ``policy`` that fits its observations where none is given.

        Raises:
            ConfigurationError: A parameter is unknown or out of range.
        """
        check_env(env)
        known = list(inspect.signature(cls.__init__).parameters)
        for name in parameters:
            if name not in known or name in ("self", "env", "_init_setup_model"):
                raise unknown_name("parameter", name, set(known) - {"self", "env", "_init_setup_model"})
        policy = parameters.pop("policy", None) or default_policy(env.observation_space)
        try:
            return cls(policy, env, **check_parameters(parameters))  # type: ignore[call-arg]
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, ConfigurationError):
                raise
            # What SB3 refuses by an assertion or deep inside, such as an unknown policy.
            raise ConfigurationError(f"{cls.__name__}: {error}") from error

    @classmethod
    def load(cls, path: str | PathLike[str], env: Any = None, **arguments: Any) -> Self:
        """Read an agent that ``save`` wrote; the file is unpickled, so load only files of your own.

        Raises:
            CheckpointError: The file is missing, damaged, of another algorithm, or does not fit the environment.
        """
        file = Path(path)
        if not (file.is_file() or file.with_name(f"{file.name}.zip").is_file()):
            raise CheckpointError(f"{file}: No such file")
        try:
            agent: Self = super().load(path, env, **arguments)  # type: ignore[misc]
        except _LOAD_ERRORS as error:
            raise CheckpointError(f"{file}: cannot be read as a saved {cls.__name__} agent ({error})") from error
        return agent


def default_policy(space: spaces.Space[Any]) -> str:
    """Return the name of SB3's policy for observations: of dicts, of images, or of anything else.

    Args:
        space: Observation space.
    """
    if isinstance(space, spaces.Dict):
        return "MultiInputPolicy"
    return "CnnPolicy" if is_image_space(space) else "MlpPolicy"


def check_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Check the parameters of an SB3 algorithm whose ranges are known.

    Args:
        parameters: Keyword arguments; ``learning_rate = {start, end}`` is a linear schedule over training, since data
            files cannot hold functions.

    Returns:
        Those arguments as the algorithm takes them.

    Raises:
        ConfigurationError: One is out of range.
    """
    # SB3 writes to the tables that it is given.
    checked = {name: deepcopy(value) if isinstance(value, dict) else value for name, value in parameters.items()}
    for name, value in parameters.items():
        if name == "seed":
            checked[name] = check_seed(value)
        elif name in _WHOLE:
            checked[name] = check_int(name, value, *_WHOLE[name])
        elif name in _SHARES:
            checked[name] = check_number(name, value, 0.0, 1.0)
        elif isinstance(value, Mapping) and name == "learning_rate":
            if set(value) != {"start", "end"}:
                raise ConfigurationError(f"learning_rate: expected a number or {{start, end}}, got {dict(value)!r}")
            start, end = (check_number(f"learning_rate.{key}", value[key], 0.0, 1e3) for key in ("start", "end"))
            checked[name] = LinearSchedule(start, end, 1.0)
        elif name == "ent_coef" and isinstance(value, str):
            pass  # SAC's "auto", perhaps with a first value; SB3 says what else is wrong
        elif name in _NOT_NEGATIVE and value is not None and not callable(value):
            checked[name] = check_number(name, value, 0.0, 1e3)
    return checked
