"""How the command line looks: colour and bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from lockhouse.cli.colours import styled
from lockhouse.cli.quick import put
from lockhouse.model.indexes import hide
from lockhouse.model.redaction import secrets_in
from lockhouse.silence import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.errors import LockhouseError
    from lockhouse.interfaces import Progress


class Console:
    """Where commands say what they do. Answers go to stdout, everything else to stderr.

    :param quiet: leave out what went well
    :param verbose: say more
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose

    def answer(self, text: str, style: str | None = None) -> None:
        """Print a line that was asked for."""
        put(styled(self._hidden(text), style, sys.stdout))

    def record(self, record: object) -> None:
        """Print a record as JSON."""
        from lockhouse.cli.records import as_json  # noqa: PLC0415 - only here

        put(as_json(record, hide=self._hidden))

    def info(self, message: str) -> None:
        """Say something worth knowing."""
        if not self.quiet:
            print(self._hidden(message), file=sys.stderr)

    def detail(self, message: str) -> None:
        """Say something that only verbose output has."""
        if self.verbose:
            print(self._hidden(message), file=sys.stderr)

    def warning(self, message: str) -> None:
        """Say something that the user should look at."""
        print(f"{styled('warning', 'warning', sys.stderr)}: {self._hidden(message)}", file=sys.stderr)

    def error(self, error: LockhouseError) -> None:
        """Show an error: what, why and the fix."""
        text = self._hidden(str(error))
        head, separator, rest = text.partition(": ")
        print(f"{styled(head, 'error', sys.stderr)}{separator}{rest}", file=sys.stderr)

    @contextmanager
    def progress(self, title: str) -> Iterator[Progress]:
        """Show long work under a title, on a terminal; elsewhere verbose output names it."""
        if self.quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            self.detail(title)
            yield SilentProgress()
            return
        from lockhouse.cli.bars import Bars  # noqa: PLC0415 - rich takes long to import

        with Bars(title) as bars:
            yield bars

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        return secrets_in(os.environ)

    def _hidden(self, text: str) -> str:
        return hide(text, self._secrets)
