"""What a tool underneath printed, made fit for a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.model.indexes import hide

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The most lines of a tool's output that a message repeats; the end of the output tells most.
TAIL = 30

_LEAD = re.compile(r"^(error|cause)\s*:?\s*", re.IGNORECASE)
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def explanation(text: str, secrets: Iterable[str]) -> tuple[str, ...]:
    """Give the end of what a tool printed: no colour, no empty lines, nothing secret.

    :param text: its output
    :param secrets: strings known to be secret
    """
    plain = hide(_ESCAPES.sub("", text), secrets)
    lines = [_LEAD.sub("", line.strip()) for line in plain.splitlines()]
    return tuple(line for line in lines if line)[-TAIL:]
