"""Faults that the test index can show, and how each changes an answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from lockhouse.testing.packages import flip_byte, other_bytes

LOGIN_PAGE = b"<!doctype html><html><body><form action='/login'>Sign in to the proxy</form></body></html>\n"


class FaultKind(StrEnum):
    """What may go wrong with an answer."""

    UNAVAILABLE = "503"
    """Status 503."""
    NOT_FOUND = "404"
    """Status 404."""
    TRUNCATED = "truncated"
    """Half of the announced bytes, then the connection is closed."""
    SHORT = "short"
    """Half of the file, announced as if it were all."""
    EMPTY = "empty"
    """No bytes, announced as if they were all."""
    FLIPPED_BYTE = "flipped-byte"
    """One byte in the middle is inverted."""
    OTHER_BYTES = "other-bytes"
    """Another archive under the same name, one that would install."""
    HTML_PAGE = "html-page"
    """The login page of a proxy, with status 200."""
    STALL = "stall"
    """Half of the bytes, then silence for a while, then the connection is closed."""
    RESET = "reset"
    """The connection is reset before an answer."""


#: Faults that strike any answer; the others need a body that they change or cut.
WITHOUT_BODY = frozenset({FaultKind.UNAVAILABLE, FaultKind.NOT_FOUND, FaultKind.RESET})


@dataclass(slots=True)
class Fault:
    """One fault that is set up.

    :ivar pattern: the paths that it strikes, as in :mod:`fnmatch`
    :ivar kind: what goes wrong
    :ivar times: how many requests it strikes; None for all
    :ivar seconds: how long a stall lasts at most
    :ivar hits: how many requests it has struck
    """

    pattern: str
    kind: FaultKind
    times: int | None = None
    seconds: float = 30.0
    hits: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strike(self, path: str, *, has_body: bool) -> bool:
        """Tell whether it strikes an answer, and count it if so.

        :param path: the path that was asked for
        :param has_body: whether the answer carries a file or page; a fault of the body strikes no other
        """
        if not fnmatchcase(path, self.pattern) or not (has_body or self.kind in WITHOUT_BODY):
            return False
        with self._lock:
            if self.times is not None and self.hits >= self.times:
                return False
            self.hits += 1
        return True

    def lift(self) -> None:
        """Let it strike no more."""
        with self._lock:
            self.times = self.hits

    def changed(self, body: bytes) -> bytes:
        """Give the body that is sent instead."""
        match self.kind:
            case FaultKind.SHORT:
                return body[: len(body) // 2]
            case FaultKind.EMPTY:
                return b""
            case FaultKind.FLIPPED_BYTE:
                return flip_byte(body)
            case FaultKind.OTHER_BYTES:
                return other_bytes(body)
            case FaultKind.HTML_PAGE:
                return LOGIN_PAGE
            case _:
                return body
