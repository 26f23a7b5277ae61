"""How a run shows that it goes on: a bar in a terminal, a line a cell elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gridpath_benchmarks.metrics import METRICS
from gridpath_benchmarks.store import CellRecord

__all__ = ["ConsoleProgress"]


class ConsoleProgress:
    """Write to a console: a line for each cell that ends, above a bar where the console is a terminal.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        """Make the bar, which is not shown yet."""
        self.console = console
        self.total = self.done = 0
        columns = TextColumn("cells"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal)

    def __enter__(self) -> ConsoleProgress:
        """Show the bar."""
        self.bar.start()
        self.task = self.bar.add_task("cells", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it is and gives the terminal back."""
        self.bar.stop()

    def start(self, total: int, skipped: int, problems: Sequence[str]) -> None:
        """Say what there is to do.

        Args:
            total: Number of cells.
            skipped: How many are done already.
            problems: Files that were passed over.
        """
        self.total, self.done = total, skipped
        self.bar.update(self.task, total=total, completed=skipped)
        for problem in problems:
            self._line(f"note: {problem}")
        if skipped:
            self._line(f"{skipped} of {total} cells are finished already")

    def finished(self, record: CellRecord, path: Path) -> None:
        """Say how a cell ended.

        Args:
            record: Its record.
            path: Its file.
        """
        self.done += 1
        self.bar.update(self.task, completed=self.done)
        name = f"[{self.done}/{self.total}] {record.scenario} {record.agent} seed {record.seed}"
        if record.status == "failed":
            reason = (record.log or "").partition("\n")[0]
            self._line(f"{name}: FAILED: {reason}")
            return
        seconds = sum(value for key, value in record.timing.items() if key.endswith("_seconds") and value is not None)
        scores = [
            f"{METRICS[metric].label.lower()} {value or 0:.2f}"
            for metric, value in record.metrics.items()
            if metric in METRICS and METRICS[metric].is_charted
        ]
        self._line(f"{name}: {' '.join(scores)} ({seconds:.1f} s)")

    def _line(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
