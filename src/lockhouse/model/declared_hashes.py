"""The hashes that requirement files declare, held against the files of a lock: pip's rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockhouse.model.freshness import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.model.spec import DeclaredHashes


def hash_reasons(declared: Sequence[DeclaredHashes], packages: Iterable[LockedPackage]) -> Iterator[Reason]:
    """Name the files of a lock that have none of the hashes declared for their package.

    :param declared: what requirement files declare
    :param packages: the packages of the lock
    """
    for package in packages:
        about = _about(declared, package)
        for artifact in package.artifacts:
            if (breaks := _broken(about, artifact)) is not None:
                yield Reason(
                    code=ReasonCode.REQUIREMENT_UNMET,
                    message=f'"{breaks.requirement.recorded}" is declared with hashes, {artifact.label} '
                    f"of {package.label} has none of them",
                    origin=breaks.requirement.origin,
                    package=package.name,
                )


def with_declared_hashes(declared: Sequence[DeclaredHashes], package: LockedPackage) -> LockedPackage:
    """Leave those files out that have none of the declared hashes; where no file is left, the package is as it was.

    :param declared: what requirement files declare
    :param package: what was resolved
    """
    about = _about(declared, package)
    kept = tuple(artifact for artifact in package.artifacts if _broken(about, artifact) is None)
    return replace(package, artifacts=kept) if kept and len(kept) < len(package.artifacts) else package


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What is declared of one package.

    :ivar each: lines that count everywhere: a file must meet each of them
    :ivar some: lines with a marker: a file must meet one of them, for a lock holds the files of all platforms
    """

    each: tuple[DeclaredHashes, ...]
    some: tuple[DeclaredHashes, ...]


def _about(declared: Sequence[DeclaredHashes], package: LockedPackage) -> _About:
    lines = [line for line in declared if line.requirement.name == package.name and _is_about(line, package)]
    return _About(
        each=tuple(line for line in lines if line.requirement.requirement.marker is None),
        some=tuple(line for line in lines if line.requirement.requirement.marker is not None),
    )


def _is_about(line: DeclaredHashes, package: LockedPackage) -> bool:
    """Tell whether a line asks for this version; one that it rules out is a matter of versions, not of hashes."""
    specifier = line.requirement.requirement.specifier
    return package.version is None or specifier.contains(package.version, prereleases=True)


def _broken(about: _About, artifact: Artifact) -> DeclaredHashes | None:
    """Give the line that a file does not meet, or None."""
    own = {f"{algorithm}:{digest}" for algorithm, digest in artifact.hashes.items()}
    for line in about.each:
        if own.isdisjoint(line.hashes):
            return line
    if about.some and all(own.isdisjoint(line.hashes) for line in about.some):
        return about.some[0]
    return None
