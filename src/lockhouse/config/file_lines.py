"""The lines of a file on which a text stands that another reader took out of it; for messages alone."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class FileLines:
    """Finds lines in a file, such as those of the ``deps`` in a ``tox.ini``.

    :param path: the file
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, text: str) -> int | None:
        """Give the one line that holds a text, from 1; None where none or several do.

        :param text: a piece of one line
        """
        piece = re.compile(rf"(?:^|[\s:=\"']){re.escape(text)}(?=$|[\s\"',;#])")
        found = [number for number, line in enumerate(self._lines, 1) if text in line and piece.search(line)]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
