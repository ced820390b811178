"""Fetch: the artifacts of a plan → verified files in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockhouse.errors import (
    ArtifactUnavailableError,
    HashMismatchError,
    LockhouseError,
    StoreError,
    UnverifiableArtifactError,
)
from lockhouse.interfaces import ArtifactLocation, StoredFile
from lockhouse.model.indexes import hide, public_url
from lockhouse.model.lock import ArtifactKind
from lockhouse.operations.parallel import in_threads, leave_if, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from lockhouse.fetchers import Fetcher
    from lockhouse.interfaces import Progress, Reporter
    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.storage.mismatch import EditedLock
    from lockhouse.storage.store import Store


def fetch_artifacts(
    wanted: Sequence[tuple[LockedPackage, Artifact]],
    *,
    store: Store,
    fetcher: Fetcher,
    locate: Callable[[Artifact], ArtifactLocation | None],
    reporter: Reporter,
    root: Path,
    jobs: int = 16,
    edited: EditedLock | None = None,
) -> tuple[StoredFile, ...]:
    """Bring all artifacts into the store, and verify every one, whether it was there before or not.

    What the store has costs no request. The rest is fetched in parallel, the largest first. Every failure is
    reported, not the first one only.

    :param wanted: packages with the one artifact of each
    :param store: where the files go
    :param fetcher: how bytes are had
    :param locate: says where an artifact is; with None, the lock's own path or address counts. Called in threads
    :param reporter: shows how far it is, where something is fetched
    :param root: the project's folder; paths in the lock are relative to it
    :param jobs: how many files are worked on at a time
    :param edited: the lock, where it was edited since it was written: a wrong hash may be its fault
    :return: the files, in the order of ``wanted``
    :raises UnverifiableArtifactError: an artifact has no strong hash; nothing was fetched then
    :raises HashMismatchError: bytes, stored or fetched, are not those that the lock names
    :raises ArtifactUnavailableError: files cannot be had
    :raises StoreError: several kinds of failure at once, or the disk fails
    """
    files = _files(wanted)
    distinct = list(dict.fromkeys(files))
    looked, failures = settle(in_threads(distinct, lambda file, _: file.stored(store), jobs=jobs))
    found = {file: path for file, path in looked.items() if path is not None}
    missing = sorted(looked.keys() - found.keys(), key=lambda file: (-(file.artifact.size or 0), file.filename))
    if missing:
        known = _known_digests(package for package, _ in wanted)
        with reporter.progress("Fetching") as progress:
            job = _Job(
                store=store, fetcher=fetcher, locate=locate, progress=progress, root=root, known=known, edited=edited
            )
            outcomes = in_threads(missing, job.fetch, jobs=jobs, on_stop=fetcher.cancel, given_up=fetcher.is_cancelled)
        fetched, more = settle(outcomes)
        found |= fetched
        failures += more
    if failures:
        raise _joined(failures)
    return tuple(file.as_stored(found[file]) for file in files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file to have, under the hash that the lock gives it."""

    algorithm: str
    digest: str
    filename: str
    package: LockedPackage = field(compare=False)
    artifact: Artifact = field(compare=False)

    def stored(self, store: Store) -> Path | None:
        return store.verified(self.algorithm, self.digest, self.filename, package_label=self.package.label)

    def as_stored(self, path: Path) -> StoredFile:
        return StoredFile(
            name=self.package.name,
            version=self.package.version or "",
            path=path,
            algorithm=self.algorithm,
            digest=self.digest,
        )


def _files(wanted: Iterable[tuple[LockedPackage, Artifact]]) -> list[_File]:
    """Read what is wanted, and refuse what carries no strong hash."""
    files: list[_File] = []
    bare: list[str] = []
    for package, artifact in wanted:
        if artifact.strong_hash is None or artifact.filename is None:
            bare.append(f"{package.label}: {artifact.label} has no sha256, sha384 or sha512 in the lock")
            continue
        algorithm, digest = artifact.strong_hash
        files.append(
            _File(algorithm=algorithm, digest=digest, filename=artifact.filename, package=package, artifact=artifact)
        )
    if bare:
        raise UnverifiableArtifactError(
            "what carries no strong hash is not installed", why=bare, fix="lock again, so that every file has a hash"
        )
    return files


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What all threads share that fetch."""

    store: Store
    fetcher: Fetcher
    locate: Callable[[Artifact], ArtifactLocation | None]
    progress: Progress
    root: Path
    known: Mapping[str, str]
    edited: EditedLock | None

    def fetch(self, file: _File, stopped: Event) -> Path:
        with self.store.lock(file.algorithm, file.digest, what=f"the download of {file.filename}"):
            leave_if(stopped)
            return file.stored(self.store) or self._download(file, stopped)

    def _download(self, file: _File, stopped: Event) -> Path:
        location = self._location(file)
        source = file.artifact.path or location.url
        with self.fetcher.open(location) as download:
            size = file.artifact.size or download.length
            self.progress.start(file.filename, size)
            try:
                return self.store.add(
                    self._watched(download.chunks, file.filename, stopped),
                    algorithm=file.algorithm,
                    digest=file.digest,
                    filename=file.filename,
                    package_label=file.package.label,
                    source=self._shown(source, file.artifact),
                    size=size,
                    known=self.known,
                    edited=self.edited,
                )
            finally:
                self.progress.finish(file.filename)

    def _shown(self, source: str, artifact: Artifact) -> str:
        secrets = self.fetcher.indexes.secrets
        return hide(source, secrets) if source == artifact.url else public_url(source, secrets)

    def _location(self, file: _File) -> ArtifactLocation:
        artifact = file.artifact
        located = self.locate(artifact)
        if located is not None:
            return located
        path = self.root / artifact.path if artifact.path else None
        if path is not None and (artifact.url is None or path.is_file()):
            return ArtifactLocation(url=path.resolve().as_uri())
        if artifact.url is not None:
            return ArtifactLocation(url=artifact.url)
        raise ArtifactUnavailableError(
            f"{file.package.label}: nobody knows where {file.filename} is",
            why="the lock gives no address for it, and no configured index or folder has it",
            fix="configure the index that it came from",
        )

    def _watched(self, chunks: Iterator[bytes], name: str, stopped: Event) -> Iterator[bytes]:
        for chunk in chunks:
            leave_if(stopped)
            self.progress.advance(name, len(chunk))
            yield chunk


def _known_digests(packages: Iterable[LockedPackage]) -> dict[str, str]:
    """Map the digests of all files to their names; where a wheel is listed with an sdist's hash, the sdist owns it."""
    artifacts = [artifact for package in packages for artifact in package.artifacts if artifact.filename is not None]
    artifacts.sort(key=lambda artifact: artifact.kind is not ArtifactKind.WHEEL)
    return {digest: artifact.label for artifact in artifacts for digest in artifact.hashes.values()}


def _joined(failures: Sequence[LockhouseError]) -> LockhouseError:
    """Make one error of all, the hash mismatches first, and what is wrong with a whole host once."""
    distinct = {str(failure): failure for failure in failures}
    ordered = sorted(
        _by_host(distinct.values()), key=lambda failure: (not isinstance(failure, HashMismatchError), failure.what)
    )
    if len(ordered) == 1:
        return ordered[0]
    kinds = {type(failure) for failure in ordered}
    kind = HashMismatchError if HashMismatchError in kinds else kinds.pop() if len(kinds) == 1 else StoreError
    why: list[str] = []
    for failure in ordered:
        why.append(failure.what)
        why += [f"  {line}" for line in failure.why]
    return kind(f"{len(distinct)} files cannot be used", why=why, fix=ordered[0].fix)


def _by_host(failures: Iterable[LockhouseError]) -> list[LockhouseError]:
    """Make one failure of all that the same fault of a host is behind."""
    alone: list[LockhouseError] = []
    shared: dict[str, list[LockhouseError]] = {}
    for failure in failures:
        fault = failure.host_fault if isinstance(failure, ArtifactUnavailableError) else None
        if fault is None:
            alone.append(failure)
        else:
            shared.setdefault(fault, []).append(failure)
    for fault, ones in shared.items():
        if len(ones) == 1:
            alone += ones
            continue
        first = min(ones, key=lambda failure: failure.what)
        what = f"{len(ones)} files cannot be fetched: {fault}"
        alone.append(ArtifactUnavailableError(what, why=first.why, fix=first.fix, host_fault=fault))
    return alone
