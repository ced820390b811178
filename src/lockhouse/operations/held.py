"""What a new resolution must keep of the present lock: where each package comes from, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from lockhouse.errors import LockRefusedError
from lockhouse.model.indexes import public_url
from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from lockhouse.model.indexes import IndexOptions
    from lockhouse.model.lock import Lock, LockedPackage
    from lockhouse.model.spec import EnvironmentSpec


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A present lock beside the one that is to replace it.

    :ivar spec: the environment
    :ivar place: the lock file, as messages name it
    :ivar present: the lock as it is
    :ivar lock: what was resolved
    :ivar upgrade: names that may move
    :ivar indexes: the index options in effect
    :ivar edited: whether the present lock was edited since it was written
    """

    spec: EnvironmentSpec
    place: str
    present: Lock
    lock: Lock
    upgrade: AbstractSet[NormalizedName]
    indexes: IndexOptions
    edited: bool = False

    def require(self) -> None:
        """Refuse what nobody asked for: another source of a package, or other bytes of the same version.

        A mirror with the same bytes is no other source. Where the inputs themselves force another version, an index
        that took the place of a former one may give it.

        :raises LockRefusedError: all such packages are named
        """
        problems = [
            (package.name, *problem)
            for package in self.lock.packages
            if is_from_index(package) and package.name not in self.upgrade
            for problem in [self._problem(package)]
            if problem is not None
        ]
        if not problems:
            return
        facts: dict[str, dict[str, None]] = {}
        for name, fact, _ in problems:
            facts.setdefault(fact, {})[name] = None
        options = " ".join(f"--upgrade-package {name}" for name in dict.fromkeys(name for name, _, _ in problems))
        whys = [why for _, _, why in problems]
        fix = f"if that is what you want: {self.spec.lock_command} {options}"
        if self.edited:
            whys.append(f"{self.place} was edited by hand or by a bot since it was written: it may be what is wrong")
            fix = f"restore {self.place} from version control; or {fix}"
        raise LockRefusedError(
            f"{self.place}: " + "; ".join(f"{', '.join(names)} {fact}" for fact, names in facts.items()),
            why=dict.fromkeys(whys),
            fix=fix,
        )

    def _problem(self, package: LockedPackage) -> tuple[str, str] | None:
        """Give the fact and the reason, or None where the package is held."""
        before = [known for known in self.present.packages if known.name == package.name and is_from_index(known)]
        former = {_bare(known.index) for known in before}
        moved = bool(before) and _bare(package.index) not in former
        here = package.index or "the default index"
        there = ", ".join(sorted(index or "the default index" for index in former))
        if moved and former & self._in_use and len(self._in_use) > 1:
            why = f"{package.name} was locked from {there}, now {here} is asked first and has it too"
            return "would come from another index than before", why
        if moved and None not in former and self._left(before, package):
            why = (
                f"{package.name} was locked from {there}, which is not configured here; now it would be {package.label}"
            )
            return (
                "would come from another index than before",
                f"{why} of {here}, though nothing asks for another version",
            )
        if changed := _other_bytes([known for known in before if known.version == package.version], package):
            return "would have other bytes than before", f"{package.label}: {changed}, from {here}"
        return None

    @property
    def _in_use(self) -> set[str | None]:
        found: set[str | None] = {index.public_url for index in self.indexes.indexes}
        if self.indexes.default is None and not self.indexes.no_index:
            found.add(None)
        return found

    def _left(self, before: Iterable[LockedPackage], package: LockedPackage) -> bool:
        """Tell whether a package left its version though all that is asked of it allows that version."""
        versions = {known.version for known in before if known.version is not None}
        if package.version in versions:
            return False
        asked = [
            requirement.specifier
            for requirement in self._asked()
            if canonicalize_name(requirement.name) == package.name
        ]
        return any(all(specifier.contains(version, prereleases=True) for specifier in asked) for version in versions)

    def _asked(self) -> Iterator[Requirement]:
        yield from (declared.requirement for declared in (*self.spec.requirements, *self.spec.constraints))
        yield from (Requirement(line) for package in self.lock.packages for line in package.requires or ())


def is_from_index(package: LockedPackage) -> bool:
    """Tell whether a package came from an index, not from a direct reference.

    :param package: a lock's package
    """
    return any(artifact.kind in {ArtifactKind.WHEEL, ArtifactKind.SDIST} for artifact in package.artifacts)


def _other_bytes(before: Iterable[LockedPackage], package: LockedPackage) -> str | None:
    """Say in which way files of one version are not those that were locked, or None where they are.

    New files may come, and old ones go, as long as one that was locked is still there.
    """
    known = [artifact for each in before for artifact in each.artifacts if artifact.hashes]
    by_name = {artifact.filename: artifact.hashes for artifact in known if artifact.filename}
    for artifact in package.artifacts:
        recorded = by_name.get(artifact.filename or "", {})
        if any(artifact.hashes.get(algorithm, digest) != digest for algorithm, digest in recorded.items()):
            return f"{artifact.filename} is another file of the same name"
    locked = {pair for artifact in known for pair in artifact.hashes.items()}
    if locked and locked.isdisjoint(pair for artifact in package.artifacts for pair in artifact.hashes.items()):
        return "no file of it has a hash that the lock has"
    return None


def _bare(url: str | None) -> str | None:
    return None if url is None else public_url(url)
