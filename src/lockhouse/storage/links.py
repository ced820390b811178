"""Giving out files of the store without copying them, where the file system allows that.

Nothing here imports more than a start of Python has loaded already, but for hashlib.
"""

from __future__ import annotations

import _thread
import hashlib
import os
import sys

from lockhouse.storage.seals import is_sealed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: The request of Linux that makes one file share the blocks of another until either is written to.
_FICLONE = 0x40049409

_READ_ONLY = 0o444
_READ_SIZE = 1 << 18
#: Bytes for which a second thread takes longer to start than it saves.
_FEW = 1 << 20
_MOST_THREADS = 4
#: Seconds that threads get to stop after Ctrl-C.
_GRACE = 0.5


class Placer:
    """Makes files appear under other names, in the cheapest way there is.

    First a copy that shares its blocks until one side is written to, where the file system has such. Then a hard link,
    with both names read-only: whoever opens it for writing is refused, unless modes mean nothing to them, as to root.
    What they write is in the store as well, and there it is found, by the broken seal or by the hash, before it is
    used. Across file systems, and on Windows, which does not delete what is read-only, it is a copy.
    """

    def __init__(self) -> None:
        self._may_clone = sys.platform.startswith("linux")
        self._may_link = os.name != "nt"

    def place(self, source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
        """Make one file appear under another name.

        :param source: a file of the store
        :param target: the new name; nothing is there yet
        :raises OSError: the disk fails
        """
        if self._may_clone:
            self._may_clone = _cloned(source, target)
            if self._may_clone:
                return
        if self._may_link:
            self._may_link = _linked(source, target)
            if self._may_link:
                return
        import shutil  # noqa: PLC0415 - it takes long to import

        shutil.copyfile(source, target)


def _cloned(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> bool:
    import fcntl  # noqa: PLC0415 - not on Windows

    with open(source, "rb", buffering=0) as original:  # noqa: PTH123 - pathlib takes long to import
        try:
            with open(target, "xb", buffering=0) as clone:  # noqa: PTH123 - likewise
                fcntl.ioctl(clone.fileno(), _FICLONE, original.fileno())
        except FileExistsError:
            raise
        except OSError:  # another file system, or one that cannot
            os.unlink(target)  # noqa: PTH108 - likewise
            return False
    return True


def _linked(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> bool:
    try:
        os.chmod(source, _READ_ONLY)  # noqa: PTH101 - likewise
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one that cannot; or a file of another user
        return False
    return True


def place_all(files: Iterable[tuple[str, str, str, str]]) -> bool:
    """Make files of the store appear under other names.

    Those whose seal is broken, or that have none, are read under their new names: that is what is given out.

    :param files: source, target, algorithm and hex digest of each
    :return: whether all of them are there, and have the bytes of their digests; if not, some may be there
    :raises KeyboardInterrupt: the user gave up
    """
    unsealed: list[tuple[int, tuple[str, str, str, str]]] = []
    placer = Placer()
    try:
        for file in files:
            status = os.stat(file[0])  # noqa: PTH116 - likewise
            if is_sealed(status):
                placer.place(file[0], file[1])
            else:
                unsealed.append((status.st_size, file))
    except OSError:
        return False
    crew = _Crew([file for _, file in sorted(unsealed)])
    few = sum(size for size, _ in unsealed) < _FEW
    return crew.places_all(1 if few else min(os.cpu_count() or 1, _MOST_THREADS, len(unsealed)))


class _Crew:
    """Threads that share a list of files: those of the system, for the module ``threading`` takes long to import."""

    def __init__(self, files: list[tuple[str, str, str, str]]) -> None:
        self._wanted = len(files)
        self._left = files
        self._placed: list[str] = []
        self._stopped = False

    def places_all(self, threads: int) -> bool:
        helpers = [_thread.allocate_lock() for _ in range(threads - 1)]
        for helper in helpers:
            helper.acquire()
            _thread.start_new_thread(self._help, (helper,))
        try:
            self._work()
            for helper in helpers:
                helper.acquire()
        except BaseException:
            self._stopped = True
            for helper in helpers:
                helper.acquire(timeout=_GRACE)
            raise
        return len(self._placed) == self._wanted

    def _help(self, done: _thread.LockType) -> None:
        try:
            self._work()
        finally:
            done.release()

    def _work(self) -> None:
        placer = Placer()
        buffer = memoryview(bytearray(_READ_SIZE))
        try:
            while not self._stopped:
                source, target, algorithm, digest = self._left.pop()
                placer.place(source, target)
                if not self._has(target, algorithm, digest, buffer):
                    self._stopped = True
                    return
                self._placed.append(target)
        except IndexError:  # nothing is left
            return
        except OSError:
            self._stopped = True

    def _has(self, path: str, algorithm: str, digest: str, buffer: memoryview) -> bool:
        hasher = hashlib.new(algorithm)
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - likewise
            while (count := file.readinto(buffer)) and not self._stopped:
                hasher.update(buffer[:count])
        return hasher.hexdigest() == digest
