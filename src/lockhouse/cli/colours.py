"""Colours of the command line."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` takes longer to import than a quick check may
if TYPE_CHECKING:
    from typing import TextIO

_COLOURS = {
    "error": "\033[31;1m",
    "warning": "\033[33;1m",
    "good": "\033[32m",
    "bold": "\033[1m",
    "removed": "\033[31m",
    "added": "\033[32m",
}
_RESET = "\033[0m"


def styled(text: str, style: str | None, stream: TextIO) -> str:
    """Give a text its colour, where a stream shows colours and the user wants them.

    :param text: the text
    :param style: ``error``, ``warning``, ``good``, ``bold``, ``removed`` or ``added``; None for a plain one
    :param stream: where it is printed
    """
    if style is None or not _wants_colour(stream):
        return text
    return f"{_COLOURS[style]}{text}{_RESET}"


def _wants_colour(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
