"""The `gridpath` command. Its top imports nothing but the base install, the rest comes when a command needs it."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import io
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import gridpath_envs
from gridpath_envs.errors import GridPathError

if TYPE_CHECKING:
    from rich.console import Console

    from gridpath_benchmarks.store import SuiteRecord

__all__ = ["main"]

BENCH_MODULES = ("jinja2", "pebble", "pydantic", "rich", "sb3_contrib", "stable_baselines3", "torch", "vl_convert")
EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_BROKEN_PIPE = 1, 2, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments after the program's name; without them, those of the process.

    Returns:
        Exit code: 0 done, 1 a cell failed, 2 wrong input, 130 interrupted, 141 the reader of the output went away.
    """
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding has no letters for is no reason to stop.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _parser().parse_args(arguments)
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except GridPathError as error:
        # One line, whatever a message holds: scripts and people read the last line.
        print(f"gridpath: error: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        # Nobody reads on, as in `gridpath envs | head -1`; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        print("gridpath: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except OSError as error:
        # Folders that cannot be written, full disks: the system's own words say it, a traceback adds nothing.
        print(f"gridpath: error: {f'{error.filename}: {error.strerror}' if error.filename else error}", file=sys.stderr)
        return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gridpath", description="Grid pathfinding environments, agents and benchmark."
    )
    parser.add_argument("--version", action="version", version=f"gridpath {gridpath_envs.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    envs = commands.add_parser("envs", help="list the environments, show the page of one")
    envs.set_defaults(run=_envs)
    shown = envs.add_subparsers(title="commands", metavar="COMMAND")
    showing = shown.add_parser("show", help="show an environment's page: spaces, reward, arguments")
    showing.add_argument("id", metavar="ID", help="id of the environment, such as GridPath-v0")
    showing.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="argument of gymnasium.make")
    showing.set_defaults(run=_envs_show)
    warming = commands.add_parser("warmup", help="compile everything ahead, so that no first step has to wait")
    warming.set_defaults(run=_warmup)
    agents = commands.add_parser("agents", help="list the agents")
    agents.set_defaults(run=_agents)

    playing = commands.add_parser("play", help="play an environment with the keyboard")
    _add_env_arguments(playing)
    playing.set_defaults(run=_play)
    recording = commands.add_parser("record", help="write an episode as an animated picture")
    _add_env_arguments(recording)
    recording.add_argument("--out", metavar="FILE", type=Path, required=True, help="picture to write, .svg or .gif")
    recording.add_argument(
        "--policy", metavar="NAME", default="shortest_path", help="shortest_path (default) or random"
    )
    recording.add_argument("--max-steps", metavar="N", type=_count, default=500, help="stop after (default: 500)")
    recording.add_argument("--fps", metavar="N", type=float, default=6.0, help="steps a second (default: 6)")
    recording.set_defaults(run=_record)

    bench = commands.add_parser("bench", help="run a benchmark suite, report its results")
    actions = bench.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = actions.add_parser("list", help="list the shipped suites")
    listing.set_defaults(run=_bench_list)
    running = actions.add_parser("run", help="run a suite; the same command goes on with a run that was interrupted")
    running.add_argument("suite", metavar="SUITE", help="name of a shipped suite, or path of a TOML file")
    running.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the results")
    running.add_argument("--jobs", metavar="N", type=_positive, default=1, help="worker processes (default: 1)")
    running.set_defaults(run=_bench_run)
    throughput = actions.add_parser("throughput", help="measure the environments' steps a second")
    throughput.add_argument("--out", metavar="DIR", type=Path, help="also write the results to this folder")
    throughput.set_defaults(run=_bench_throughput)
    oracle = actions.add_parser("oracle", help="measure how long shortest-path queries take")
    oracle.add_argument(
        "--maps",
        metavar="DIR",
        type=Path,
        help="folder of .map and .map.scen files (default: MovingAI's, if here)",
    )
    oracle.add_argument("--out", metavar="DIR", type=Path, help="also write the results to this folder")
    oracle.set_defaults(run=_bench_oracle)
    planners = actions.add_parser("planners", help="measure how fast and how good plans for many agents are")
    planners.add_argument(
        "--maps", metavar="DIR", type=Path, help="folder of MovingAI's maps and scenarios for many agents, if not here"
    )
    planners.add_argument("--out", metavar="DIR", type=Path, help="also write the results to this folder")
    planners.set_defaults(run=_bench_planners)
    reporting = actions.add_parser("report", help="write the report of a folder of results")
    reporting.add_argument("folder", metavar="DIR", type=Path, help="folder that a run wrote")
    reporting.add_argument("--out", metavar="FILE.html", type=Path, help="the page (default: DIR/report.html)")
    reporting.add_argument("--markdown", metavar="FILE.md", type=Path, help="also write the tables as Markdown")
    reporting.add_argument("--pictures", metavar="DIR", type=Path, help="also write each agent's paths as SVG files")
    reporting.set_defaults(run=_bench_report)
    return parser


def _add_env_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="environment, see: gridpath envs")
    parser.add_argument("--seed", metavar="N", type=_count, help="seed of the episode")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="argument of the environment, such as size=[8,8] or moves=octile; may be repeated",
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > 10**9:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number from 0 to 10^9")
    return int(text)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number from 1 to 1024")
    return int(text)


def _need_bench() -> None:
    missing = [name for name in BENCH_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        install = "pip install 'gridpath-envs[bench]'"
        raise GridPathError(f"this command needs packages that are not installed ({', '.join(missing)}): {install}")


def _envs(options: argparse.Namespace) -> int:
    tasks = {**gridpath_envs.TASKS, **gridpath_envs.JOINT_TASKS}
    width = max(map(len, tasks))
    for name, task in tasks.items():
        print(f"{name:<{width}}  {task.description}")
    print("\nMore of one: gridpath envs show ID")
    return 0


def _envs_show(options: argparse.Namespace) -> int:
    from gridpath_benchmarks.episode import parse_settings
    from gridpath_envs.documentation import page

    print(page(options.id, parse_settings(options.set)), end="")
    return 0


def _warmup(options: argparse.Namespace) -> int:
    from gridpath_envs.warmup import warm_up

    warm_up(print)
    return 0


def _agents(options: argparse.Namespace) -> int:
    _need_bench()
    import gridpath_agents

    width = max(len(name) for name in gridpath_agents.AGENTS)
    for name, location in gridpath_agents.AGENTS.items():
        module, _, attribute = location.partition(":")
        documentation = inspect.getdoc(getattr(importlib.import_module(module), attribute)) or ""
        print(f"{name:<{width}}  {documentation.partition(chr(10))[0]}")
    return 0


def _play(options: argparse.Namespace) -> int:
    from gridpath_benchmarks.episode import parse_settings
    from gridpath_benchmarks.play import HELP, play

    print(HELP, flush=True)
    print(play(options.id, parse_settings(options.set), options.seed))
    return 0


def _record(options: argparse.Namespace) -> int:
    from gridpath_benchmarks.episode import parse_settings
    from gridpath_benchmarks.record import record

    settings = parse_settings(options.set)
    print(record(options.id, options.out, settings, options.seed, options.policy, options.max_steps, options.fps))
    return 0


def _bench_list(options: argparse.Namespace) -> int:
    _need_bench()
    from gridpath_benchmarks.suite import load_suite, shipped_suites

    names = shipped_suites()
    width = max(len(name) for name in names)
    for name in names:
        suite = load_suite(name)
        cells = len(suite.scenarios) * len(suite.agents) * len(suite.seeds)
        print(f"{name:<{width}}  {cells} cells: {' '.join(suite.description.split())}")
    return 0


def _bench_run(options: argparse.Namespace) -> int:
    _need_bench()
    from gridpath_benchmarks.progress import ConsoleProgress
    from gridpath_benchmarks.runner import run_suite
    from gridpath_benchmarks.suite import load_suite

    suite = load_suite(options.suite)
    command = shlex.join(
        ["gridpath", "bench", "run", options.suite, "--out", str(options.out), "--jobs", str(options.jobs)]
    )
    console = _console()
    try:
        with ConsoleProgress(console) as progress:
            outcome = run_suite(suite, options.out, options.jobs, progress, command)
    except KeyboardInterrupt:
        print(f"gridpath: interrupted; finished cells are kept, and this goes on: {command}", file=sys.stderr)
        return EXIT_INTERRUPTED
    _print_results(options.out, outcome.suite)
    for path, reason in outcome.failed:
        print(f"gridpath: failed: {path}: {reason}", file=sys.stderr)
    return EXIT_FAILED if outcome.failed else 0


def _bench_report(options: argparse.Namespace) -> int:
    _need_bench()
    from gridpath_benchmarks.report import write_report
    from gridpath_benchmarks.report.paths import write_pictures
    from gridpath_benchmarks.store import Store, write_atomically
    from gridpath_benchmarks.table import markdown

    page = options.out or options.folder / "report.html"
    for problem in write_report(options.folder, page):
        print(f"gridpath: note: {problem}", file=sys.stderr)
    print(f"wrote {page} ({page.stat().st_size / 1e6:.1f} MB)")
    if options.markdown is not None:
        store = Store(options.folder)
        suite = store.read_suite()
        write_atomically(options.markdown, markdown(suite, store.scan(suite.cells)[0]))
        print(f"wrote {options.markdown}")
    if options.pictures is not None:
        print(f"wrote {write_pictures(options.folder, options.pictures)} pictures to {options.pictures}")
    return 0


def _bench_throughput(options: argparse.Namespace) -> int:
    _need_bench()
    from gridpath_benchmarks.throughput import run_throughput

    run_throughput(options.out, print)
    return 0


def _bench_oracle(options: argparse.Namespace) -> int:
    _need_bench()
    from gridpath_benchmarks.oracle_speed import run_oracle_speed

    run_oracle_speed(options.maps, options.out, _measuring_command("oracle", options), print)
    return 0


def _bench_planners(options: argparse.Namespace) -> int:
    _need_bench()
    from gridpath_benchmarks.planner_speed import run_planner_speed

    run_planner_speed(options.maps, options.out, _measuring_command("planners", options), print)
    return 0


def _measuring_command(name: str, options: argparse.Namespace) -> str:
    folders = (("--maps", options.maps), ("--out", options.out))
    given = [word for flag, folder in folders if folder is not None for word in (flag, str(folder))]
    return shlex.join(["gridpath", "bench", name, *given])


def _print_results(folder: Path, suite: SuiteRecord) -> None:
    from gridpath_benchmarks.store import Store
    from gridpath_benchmarks.table import print_tables, summarise_results

    # Of the suite that was run, and not of the folder's: another run may have written its own there meanwhile.
    print_tables(summarise_results(suite, Store(folder).scan(suite.cells)[0]), _console())


def _console() -> Console:
    from rich.console import Console

    class PipedConsole(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the command, which knows what a reader that goes away means."""
            raise BrokenPipeError

    console = PipedConsole()
    # A table cut off at 80 columns of a log file would be of no use.
    return console if console.is_terminal else PipedConsole(width=240)


if __name__ == "__main__":
    sys.exit(main())
