"""What of the present lock a new resolution starts from: nothing moves that need not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.model.closure import parse_requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from lockhouse.interfaces import ResolveRequest
    from lockhouse.model.lock import Artifact, LockedPackage


def with_descendants(names: Iterable[NormalizedName], packages: Iterable[LockedPackage]) -> set[NormalizedName]:
    """Give these packages and all that they bring in, whatever the marker.

    :param names: where to start
    :param packages: a lock's packages, with their recorded dependencies
    """
    edges: dict[NormalizedName, set[NormalizedName]] = {}
    for package in packages:
        children = {canonicalize_name(requirement.name) for requirement in _dependencies(package)}
        edges.setdefault(package.name, set()).update(children)
    found: set[NormalizedName] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges.get(name, ())
    return found


def without(packages: Iterable[LockedPackage], names: AbstractSet[NormalizedName]) -> tuple[LockedPackage, ...]:
    """Leave out packages.

    :param packages: a lock's packages
    :param names: which to leave out
    """
    return tuple(package for package in packages if package.name not in names)


def pin_lines(packages: Iterable[LockedPackage], *, markers: bool = True) -> list[str]:
    """Spell packages that came from an index as constraints that hold them at their version.

    :param packages: packages of a lock; those from a direct reference are held by it, and left out
    :param markers: whether their markers are kept
    """
    return [
        f"{package.name}=={package.version}" + (f" ; {package.marker}" if markers and package.marker else "")
        for package in packages
        if is_from_index(package)
    ]


def keep_recorded(packages: Iterable[LockedPackage], present: Iterable[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Take over what the present lock holds of a file, where it is the same file by address and hash.

    An index may tell size and time of upload in one answer and not in the next; that is no reason to change a lock.

    :param packages: what was resolved
    :param present: the packages of the present lock
    """
    known = {_identity(artifact): artifact for package in present for artifact in package.artifacts if artifact.hashes}
    return tuple(
        replace(package, artifacts=tuple(known.get(_identity(artifact), artifact) for artifact in package.artifacts))
        for package in packages
    )


def _identity(artifact: Artifact) -> tuple[object, ...]:
    hashes = tuple(sorted(artifact.hashes.items()))
    return artifact.kind, artifact.filename, artifact.url, artifact.path, artifact.subdirectory, hashes


def is_from_index(package: LockedPackage) -> bool:
    """Tell whether a package came from an index, not from a direct reference.

    :param package: a lock's package
    """
    kinds = {str(artifact.kind) for artifact in package.artifacts}
    return package.version is not None and not kinds & {"archive", "vcs", "directory"}


class Incoming:
    """All that is asked of each package for one target: by the declaration and by other packages."""

    def __init__(self, request: ResolveRequest, packages: Iterable[LockedPackage], markers: Mapping[str, str]) -> None:
        """Collect the requirements that apply.

        :param request: its requirements and constraints count
        :param packages: packages whose recorded dependencies count
        :param markers: the target's marker environment
        """
        declared = [item.requirement for item in request.requirements]
        edges = {package.name: _dependencies(package) for package in packages}
        extras: dict[NormalizedName, set[str]] = {}
        for requirement in [*declared, *(line for lines in edges.values() for line in lines)]:
            extras.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
        self._bounds: dict[NormalizedName, list[SpecifierSet]] = {}
        for requirement in [*declared, *(item.requirement for item in request.constraints)]:
            self._add(requirement, markers, extras=())
        for name, lines in edges.items():
            for requirement in lines:
                self._add(requirement, markers, extras=extras.get(name, ()))

    def _add(self, requirement: Requirement, markers: Mapping[str, str], *, extras: Iterable[str]) -> None:
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**markers, "extra": extra}) for extra in ("", *extras)):
            self._bounds.setdefault(canonicalize_name(requirement.name), []).append(requirement.specifier)

    def allow(self, packages: Iterable[LockedPackage]) -> tuple[LockedPackage, ...]:
        """Give the packages whose version satisfies all that is asked of them.

        :param packages: a lock's packages
        """
        return tuple(
            package
            for package in packages
            if package.version is not None
            and all(bound.contains(package.version, prereleases=True) for bound in self._bounds.get(package.name, ()))
        )


def _dependencies(package: LockedPackage) -> list[Requirement]:
    parsed = (parse_requirement(line) for line in package.requires or ())
    return [requirement for requirement in parsed if requirement is not None]
