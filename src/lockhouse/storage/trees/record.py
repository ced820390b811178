"""What was seen of a project's files, so that the next look reads only what seems to have changed.

A file counts as unchanged where size, times, mode and inode are as they were, and where it was written well before it
was looked at: what is written in the same moment may keep its time.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lockhouse.errors import StoreError
from lockhouse.storage.files import write_atomically
from lockhouse.storage.trees.untouched import FORM, SETTLED_AFTER, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

#: Size, time of change of the content, time of change of anything, inode, mode.
Signature: TypeAlias = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file as it was read.

    :ivar signature: tells whether it was touched since
    :ivar digest: sha256 of its content; for a link, of what it leads to
    """

    signature: Signature
    digest: str

    @property
    def kind(self) -> str:
        """Give ``file`` or ``link``."""
        return "link" if stat.S_ISLNK(self.signature[4]) else "file"

    @property
    def line(self) -> str:
        """Give what of it can influence a build, but for its name."""
        return f"{self.kind} {stat.S_IMODE(self.signature[4]):o} {self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFolder:
    """A folder as it was listed; so is one outside of the project that a link leads to.

    :ivar signature: tells whether anything in it came, went or was renamed since
    :ivar kept: names in it that belong to the project
    :ivar left_out: the others; those of folders with a slash behind
    """

    signature: Signature
    kept: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TreeRecord:
    """All that was seen.

    :ivar seen_at: when the look began, in nanoseconds of the epoch
    :ivar folders: by their paths relative to the project; empty for its own
    :ivar files: the same
    :ivar deciding: files and folders that decide which files belong to the project, by absolute path; None where it
        was not there
    :ivar scm: digest of the state of version control, where the build looks at it; else empty
    :ivar scm_deciding: files and folders that decide it, by absolute path
    """

    seen_at: int
    folders: Mapping[str, SeenFolder]
    files: Mapping[str, SeenFile]
    deciding: Mapping[str, SeenFile | None] = field(default_factory=dict)
    scm: str = ""
    scm_deciding: Mapping[str, SeenFile | None] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Give a sha256 over names, modes and contents, and over the state of version control where it counts."""
        digest = hashlib.sha256(self.scm.encode())
        for line in self.lines():
            digest.update(line.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def lines(self) -> Iterable[str]:
        """Give a line for each file and folder, in the order of their names."""
        for path in sorted({*self.files, *self.folders}):
            seen = self.files.get(path)
            yield f"{'folder' if seen is None else seen.line}\0{path}\n"

    @property
    def newest(self) -> int:
        """Give the last time at which any of it was touched, in nanoseconds of the epoch."""
        seen = (*self.folders.values(), *self.files.values(), *self.deciding.values(), *self.scm_deciding.values())
        return max((_touched_at(each.signature) for each in seen if each is not None), default=0)

    def settled(self, signature: Signature) -> bool:
        """Tell whether a file was written well before it was looked at.

        :param signature: of the file
        """
        return _touched_at(signature) + SETTLED_AFTER < self.seen_at


def _touched_at(signature: Signature) -> int:
    return max(signature[1], signature[2])


def signature_of(status: os.stat_result) -> Signature:
    """Give what tells whether a file was touched.

    :param status: what the system says of it
    """
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode


def listed(folder: str) -> list[os.DirEntry[str]]:
    """List what is in a folder; nothing where that is not allowed.

    :param folder: its path
    :raises OSError: it cannot be read
    """
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError:
        return []


def digest_of_names(entries: Iterable[os.DirEntry[str]]) -> str:
    """Give a sha256 over names, and over which of them are of folders.

    :param entries: what is in a folder
    """
    names = sorted(f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name for entry in entries)
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def look_at(path: str) -> SeenFile | None:
    """Read a file, or a link to a folder; of a folder its names. None where nothing is there.

    :param path: its absolute path
    :raises OSError: it cannot be read
    """
    try:
        status = status_of(path)
        return SeenFile(signature=signature_of(status), digest=_digest(path, status))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _digest(path: str, status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return hashlib.sha256(os.readlink(path).encode("utf-8", "surrogateescape")).hexdigest()  # noqa: PTH115
    if stat.S_ISDIR(status.st_mode):
        return digest_of_names(listed(path))
    with open(path, "rb") as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- on disk ------------------------------------------------------------------------------------------------------


def read_record(path: Path) -> TreeRecord | None:
    """Read a record; None where there is none that can be read.

    :param path: the file
    """
    try:
        data = json.loads(path.read_bytes())
        if data["version"] != FORM:
            return None
        return TreeRecord(
            seen_at=data["seen_at"],
            folders={
                name: SeenFolder(signature=_signature(row[0]), kept=tuple(row[1]), left_out=tuple(row[2]))
                for name, row in data["folders"].items()
            },
            files={name: _file(row) for name, row in data["files"].items()},
            deciding=_files(data["deciding"]),
            scm=data["scm"],
            scm_deciding=_files(data["scm_deciding"]),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def write_record(path: Path, record: TreeRecord) -> None:
    """Write a record; where that cannot be, everything is read again next time, and that is all.

    What the quickest look asks for stands there as it compares it: digest, newest time, and signatures as text.

    :param path: the file
    :param record: what to write
    """
    data = {
        "version": FORM,
        "digest": record.digest,
        "newest": record.newest,
        "seen_at": record.seen_at,
        "folders": {name: [_text(each.signature), each.kept, each.left_out] for name, each in record.folders.items()},
        "files": _rows(record.files),
        "deciding": _rows(record.deciding),
        "scm": record.scm,
        "scm_deciding": _rows(record.scm_deciding),
    }
    try:
        write_atomically(path, json.dumps(data, separators=(",", ":")).encode())
    except (StoreError, UnicodeEncodeError):
        return


def _text(signature: Signature) -> str:
    return " ".join(map(str, signature))


def _signature(text: str) -> Signature:
    size, changed, touched, inode, mode = map(int, text.split(" "))
    return size, changed, touched, inode, mode


def _file(row: str) -> SeenFile:
    signature, _, digest = row.rpartition(" ")
    return SeenFile(signature=_signature(signature), digest=digest)


def _files(rows: Mapping[str, str | None]) -> dict[str, SeenFile | None]:
    return {name: None if row is None else _file(row) for name, row in rows.items()}


def _rows(files: Mapping[str, SeenFile | None] | Mapping[str, SeenFile]) -> dict[str, str | None]:
    return {name: None if each is None else f"{_text(each.signature)} {each.digest}" for name, each in files.items()}
