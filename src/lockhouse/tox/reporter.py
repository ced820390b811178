"""What operations say, through tox's log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lockhouse.model.redaction import hide_environ
from lockhouse.silence import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from lockhouse.interfaces import Progress

_LOGGER = logging.getLogger(__name__)


class ToxLog(SilentReporter):
    """A reporter that speaks through tox's log; no bar is shown.

    :param name: the environment that it speaks for; tox names it in front of each line, so that we need not
    :param environ: the environment variables; what they hold of secrets is hidden
    """

    def __init__(self, name: str, environ: Mapping[str, str]) -> None:
        self._name = name
        self._environ = environ

    def info(self, message: str) -> None:
        """Say something worth knowing, as tox says which commands it runs: at the level of warnings."""
        self._say(logging.WARNING, message.removeprefix(f"{self._name}: "))

    def detail(self, message: str) -> None:
        """Say something that tox shows with ``-v``."""
        self._say(logging.INFO, message)

    def warning(self, message: str) -> None:
        """Say something that the user should look at."""
        self._say(logging.WARNING, f"warning: {message}")

    def progress(self, title: str) -> AbstractContextManager[Progress]:
        """Name long work with ``-v``."""
        self.detail(title)
        return super().progress(title)

    def _say(self, level: int, message: str) -> None:
        _LOGGER.log(level, "%s", hide_environ(message, self._environ))
