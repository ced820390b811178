"""What a build starts from: an sdist of the store, or a checkout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from lockhouse.model.builds import recorded_source
from lockhouse.model.indexes import strip_userinfo
from lockhouse.model.lock import ArtifactKind
from lockhouse.storage.sdists import unpack_sdist

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lockhouse.interfaces import StoredFile
    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.operations.checkout import Checkouts

#: The moment that builds take for now where nothing else is said: the first that a zip file, and so a wheel, can spell.
FIRST_MOMENT = "315532800"


def first_moment(_: Path) -> str:
    """Give the moment for what has none of its own."""
    return FIRST_MOMENT


@dataclass(frozen=True, kw_only=True)
class BuildSource:
    """One source, in the store.

    :ivar identity: what stands for its content in records: see :func:`recorded_source`
    :ivar name: file name of the sdist, or address and commit
    :ivar fill: puts it into an empty folder, and gives the project's folder
    :ivar moment: gives the moment that its build takes for now; is given the project's folder
    """

    identity: str
    name: str
    fill: Callable[[Path], Path]
    moment: Callable[[Path], str] = first_moment


@dataclass(frozen=True, kw_only=True)
class BuildSources:
    """Brings what is to be built into the store.

    :ivar fetch: brings files there, verified
    :ivar checkouts: brings repositories there
    """

    fetch: Callable[[Sequence[tuple[LockedPackage, Artifact]]], tuple[StoredFile, ...]]
    checkouts: Checkouts

    def of(self, package: LockedPackage, artifact: Artifact) -> BuildSource:
        """Give the source of a package.

        :param package: the package
        :param artifact: its sdist or its checkout
        :raises StoreError: it cannot be had, or is not what the lock says
        """
        if artifact.kind is ArtifactKind.VCS:
            return self._checkout(package, artifact)
        (sdist,) = self.fetch([(package, artifact)])
        return from_sdist(artifact, sdist)

    def _checkout(self, package: LockedPackage, artifact: Artifact) -> BuildSource:
        self.checkouts.fetch(package, artifact)
        told = replace(
            artifact, url=strip_userinfo(artifact.url or "")
        )  # whoever edits a lock may put a password there
        return BuildSource(
            identity=recorded_source(artifact) or "",
            name=told.label,
            fill=partial(self.checkouts.fill, package, artifact),
            moment=lambda project: max(self.checkouts.moment(project), FIRST_MOMENT, key=int),
        )


def from_sdist(artifact: Artifact, sdist: StoredFile) -> BuildSource:
    """Give an unpacked sdist as a source.

    :param artifact: the sdist in the lock
    :param sdist: the verified file
    """
    return BuildSource(
        identity=f"{sdist.algorithm}:{sdist.digest}",
        name=sdist.path.name,
        fill=lambda folder: unpack_sdist(sdist.path, folder, subdirectory=artifact.subdirectory),
    )
