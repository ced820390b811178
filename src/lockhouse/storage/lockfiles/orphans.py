"""Which locks lie in a folder, whoever uses them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from lockhouse.model.spec import LockFormat
from lockhouse.storage.lockfiles.quicklook import fold, look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PYLOCK = re.compile(r"pylock\.(?P<name>[^.]+)\.toml")
_RECORD = re.compile(r"(?P<name>.+)-requirements\.record\.toml")
#: The files that a lock of requirements has, the one with the pins first.
_ENDINGS = ("-requirements.txt", "-requirements.in", "-requirements-constraints.in", "-requirements.record.toml")
#: The head of a lock stands in so many bytes.
_HEAD_LENGTH = 4096


def locks_in(root: Path, directory: str) -> Iterator[tuple[LockFormat, str, tuple[str, ...]]]:
    """List what has the name of a lock in a folder; nothing is read.

    :param root: the project's folder
    :param directory: the folder, relative to the project, with forward slashes
    :return: format, name (with the target, if it has one), and files relative to the project, that with the head last
    """
    try:
        names = sorted(os.listdir(root / directory))  # noqa: PTH208 - names are enough
    except OSError:
        return
    for file in names:
        lock_format = LockFormat.PYLOCK
        match = _PYLOCK.fullmatch(file)
        if match is None:
            lock_format, match = LockFormat.REQUIREMENTS, _RECORD.fullmatch(file)
        if match is None:
            continue
        files = [file]
        if lock_format is LockFormat.REQUIREMENTS:
            files = [f"{match['name']}{ending}" for ending in _ENDINGS if f"{match['name']}{ending}" in names]
        yield lock_format, match["name"], tuple(f"{directory}/{each}" for each in files)


def is_ours(path: Path) -> bool:
    """Tell whether Lockhouse wrote a file, as its first lines say.

    :param path: the file of a lock that has such lines
    """
    try:
        with path.open("rb") as file:
            return look(fold(file.read(_HEAD_LENGTH))).inputs_digest is not None
    except OSError:
        return False
