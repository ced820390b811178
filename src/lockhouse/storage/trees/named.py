"""The files that patterns name although version control ignores them, and the folders in which more may come."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from lockhouse.storage.trees.listing import links_on_the_way
from lockhouse.storage.trees.outputs import is_left_behind, is_output
from lockhouse.storage.trees.record import SeenFile, digest_of_names, listed, look_at, signature_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

#: What of a pattern is still to be matched, by the names of a path.
_Rest: TypeAlias = tuple[str, ...]
#: Stands for any folders.
_ANY = "**"


@dataclass(frozen=True, kw_only=True)
class Named:
    """What patterns name.

    :ivar files: files, relative to the project
    :ivar entered: the folders that were looked into, relative to the project, as they were then
    :ivar waiting: those of them in which a pattern waits for what tools leave behind
    :ivar links: links that match, and what decides where they lead, by absolute path
    """

    files: frozenset[str]
    entered: Mapping[str, SeenFile]
    waiting: frozenset[str]
    links: Mapping[str, SeenFile | None]


def named_files(root: Path, patterns: Iterable[str]) -> Named:
    """Look for what patterns name; what tools leave behind is looked into only where a pattern spells it out.

    :param root: the project's folder
    :param patterns: the patterns; ``**`` stands for any folders
    :raises OSError: a folder cannot be read
    """
    files: set[str] = set()
    entered: dict[str, SeenFile] = {}
    waiting: set[str] = set()
    links: dict[str, SeenFile | None] = {}
    named = {rest for pattern in patterns if (rest := _rest(pattern))}
    todo = [("", named)] if named else []
    while todo:
        folder, rests = todo.pop()
        rests = {rest[passed:] for rest in rests for passed in range(_leading(rest) + 1)}
        place = f"{root}/{folder}" if folder else str(root)
        try:
            signature = signature_of(os.stat(place))  # noqa: PTH116 - of where a link leads
            entries = listed(place)
        except (FileNotFoundError, NotADirectoryError):  # it went meanwhile
            continue
        entered[folder] = SeenFile(signature=signature, digest=digest_of_names(entries))
        if any(is_output(rest[0]) for rest in rests):
            waiting.add(folder)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            below = {after for rest in rests if (after := _after(rest, path, entry)) is not None}
            if below and entry.is_symlink():
                links |= {link: look_at(link) for link in (entry.path, *links_on_the_way(entry.path))}
            if () in below and os.path.isfile(entry.path):  # noqa: PTH113 - a looping link is none
                files.add(path)
            below.discard(())
            if below and os.path.isdir(entry.path):  # noqa: PTH112 - likewise
                todo.append((path, below))
    return Named(files=frozenset(files), entered=entered, waiting=frozenset(waiting), links=links)


def _rest(pattern: str) -> _Rest:
    parts = PurePosixPath(pattern).parts
    return (*parts, "*") if parts[-1:] == (_ANY,) else parts


def _leading(rest: _Rest) -> int:
    """Count how often a pattern says that any folders may come first."""
    return next((number for number, part in enumerate(rest) if part != _ANY), 0)


def _after(rest: _Rest, path: str, entry: os.DirEntry[str]) -> _Rest | None:
    """Give what of a pattern is left for what is below; None where it does not match, nothing where all of it did."""
    first = rest[0]
    if first == _ANY:
        enters = entry.is_dir(follow_symlinks=False) and not is_left_behind(path, entry)
        return rest if enters else None
    if not fnmatchcase(os.path.normcase(entry.name), os.path.normcase(first)):
        return None
    spelled_out = is_output(first) or not set(first) & set("*?[")
    return rest[1:] if spelled_out or not is_left_behind(path, entry) else None
