"""From a lock and a target to a plan: exactly one artifact a package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from packaging.markers import Marker
from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
)
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.version import Version

from lockhouse.errors import (
    NoCompatibleArtifactError,
    SelectionError,
    UnsupportedTargetError,
    UnverifiableArtifactError,
)
from lockhouse.model.build_policy import BuildPolicy
from lockhouse.model.builds import build_key, needs_build
from lockhouse.model.closure import applies, parse_marker
from lockhouse.model.lock import Artifact, ArtifactKind, Lock, LockedPackage

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from packaging.markers import Environment
    from packaging.utils import NormalizedName

    from lockhouse.model.target import Target

_UNHASHED = {ArtifactKind.VCS, ArtifactKind.DIRECTORY}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPackage:
    """One package and the artifact that was chosen for it.

    :ivar package: the lock's entry
    :ivar artifact: the one of its artifacts to install from
    """

    package: LockedPackage
    artifact: Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an environment is to hold.

    :ivar target: where
    :ivar files: packages installed from wheels: those that a hash covers, and those that are built, from what a hash
        covers or from checkouts that were allowed by name; sorted by name
    :ivar sources: packages installed from directories that were allowed by name, sorted by name
    """

    target: Target
    files: tuple[PlannedPackage, ...]
    sources: tuple[PlannedPackage, ...]

    @property
    def packages(self) -> tuple[PlannedPackage, ...]:
        """Give all packages."""
        return (*self.files, *self.sources)


def select(
    lock: Lock,
    target: Target,
    *,
    place: str,
    allow_unhashed: Collection[NormalizedName] = (),
    leave_out: Collection[NormalizedName] = (),
    policy: BuildPolicy | None = None,
) -> Plan:
    """Choose what to install, by the rules of PEP 751 (``packaging.pylock``); every problem is reported.

    :param lock: the lock
    :param target: the interpreter to install for
    :param place: the lock file, for messages
    :param allow_unhashed: names that may come from a directory or a checkout
    :param leave_out: names that another way of installing takes care of (the project itself)
    :param policy: what may be built and must be built; without one, what has no wheel may be
    :raises UnsupportedTargetError: the lock does not cover the target
    :raises UnverifiableArtifactError: an entry that no hash can cover was not allowed by name
    :raises NoCompatibleArtifactError: a package has no artifact for the target
    :raises SelectionError: two entries of one package apply
    """
    _require_covered(lock, target, place)
    packages = [
        package
        for package in lock.packages
        if package.name not in leave_out
        and (package.marker is None or applies(parse_marker(package.marker), target.markers))
    ]
    _require_unambiguous(packages, target, place)
    planned, problems = _choose(packages, lock, target, policy or BuildPolicy())
    require_allowed(planned, place=place, allow_unhashed=allow_unhashed)
    if problems:
        raise NoCompatibleArtifactError(
            f"{place}: nothing to install on {target.label} for "
            + ("one package" if len(problems) == 1 else f"{len(problems)} packages"),
            why=problems,
            fix="choose versions that have wheels for this target, have them built, or leave the target out",
        )
    files = [item for item in planned if item.artifact.kind is not ArtifactKind.DIRECTORY]
    sources = [item for item in planned if item.artifact.kind is ArtifactKind.DIRECTORY]
    return Plan(target=target, files=_by_name(files), sources=_by_name(sources))


def require_allowed(items: Sequence[PlannedPackage], *, place: str, allow_unhashed: Collection[NormalizedName]) -> None:
    """Refuse what no hash can cover, and was not allowed by name.

    :param items: what was chosen
    :param place: the lock file, for messages
    :param allow_unhashed: names that may come from a directory or a checkout
    :raises UnverifiableArtifactError: all that is refused is named
    """
    refused = [item for item in items if item.artifact.kind in _UNHASHED and item.package.name not in allow_unhashed]
    if refused:
        names = ", ".join(item.package.name for item in refused)
        raise UnverifiableArtifactError(
            f"{place}: no hash can cover {names}",
            why=[f"{item.package.name} comes from {_source_words(item.artifact)}" for item in refused],
            fix=f"allow it by name: allow-unhashed = [{', '.join(repr(str(i.package.name)) for i in refused)}]",
        )


def _by_name(items: Sequence[PlannedPackage]) -> tuple[PlannedPackage, ...]:
    return tuple(sorted(items, key=lambda item: item.package.name))


def _require_covered(lock: Lock, target: Target, place: str) -> None:
    why = []
    if not SpecifierSet(lock.requires_python).contains(target.python, prereleases=True):
        why.append(f'the lock is for Python "{lock.requires_python}", the target is Python {target.python}')
    if lock.environments and not any(applies(parse_marker(m), target.markers) for m in lock.environments):
        why.append(f"the lock is for {' | '.join(lock.environments)}; the target is {target.label}")
    if why:
        raise UnsupportedTargetError(
            f"{place} does not cover the target {target.label} ({target.executable})",
            why=why,
            fix="declare this Python for the environment, and lock again; or run it with a Python that the lock covers",
        )


def _require_unambiguous(packages: Sequence[LockedPackage], target: Target, place: str) -> None:
    by_name: dict[str, list[LockedPackage]] = {}
    for package in packages:
        by_name.setdefault(package.name, []).append(package)
    doubled = {name: found for name, found in by_name.items() if len(found) > 1}
    if doubled:
        raise SelectionError(
            f"{place}: more than one entry applies on {target.label} for {', '.join(doubled)}",
            why=[f"{p.label} with the marker {p.marker or 'none'}" for found in doubled.values() for p in found],
            fix="lock again, so that the markers exclude each other",
        )


def _choose(
    packages: Sequence[LockedPackage], lock: Lock, target: Target, policy: BuildPolicy
) -> tuple[list[PlannedPackage], list[str]]:
    tags = [Tag(*tag.split("-", 2)) for tag in target.tags]
    locked = set() if lock.record is None else lock.record.builds.keys()
    planned: list[PlannedPackage] = []
    problems: list[str] = []
    for package in packages:
        try:
            chosen = _choose_one(_without_wheels(package, policy), lock, target, tags)
        except PylockSelectError:
            problems.append(_why_not(package, target, policy))
        else:
            why_not = _why_not_built(package, chosen.artifact, policy, locked=build_key(package) in locked)
            if why_not is None:
                planned.append(PlannedPackage(package=package, artifact=chosen.artifact))
            else:
                problems.append(why_not)
    return planned, problems


def _without_wheels(package: LockedPackage, policy: BuildPolicy) -> LockedPackage:
    if not policy.demands(package.name):
        return package
    kept = tuple(artifact for artifact in package.artifacts if artifact.kind is not ArtifactKind.WHEEL)
    return replace(package, artifacts=kept)


def _why_not_built(package: LockedPackage, artifact: Artifact, policy: BuildPolicy, *, locked: bool) -> str | None:
    if not needs_build(artifact):
        return None
    has = "has no wheel that fits" if _has_wheel(package) else "has no wheel"
    if policy.wheels_only:
        has = "is named in no-binary" if policy.demands(package.name) else has
        return f"{package.label} {has}; no interpreter of this machine builds {artifact.label} for this target"
    if policy.refuses(package.name):
        return f"{package.label} {has}, only {artifact.label}; only-binary forbids to build it"
    if not locked:
        mend = f'no-binary = ["{package.name}"], then lock again' if _has_wheel(package) else "lock again"
        return f"{package.label} {has}, only {artifact.label}; the lock does not say what it is built with: {mend}"
    return None


def _has_wheel(package: LockedPackage) -> bool:
    return any(artifact.kind is ArtifactKind.WHEEL for artifact in package.artifacts)


def _choose_one(package: LockedPackage, lock: Lock, target: Target, tags: Sequence[Tag]) -> PlannedPackage:
    if not package.artifacts:
        raise PylockSelectError(package.label)
    known: dict[int, Artifact] = {}
    pylock = Pylock(
        lock_version=Version("1.0"),
        created_by="lockhouse",
        requires_python=SpecifierSet(lock.requires_python),
        packages=[_as_standard(package, known)],
    )
    environment = cast("Environment", dict(target.markers))
    for _, chosen in pylock.select(environment=environment, tags=_that_matter(tags, package)):
        return PlannedPackage(package=package, artifact=known[id(chosen)])
    raise PylockSelectError(package.label)


def _that_matter(tags: Sequence[Tag], package: LockedPackage) -> list[Tag]:
    """Leave out tags that no file of the package can have: an interpreter has a thousand, each is ranked each time."""
    names = " ".join(artifact.filename or "" for artifact in package.artifacts).lower()
    return [tag for tag in tags if tag.platform in names and tag.abi in names]


def _as_standard(package: LockedPackage, known: dict[int, Artifact]) -> Package:
    wheels: list[PackageWheel] = []
    single: dict[str, PackageSdist | PackageArchive | PackageVcs | PackageDirectory] = {}
    for artifact in package.artifacts:
        made: PackageWheel | PackageSdist | PackageArchive | PackageVcs | PackageDirectory
        hashes, place = dict(artifact.hashes), artifact.filename or "file"
        match artifact.kind:
            case ArtifactKind.WHEEL:
                made = PackageWheel(name=place, path=place, hashes=hashes)
                wheels.append(made)
            case ArtifactKind.SDIST:
                single["sdist"] = made = PackageSdist(name=place, path=place, hashes=hashes)
            case ArtifactKind.ARCHIVE:
                single["archive"] = made = PackageArchive(path=place, hashes=hashes)
            case ArtifactKind.VCS:
                single["vcs"] = made = PackageVcs(type="git", path=place, commit_id=artifact.commit_id or "")
            case ArtifactKind.DIRECTORY:
                single["directory"] = made = PackageDirectory(path=artifact.path or ".")
        known[id(made)] = artifact
    return Package(
        name=package.name,
        version=None if package.version is None else Version(package.version),
        marker=None if package.marker is None else Marker(package.marker),
        requires_python=None if package.requires_python is None else SpecifierSet(package.requires_python),
        wheels=wheels or None,
        **single,  # type: ignore[arg-type]  # the key decides the type
    )


def _why_not(package: LockedPackage, target: Target, policy: BuildPolicy) -> str:
    if package.requires_python is not None and not SpecifierSet(package.requires_python).contains(
        target.python, prereleases=True
    ):
        return f'{package.label} requires Python "{package.requires_python}", the target is Python {target.python}'
    if package.artifacts and policy.demands(package.name):
        return f"{package.label} has no sdist; no-binary forbids to take a wheel of it"
    wheels = [artifact.label for artifact in package.artifacts if artifact.kind is ArtifactKind.WHEEL]
    if wheels:
        more = "" if len(wheels) == 1 else f" and {len(wheels) - 1} more"
        return f"{package.label} has no wheel that fits the target; it has {wheels[0]}{more}"
    return f"{package.label} has no file at all"


def _source_words(artifact: Artifact) -> str:
    if artifact.kind is ArtifactKind.VCS:
        return f"commit {artifact.commit_id} of {artifact.url}"
    return f"the directory {artifact.path}"
