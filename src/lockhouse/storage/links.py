"""Giving out files of the store without copying them, and so that nobody can change the store through them."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: The request of Linux that makes one file share the blocks of another until either is written to.
_FICLONE = 0x40049409

_READ_ONLY = 0o444


def place(source: Path, target: Path, *, privileged: bool | None = None) -> None:
    """Make a file appear under another name, in the cheapest way that keeps an edit of it from the source.

    First a copy that shares its blocks until one side is written to, where the file system has such. Then a hard
    link, with both names read-only: whoever opens it for writing is refused. To a privileged user a mode means
    nothing, and Windows does not delete what is read-only: these are given a copy.

    :param source: a file of the store, verified
    :param target: the new name; nothing is there yet
    :param privileged: whether modes mean nothing to this user; found out where it is not given
    :raises OSError: the disk fails
    """
    if _cloned(source, target):
        return
    if privileged is None:
        privileged = os.name == "nt" or os.geteuid() == 0
    if not privileged and _linked(source, target):
        return
    shutil.copyfile(source, target)


def _cloned(source: Path, target: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        with source.open("rb") as original, target.open("xb") as clone:
            fcntl.ioctl(clone.fileno(), _FICLONE, original.fileno())
    except OSError:  # another file system, or one that cannot
        target.unlink(missing_ok=True)
        return False
    return True


def _linked(source: Path, target: Path) -> bool:
    with contextlib.suppress(OSError):  # another file system, or one that cannot; or a file of another user
        source.chmod(_READ_ONLY)
        os.link(source, target)
        return True
    return False
