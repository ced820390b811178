"""The quickest wheelhouse: a trace says that nothing changed since one was made, so the same files are given out again.

What is in it is known without parsing or importing anything. The hash of every wheel must stand in the lock, and nobody
may have written to the stored file since it was held against that hash: where its seal does not say so, it is read in
this run. What goes into an archive is read in any case. Where anything differs or is unclear, nothing is left, and who
asked goes the long way, which says why.
"""

from __future__ import annotations

import os
import sys

from lockhouse.operations.unchanged import trace_name
from lockhouse.storage.cache_folder import traces_in
from lockhouse.trace.trace import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: What lines of a trace are about.
_PYTHON, _LOCK, _WHEEL, _TEXT, _WORDS = "python", "lock", "wheel", "text", "words"

#: Bytes from which on people want to see how far it is.
_LONG = 1 << 30


def subject_of(root: str, environments: Iterable[str], targets: Iterable[str]) -> str:
    """Say which wheelhouse a trace is about.

    :param root: the project's folder, absolute
    :param environments: environments as they were named; nothing for all
    :param targets: labels as they were named
    """
    return "\0".join(("a wheelhouse of", root, *environments, "for", *targets))


# -- lines of the trace -------------------------------------------------------------------------------------------


def line_of_python(python: str) -> str:
    """Say what this Python has to be, where a wheelhouse is for it.

    :param python: its path
    :raises OSError: it is not there
    """
    from lockhouse.interpreters.signs import signs_of  # noqa: PLC0415 - not where targets are named

    return f"{_PYTHON} {_escaped(repr((python, signs_of(python))))}"


def line_of_lock(path: str) -> str:
    """Name a file that hashes of wheels must stand in.

    :param path: its path, absolute
    """
    return f"{_LOCK} {path}"


def line_of_wheel(name: str, hash_: str) -> str:
    """Name a wheel.

    :param name: its file name
    :param hash_: ``algorithm:digest``
    """
    return f"{_WHEEL} {hash_} {name}"


def line_of_text(name: str, content: bytes) -> str:
    """Give a text that stands beside the wheels.

    :param name: its file name
    :param content: its bytes, in UTF-8
    """
    return f"{_TEXT} {name} {_escaped(content.decode())}"


def line_of_words(words: str) -> str:
    """Give what is told of the wheelhouse, beside where it is.

    :param words: a line
    """
    return f"{_WORDS} {words}"


def _escaped(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")


def _unescaped(text: str) -> str:
    return text.encode("ascii").decode("unicode_escape")


# -- the wheelhouse -----------------------------------------------------------------------------------------------


def wheelhouse_again(
    subject: str, path: str, *, archive: bool, environ: Mapping[str, str], patient: bool
) -> list[str] | None:
    """Write a wheelhouse that was made before, and would be made the same now.

    :param subject: which one
    :param path: the folder or archive to write
    :param archive: whether it is an archive
    :param environ: the variables of the user
    :param patient: whether nobody has to see how far it is
    :return: what is told of it; None where nothing was written
    """
    traces = traces_in(environ)
    lines = None if traces is None else said(os.path.join(traces, trace_name(subject)), subject, environ)  # noqa: PTH118 - pathlib takes long to import
    if traces is None or lines is None:
        return None
    work = _Again(lines, os.path.join(os.path.dirname(traces), "files"))  # noqa: PTH118, PTH120 - likewise
    try:
        if not work.is_for_this_python() or not work.stands_in_its_lock() or not (patient or work.is_short()):
            return None
        done = work.as_archive(path) if archive else work.as_folder(path)
    except (OSError, ValueError, LookupError):
        return None
    return work.words if done else None


class _Again:
    """One wheelhouse, as its trace describes it."""

    def __init__(self, lines: Iterable[str], store: str) -> None:
        self.words: list[str] = []
        self._pythons: list[str] = []
        self._locks: list[str] = []
        #: name → hash of a wheel, or the content of a text; the manifest first
        self._files: dict[str, str | bytes] = {}
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind == _WHEEL:
                hash_, _, name = rest.partition(" ")
                self._files[name] = hash_
            elif kind == _TEXT:
                name, _, text = rest.partition(" ")
                self._files[name] = _unescaped(text).encode()
            else:
                {_PYTHON: self._pythons, _LOCK: self._locks, _WORDS: self.words}[kind].append(rest)
        self._store = store

    def is_for_this_python(self) -> bool:
        """Tell whether this Python is the one that the wheelhouse is for, if it is for one of this machine."""
        return all(line_of_python(sys.executable) == f"{_PYTHON} {python}" for python in self._pythons)

    def stands_in_its_lock(self) -> bool:
        """Tell whether the hashes of all wheels stand in the lock, those in the lists of requirements, too.

        A trace is no proof, and the lock is. So nothing is given out that the lock does not name, whoever wrote the
        trace.
        """
        known: set[bytes] = set()
        for lock in self._locks:
            with open(lock, "rb", buffering=0) as file:  # noqa: PTH123 - likewise
                content = file.read()
            known.update(word.rpartition(b":")[2] for word in content.replace(b'"', b" ").replace(b"'", b" ").split())
        _, *texts = (content for content in self._files.values() if isinstance(content, bytes))  # without the manifest
        return all(
            content.rpartition(":")[2].encode() in known for content in self._files.values() if isinstance(content, str)
        ) and all(_names_only(text, known) for text in texts)

    def is_short(self) -> bool:
        """Tell whether it will be there before anybody asks how far it is."""
        return sum(os.stat(source).st_size for source, _, _ in self._wheels()) < _LONG  # noqa: PTH116 - likewise

    def as_folder(self, path: str) -> bool:
        """Write a folder."""
        from lockhouse.storage.links import place_all  # noqa: PLC0415 - an archive needs none
        from lockhouse.storage.unfinished import NewFolder, is_replaceable  # noqa: PLC0415 - likewise

        if not is_replaceable(path, next(iter(self._files))):
            return False
        try:
            with NewFolder(path) as folder:
                self._fill(folder, place_all)
        except _Unlike:
            return False
        self._mark_used()
        return True

    def _fill(self, folder: str, place_all: Callable[[Iterable[tuple[str, str, str, str]]], bool]) -> None:
        for name, content in self._files.items():
            if isinstance(content, bytes):
                with open(f"{folder}/{name}", "wb", buffering=0) as file:  # noqa: PTH123 - likewise
                    file.write(content)
        wheels = ((source, f"{folder}/{name}", *_parted(hash_)) for source, name, hash_ in self._wheels())
        if not place_all(wheels):
            raise _Unlike

    def as_archive(self, path: str) -> bool:
        """Write an archive."""
        from lockhouse.storage.archive_writing import (  # noqa: PLC0415 - a folder needs none
            Unlike,
            is_writable,
            members_of,
            write_archive,
        )

        if not is_writable(path):
            return False
        files = [
            (name, content, "") if isinstance(content, bytes) else (name, self._place(name, content), content)
            for name, content in self._files.items()
        ]
        try:
            write_archive(path, members_of(files))
        except Unlike:
            return False
        self._mark_used()
        return True

    def _wheels(self) -> Iterable[tuple[str, str, str]]:
        """Give the place, name and hash of each wheel."""
        return (
            (self._place(name, content), name, content)
            for name, content in self._files.items()
            if isinstance(content, str)
        )

    def _place(self, name: str, hash_: str) -> str:
        algorithm, digest = _parted(hash_)
        return f"{self._store}/{algorithm}/{digest[:2]}/{digest}/{name}"

    def _mark_used(self) -> None:
        """Note for those who prune when the files were last used: see the store."""
        for source, _, _ in self._wheels():
            try:
                os.utime(os.path.dirname(source))  # noqa: PTH120 - likewise
            except OSError:  # a store of another user, or one that nobody may write to
                return


class _Unlike(Exception):  # noqa: N818 - it takes the unfinished folder away
    """A file is missing, or its bytes are not those of its hash."""


def _parted(hash_: str) -> tuple[str, str]:
    algorithm, _, digest = hash_.partition(":")
    return algorithm, digest


def _names_only(text: bytes, known: set[bytes]) -> bool:
    """Tell whether a list of requirements has no hash but these, and no option but hashes."""
    words: Sequence[bytes] = [
        word for line in text.splitlines() if not line.startswith(b"#") for word in line.split() if word[:1] == b"-"
    ]
    return all(word.startswith(b"--hash=") and word.rpartition(b":")[2] in known for word in words)
