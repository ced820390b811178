"""What operations say, through tox's log."""

from __future__ import annotations

import logging

from lockhouse.interfaces import SilentReporter

_LOGGER = logging.getLogger(__name__)


class ToxLog(SilentReporter):
    """A reporter that speaks through tox's log, which shows what is merely informative with ``-v``; no bar is shown."""

    def info(self, message: str) -> None:
        """Say something worth knowing."""
        _LOGGER.info("%s", message)

    def warning(self, message: str) -> None:
        """Say something that the user should look at."""
        _LOGGER.warning("%s", message)
