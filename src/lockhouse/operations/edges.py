"""The dependency edges of a lock: what each locked package requires, from its own metadata."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from lockhouse.errors import LockInvalidError
from lockhouse.model.lock import ArtifactKind
from lockhouse.operations.parallel import in_threads, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from threading import Event

    from lockhouse.fetchers import Fetcher
    from lockhouse.model.lock import Artifact, Lock, LockedPackage

    _Key: TypeAlias = tuple[str, str | None, frozenset[str]]


def complete_edges(
    packages: Sequence[LockedPackage],
    *,
    present: Lock | None,
    fetcher: Fetcher,
    wheel: Callable[[LockedPackage, Artifact], Path],
) -> tuple[LockedPackage, ...]:
    """Give the packages with their dependencies.

    What the resolver gave, and what the present lock knows of the same files, is taken as it is. For the rest the
    metadata beside one wheel is read (PEP 658); where the index serves none, the wheel itself. A package without a
    wheel keeps None: its metadata needs a build.

    :param packages: the packages as they were resolved
    :param present: the present lock, or None
    :param fetcher: how metadata is had
    :param wheel: brings a wheel into the store, verified, and gives its path
    :raises ArtifactUnavailableError: metadata cannot be had
    """
    known = {
        _key(package): package.requires
        for package in (() if present is None else present.packages)
        if package.requires is not None and not package.requires_assumed
    }
    wanted = {
        _key(package): (package, artifact)
        for package in packages
        if package.requires is None
        and _key(package) not in known
        and (artifact := _smallest_wheel(package)) is not None
    }

    def read(key: _Key, _: Event) -> tuple[str, ...]:
        package, artifact = wanted[key]
        text = fetcher.read_metadata(artifact) if artifact.url is not None else None
        return requires_in(wheel_metadata(wheel(package, artifact)) if text is None else text)

    found, failures = settle(in_threads(list(wanted), read, jobs=16, on_stop=fetcher.cancel))
    if failures:
        raise failures[0]
    known |= found
    return tuple(
        package if package.requires is not None else replace(package, requires=known.get(_key(package)))
        for package in packages
    )


def wheel_metadata(path: Path) -> str:
    """Read the metadata that a wheel carries.

    :param path: a wheel
    :raises LockInvalidError: it is no wheel
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                folder, _, file = name.partition("/")
                if file == "METADATA" and folder.endswith(".dist-info"):
                    return archive.read(name).decode("utf-8", "replace")
    except (OSError, zipfile.BadZipFile) as error:
        raise LockInvalidError(f"{path.name} is no wheel", why=str(error)) from error
    raise LockInvalidError(f"{path.name} is no wheel", why="it has no .dist-info/METADATA")


def requires_in(text: str) -> tuple[str, ...]:
    """Read the dependencies from the text of core metadata.

    :param text: content of a METADATA file
    """
    from packaging.metadata import parse_email  # noqa: PLC0415 - only where metadata is read

    raw, _ = parse_email(text)
    return tuple(raw.get("requires_dist", ()))


def python_bounds_in(text: str) -> str:
    """Read the Python bounds from the text of core metadata; empty where it has none.

    :param text: content of a METADATA file
    """
    from packaging.metadata import parse_email  # noqa: PLC0415 - only where metadata is read

    raw, _ = parse_email(text)
    return raw.get("requires_python", "")


def _smallest_wheel(package: LockedPackage) -> Artifact | None:
    wheels: Iterable[Artifact] = (
        artifact
        for artifact in package.artifacts
        if artifact.kind is ArtifactKind.WHEEL
        or (artifact.kind is ArtifactKind.ARCHIVE and (artifact.filename or "").endswith(".whl"))
    )
    return min(wheels, key=lambda artifact: (artifact.size or 0, artifact.filename or ""), default=None)


def _key(package: LockedPackage) -> _Key:
    hashes = {digest for artifact in package.artifacts for digest in artifact.hashes.values()}
    commits = {artifact.commit_id for artifact in package.artifacts if artifact.commit_id is not None}
    return package.name, package.version, frozenset(hashes | commits)
