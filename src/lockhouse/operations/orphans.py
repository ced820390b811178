"""Orphans: locks that Lockhouse wrote and no declared environment uses. Read-only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import BackendNotFoundError
from lockhouse.storage.lockfiles.orphans import is_ours, locks_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from lockhouse.model.freshness import OrphanLock
    from lockhouse.model.spec import EnvironmentSpec

#: What follows the name of a lock for one target: ``-cp312-linux-x86_64``.
_TARGET = re.compile(r"-[a-z]+\d+-[a-z0-9]+(-[a-z0-9_]+)?$")


def orphan_locks(
    root: Path, specs: Iterable[EnvironmentSpec], directories: Iterable[str], *, is_universal: Callable[[str], bool]
) -> tuple[OrphanLock, ...]:
    """Find the locks that no environment uses.

    A lock for one target is left alone as long as its environment has locks of this kind: other machines have other
    targets. Files that somebody else wrote are no concern of ours.

    :param root: the project's folder
    :param specs: all environments of the project
    :param directories: folders of locks, relative to the project, with forward slashes
    :param is_universal: tells whether a resolver makes one lock for all targets
    """
    known = list(specs)
    used = {(spec.lock_directory, spec.lock_format, name) for spec in known for name in _names(spec, is_universal)}
    found = []
    for directory in sorted({*directories, *(spec.lock_directory for spec in known)}):
        for lock_format, name, files in locks_in(root, directory):
            target = _TARGET.search(name)
            stem = None if target is None else f"{name[: target.start()]}-*"
            unused = used.isdisjoint({(directory, lock_format, name), (directory, lock_format, stem)})
            if unused and is_ours(root / files[-1]):
                from lockhouse.model.freshness import OrphanLock  # noqa: PLC0415 - rare

                found.append(OrphanLock(name=name, files=files))
    return tuple(found)


def _names(spec: EnvironmentSpec, is_universal: Callable[[str], bool]) -> Iterator[str]:
    try:
        universal = {is_universal(spec.resolver)}
    except BackendNotFoundError:  # its plugin is absent, so nobody knows
        universal = {True, False}
    yield from (spec.lock_name if each else f"{spec.lock_name}-*" for each in universal)
