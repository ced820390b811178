"""Those who hear and show nothing. They stand apart from the protocols that they keep, which take longer to import."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lockhouse.interfaces import Progress


class SilentProgress:
    """A progress display for those who want to see nothing."""

    def start(self, name: str, total: int | None) -> None:
        """Show nothing."""

    def advance(self, name: str, amount: int) -> None:
        """Show nothing."""

    def finish(self, name: str) -> None:
        """Show nothing."""


class SilentReporter:
    """A reporter for those who want to hear nothing."""

    def info(self, message: str) -> None:
        """Say nothing."""

    def detail(self, message: str) -> None:
        """Say nothing."""

    def warning(self, message: str) -> None:
        """Say nothing."""

    def progress(self, title: str) -> AbstractContextManager[Progress]:  # noqa: ARG002 - nothing is shown
        """Show nothing."""
        return nullcontext(SilentProgress())
