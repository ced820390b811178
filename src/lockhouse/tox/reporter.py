"""What operations say, through tox's log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lockhouse.interfaces import SilentReporter
from lockhouse.model.redaction import hide_environ

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOGGER = logging.getLogger(__name__)


class ToxLog(SilentReporter):
    """A reporter that speaks through tox's log, which shows what is merely informative with ``-v``; no bar is shown.

    :param environ: the environment variables; what they hold of secrets is hidden
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def info(self, message: str) -> None:
        """Say something worth knowing."""
        _LOGGER.info("%s", hide_environ(message, self._environ))

    def warning(self, message: str) -> None:
        """Say something that the user should look at."""
        _LOGGER.warning("%s", hide_environ(message, self._environ))
