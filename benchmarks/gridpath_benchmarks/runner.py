"""Runs the cells of a suite in worker processes, and goes on where an earlier run stopped."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, Protocol

from pebble import ProcessExpired, ProcessPool

from gridpath_benchmarks.cell import Cell
from gridpath_benchmarks.provenance import machine_and_versions, utc_now
from gridpath_benchmarks.store import CellRecord, Store, SuiteRecord
from gridpath_benchmarks.suite import Suite
from gridpath_benchmarks.worker import failed_record, initialise, run_cell, run_seed

__all__ = ["Progress", "RunOutcome", "Silent", "run_suite"]

# One thread a worker: cells run beside one another, and sums in another order would be other numbers.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
POOL_STARTS = 3


class Progress(Protocol):
    """What a run tells while it goes on."""

    def start(self, total: int, skipped: int, problems: Sequence[str]) -> None:
        """Called once: number of cells, how many were done before, files that were passed over."""

    def finished(self, record: CellRecord, path: Path) -> None:
        """Called when a cell's record is on disk."""


class Silent:
    """Tell nothing."""

    def start(self, total: int, skipped: int, problems: Sequence[str]) -> None:
        """Do nothing."""

    def finished(self, record: CellRecord, path: Path) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class RunOutcome:
    """What became of a suite's cells.

    Attributes:
        total: Number of cells of the suite.
        skipped: Cells that were finished before this run.
        failed: (file, first line of the log) of each cell that failed.
        problems: A line for each file in the results that was passed over.
        suite: The suite and the cells that were run.
    """

    total: int
    skipped: int
    failed: tuple[tuple[Path, str], ...]
    problems: tuple[str, ...]
    suite: SuiteRecord


def run_suite(
    suite: Suite, out: Path, jobs: int = 1, progress: Progress | None = None, command: str | None = None
) -> RunOutcome:
    """Run every cell of a suite that is not finished yet.

    Each cell's file is there, whole, as soon as the cell ends, so a run may be interrupted or killed at any time: the
    next one goes on from there, and its numbers are those of an uninterrupted run. A cell that raises, dies or takes
    too long is recorded as failed, and tried again by the next run.

    Args:
        suite: What to run.
        out: Folder of the results.
        jobs: Worker processes, at least 1.
        progress: Told what happens.
        command: The command line to note in the results; without it, the one that runs this suite by name.

    Returns:
        What became of the cells.

    Raises:
        SuiteError: If the suite cannot be run as written; nothing has run then.
        ValueError: If `jobs` is not positive.
        KeyboardInterrupt: On Ctrl-C, after the workers have ended.
    """
    if jobs < 1:
        raise ValueError(f"jobs: got {jobs}, expected at least 1")
    progress = progress or Silent()
    cells = suite.cells()
    suite.check_environments()
    store = Store(Path(out))
    records, problems = store.scan(cells)
    waiting = [cell for cell in cells if cell.key not in records or records[cell.key].status == "failed"]
    # Longest first keeps the last worker from running alone at the end.
    waiting.sort(key=lambda cell: -cell.total_timesteps)
    suite_record = store.write_suite(
        suite, cells, command or f"gridpath bench run {suite.name} --out {out} --jobs {jobs}"
    )
    progress.start(len(cells), len(cells) - len(waiting), problems)
    failed: list[tuple[Path, str]] = []
    origin = {**machine_and_versions(), "threads": 1, "jobs": jobs}
    # Closed at once when this is left by an exception, and not when the exception is forgotten: it ends the workers.
    with contextlib.closing(_run_all(waiting, min(jobs, max(1, len(waiting))))) as results:
        for cell, record in results:
            details = {**origin, "time": utc_now(), "actions": cell.actions, "configuration": cell.configuration}
            details["run_seed"] = run_seed(cell.seed)
            complete = CellRecord.model_validate_json(
                record.model_copy(update={"provenance": details}).model_dump_json()
            )
            path = store.write(complete)
            if record.status == "failed":
                failed.append((path, (record.log or "").partition("\n")[0]))
            progress.finished(complete, path)
    return RunOutcome(len(cells), len(cells) - len(waiting), tuple(failed), tuple(problems), suite_record)


def _run_all(cells: Sequence[Cell], jobs: int) -> Generator[tuple[Cell, CellRecord]]:
    """Yield each cell with its record as it ends, whatever becomes of the workers."""
    left = {cell.key: cell for cell in cells}
    for start in range(POOL_STARTS):
        if not left:
            return
        with contextlib.closing(_run_pool(list(left.values()), jobs)) as results:
            for key, record in results:
                # A pool that broke says nothing about the cells in it: they get another pool, unless it was the last.
                if record is None and start + 1 < POOL_STARTS:
                    continue
                cell = left.pop(key)
                yield cell, record or failed_record(cell, "the worker processes died before they could run the cell")


def _run_pool(cells: Sequence[Cell], jobs: int) -> Generator[tuple[str, CellRecord | None]]:
    with _worker_environment():
        pool: Any = ProcessPool(
            max_workers=jobs,
            initializer=initialise,
            initargs=(os.getpid(),),
            context=multiprocessing.get_context("spawn"),
        )
        try:
            with _sigint_blocked():
                futures: dict[Any, Cell] = {
                    pool.schedule(run_cell, args=(cell, cell.key), timeout=cell.cell_time_limit): cell for cell in cells
                }
            for future in as_completed(futures):
                yield futures[future].key, _record_of(future, futures[future])
            pool.close()
        finally:
            # Also on Ctrl-C, a closed pipe or a full disk: no worker outlives the run.
            pool.stop()
            pool.join()


def _record_of(future: Any, cell: Cell) -> CellRecord | None:
    try:
        record: CellRecord = future.result()
        return record
    except BrokenProcessPool:
        return None
    except TimeoutError:
        return failed_record(cell, f"took longer than the cell_time_limit of {cell.cell_time_limit:g} seconds")
    except ProcessExpired as error:
        return failed_record(
            cell, f"the worker process died with exit code {error.exitcode} (a minus: killed by that signal)"
        )


@contextlib.contextmanager
def _worker_environment() -> Iterator[None]:
    saved = {name: os.environ.get(name) for name in WORKER_ENVIRONMENT}
    os.environ.update(WORKER_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Threads started inside, and the processes that these start, do not see Ctrl-C; this one sees it after.

    Otherwise a Ctrl-C in the terminal reaches the workers too, and one that is still importing prints a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Starting the tracker later, in one of those threads, would unblock the signal there.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
