"""The lines on which keys and strings of a TOML text stand; ``tomllib`` does not tell them.

A light search, for messages alone: where it is not sure it answers None.
"""

from __future__ import annotations

import re
from functools import cached_property

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}=\n]"
    r"|[A-Za-z0-9_.\-]+",
    re.DOTALL,
)
_KEY_PART = re.compile(r'"((?:\\.|[^"\\])*)"|\'([^\']*)\'|([A-Za-z0-9_-]+)')


class TomlLines:
    """Finds lines in a TOML text that ``tomllib`` has accepted.

    :param text: the text
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def line_of_key(self, path: tuple[str, ...]) -> int | None:
        """Give the line of a key or table header, or of the nearest table around it that has one.

        :param path: the keys from the top
        """
        for length in range(len(path), 0, -1):
            line = self._keys.get(path[:length])
            if line is not None:
                return line
        return None

    def line_of_string(self, path: tuple[str, ...], value: str) -> int | None:
        """Give the line of a string in the value of a key.

        :param path: the keys from the top that lead to the value
        :param value: the string as it reads without quotes
        """
        for length in range(len(path), 0, -1):
            lines = self._strings.get((path[:length], value))
            if length == len(path) and lines:
                return lines[0]
            if lines:  # somewhere in an inline table
                return lines[0] if len(lines) == 1 else None
        return None

    @cached_property
    def _keys(self) -> dict[tuple[str, ...], int]:
        return self._scanned[0]

    @cached_property
    def _strings(self) -> dict[tuple[tuple[str, ...], str], list[int]]:
        return self._scanned[1]

    @cached_property
    def _scanned(self) -> tuple[dict[tuple[str, ...], int], dict[tuple[tuple[str, ...], str], list[int]]]:
        scan = _Scan()
        line = 1
        for match in _TOKEN.finditer(self._text):
            piece = match[0]
            scan.see(piece, line)
            line += piece.count("\n")
        return scan.keys, scan.strings


class _Scan:
    """Walks over the tokens of a text with three states: at the start of a line, in a header, in a value."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, ...], int] = {}
        self.strings: dict[tuple[tuple[str, ...], str], list[int]] = {}
        self._table: tuple[str, ...] = ()
        self._path: tuple[str, ...] = ()
        self._pending: list[str] = []
        self._depth = 0
        self._state = "start"

    def see(self, piece: str, line: int) -> None:
        if piece.startswith("#"):
            return
        if self._state == "value":
            self._in_value(piece, line)
        elif self._state == "header":
            self._in_header(piece, line)
        elif piece == "[":
            self._state, self._pending = "header", []
        elif piece == "=":
            self._path = (*self._table, *_parts(self._pending))
            self.keys.setdefault(self._path, line)
            self._state, self._pending, self._depth = "value", [], 0
        elif piece == "\n":
            self._pending = []
        else:
            self._pending.append(piece)

    def _in_header(self, piece: str, line: int) -> None:
        if piece == "\n":
            self._table = _parts(self._pending)
            self.keys.setdefault(self._table, line)
            self._state, self._pending = "start", []
        elif piece not in "[]":
            self._pending.append(piece)

    def _in_value(self, piece: str, line: int) -> None:
        if piece in "[{":
            self._depth += 1
        elif piece in "]}":
            self._depth -= 1
        elif piece == "\n" and self._depth == 0:
            self._state = "start"
        elif piece[0] in "\"'":
            self.strings.setdefault((self._path, _unquoted(piece)), []).append(line)


def _parts(tokens: list[str]) -> tuple[str, ...]:
    return tuple(match[3] or match[2] or _unescaped(match[1] or "") for match in _KEY_PART.finditer("".join(tokens)))


def _unquoted(piece: str) -> str:
    if piece.startswith(("'''", '"""')):
        return piece[3:-3]
    return piece[1:-1] if piece[0] == "'" else _unescaped(piece[1:-1])


def _unescaped(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)
