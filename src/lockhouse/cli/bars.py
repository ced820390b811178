"""A bar for work that goes on in several threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from types import TracebackType


class Bars:
    """One bar over everything that was announced so far, gone when all is done.

    As long as nothing is announced, what is shown is that work goes on, and for how long.

    :param title: the words in front of it
    """

    def __init__(self, title: str) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._title = title
        self._lock = threading.Lock()
        self._total = 0
        self._running: dict[str, None] = {}
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
        """Announce a file."""
        with self._lock:
            self._progress.columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
            )
            self._total += total or 0
            self._running[name] = None
            self._show()

    def advance(self, name: str, amount: int) -> None:  # noqa: ARG002 - one bar for all
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task, amount)

    def finish(self, name: str) -> None:
        """Say that a file is done."""
        with self._lock:
            self._running.pop(name, None)
            self._show()

    def _show(self) -> None:
        if self._task is not None:
            newest = next(reversed(self._running), "")
            words = f"{self._title} {newest}".strip()
            self._progress.update(self._task, total=self._total or None, description=words)
