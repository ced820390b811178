"""Says in words why bytes are not those that a lock names. The hash decides; this only explains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockhouse.errors import ArtifactUnavailableError, HashMismatchError
from lockhouse.model.indexes import hide

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How many of the first bytes an explanation looks at.
HEAD_SIZE = 512

_PAGE_STARTS = (b"<!doctype html", b"<html", b"<head")
_ZIP_START = b"PK\x03\x04"
_GZIP_START = b"\x1f\x8b"
_STARTS = {".whl": _ZIP_START, ".zip": _ZIP_START, ".tar.gz": _GZIP_START, ".tgz": _GZIP_START}


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedLock:
    """A lock that is not as Lockhouse wrote it: its hashes may be what is wrong.

    :ivar place: its file, for messages
    :ivar lock_command: the command that locks the environment
    """

    place: str
    lock_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a file must be.

    :ivar package: name and version of its package, for messages
    :ivar filename: its name
    :ivar algorithm: hash algorithm
    :ivar digest: lower-case hex digest
    :ivar size: length in bytes where the lock or the server told it, else None
    :ivar source: where the bytes come from; nothing secret is shown of it
    :ivar known: hex digest → name of the file of the same lock that it belongs to
    :ivar edited: the lock, where it was edited since it was written
    """

    package: str
    filename: str
    algorithm: str
    digest: str
    size: int | None = None
    source: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    edited: EditedLock | None = None

    @property
    def right_lock(self) -> str:
        """Say how the lock gets the right hash."""
        options = f"--upgrade-package {self.package.partition(' ')[0]}"
        if self.edited is None:
            return f"lock again with {options}"
        return (
            f"restore {self.edited.place} from version control; or, where the file that is served is the right one: "
            f"{self.edited.lock_command} {options}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came instead.

    :ivar digest: lower-case hex digest, by the expected algorithm
    :ivar size: length in bytes
    :ivar head: the first bytes (:data:`HEAD_SIZE`)
    """

    digest: str
    size: int
    head: bytes


def mismatch(expected: Expected, received: Received) -> HashMismatchError:
    """Make the error that tells what probably went wrong.

    :param expected: what the file must be
    :param received: what came
    """
    fact, fix = _diagnosis(expected, received)
    size = f"{received.size} bytes"
    if expected.size is not None and expected.size != received.size:
        size += f" instead of {expected.size}"
    why = [
        f"expected {expected.algorithm}:{expected.digest}",
        f"found    {expected.algorithm}:{received.digest}",
        f"size: {size}",
    ]
    if expected.source:
        why.append(f"source: {hide(expected.source)}")
    return HashMismatchError(f"{expected.package}: {expected.filename} {fact}", why=why, fix=fix)


def unusable(filename: str, received: Received, size: int | None) -> ArtifactUnavailableError | None:
    """Make an error where bytes can be no wheel or archive: for files whose hash nobody told.

    :param filename: name of the file
    :param received: what came
    :param size: length in bytes where the server told it, else None
    :return: the error, or None where nothing speaks against the bytes
    """
    found = _broken_transfer(size, received)
    if found is None:
        starts = [start for suffix, start in _STARTS.items() if filename.lower().endswith(suffix)]
        if any(received.head.startswith(start) for start in starts) or not starts:
            return None
        found = "does not begin as such a file does", "look at the index or the proxy, then run again"
    return ArtifactUnavailableError(f"{filename} {found[0]}", why=f"size: {received.size} bytes", fix=found[1])


def _diagnosis(expected: Expected, received: Received) -> tuple[str, str]:
    """Give the fact and the fix, the surest signs first."""
    return (
        (_wrong_entry(expected, received) if received.size else None)
        or _broken_transfer(expected.size, received)
        or _wrong_kind(expected.filename, received.head)
        or _other_bytes(expected)
    )


def _other_bytes(expected: Expected) -> tuple[str, str]:
    name, edited = expected.filename, expected.edited
    if edited is not None:
        fact = f"HAS OTHER BYTES than {edited.place} says, which was edited by hand or by a bot since it was written"
        return fact, expected.right_lock
    return (
        "HAS OTHER BYTES than those that were locked under the same file name",
        f"do not install it: find out who changed {name}; lock again only if the new bytes are trusted",
    )


def _wrong_entry(expected: Expected, received: Received) -> tuple[str, str] | None:
    name = expected.filename
    if (owner := expected.known.get(received.digest, name)) != name:
        return f"holds the bytes of {owner}, another file of the lock", expected.right_lock
    if (owner := expected.known.get(expected.digest, name)) != name:
        return f"stands in the lock with the hash of {owner}", expected.right_lock
    return None


def _broken_transfer(size: int | None, received: Received) -> tuple[str, str] | None:
    if received.size == 0:
        return "is an empty download", "run again; if it stays empty, look at the index or the proxy"
    if received.head.lstrip().lower().startswith(_PAGE_STARTS):
        return "is an HTML page, such as that of a proxy or a login", "sign in at the proxy or index, then run again"
    if size is not None and received.size < size:
        return "is a truncated download", "run again; if it stays short, look at the index or the proxy"
    return None


def _wrong_kind(name: str, head: bytes) -> tuple[str, str] | None:
    fix = f"put the right address of {name} into the lock"
    if name.endswith(".whl") and head.startswith(_GZIP_START):
        return "is no wheel but a gzip archive, such as an sdist", fix
    if name.endswith((".gz", ".tgz")) and head.startswith(_ZIP_START):
        return "is no sdist but a zip archive, such as a wheel", fix
    return None
