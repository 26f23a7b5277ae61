"""Suites: what is run, as TOML data checked before anything starts."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

import gridpath_envs
from gridpath_benchmarks.cell import FILE_KEYWORDS, Cell, vec_env_arguments
from gridpath_benchmarks.metrics import METRICS, Kind, kind_of, metrics_of
from gridpath_envs.checks import check_bool
from gridpath_envs.errors import GridPathError, unknown

__all__ = [
    "AgentEntry",
    "AgentOverrides",
    "Evaluation",
    "Scenario",
    "Suite",
    "SuiteError",
    "load_suite",
    "shipped_suites",
]

# Names become folders of the results.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Arguments = dict[str, JsonValue]


class SuiteError(GridPathError, ValueError):
    """A suite that cannot be run as written."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


# What an agent may choose of its environment is how it sees it, and whether it acts by preferences. The task, and which
# levels it is tested on, are the scenario's: scores would not be of one task otherwise.
OBSERVATION_KEYWORDS = (
    "observation",
    "radius",
    "trail",
    "image_size",
    "greyscale",
    "num_beams",
    "max_range",
    "goal_conditioned",
    "mask_in_info",
    "continuous_actions",
)
# Set by the harness, or by the adaptor that it uses.
RESERVED_KEYWORDS = ("task", "num_envs", "autoreset_mode", "copy", "render_mode")
RESERVED_PARAMETERS = ("env", "seed")


class Evaluation(_Model):
    """How agents are scored: choice of actions, learning curves, stored paths, time allowed to a cell in seconds."""

    actions: Literal["greedy", "sampled"] = "greedy"
    curve_points: int = Field(default=10, ge=2)
    curve_levels: int = Field(default=50, ge=1)
    replays: int = Field(default=2, ge=0)
    cell_time_limit: float = Field(default=1800.0, gt=0)


class Scenario(_Model):
    """An environment id with its keyword arguments: for both, for training, for evaluation."""

    env: str = "GridPath-v0"
    description: str = ""
    env_kwargs: Arguments = {}
    train: Arguments = {}
    test: Arguments

    @property
    def kind(self) -> Kind:
        """The kind of its environments."""
        return kind_of(self.env, {**self.env_kwargs, **self.test})

    @field_validator("env_kwargs", "train", "test")
    @classmethod
    def _not_reserved(cls, arguments: Arguments) -> Arguments:
        return _without(RESERVED_KEYWORDS, arguments)

    @field_validator("test")
    @classmethod
    def _num_levels(cls, test: Arguments) -> Arguments:
        count = test.get("num_levels")
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError("num_levels must be there, a positive integer: the number of evaluated episodes")
        return test


def _without(reserved: tuple[str, ...], arguments: Arguments) -> Arguments:
    for name in arguments:
        if name in reserved:
            raise ValueError(f"{name} is set by the benchmark itself")
    return arguments


class AgentOverrides(_Model):
    """What a suite changes of an agent's preset; what is left out stays as the preset has it."""

    total_timesteps: int | None = Field(default=None, ge=0)
    num_envs: int | None = Field(default=None, ge=1)
    actions: Literal["greedy", "sampled"] | None = None
    env_kwargs: Arguments = {}
    parameters: Arguments = {}

    @field_validator("env_kwargs")
    @classmethod
    def _only_observation(cls, arguments: Arguments) -> Arguments:
        for name in arguments:
            if name not in OBSERVATION_KEYWORDS:
                raise ValueError(
                    f"an agent may choose {', '.join(OBSERVATION_KEYWORDS)} only; {name} is the scenario's"
                )
        return arguments

    @field_validator("parameters")
    @classmethod
    def _not_reserved(cls, parameters: Arguments) -> Arguments:
        return _without(RESERVED_PARAMETERS, parameters)


class AgentEntry(AgentOverrides):
    """An agent of a suite, with overrides for single scenarios."""

    scenarios: dict[str, AgentOverrides] = {}


class Suite(_Model):
    """A benchmark: every agent on every scenario with every seed."""

    name: Name
    description: str = ""
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**31)], ...], Field(strict=False, min_length=1)]
    metrics: Annotated[tuple[str, ...] | None, Field(strict=False, min_length=1)] = None
    evaluation: Evaluation = Evaluation()
    scenarios: Annotated[dict[Name, Scenario], Field(min_length=1)]
    agents: Annotated[dict[Name, AgentEntry], Field(min_length=1)]

    @field_validator("seeds")
    @classmethod
    def _unique(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("each seed may be there once only")
        return seeds

    def metrics_of(self, scenario: str) -> tuple[str, ...]:
        """The metrics that a scenario's agents are shown with: the suite's, or all that make sense there."""
        return metrics_of(self.scenarios[scenario].kind) if self.metrics is None else self.metrics

    def cells(self) -> list[Cell]:
        """All cells, ordered by scenario, agent and seed as the suite lists them.

        Raises:
            SuiteError: If training is asked of an agent that does not learn.
        """
        return [
            self._cell(scenario, agent, seed)
            for scenario in self.scenarios
            for agent in self.agents
            for seed in self.seeds
        ]

    def _cell(self, scenario_name: str, agent_name: str, seed: int) -> Cell:
        import gridpath_agents  # not at the top: suites are listed and checked without the agents' libraries

        scenario, entry = self.scenarios[scenario_name], self.agents[agent_name]
        special = entry.scenarios.get(scenario_name, AgentOverrides())
        preset = gridpath_agents.load_preset(agent_name, scenario.env)
        learns = preset.total_timesteps > 0
        timesteps = _first(special.total_timesteps, entry.total_timesteps, preset.total_timesteps)
        if timesteps > 0 and not learns:
            raise SuiteError(
                f"suite {self.name}: agents.{agent_name}: total_timesteps is {timesteps}, but it does not learn"
            )
        agent_kwargs = {**preset.env_kwargs, **entry.env_kwargs, **special.env_kwargs}
        return Cell(
            scenario=scenario_name,
            agent=agent_name,
            seed=seed,
            env_id=scenario.env,
            train_kwargs={**scenario.env_kwargs, **scenario.train, **agent_kwargs},
            # The scenario's test settings come last: an agent may choose what it sees, not what it is tested on.
            test_kwargs={**scenario.env_kwargs, **agent_kwargs, **scenario.test},
            num_levels=int(str(scenario.test["num_levels"])),
            num_envs=_first(special.num_envs, entry.num_envs, preset.num_envs),
            learns=learns,
            total_timesteps=timesteps,
            parameters={**preset.parameters, **entry.parameters, **special.parameters},
            actions=special.actions or entry.actions or self.evaluation.actions,
            **self.evaluation.model_dump(exclude={"actions"}),
        )

    def check_environments(self) -> None:
        """Make each environment of the suite once, so that a wrong argument is found before anything runs.

        Raises:
            SuiteError: If one cannot be made; names the scenario and the agent.
        """
        import gymnasium

        seen: list[tuple[str, Any]] = []
        for cell in self.cells():
            for part, plain in (("train", cell.train_kwargs), ("test", cell.test_kwargs)):
                if (cell.env_id, plain) in seen:
                    continue
                seen.append((cell.env_id, plain))
                try:
                    arguments = vec_env_arguments(plain)
                    check_bool("continuous_actions", arguments["continuous_actions"])
                    if cell.kind == "single":
                        gymnasium.make_vec(cell.env_id, num_envs=1, **arguments["env_kwargs"]).close()
                    else:
                        gridpath_envs.GridMultiAgentVectorEnv(cell.env_id, 1, **arguments["env_kwargs"]).close()
                except (GridPathError, TypeError, gymnasium.error.Error) as error:
                    place = f"suite {self.name}: scenarios.{cell.scenario}: {part} environment of agent {cell.agent}"
                    raise SuiteError(f"{place}: {error}") from error


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def shipped_suites() -> list[str]:
    """The names of the suites that come with GridPath, sorted."""
    folder = resources.files("gridpath_benchmarks") / "suites"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_suite(name_or_path: str | Path) -> Suite:
    """Read and checks a suite.

    Args:
        name_or_path: Name of a shipped suite, or path of a TOML file (with a folder or the ending .toml).

    Returns:
        The suite, with relative map files resolved against its folder.

    Raises:
        SuiteError: If there is no such suite, or it is not valid; says where and what is allowed.
    """
    text, file = str(name_or_path), Path(name_or_path)
    if file.suffix != ".toml" and len(file.parts) == 1:
        if text not in shipped_suites():
            raise SuiteError(f"{unknown('suite', text, shipped_suites())} (a path ends with .toml or names a folder)")
        file = Path(str(resources.files("gridpath_benchmarks") / "suites" / f"{text}.toml"))
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SuiteError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"{file}{_position(str(error))}") from error
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits, or brackets within brackets by the thousand.
        raise SuiteError(f"{file}: cannot be read as TOML ({error})") from error
    try:
        suite = Suite.model_validate(data)
    except ValidationError as error:
        raise SuiteError(f"{file}: {_describe(error)}") from error
    _check_names(suite, file)
    return suite.model_copy(update={"scenarios": {name: _resolve(s, file) for name, s in suite.scenarios.items()}})


def _check_names(suite: Suite, file: Path) -> None:
    import gridpath_agents

    for name, scenario in suite.scenarios.items():
        known = [*gridpath_envs.TASKS, *gridpath_envs.JOINT_TASKS]
        if scenario.env not in known:
            raise SuiteError(f"{file}: scenarios.{name}.env: {unknown('environment', scenario.env, known)}")
        for metric in suite.metrics or ():
            if metric not in METRICS:
                raise SuiteError(f"{file}: metrics: {unknown('metric', metric, METRICS)}")
            if scenario.kind not in METRICS[metric].kinds:
                raise SuiteError(
                    f"{file}: metrics: {metric} makes no sense in scenarios.{name}; what does there:"
                    f" {', '.join(metrics_of(scenario.kind))}"
                )
    for name, agent in suite.agents.items():
        if name not in gridpath_agents.AGENTS:
            raise SuiteError(f"{file}: agents.{name}: {unknown('agent', name, gridpath_agents.AGENTS)}")
        for scenario_name in agent.scenarios:
            if scenario_name not in suite.scenarios:
                problem = unknown("scenario", scenario_name, suite.scenarios)
                raise SuiteError(f"{file}: agents.{name}.scenarios.{scenario_name}: {problem}")


def _resolve(scenario: Scenario, file: Path) -> Scenario:
    def resolved(arguments: Arguments) -> Arguments:
        changed = dict(arguments)
        for keyword in FILE_KEYWORDS:
            if keyword in arguments:
                changed[keyword] = found(arguments[keyword])
        return changed

    def found(value: JsonValue) -> JsonValue:
        if isinstance(value, list):
            return [found(each) for each in value]
        if isinstance(value, str) and "\n" not in value and (file.parent / value).is_file():
            return str((file.parent / value).resolve())
        return value

    parts = ("env_kwargs", "train", "test")
    return scenario.model_copy(update={part: resolved(getattr(scenario, part)) for part in parts})


def _position(message: str) -> str:
    """':line: message' from tomllib's 'message (at line L, column C)'."""
    text, separator, place = message.rpartition(" (at line ")
    line = place.partition(",")[0]
    return f":{line}: {text}" if separator and line.isdigit() else f": {message}"


def _describe(error: ValidationError) -> str:
    """The first thing wrong, on one line: where, what was found, what is allowed."""
    details = error.errors()[0]
    location = details["loc"]
    if details["type"] == "finite_number" and location[-1] == "float":
        location = location[:-1]  # pydantic's name for a kind of JSON value, not a key of the file
    path = ".".join(str(part) for part in location if part != "[key]") or "top level"
    if details["type"] == "extra_forbidden":
        return f"{path}: {unknown('key', location[-1], _model_at(location[:-1]).model_fields)}"
    if details["type"] == "missing":
        return f"{path}: missing; allowed here: {', '.join(_model_at(location[:-1]).model_fields)}"
    message = (
        details["msg"]
        .removeprefix("Value error, ")
        .replace("Input should", "should")
        .replace("String should", "should")
    )
    return f"{path}: got {details['input']!r}: {message[:1].lower()}{message[1:]}"


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    match location:
        case ("evaluation", *_):
            return Evaluation
        case ("scenarios", _, *_):
            return Scenario
        case ("agents", _, "scenarios", *_):
            return AgentOverrides
        case ("agents", _, *_):
            return AgentEntry
        case _:
            return Suite
