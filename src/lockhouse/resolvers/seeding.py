"""What of the present lock a new resolution starts from: nothing moves that need not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from packaging.utils import NormalizedName

    from lockhouse.model.lock import LockedPackage


def with_descendants(names: Iterable[NormalizedName], packages: Iterable[LockedPackage]) -> set[NormalizedName]:
    """Give these packages and all that they bring in, whatever the marker.

    :param names: where to start
    :param packages: a lock's packages, with their recorded dependencies
    """
    edges: dict[NormalizedName, set[NormalizedName]] = {}
    for package in packages:
        children = {canonicalize_name(Requirement(line).name) for line in package.requires or ()}
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


def pin_lines(packages: Iterable[LockedPackage]) -> list[str]:
    """Spell packages that came from an index as constraints that hold them at their version.

    :param packages: packages of a lock; those from a direct reference are held by it, and left out
    """
    return [
        f"{package.name}=={package.version}" + (f" ; {package.marker}" if package.marker else "")
        for package in packages
        if is_from_index(package)
    ]


def is_from_index(package: LockedPackage) -> bool:
    """Tell whether a package came from an index, not from a direct reference.

    :param package: a lock's package
    """
    kinds = {str(artifact.kind) for artifact in package.artifacts}
    return package.version is not None and not kinds & {"archive", "vcs", "directory"}
