"""What was found: the content of a lock, whatever file format holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName

    from lockhouse.model.spec import LockInputs

#: The version of our own table in a lock; a higher one is refused.
RECORD_VERSION = 1

#: Hash algorithms that count as strong, the preferred one first.
STRONG_ALGORITHMS = ("sha256", "sha384", "sha512")


def is_digest(algorithm: str, digest: str) -> bool:
    """Tell whether a digest can be one of a strong algorithm: as long as it has to be, in lower-case hex.

    :param algorithm: one of :data:`STRONG_ALGORITHMS`
    :param digest: what a lock says
    """
    return len(digest) == int(algorithm.removeprefix("sha")) // 4 and set(digest) <= set("0123456789abcdef")


class ArtifactKind(StrEnum):
    """What a lock entry points at (PEP 751)."""

    WHEEL = "wheel"
    SDIST = "sdist"
    ARCHIVE = "archive"
    VCS = "vcs"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file, checkout or directory that a package can be installed from.

    :ivar kind: which of the five
    :ivar filename: name of the file; None for a VCS checkout or directory
    :ivar url: address without credentials, or None where the lock names none (hashed requirements)
    :ivar path: path relative to the project, with forward slashes, or None
    :ivar size: length in bytes, or None
    :ivar upload_time: RFC 3339, in UTC, or None
    :ivar hashes: algorithm → lower-case hex digest
    :ivar vcs: name of the version control system (``git``)
    :ivar requested_revision: branch or tag that was asked for
    :ivar commit_id: the full commit
    :ivar subdirectory: the project's folder inside of the archive or checkout
    :ivar editable: whether a directory is installed editable
    """

    kind: ArtifactKind
    filename: str | None = None
    url: str | None = None
    path: str | None = None
    size: int | None = None
    upload_time: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    vcs: str | None = None
    requested_revision: str | None = None
    commit_id: str | None = None
    subdirectory: str | None = None
    editable: bool = False

    @property
    def strong_hash(self) -> tuple[str, str] | None:
        """Give the preferred strong hash as (algorithm, digest), or None where there is none."""
        for algorithm in STRONG_ALGORITHMS:
            if algorithm in self.hashes:
                return algorithm, self.hashes[algorithm]
        return None

    @property
    def label(self) -> str:
        """Give the words by which a message names it."""
        if self.kind is ArtifactKind.VCS:
            subdirectory = f"#subdirectory={self.subdirectory}" if self.subdirectory else ""
            return f"{self.vcs}+{self.url}@{self.commit_id}{subdirectory}"
        return self.filename or self.path or self.url or self.kind.value


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package at one version, under one marker.

    :ivar name: normalised name
    :ivar version: version, or None for a directory whose version is dynamic
    :ivar marker: when it is installed, or None for always
    :ivar requires_python: its own bounds on Python, or None
    :ivar index: address of the index that it came from, without credentials, or None for the default index
    :ivar artifacts: what it can be installed from
    :ivar requires: its dependencies as its metadata gives them (``Requires-Dist``); None where they are not known
    :ivar requires_assumed: whether they are those of another version, because somebody moved the pin since
    """

    name: NormalizedName
    version: str | None
    marker: str | None = None
    requires_python: str | None = None
    index: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    requires: tuple[str, ...] | None = None
    requires_assumed: bool = False

    @property
    def label(self) -> str:
        """Give ``name version``."""
        return self.name if self.version is None else f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLock:
    """What one sdist is built with.

    :ivar requires: what its build requires: ``build-system.requires``, and what its backend asks for besides
    :ivar packages: these and all that they bring in, pinned with hashes
    """

    requires: tuple[str, ...] = ()
    packages: tuple[LockedPackage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRecord:
    """What Lockhouse records beside the packages (``[tool.lockhouse]``).

    :ivar inputs: the inputs that the lock was made from
    :ivar plugins: names of the plugins that contributed to it
    :ivar computed_hashes: files whose hash the index did not give, so that it was computed when locking
    :ivar target: label of the one target that the lock is for (``cp312-linux-x86_64``), None for a universal lock
    :ivar builds: ``name==version`` → build lock, for each package that has to be built, those of build locks included
    """

    inputs: LockInputs
    plugins: tuple[str, ...] = ()
    computed_hashes: tuple[str, ...] = ()
    target: str | None = None
    builds: Mapping[str, BuildLock] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The content of one lock file.

    :ivar requires_python: Python bounds, a specifier set
    :ivar environments: markers of the environments that it is for; empty for all
    :ivar packages: sorted by name, version and marker
    :ivar record: what Lockhouse recorded; None where another tool wrote the file
    :ivar sources: indexes and pages with links, without credentials, that a requirements file names though nothing was
        locked from there: Lockhouse writes none, update bots do
    """

    requires_python: str
    environments: tuple[str, ...] = ()
    packages: tuple[LockedPackage, ...] = ()
    record: LockRecord | None = None
    sources: tuple[str, ...] = ()
