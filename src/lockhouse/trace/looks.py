"""Looks at files, folders and variables: each is taken down with what was seen."""

from __future__ import annotations

import errno
import os
import stat
from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE, KIND, NAMES, REAL, VARIABLE = "file", "kind", "names", "real", "variable"

#: What is seen of a file or folder that cannot be read, whatever the reason. It is no digest.
_NOTHING = "-"


class NoRegularFileError(OSError):
    """A pipe or a device in the place of a file: to read it may take for ever, and need not give the same twice."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.EINVAL, "it is no regular file", path)


class Looks:
    """All looks that somebody took to decide something.

    Whoever reads what decides an answer does it by this, also where nothing is found: that, too, can change.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], str] = {}
        self._clear = True

    def file(self, path: str | os.PathLike[str]) -> bytes:
        """Read a file; only a regular one is read.

        :param path: its path, absolute
        :raises OSError: it cannot be read, or is another kind of file
        :raises ValueError: no file can have this path
        """
        try:
            content = _read(os.fspath(path))
        except (OSError, ValueError) as error:
            self._note(FILE, path, _NOTHING)
            self._clear = self._clear and not isinstance(error, NoRegularFileError)  # who reads it may see anything
            raise
        self._note(FILE, path, sha256(content).hexdigest())
        return content

    def kind(self, path: str | os.PathLike[str]) -> str:
        """Tell what a path leads to: ``file``, ``folder``, ``other``, or nothing (empty).

        :param path: the path, absolute
        """
        kind = _kind(os.fspath(path))
        self._note(KIND, path, kind)
        return kind

    def names(self, path: str | os.PathLike[str]) -> list[str]:
        """Give what a folder holds, names alone; nothing where it cannot be read.

        :param path: its path, absolute
        """
        try:
            found = sorted(os.listdir(path))  # noqa: PTH208 - pathlib takes long to import
        except OSError:
            self._note(NAMES, path, _NOTHING)
            return []
        self._note(NAMES, path, _digest_of_names(found))
        return found

    def real(self, path: str | os.PathLike[str]) -> str:
        """Give the path that a path leads to, links followed; what is not there leads to itself.

        :param path: the path, absolute
        """
        found = os.path.realpath(path)
        self._note(REAL, path, found)
        return found

    def variable(self, environ: Mapping[str, str], name: str) -> str | None:
        """Give the value of an environment variable, None where it is not set.

        :param environ: the variables
        :param name: its name
        """
        value = environ.get(name)
        self._note(VARIABLE, name, _variable(value))
        return value

    def lose_track(self) -> None:
        """Say that something was looked at that no question can ask: then nothing is remembered."""
        self._clear = False

    def copy(self) -> Looks:
        """Give looks that have seen the same, to look at more."""
        other = Looks()
        other._seen, other._clear = dict(self._seen), self._clear
        return other

    def seen(self, environ: Mapping[str, str]) -> list[tuple[str, str, str]] | None:
        """Give kind, subject and answer of all questions.

        :param environ: the variables
        :return: None where something was seen in two ways, or is no longer as it was seen, or track was lost
        """
        rows = [(kind, subject, answer) for (kind, subject), answer in self._seen.items()]
        asked_again = [answer for _, _, answer in answered(((row[0], row[1]) for row in rows), environ)]
        return rows if self._clear and asked_again == [row[2] for row in rows] else None

    def _note(self, kind: str, subject: str | os.PathLike[str], answer: str) -> None:
        key = kind, os.fspath(subject)
        if self._seen.setdefault(key, answer) != answer:
            self._clear = False  # it changed meanwhile


def answered(questions: Iterable[tuple[str, str]], environ: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    """Answer questions anew.

    :param questions: kind and subject of each
    :param environ: the variables
    """
    for kind, subject in questions:
        if kind == FILE:
            try:
                answer = sha256(_read(subject)).hexdigest()
            except (OSError, ValueError):
                answer = _NOTHING
        elif kind == VARIABLE:
            answer = _variable(environ.get(subject))
        elif kind == REAL:
            answer = os.path.realpath(subject)
        else:
            answer = _kind(subject) if kind == KIND else _names(subject)
        yield kind, subject, answer


def _read(path: str) -> bytes:
    mode = os.stat(path).st_mode  # noqa: PTH116 - pathlib takes long to import
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode) and path != os.devnull:  # to open a folder is an error anyway
        raise NoRegularFileError(path)
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib takes long to import
        return file.read()


def _kind(path: str) -> str:
    if os.path.isfile(path):  # noqa: PTH113 - likewise
        return "file"
    if os.path.isdir(path):  # noqa: PTH112 - likewise
        return "folder"
    return "other" if os.path.exists(path) else ""  # noqa: PTH110 - likewise


def _names(path: str) -> str:
    try:
        return _digest_of_names(sorted(os.listdir(path)))  # noqa: PTH208
    except OSError:
        return _NOTHING


def _digest_of_names(names: list[str]) -> str:
    return sha256("/".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def _variable(value: str | None) -> str:
    return _NOTHING if value is None else f"={value}"
