"""Writes traces, and looks at what they rest on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import StoreError
from lockhouse.storage.cache_folder import traces_in
from lockhouse.storage.files import write_atomically
from lockhouse.trace.trace import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.trace.looks import Looks


def save_trace(path: Path, trace: bytes | None) -> None:
    """Write a trace, if it can be relied on. It saves the next run some time, and nothing depends on it.

    :param path: its file
    :param trace: what was rendered
    """
    if trace is not None:
        with suppress(StoreError):
            write_atomically(path, trace)


def keep_trace(name: str, subject: str, said: Iterable[str], looks: Looks, environ: Mapping[str, str]) -> None:
    """Write a trace into the store of the user, if it can be relied on.

    :param name: name of its file
    :param subject: what was asked
    :param said: the answer
    :param looks: what it was decided by
    :param environ: the variables of the user
    """
    place = traces_in(environ)
    if place is not None:
        save_trace(Path(place, name), render(subject, said, looks, environ))


def look_at(paths: Iterable[Path], looks: Looks) -> None:
    """Look at files, for that which is decided by their content.

    :param paths: the files, whether they are there or not
    :param looks: takes down what was seen
    """
    for path in paths:
        try:
            looks.file(path)
        except OSError:  # that it is not there is seen as well
            continue
