"""Lock the builds: what each sdist of a lock is built with, pinned and hashed like everything else."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from lockhouse.errors import BuildError, BuildFailedError, LockhouseError, LockRefusedError
from lockhouse.model.builds import build_key, sdist_to_build
from lockhouse.model.closure import applies, parse_marker
from lockhouse.model.lock import BuildLock, Lock, LockedPackage, LockRecord
from lockhouse.model.plan import select
from lockhouse.model.spec import DeclaredRequirement, Origin, ProjectMode, canonical_requirement
from lockhouse.operations.build import Builder
from lockhouse.operations.build_room import build_room, from_sdist
from lockhouse.operations.edges import requires_in
from lockhouse.storage.sdists import static_requires

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import StoredFile
    from lockhouse.model.lock import Artifact
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.operations.build_room import BuildRoom, BuildTools, Product
    from lockhouse.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class BuildLocking:
    """What locking builds works with.

    :ivar spec: the environment
    :ivar place: its lock file, for messages
    :ivar present: the present lock, or None
    :ivar python: the interpreter whose builds are asked for what they require; None where there is none here
    :ivar resolve: turns build requirements into packages, all hashed; it is given the present ones
    :ivar fetch: brings files into the store, verified
    :ivar store: the store
    :ivar tools: what to work with
    :ivar copy: puts a copy of the project into an empty folder, and gives the project's folder in it
    :ivar variables: environment variables of the user that the build of the project sees
    :ivar moves: names to move to their newest allowed version; None for all
    """

    spec: EnvironmentSpec
    place: str
    present: Lock | None
    python: Path | None
    resolve: Callable[[Sequence[DeclaredRequirement], Sequence[LockedPackage]], tuple[LockedPackage, ...]]
    fetch: Callable[[Sequence[tuple[LockedPackage, Artifact]]], tuple[StoredFile, ...]]
    store: Store
    tools: BuildTools
    copy: Callable[[Path], Path]
    variables: Mapping[str, str]
    moves: frozenset[NormalizedName] | None = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedBuilds:
    """The outcome.

    :ivar builds: ``name==version`` → build lock
    :ivar packages: the packages of the lock; those that were asked have their dependencies now
    """

    builds: dict[str, BuildLock]
    packages: tuple[LockedPackage, ...]


def lock_builds(packages: Sequence[LockedPackage], locking: BuildLocking) -> LockedBuilds:
    """Lock what each package is built with that has to be built: no wheel on the index, or named in ``no-binary``.

    :param packages: the packages of the lock
    :param locking: what to work with
    :raises ResolutionError: nothing satisfies the requirements of a build
    :raises LockRefusedError: builds require each other
    :raises BuildError: a build backend cannot be asked, or tried to reach the network
    """
    work = _Work(locking)
    for package in packages:
        work.lock(package)
    work.lock_project()
    known = work.requires
    done = tuple(
        replace(package, requires=known[build_key(package)])
        if package.requires is None and build_key(package) in known
        else package
        for package in packages
    )
    return LockedBuilds(builds=work.builds, packages=done)


def builds_project_as_locked(locking: BuildLocking) -> bool:
    """Tell whether the present lock has just what the project is built with now; its backend is asked.

    :param locking: what to work with; there is a present lock
    """
    name = locking.spec.project_name
    if locking.spec.build is None or name is None:
        return True
    try:
        return _Work(locking).kept_project(LockedPackage(name=name, version=None)) is not None
    except LockhouseError:  # to lock anew says what is wrong
        return False


class _Work:
    def __init__(self, locking: BuildLocking) -> None:
        self._locking = locking
        self.builds: dict[str, BuildLock] = {}
        self.requires: dict[str, tuple[str, ...]] = {}
        self._target: Target | None = None

    def lock(self, package: LockedPackage, above: tuple[str, ...] = ()) -> None:
        """Lock the build of a package if it has one, and those of its build requirements."""
        key = build_key(package)
        artifact = sdist_to_build(package, self._locking.spec.builds)
        if artifact is None or key in self.builds:
            return
        if key in above:
            raise LockRefusedError(
                f"{self._locking.place}: builds require each other",
                why=" → ".join([*above[above.index(key) :], key]),
                fix="choose a version of one of them that has a wheel",
            )
        kept = self._kept(package)
        if kept is not None:
            for required in kept.packages:
                self.lock(required, (*above, key))
            self.builds[key] = kept
            return
        try:
            (sdist,) = self._locking.fetch([(package, artifact)])
            self.builds[key] = self._locked(package, from_sdist(artifact, sdist.path), above=(*above, key))
        except BuildError:
            raise
        except LockhouseError as error:
            raise error.within(f"the build of {package.label}") from error

    def lock_project(self) -> None:
        """Lock what the project itself is built with, where it is built; its backend is asked each time."""
        spec = self._locking.spec
        if spec.build is None or spec.project_name is None:
            return
        package = LockedPackage(name=spec.project_name, version=None, requires=())
        try:
            build = self.kept_project(package)
            if build is None:
                products = _products(spec.project)
                build = self._locked(package, self._locking.copy, above=(package.name,), products=products)
        except BuildError:
            raise
        except LockhouseError as error:
            raise error.within(f"the build of {package.name} itself") from error
        self.builds[package.name] = build

    def kept_project(self, package: LockedPackage) -> BuildLock | None:
        """Give the build lock that the present lock has for the project, where its backend asks for just that."""
        locking, present = self._locking, self._locking.present
        if present is None or present.record is None or locking.moves is None:
            return None
        found = present.record.builds.get(package.name)
        if found is None or not _same_inputs(present.record, locking.spec):
            return None
        if locking.moves & {other.name for other in found.packages}:
            return None
        for required in found.packages:
            self.lock(required, (package.name,))
        if locking.python is None:
            return found
        with self._room(package, locking.copy) as room:
            static = _canonical(room.system.requires, package)
            if not set(static) <= set(found.requires):
                return None
            room.furnish(self._files(package, found))
            asked = _canonical(self._asked_for(room, _products(locking.spec.project)), package)
        return found if {*static, *asked} == {*found.requires} else None

    def _kept(self, package: LockedPackage) -> BuildLock | None:
        """Give the build lock that the present lock has for the same sdist, unless something is to move."""
        locking, present = self._locking, self._locking.present
        if present is None or present.record is None or locking.moves is None:
            return None
        found = present.record.builds.get(build_key(package))
        if found is None or not _same_inputs(present.record, locking.spec):
            return None
        listed = [*present.packages, *(p for build in present.record.builds.values() for p in build.packages)]
        if not any(_is_same(package, other) for other in listed):
            return None
        return None if locking.moves & {other.name for other in found.packages} else found

    def _locked(
        self,
        package: LockedPackage,
        fill: Callable[[Path], Path],
        *,
        above: tuple[str, ...],
        products: Sequence[Product] = ("wheel",),
    ) -> BuildLock:
        locking = self._locking
        before = self._before(package)
        with self._room(package, fill) as room:
            static = _canonical(room.system.requires, package)
            build = self._resolved(package, static, before, above)
            if not self._applies_here(package):
                return build
            try:
                return self._asked(package, room, build, before, above, products=products)
            except BuildError as error:
                if package.marker is None:
                    raise
                locking.tools.reporter.warning(
                    f"{package.label} does not tell here what its build requires; its static requirements are locked\n"
                    f"  why: {error.what}"
                )
                return build

    def _room(self, package: LockedPackage, fill: Callable[[Path], Path]) -> AbstractContextManager[BuildRoom]:
        locking = self._locking
        return build_room(
            package,
            fill,
            python=locking.python or Path(sys.executable),  # where there is none, nothing is asked
            tools=locking.tools,
            policy=locking.spec.builds,
            variables=locking.variables if package.name == locking.spec.project_name else {},
        )

    def _asked(
        self,
        package: LockedPackage,
        room: BuildRoom,
        build: BuildLock,
        before: Sequence[LockedPackage],
        above: tuple[str, ...],
        *,
        products: Sequence[Product],
    ) -> BuildLock:
        """Ask the backend what it requires besides, and what the package will require."""
        furnished = True
        room.furnish(self._files(package, build))
        more = _canonical(self._asked_for(room, products), package)
        if not set(more) <= set(build.requires):
            build = self._resolved(package, (*build.requires, *more), before, above)
            furnished = False
        if package.requires is not None:
            return build
        promised = static_requires(room.source)
        if promised is None and not furnished:
            room.furnish(self._files(package, build))
        self.requires[build_key(package)] = requires_in(room.metadata()) if promised is None else promised
        return build

    def _asked_for(self, room: BuildRoom, products: Sequence[Product]) -> Iterable[str]:
        """Ask for each product; the first is needed, and of the others the backend may know nothing."""
        first, *others = products
        yield from room.asked_for(first)
        for product in others:
            try:
                yield from room.asked_for(product)
            except BuildFailedError as error:
                self._locking.tools.reporter.detail(f"{room.label} tells of no {product}: {error.what}")

    def _resolved(
        self,
        package: LockedPackage,
        requires: Iterable[str],
        before: Sequence[LockedPackage],
        above: tuple[str, ...],
    ) -> BuildLock:
        lines = tuple(sorted(set(requires)))
        if not lines:
            return BuildLock()
        origin = Origin(source=f"the build requirements of {package.label}")
        declared = [DeclaredRequirement(text=line, origin=origin) for line in lines]
        build = BuildLock(requires=lines, packages=self._locking.resolve(declared, before))
        for required in build.packages:
            self.lock(required, above)
        return build

    def _before(self, package: LockedPackage) -> tuple[LockedPackage, ...]:
        """Give the build requirements of the present lock, of whatever version: nothing moves that need not."""
        present = self._locking.present
        if present is None or present.record is None or self._locking.moves is None:
            return ()
        builds = present.record.builds
        same = builds.get(build_key(package))
        others = (build for key, build in builds.items() if key.partition("==")[0] == package.name)
        found = same or next(others, None)
        return () if found is None else found.packages

    def _files(self, package: LockedPackage, build: BuildLock) -> tuple[StoredFile, ...]:
        locking = self._locking
        place = f"{locking.place} (builds of {package.label})"
        record = LockRecord(inputs=locking.spec.inputs, builds={**self.builds, build_key(package): build})
        lock = Lock(requires_python="", packages=build.packages, record=record)
        target, python = self._here()
        policy = locking.spec.builds
        plan = select(lock, target, place=place, policy=policy)
        builder = Builder(
            lock,
            place=place,
            target=target,
            python=python,
            policy=policy,
            fetch=locking.fetch,
            store=locking.store,
            tools=locking.tools,
            lock_command=locking.spec.lock_command,
        )
        return builder.files(plan.files)[0]

    def _applies_here(self, package: LockedPackage) -> bool:
        if self._locking.python is None:
            return False
        target, _ = self._here()
        return package.marker is None or applies(parse_marker(package.marker), target.markers)

    def _here(self) -> tuple[Target, Path]:
        python = self._locking.python
        if python is None:
            raise BuildFailedError("no interpreter is here that builds could be asked with")
        if self._target is None:
            self._target = self._locking.tools.describe(python)
        return self._target, python


def _products(mode: ProjectMode) -> tuple[Product, ...]:
    """Give what may be built of the project, what is needed first."""
    return ("editable", "wheel", "sdist") if mode is ProjectMode.EDITABLE else ("wheel", "editable", "sdist")


def _same_inputs(record: LockRecord, spec: EnvironmentSpec) -> bool:
    names = ("indexes", "exclude_newer", "prereleases", "resolver", "requires_python")
    return all(getattr(record.inputs, name) == getattr(spec.inputs, name) for name in names)


def _is_same(one: LockedPackage, other: LockedPackage) -> bool:
    def digests(package: LockedPackage) -> frozenset[str]:
        return frozenset(digest for artifact in package.artifacts for digest in artifact.hashes.values())

    return build_key(one) == build_key(other) and digests(one) == digests(other)


def _canonical(lines: Iterable[str], package: LockedPackage) -> tuple[str, ...]:
    try:
        return tuple(canonical_requirement(Requirement(line)) for line in lines)
    except InvalidRequirement as error:
        raise BuildFailedError(
            f"{package.label}: one of its build requirements cannot be read", why=str(error).splitlines()[0]
        ) from error
