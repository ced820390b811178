"""The hashes that requirement files declare, held against the files of a lock: pip's rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.model.closure import applies
from lockhouse.model.freshness import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.model.spec import DeclaredHashes


def hash_reasons(
    declared: Sequence[DeclaredHashes],
    packages: Iterable[LockedPackage],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Reason]:
    """Name what of a lock has none of the hashes declared for it.

    Each file must have a hash of each line without a marker. Of a line with a marker, one file must have a hash: which
    others serve other platforms, nobody can tell from their names alone. Only hashes of an algorithm that both know
    are compared.

    :param declared: what requirement files declare
    :param packages: the packages of the lock
    :param environment: the marker environment of the one target that counts, or None
    """
    pins = tuple(packages)
    for package in pins:
        for artifact in package.artifacts:
            if (line := _broken(declared, package, artifact)) is not None:
                yield _reason(line, package, [artifact], f"{artifact.label} of {package.label} has none of")
    for line in declared:
        marker = line.requirement.requirement.marker
        if marker is None or not (environment is None or applies(marker, environment)):
            continue
        concerned = [package for package in pins if _is_about(line, package)]
        artifacts = [artifact for package in concerned for artifact in package.artifacts]
        if artifacts and all(_met(line, artifact) is False for artifact in artifacts):
            yield _reason(line, concerned[0], artifacts, f"no file of {concerned[0].label} has one of")


def with_declared_hashes(declared: Sequence[DeclaredHashes], package: LockedPackage) -> LockedPackage:
    """Leave those files out that have none of the declared hashes; where no file is left, the package is as it was.

    :param declared: what requirement files declare; lines with a marker leave nothing out
    :param package: what was resolved
    """
    kept = tuple(artifact for artifact in package.artifacts if _broken(declared, package, artifact) is None)
    return replace(package, artifacts=kept) if kept and len(kept) < len(package.artifacts) else package


def uncompared_hashes(declared: Sequence[DeclaredHashes], packages: Iterable[LockedPackage]) -> tuple[str, ...]:
    """Say which lines are not held against a lock: it knows hashes of other algorithms only.

    :param declared: what requirement files declare
    :param packages: the packages of the lock
    """
    pins = tuple(packages)
    notes = []
    for line in declared:
        for package in pins:
            known = {algorithm for artifact in package.artifacts for algorithm in artifact.hashes}
            if _is_about(line, package) and any(_met(line, each) is None for each in package.artifacts if each.hashes):
                notes.append(
                    f"{line.requirement.origin}: the {' and '.join(sorted(_algorithms(line)))} hashes of "
                    f'"{line.requirement.recorded}" are not compared: of {package.label}, the lock knows '
                    f"{' and '.join(sorted(known))} only"
                )
    return tuple(dict.fromkeys(notes))


def _broken(declared: Sequence[DeclaredHashes], package: LockedPackage, artifact: Artifact) -> DeclaredHashes | None:
    """Give the line without a marker that a file does not meet, or None."""
    for line in declared:
        if line.requirement.requirement.marker is None and _is_about(line, package) and _met(line, artifact) is False:
            return line
    return None


def _is_about(line: DeclaredHashes, package: LockedPackage) -> bool:
    """Tell whether a line asks for this version; one that it rules out is a matter of versions, not of hashes."""
    if line.requirement.name != package.name:
        return False
    specifier = line.requirement.requirement.specifier
    return package.version is None or specifier.contains(package.version, prereleases=True)


def _met(line: DeclaredHashes, artifact: Artifact) -> bool | None:
    """Tell whether a file has one of the hashes of a line; None where they have no algorithm in common."""
    if artifact.hashes and _algorithms(line).isdisjoint(artifact.hashes):
        return None
    return not line.hashes.isdisjoint(f"{algorithm}:{digest}" for algorithm, digest in artifact.hashes.items())


def _algorithms(line: DeclaredHashes) -> set[str]:
    return {text.partition(":")[0] for text in line.hashes}


def _reason(line: DeclaredHashes, package: LockedPackage, artifacts: Iterable[Artifact], words: str) -> Reason:
    declared = _algorithms(line)
    compared = declared.intersection(*(artifact.hashes for artifact in artifacts))
    those = "them" if compared == declared or not compared else f"those of {' and '.join(sorted(compared))}"
    return Reason(
        code=ReasonCode.REQUIREMENT_UNMET,
        message=f'"{line.requirement.recorded}" is declared with hashes, {words} {those}',
        origin=line.requirement.origin,
        package=package.name,
    )
