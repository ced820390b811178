"""Hashes that an index does not tell: they are computed, here or by a resolver without a word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.model.lock import STRONG_ALGORITHMS, ArtifactKind
from lockhouse.operations.parallel import in_threads, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from threading import Event

    from packaging.utils import NormalizedName

    from lockhouse.fetchers import Fetcher, FoundFile
    from lockhouse.model.lock import Artifact, Lock, LockedPackage
    from lockhouse.storage.store import Store


def untold_hashes(packages: Sequence[LockedPackage], *, present: Lock | None, fetcher: Fetcher) -> tuple[str, ...]:
    """Name the files for which the index gives no strong hash: a resolver may have computed it without a word.

    Each package of a configured index is asked for once; PyPI as a resolver's own default tells all hashes. What the
    present lock holds already keeps its verdict, and costs no request.

    :param packages: what was resolved
    :param present: the lock so far
    :param fetcher: asks the configured indexes
    :raises ArtifactUnavailableError: an index cannot be reached, or refuses
    """
    judged = {_key(package) for package in _recorded(present)}
    kept = set() if present is None or present.record is None else set(present.record.computed_hashes)
    listed = [package for package in packages if package.index is not None]
    names = list(dict.fromkeys(package.name for package in listed if _key(package) not in judged))

    def ask(name: NormalizedName, _: Event) -> tuple[FoundFile, ...]:
        return fetcher.locate(name)

    answers, failures = settle(in_threads(names, ask, jobs=8, on_stop=fetcher.cancel, given_up=fetcher.is_cancelled))
    if failures:
        raise failures[0]
    silent = {
        file.filename for files in answers.values() for file in files if not file.hashes.keys() & {*STRONG_ALGORITHMS}
    }
    return tuple(
        artifact.filename
        for package in listed
        for artifact in package.artifacts
        if artifact.filename is not None and artifact.filename in (kept if _key(package) in judged else silent)
    )


def with_untold_hashes(
    packages: Sequence[LockedPackage], *, root: Path, fetcher: Fetcher, store: Store
) -> tuple[tuple[LockedPackage, ...], list[str]]:
    """Compute the hash of each file for which the index gives no strong one.

    :param packages: what was resolved
    :param root: the project's folder
    :param fetcher: how files are had
    :param store: where they go
    :return: the packages, and the names of those files
    """
    computed: list[str] = []

    def completed(artifact: Artifact) -> Artifact:
        if artifact.kind in {ArtifactKind.VCS, ArtifactKind.DIRECTORY} or artifact.strong_hash is not None:
            return artifact
        from lockhouse.interfaces import ArtifactLocation  # noqa: PLC0415

        address = artifact.url if artifact.path is None else (root / artifact.path).as_uri()
        filename = artifact.filename or "file"
        with fetcher.open(ArtifactLocation(url=address or "")) as download:
            digest, path = store.add_unknown(download.chunks, filename=filename, size=download.length)
        computed.append(filename)
        return replace(artifact, hashes={"sha256": digest}, size=path.stat().st_size)

    done = tuple(
        replace(package, artifacts=tuple(completed(artifact) for artifact in package.artifacts)) for package in packages
    )
    return done, computed


def _recorded(present: Lock | None) -> Iterator[LockedPackage]:
    if present is not None and present.record is not None:
        yield from present.packages


def _key(package: LockedPackage) -> tuple[object, ...]:
    files = frozenset((artifact.filename, artifact.strong_hash) for artifact in package.artifacts)
    return package.name, package.version, package.index, files
