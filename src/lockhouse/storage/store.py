"""The store: verified files of all projects of a user, found by the hash that a lock gives them.

::

    ROOT/CACHEDIR.TAG
    ROOT/v1/files/<algorithm>/<first two digits>/<digest>/<file name>
    ROOT/v1/tmp/            files that are being written; on the same file system as the rest
    ROOT/v1/locks/          one lock file for each file that is being fetched
    ROOT/v1/interpreters/   what interpreters said about themselves
    ROOT/v1/traces/         by what the locks of a project were found fresh, a file a project
    ROOT/v1/built/          wheels that were built from sdists
    ROOT/v1/checkouts/      repositories at a commit
    ROOT/v1/projects/       wheels of the projects under test; what nobody asked for in 30 days goes
    ROOT/v1/trees/          what was seen of the files of projects
    ROOT/uv/                the cache of the uv installer, which orders its versions by itself

Nothing is trusted because it is there: who wants to use a file asks for it by :meth:`Store.verified`. Only to be linked
into a folder of wheels, from which it is installed by its hash, is its seal enough: :mod:`lockhouse.storage.seals`.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import HashMismatchError, StoreError, UnverifiableArtifactError
from lockhouse.storage.cache_folder import CACHE_VARIABLE, VERSION
from lockhouse.storage.files import (
    disk_errors,
    file_lock,
    open_new,
    sweep_abandoned,
    write_all,
    write_atomically,
)
from lockhouse.storage.mismatch import HEAD_SIZE, EditedLock, Expected, Received, mismatch, unusable
from lockhouse.storage.seals import seal
from lockhouse.storage.unfinished import PARTIAL_SUFFIX, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

#: What helps where the store cannot be used as it is.
ELSEWHERE = f"set {CACHE_VARIABLE} to another folder"

_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_UNSAFE_NAME = re.compile(r"[\x00-\x1f/\\:]|^\.|^$|[. ]$")
_READ_SIZE = 1 << 17
_TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by Lockhouse: backups may leave the folder out.
"""


class Store:
    """Files by their hash, shared by any number of processes.

    :param root: its folder; it is made when something is first written
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = root / VERSION
        self._prepared = False

    @classmethod
    def at_default(cls, environ: Mapping[str, str]) -> Store:
        """Open the user's store: ``LOCKHOUSE_CACHE_DIR``, or else the cache folder that the platform gives a user.

        :param environ: the user's environment variables
        :raises StoreError: the variable names a home folder of nobody
        """
        if given := environ.get(CACHE_VARIABLE):
            try:
                return cls(Path(given).expanduser().absolute())
            except RuntimeError as error:
                raise StoreError(
                    f"{CACHE_VARIABLE} names no folder: {given}",
                    why=str(error),
                    fix=f"set {CACHE_VARIABLE} to the path of a folder, or unset it",
                ) from error
        from platformdirs import user_cache_path  # noqa: PLC0415 - for speed: not needed where the variable is set

        return cls(user_cache_path("lockhouse", appauthor=False))

    @property
    def interpreters(self) -> Path:
        """Give the folder for what interpreters said about themselves; it may not be there yet."""
        return self._base / "interpreters"

    @property
    def trees(self) -> Path:
        """Give the folder for what was seen of the files of projects; it may not be there yet."""
        return self._base / "trees"

    @property
    def temporary(self) -> Path:
        """Give the folder for files that are being written; it may not be there yet."""
        return self._base / "tmp"

    @property
    def files(self) -> Path:
        """Give the folder of the stored files; it may not be there yet."""
        return self._base / "files"

    def find(self, algorithm: str, digest: str, filename: str) -> Path | None:
        """Find a file, without looking into it.

        Where the same bytes lie there under another name, they are verified and copied to this one.

        :param algorithm: ``sha256``, ``sha384`` or ``sha512``
        :param digest: lower-case hex digest
        :param filename: the name that the file must have
        :return: its place, or None where the store lacks it
        :raises UnverifiableArtifactError: the algorithm or the digest is none that can be relied upon
        :raises StoreError: the name is no plain file name, or the disk fails
        """
        place = self._place(algorithm, digest, filename)
        with self._disk(place):
            if place.is_file():
                return place
        copies = (self._copy(other, place, algorithm, digest) for other in self._siblings(place))
        return next((path for path in copies if path is not None), None)

    def verified(self, algorithm: str, digest: str, filename: str, *, package_label: str) -> Path | None:
        """Find a file and read all of it to see that its bytes are still the right ones.

        :param algorithm: ``sha256``, ``sha384`` or ``sha512``
        :param digest: lower-case hex digest
        :param filename: the name that the file must have
        :param package_label: name and version of its package, for messages
        :return: its place, or None where the store lacks it
        :raises HashMismatchError: the stored bytes were damaged; the file is removed
        :raises UnverifiableArtifactError: the algorithm or the digest is none that can be relied upon
        :raises StoreError: the name is no plain file name, or the disk fails
        """
        place = self.find(algorithm, digest, filename)
        if place is None:
            return None
        with self._disk(place):
            try:
                found = _digest_of(place, algorithm)
            except FileNotFoundError:  # removed by another process since
                return None
        if found == digest:
            _mark_used(place)
            return place
        with self._disk(place):
            place.unlink(missing_ok=True)
        raise HashMismatchError(
            f"{package_label}: {filename} was damaged in the store",
            why=[f"expected {algorithm}:{digest}", f"found    {algorithm}:{found}", f"source: {place}"],
            fix="run again: the damaged file is removed, and is fetched anew",
        )

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        algorithm: str,
        digest: str,
        filename: str,
        package_label: str,
        source: str,
        size: int | None = None,
        known: Mapping[str, str] | None = None,
        edited: EditedLock | None = None,
    ) -> Path:
        """Store a file; it becomes visible only when all of it is there and its hash is right.

        :param chunks: its bytes
        :param algorithm: ``sha256``, ``sha384`` or ``sha512``
        :param digest: the lower-case hex digest that it must have
        :param filename: its name
        :param package_label: name and version of its package, for messages
        :param source: where the bytes come from, for messages; credentials are not shown
        :param size: its length in bytes where the lock or the server told it; only used to explain a mismatch
        :param known: hex digest → name of the file, for all files of the lock; only used to explain a mismatch
        :param edited: the lock, where it was edited since it was written; only used to explain a mismatch
        :return: its place
        :raises HashMismatchError: the bytes are not those; nothing is left of them
        :raises UnverifiableArtifactError: the algorithm or the digest is none that can be relied upon
        :raises StoreError: the name is no plain file name, or the disk fails
        """
        place = self._place(algorithm, digest, filename)
        with self._receive(chunks, algorithm, place) as (partial, received):
            if received.digest != digest:
                expected = Expected(
                    package=package_label,
                    filename=filename,
                    algorithm=algorithm,
                    digest=digest,
                    size=size,
                    source=source,
                    known=known or {},
                    edited=edited,
                )
                raise mismatch(expected, received)
            self._publish(partial, place, algorithm, digest)
        return place

    def add_unknown(self, chunks: Iterable[bytes], *, filename: str, size: int | None = None) -> tuple[str, Path]:
        """Store a file whose hash nobody told: for locking from an index that gives none.

        :param chunks: its bytes
        :param filename: its name
        :param size: its length in bytes where the server told it
        :return: its sha256 and its place
        :raises ArtifactUnavailableError: the bytes are none of such a file: an empty or truncated download, a page
        :raises StoreError: the name is no plain file name, or the disk fails
        """
        self._place("sha256", "0" * _DIGEST_LENGTHS["sha256"], filename)  # refuse the name before anything is fetched
        with self._receive(chunks, "sha256", self.root / filename) as (partial, received):
            if error := unusable(filename, received, size):
                raise error
            place = self._place("sha256", received.digest, filename)
            self._publish(partial, place, "sha256", received.digest)
        return received.digest, place

    def lock(self, algorithm: str, digest: str, *, what: str, timeout: float = 600) -> AbstractContextManager[None]:
        """Hold the right to fetch a file, so that others wait for it instead of fetching it as well.

        The store does not need it to stay whole; it saves requests.

        :param algorithm: ``sha256``, ``sha384`` or ``sha512``
        :param digest: lower-case hex digest
        :param what: what is being fetched, for the message
        :param timeout: seconds to wait for another process
        :raises StoreBusyError: another process held it for longer
        """
        self._place(algorithm, digest, "any")
        place = self._base / "locks" / f"{algorithm}-{digest}"
        return file_lock(place, timeout=timeout, what=what, otherwise=ELSEWHERE)

    def _place(self, algorithm: str, digest: str, filename: str) -> Path:
        length = _DIGEST_LENGTHS.get(algorithm)
        if length is None or len(digest) != length or not re.fullmatch(r"[0-9a-f]+", digest):
            raise UnverifiableArtifactError(
                f"{filename} has no hash that can be relied upon",
                why=f"found {algorithm}:{digest}; needed is a whole sha256, sha384 or sha512, in lower-case hex digits",
            )
        if _UNSAFE_NAME.search(filename):
            raise StoreError(f"{filename!r} cannot be stored", why="it is no plain file name")
        return self.files / algorithm / digest[:2] / digest / filename

    def _siblings(self, place: Path) -> list[Path]:
        with self._disk(place):
            try:
                return sorted(place.parent.iterdir())
            except FileNotFoundError:
                return []

    def _copy(self, other: Path, place: Path, algorithm: str, digest: str) -> Path | None:
        """Copy what another name holds, unless it is damaged: then it is removed, and is as good as absent."""
        try:
            with self._receive(_read(other), algorithm, place) as (partial, received):
                if received.digest == digest:
                    self._publish(partial, place, algorithm, digest)
                    return place
        except FileNotFoundError:  # removed by another process since
            return None
        with self._disk(other):
            other.unlink(missing_ok=True)
        return None

    def _prepare(self) -> None:
        """Make the folders that writing needs; clean up after killed processes, once in a process."""
        with self._disk(self.root):
            self.temporary.mkdir(parents=True, exist_ok=True)
            if self._prepared:
                return
            tag = self.root / "CACHEDIR.TAG"
            if not tag.is_file():
                write_atomically(tag, _TAG)
            sweep_abandoned(self.temporary)
            sweep_abandoned(self._base / "locks", suffix="")  # who loses a lock so fetches twice, and that is all
            self._prepared = True

    @contextmanager
    def _receive(self, chunks: Iterable[bytes], algorithm: str, place: Path) -> Iterator[tuple[Path, Received]]:
        """Write the chunks to an unfinished file, which is gone afterwards unless it was published."""
        self._prepare()
        partial = self.temporary / f"{os.urandom(16).hex()}{PARTIAL_SUFFIX}"
        with self._disk(place):
            descriptor = open_new(partial)
        try:
            try:
                received = self._write(chunks, descriptor, algorithm, place)
            finally:
                os.close(descriptor)
            yield partial, received
        finally:
            partial.unlink(missing_ok=True)

    def _write(self, chunks: Iterable[bytes], descriptor: int, algorithm: str, place: Path) -> Received:
        hasher, size, head = hashlib.new(algorithm), 0, b""
        for chunk in chunks:  # errors of the sender are its own, and pass
            with self._disk(place):
                write_all(descriptor, chunk)
            hasher.update(chunk)
            size += len(chunk)
            head = (head + chunk[:HEAD_SIZE])[:HEAD_SIZE]
        with self._disk(place):
            os.fsync(descriptor)
        return Received(digest=hasher.hexdigest(), size=size, head=head)

    def _publish(self, partial: Path, place: Path, algorithm: str, digest: str) -> None:
        """Make a verified file visible. Where another process was first, its file stays if it is right."""
        with self._disk(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_file() and _digest_of(place, algorithm) == digest:
                return
            try:
                replace(partial, place)
                with suppress(FileNotFoundError):  # removed by another process since
                    seal(place)  # not before: with such a time it would be swept away as abandoned
            except PermissionError:  # on Windows, while another process reads the file that was there first
                if not place.is_file() or _digest_of(place, algorithm) != digest:
                    raise

    def _disk(self, place: Path) -> AbstractContextManager[None]:
        return disk_errors(place, otherwise=ELSEWHERE)


def _digest_of(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _mark_used(path: Path) -> None:
    """Note when a file was last used, for those who prune. The time of its folder says it.

    The file itself is left alone: uv unpacks anew what was touched in any way.
    """
    with suppress(OSError):  # a store of another user, or one that nobody may write to
        os.utime(path.parent)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_READ_SIZE):
            yield chunk
