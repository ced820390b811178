"""Writing files so that any number of processes may do it at once: atomic writes and file locks."""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import StoreBusyError, StoreError
from lockhouse.storage.unfinished import PARTIAL_SUFFIX, partial_beside, remove_folder, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds after which an unfinished file is taken for the rest of a killed process.
ABANDONED_AFTER = 24 * 3600

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ELOOP, errno.ENAMETOOLONG}


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that every reader finds the old content or the new one, and never a part.

    The folder is made if it is not there. A link is followed, and the mode of a file that exists is kept.

    :param path: the file
    :param data: its whole content
    :raises StoreError: the disk is full, or the place cannot be written
    """
    with disk_errors(path):
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep_abandoned(target.parent, f".{target.name}.")
        partial = Path(partial_beside(str(target)))
        try:
            descriptor = open_new(partial)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            with suppress(FileNotFoundError):
                partial.chmod(target.stat().st_mode & 0o7777)
            replace(partial, target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def open_new(path: Path) -> int:
    """Create a file that must not exist, with the mode that the umask gives.

    :param path: the file
    :return: an open file descriptor for writing, for the caller to close
    :raises OSError: it exists, or cannot be created
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    return os.open(path, flags, 0o666)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data; one call of the system may take a part only.

    :param descriptor: an open file
    :param data: what to append to it
    :raises OSError: the disk is full
    """
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sweep_abandoned(
    folder: Path, prefix: str = "", suffix: str = PARTIAL_SUFFIX, *, older_than: float = ABANDONED_AFTER
) -> None:
    """Remove files and folders that nobody has touched for long: what killed processes left unfinished, for instance.

    :param folder: where they may lie
    :param prefix: how their names begin
    :param suffix: how their names end
    :param older_than: seconds for which nobody has touched them
    """
    limit = time.time() - older_than
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if not (entry.name.startswith(prefix) and entry.name.endswith(suffix)):
                continue
            with suppress(OSError):  # another process sweeps as well, or still has it open
                if entry.stat().st_mtime >= limit:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    remove_folder(entry.path)
                else:
                    Path(entry.path).unlink()


@contextmanager
def file_lock(path: Path, *, timeout: float = 600, what: str, otherwise: str = "") -> Iterator[None]:
    """Hold a lock that excludes all other processes and threads.

    :param path: the lock file; it stays where it is
    :param timeout: seconds to wait for another holder
    :param what: what the lock protects, for the message
    :param otherwise: what else the user could do than to mend the place, where it cannot be written
    :raises StoreBusyError: another process held it for longer
    :raises StoreError: the place cannot be written
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - for speed: a sync with nothing to do needs no lock

    with disk_errors(path, otherwise=otherwise):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(timeout=timeout)
        except Timeout as error:
            raise StoreBusyError(
                f"another process holds {what}",
                why=f"it did not let go within {timeout:g} seconds; its lock is {path}",
                fix="wait for the other process or end it, then run again",
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def disk_errors(place: Path, *, otherwise: str = "") -> Iterator[None]:
    """Turn the errors of a disk into ours.

    :param place: the file or folder in question
    :param otherwise: what else the user could do than to mend the place
    :raises StoreError: in place of any OSError
    """
    try:
        yield
    except OSError as error:
        raise _disk_error(place, error, otherwise) from error


def _disk_error(place: Path, error: OSError, otherwise: str) -> StoreError:
    why = error.strerror or str(error)
    what = f"{place} cannot be used"
    mend: str | None = None
    if error.errno in _NO_SPACE:
        what, mend = f"{place} cannot be written: the disk is full", "free some space"
    elif error.errno in _FORBIDDEN:
        mend = "make the place writable for this user"
    elif error.errno in _NO_FOLDER:
        mend = f"see that {place.parent} is a folder, or can be made"
    fix = ", or ".join(part for part in (mend, otherwise) if part)
    return StoreError(what, why=why, fix=f"{fix}; then run again" if fix else None)
