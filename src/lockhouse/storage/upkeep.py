"""Upkeep of the store: how large it is, whether it is whole, and what of it can go. Safe while others work."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import LockInvalidError, StoreBusyError, UnverifiableArtifactError
from lockhouse.storage.built import BuiltWheels
from lockhouse.storage.checkouts import StoredCheckouts
from lockhouse.storage.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhouse.interfaces import Progress
    from lockhouse.storage.store import Store

#: Seconds for which a file stays after its last use: a run may have looked at it, and be about to install it.
GRACE = 600.0

_READ_SIZE = 1 << 20
_DIGEST = re.compile(rb"(?<![0-9a-fA-F])[0-9a-fA-F]{40,128}(?![0-9a-fA-F])")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """One file of the store.

    :ivar path: where it lies
    :ivar algorithm: the hash algorithm that its place names
    :ivar digest: the digest that its place names
    :ivar size: length in bytes
    :ivar used: when it was last used or stored, in seconds since the epoch
    :ivar key: for a wheel that was built, or a checkout, what it is known by
    :ivar source: for a wheel that was built, the digest of its sdist or its commit; for a checkout, its commit
    :ivar is_checkout: whether it is one
    """

    path: Path
    algorithm: str
    digest: str
    size: int
    used: float
    key: str | None = None
    source: str | None = None
    is_checkout: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How large the store is.

    :ivar root: its folder
    :ivar files: number of stored files
    :ivar size: bytes of them
    :ivar unfinished: bytes of files that are being written, or that killed processes left; these go after a day
    :ivar installer: bytes of the cache that the uv installer keeps there
    """

    root: Path
    files: int
    size: int
    unfinished: int
    installer: int


def usage(store: Store) -> Usage:
    """Measure the store.

    :param store: the store
    :raises StoreError: it cannot be read
    """
    with disk_errors(store.root):
        entries = list(entries_of(store))
        return Usage(
            root=store.root,
            files=len(entries),
            size=sum(entry.size for entry in entries),
            unfinished=_size_below(store.temporary),
            installer=_size_below(store.root / "uv"),
        )


def entries_of(store: Store) -> Iterator[StoredEntry]:
    """List the files of the store; what others remove meanwhile is left out.

    :param store: the store
    """
    for path in _files_below(store.files):
        with suppress(FileNotFoundError):
            status = path.stat()
            algorithm, _, digest, _ = (*path.relative_to(store.files).parts, "", "", "", "")[:4]
            yield StoredEntry(
                path=path,
                algorithm=algorithm,
                digest=digest,
                size=status.st_size,
                used=max(path.parent.stat().st_mtime, status.st_mtime),
            )
    for key, path, record in BuiltWheels(store).all():
        with suppress(FileNotFoundError):
            status = path.stat()
            yield StoredEntry(
                path=path,
                algorithm="sha256",
                digest="" if record is None else record.wheel.partition(":")[2],
                size=status.st_size,
                used=max(path.parent.stat().st_mtime, status.st_mtime),
                key=key,
                source=None if record is None else record.source.partition(":")[2],
            )

    for key, path, commit, digest in StoredCheckouts(store).all():
        with suppress(FileNotFoundError):
            status = path.stat()
            yield StoredEntry(
                path=path,
                algorithm="sha256",
                digest=digest,
                size=status.st_size,
                used=max(path.parent.stat().st_mtime, status.st_mtime),
                key=key,
                source=commit,
                is_checkout=True,
            )


def remove_damaged(store: Store, progress: Progress) -> tuple[StoredEntry, ...]:
    """Read all files of the store, and remove those whose bytes are not those of their hash. Nothing is mended.

    :param store: the store
    :param progress: shows how far it is
    :return: what was removed
    :raises StoreError: a file cannot be read or removed
    """
    removed = []
    for entry in sorted(entries_of(store), key=lambda entry: entry.path):
        progress.start(entry.path.name, entry.size)
        with disk_errors(entry.path), suppress(FileNotFoundError):
            if not _is_whole(entry, progress):
                _unlink(store, entry)
                removed.append(entry)
        progress.finish(entry.path.name)
    return tuple(removed)


def prune(
    store: Store,
    *,
    now: float,
    older_than: float | None = None,
    keep: frozenset[str] | None = None,
    largest: int | None = None,
    dry_run: bool = False,
) -> tuple[StoredEntry, ...]:
    """Remove files of the store. What was used within the last minutes stays, and what others are fetching.

    :param store: the store
    :param now: the time, in seconds since the epoch
    :param older_than: remove what was not used for so many seconds
    :param keep: remove what has none of these digests, and was not built from what has
    :param largest: then remove what was not used for longest, until no more bytes than this are left
    :param dry_run: remove nothing
    :return: what was removed, or would be
    :raises StoreError: a file cannot be removed
    """
    with disk_errors(store.root):
        entries = sorted(entries_of(store), key=lambda entry: (entry.used, entry.path))
    left = sum(entry.size for entry in entries)
    removed = []
    for entry in entries:
        unused = older_than is not None and entry.used < now - older_than
        unknown = keep is not None and not keep & {entry.digest, entry.source}
        too_much = largest is not None and left > largest
        if entry.used > now - GRACE or not (unused or unknown or too_much):
            continue
        if dry_run or _remove(store, entry):
            removed.append(entry)
            left -= entry.size
    return tuple(removed)


def digests_in(paths: Iterable[Path]) -> frozenset[str]:
    """Give all digests that locks name, whatever their format.

    :param paths: lock files, or folders of such
    :raises LockInvalidError: one cannot be read, or names no hash at all
    """
    found: set[str] = set()
    for path in paths:
        here = {match.decode().lower() for text in _texts(path) for match in _DIGEST.findall(text)}
        if not here:
            raise LockInvalidError(f"{path} names no hash", why="it is to be a lock, or a folder of locks")
        found |= here
    return frozenset(found)


def _texts(path: Path) -> Iterator[bytes]:
    try:
        files = [each for each in sorted(path.iterdir()) if each.is_file()] if path.is_dir() else [path]
        yield from (each.read_bytes() for each in files)
    except OSError as error:
        raise LockInvalidError(f"{path} cannot be read", why=error.strerror or str(error)) from error


def _remove(store: Store, entry: StoredEntry) -> bool:
    """Remove a file, unless somebody is fetching or building it just now."""
    try:
        if entry.key is not None and entry.is_checkout:
            held = StoredCheckouts(store).lock(entry.key, what=entry.path.name, timeout=0)
        elif entry.key is not None:
            held = BuiltWheels(store).lock(entry.key, what=entry.path.name, timeout=0)
        else:
            held = store.lock(entry.algorithm, entry.digest, what=entry.path.name, timeout=0)
        with held, disk_errors(entry.path):
            _unlink(store, entry)
    except (StoreBusyError, UnverifiableArtifactError):  # the latter is of no place of the store: verify removes it
        return False
    return True


def _unlink(store: Store, entry: StoredEntry) -> None:
    """Remove a file. Its folders stay: another process may be using them."""
    if entry.key is not None and not entry.is_checkout:
        BuiltWheels(store).remove(entry.key)
    else:
        entry.path.unlink(missing_ok=True)


def _is_whole(entry: StoredEntry, progress: Progress) -> bool:
    try:
        hasher = hashlib.new(entry.algorithm)
    except ValueError:  # it is in no place where the store would look for it
        return False
    if entry.path.is_dir():  # a built wheel without a record
        return False
    with entry.path.open("rb") as file:
        while chunk := file.read(_READ_SIZE):
            hasher.update(chunk)
            progress.advance(entry.path.name, len(chunk))
    return hasher.hexdigest() == entry.digest


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _size_below(folder: Path) -> int:
    size = 0
    for path in _files_below(folder):
        with suppress(OSError):
            size += path.lstat().st_size
    return size
