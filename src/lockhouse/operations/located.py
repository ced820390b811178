"""Files of a lock that names none: hashed requirements hold hashes, an index knows what files they are of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.errors import ArtifactUnavailableError
from lockhouse.model.lock import Artifact, ArtifactKind, Lock
from lockhouse.operations.parallel import in_threads, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from lockhouse.fetchers import Fetcher, FoundFile
    from lockhouse.interfaces import ArtifactLocation
    from lockhouse.model.lock import LockedPackage


def with_files_named(lock: Lock, fetcher: Fetcher) -> Lock:
    """Give the lock with a file name for each hash.

    Where the record beside hashed requirements knows all names, as it does unless a bot moved a pin since, nothing is
    asked. What an index answers is trusted for the name only: the bytes are verified against the lock.

    :param lock: a lock
    :param fetcher: asks the configured indexes
    :raises ArtifactUnavailableError: no index lists a file with one of the hashes
    """
    nameless = {
        (package.name, package.version): package
        for package in lock.packages
        if any(artifact.filename is None and artifact.strong_hash is not None for artifact in package.artifacts)
    }
    if not nameless:
        return lock

    def ask(key: tuple[str, str | None], _: Event) -> tuple[FoundFile, ...]:
        return fetcher.locate(key[0])

    found, failures = settle(
        in_threads(list(nameless), ask, jobs=8, on_stop=fetcher.cancel, given_up=fetcher.is_cancelled)
    )
    if failures:
        raise failures[0]
    named = {key: _named(package, found[key]) for key, package in nameless.items()}
    return replace(lock, packages=tuple(named.get((p.name, p.version), p) for p in lock.packages))


def locator(
    first: Callable[[Artifact], ArtifactLocation | None], lock: Lock, fetcher: Fetcher
) -> Callable[[Artifact], ArtifactLocation | None]:
    """Give who says where a file is: plugins first, then the lock's own address, then the indexes.

    :param first: asks the plugins
    :param lock: the lock
    :param fetcher: asks the configured indexes
    """
    from lockhouse.interfaces import ArtifactLocation  # noqa: PLC0415

    builds = {} if lock.record is None else lock.record.builds
    packages = (*lock.packages, *(package for build in builds.values() for package in build.packages))
    owners = {(a.filename, a.strong_hash): package.name for package in packages for a in package.artifacts}

    def locate(artifact: Artifact) -> ArtifactLocation | None:
        location = first(artifact)
        if location is not None or artifact.url is not None or artifact.path is not None:
            return location
        name = owners.get((artifact.filename, artifact.strong_hash))
        digest = None if artifact.strong_hash is None else artifact.strong_hash[1]
        if name is None:
            return None
        # a file that is listed with another hash only is had all the same: then the mismatch can be told in full
        files = fetcher.locate(name, artifact.filename, digest) or fetcher.locate(name, artifact.filename)
        return ArtifactLocation(url=files[0].url) if files else None

    return locate


def _named(package: LockedPackage, files: tuple[FoundFile, ...]) -> LockedPackage:
    by_hash: Mapping[tuple[str, str], FoundFile] = {
        (algorithm, digest): file for file in files for algorithm, digest in file.hashes.items()
    }
    artifacts = []
    for artifact in package.artifacts:
        file = None if artifact.strong_hash is None else by_hash.get(artifact.strong_hash)
        if artifact.filename is not None:
            artifacts.append(artifact)
        elif file is not None:
            kind = ArtifactKind.WHEEL if file.filename.endswith(".whl") else ArtifactKind.SDIST
            artifacts.append(replace(artifact, kind=kind, filename=file.filename, url=file.url, size=file.size))
    if not artifacts:
        raise ArtifactUnavailableError(
            f"{package.label}: no index lists a file with one of its hashes",
            why=f"the lock has {len(package.artifacts)} hashes, the index lists {len(files)} files, none in common",
            fix="configure the index that it came from, or lock again",
        )
    return replace(package, artifacts=tuple(artifacts))
