"""A bar for work that goes on in several threads."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

#: So many pieces of work are named at a time.
_NAMED = 4


class Bars:
    """One bar over everything that was announced so far, gone when all is done.

    As long as nothing with a size is announced, what is shown is that work goes on, and for how long; of several
    pieces, for how long each.

    :param title: the words in front of it
    """

    def __init__(self, title: str) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            _Words(self.words),
            console=Console(stderr=True),
            transient=True,
        )
        self._title = title
        self._lock = threading.Lock()
        self._total = 0
        self._running: dict[str, float] = {}
        self._has_sizes = False
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        self._task = self._progress.add_task(self._title, total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def start(self, name: str, total: int | None) -> None:
        """Announce a file, or another piece of work, which has no size."""
        with self._lock:
            if total is not None:
                self._show_sizes()
            self._total += total or 0
            self._running[name] = time.monotonic()
            self._show()

    def advance(self, name: str, amount: int) -> None:  # noqa: ARG002 - one bar for all
        """Move the bar."""
        if self._task is not None:
            with self._lock:
                self._show_sizes()
            self._progress.advance(self._task, amount)

    def finish(self, name: str) -> None:
        """Say that a file is done."""
        with self._lock:
            self._running.pop(name, None)
            self._show()

    def words(self) -> str:
        """Give the pieces of work that go on and have no size, each with its time."""
        with self._lock:
            running = [] if self._has_sizes else list(self._running.items())
        now = time.monotonic()
        words = [f"{name} {now - since:.0f} s" for name, since in running[:_NAMED]]
        more = f", and {len(running) - _NAMED} more" if len(running) > _NAMED else ""
        titled = len(running) == 1 and self._title.endswith(running[0][0])
        return "" if titled else f"{', '.join(words)}{more}"

    def _show_sizes(self) -> None:
        if not self._has_sizes:
            self._has_sizes = True
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._progress.columns = columns

    def _show(self) -> None:
        if self._task is not None:
            newest = next(reversed(self._running), "") if self._has_sizes else ""
            words = f"{self._title} {newest}".strip()
            self._progress.update(self._task, total=self._total or None, description=words)


class _Words(ProgressColumn):
    """Words that change with time: a plain text would stand still until something else happens."""

    def __init__(self, words: Callable[[], str]) -> None:
        self._words = words
        super().__init__()

    def render(self, task: Task) -> Text:  # noqa: ARG002 - one line for all
        """Give them as they are now."""
        return Text(self._words())
