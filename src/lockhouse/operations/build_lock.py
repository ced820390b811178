"""Lock the builds: what each sdist and checkout of a lock is built with, pinned and hashed like everything else."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from lockhouse.errors import BuildError, BuildFailedError, LockhouseError, LockRefusedError
from lockhouse.model.builds import build_key, recorded_source, source_to_build
from lockhouse.model.closure import applies, parse_marker
from lockhouse.model.lock import BuildLock, Lock, LockedPackage, LockRecord
from lockhouse.model.plan import select
from lockhouse.model.spec import DeclaredRequirement, Origin, canonical_requirement
from lockhouse.model.unparsed import why_unparsed
from lockhouse.operations.build import Builder
from lockhouse.operations.build_room import build_room
from lockhouse.operations.edges import requires_in
from lockhouse.storage.sdists import static_requires

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import StoredFile
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.operations.build_room import BuildRoom, BuildTools, Product
    from lockhouse.operations.build_source import BuildSources
    from lockhouse.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class BuildLocking:
    """What locking builds works with.

    :ivar spec: the environment
    :ivar place: its lock file, for messages
    :ivar present: the present lock, or None
    :ivar python: the interpreter whose builds are asked for what they require; None where there is none here
    :ivar resolve: turns build requirements into packages, all hashed; it is given the present ones
    :ivar sources: brings what is to be built into the store, and files
    :ivar store: the store
    :ivar tools: what to work with
    :ivar copy: puts a copy of a project, given by its path, into an empty folder, and gives its folder in it
    :ivar variables: environment variables of the user that builds of projects see
    :ivar moves: names to move to their newest allowed version; None for all
    """

    spec: EnvironmentSpec
    place: str
    present: Lock | None
    python: Path | None
    resolve: Callable[[Sequence[DeclaredRequirement], Sequence[LockedPackage]], tuple[LockedPackage, ...]]
    sources: BuildSources
    store: Store
    tools: BuildTools
    copy: Callable[[str, Path], Path]
    variables: Mapping[str, str]
    moves: frozenset[NormalizedName] | None = frozenset()


class BuildLocks:
    """The build locks of one lock, as they come.

    :param locking: what to work with
    :ivar locking: the same
    :ivar builds: ``name==version`` → build lock; a project of the repository has its name alone
    :ivar requires: dependencies of packages whose backends had to be asked, by the same keys
    """

    def __init__(self, locking: BuildLocking) -> None:
        self.locking = locking
        self.builds: dict[str, BuildLock] = {}
        self.requires: dict[str, tuple[str, ...]] = {}
        self._target: Target | None = None

    def lock(self, package: LockedPackage, above: tuple[str, ...] = ()) -> None:
        """Lock the build of a package if it has one, and those of its build requirements."""
        key = build_key(package)
        artifact = source_to_build(package, self.locking.spec.builds)
        if artifact is None or key in self.builds:
            return
        if key in above:
            raise LockRefusedError(
                f"{self.locking.place}: builds require each other",
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
            fill = self.locking.sources.of(package, artifact).fill
            self.builds[key] = self.locked(package, fill, above=(*above, key))
        except BuildError:
            raise
        except LockhouseError as error:
            raise error.within(f"the build of {package.label}") from error

    def lock_all(self, packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
        """Lock what each package is built with that has to be built: no wheel on the index, or in ``no-binary``.

        :param packages: the packages of the lock
        :return: the same; those whose backends were asked have their dependencies now
        :raises ResolutionError: nothing satisfies the requirements of a build
        :raises LockRefusedError: builds require each other
        :raises BuildError: a build backend cannot be asked, or tried to reach the network
        """
        for package in packages:
            self.lock(package)
        known = self.requires
        return tuple(
            replace(package, requires=known[build_key(package)])
            if package.requires is None and build_key(package) in known
            else package
            for package in packages
        )

    @property
    def _projects(self) -> set[NormalizedName | None]:
        return {self.locking.spec.project_name, *(project.name for project in self.locking.spec.local_projects)}

    def _kept(self, package: LockedPackage) -> BuildLock | None:
        """Give the build lock that the present lock has for the same sdist, unless something is to move."""
        locking, present = self.locking, self.locking.present
        if present is None or present.record is None or locking.moves is None:
            return None
        found = present.record.builds.get(build_key(package))
        if found is None or not same_inputs(present.record, locking.spec):
            return None
        listed = [*present.packages, *(p for build in present.record.builds.values() for p in build.packages)]
        if not any(_is_same(package, other) for other in listed):
            return None
        return None if locking.moves & {other.name for other in found.packages} else found

    def locked(
        self,
        package: LockedPackage,
        fill: Callable[[Path], Path],
        *,
        above: tuple[str, ...],
        products: Sequence[Product] = ("wheel",),
    ) -> BuildLock:
        locking = self.locking
        before = self._before(package)
        with self.room(package, fill) as room:
            static = canonical(room.system.requires, package)
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

    def room(self, package: LockedPackage, fill: Callable[[Path], Path]) -> AbstractContextManager[BuildRoom]:
        locking = self.locking
        return build_room(
            package,
            fill,
            python=locking.python or Path(sys.executable),  # where there is none, nothing is asked
            tools=locking.tools,
            policy=locking.spec.builds,
            variables=locking.variables if package.name in self._projects else {},
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
        room.furnish(self.files(package, build))
        more = canonical(self.asked_for(room, products), package)
        if not set(more) <= set(build.requires):
            build = self._resolved(package, (*build.requires, *more), before, above)
            furnished = False
        if package.requires is not None:
            return build
        promised = static_requires(room.source)
        if promised is None and not furnished:
            room.furnish(self.files(package, build))
        self.requires[build_key(package)] = requires_in(room.metadata()) if promised is None else promised
        return build

    def asked_for(self, room: BuildRoom, products: Sequence[Product]) -> Iterable[str]:
        """Ask for each product; the first is needed, and of the others the backend may know nothing."""
        first, *others = products
        yield from room.asked_for(first)
        for product in others:
            try:
                yield from room.asked_for(product)
            except BuildFailedError as error:
                self.locking.tools.reporter.detail(f"{room.label} tells of no {product}: {error.what}")

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
        build = BuildLock(requires=lines, packages=self.locking.resolve(declared, before))
        for required in build.packages:
            self.lock(required, above)
        return build

    def _before(self, package: LockedPackage) -> tuple[LockedPackage, ...]:
        """Give the build requirements of the present lock, of whatever version: nothing moves that need not."""
        present = self.locking.present
        if present is None or present.record is None or self.locking.moves is None:
            return ()
        builds = present.record.builds
        same = builds.get(build_key(package))
        others = (build for key, build in builds.items() if key.partition("==")[0] == package.name)
        found = same or next(others, None)
        return () if found is None else found.packages

    def files(self, package: LockedPackage, build: BuildLock) -> tuple[StoredFile, ...]:
        locking = self.locking
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
            sources=locking.sources,
            store=locking.store,
            tools=locking.tools,
            lock_command=locking.spec.lock_command,
        )
        return builder.files(plan.files)[0]

    def _applies_here(self, package: LockedPackage) -> bool:
        if self.locking.python is None:
            return False
        target, _ = self._here()
        return package.marker is None or applies(parse_marker(package.marker), target.markers)

    def _here(self) -> tuple[Target, Path]:
        python = self.locking.python
        if python is None:
            raise BuildFailedError("no interpreter is here that builds could be asked with")
        if self._target is None:
            self._target = self.locking.tools.describe(python)
        return self._target, python


def same_inputs(record: LockRecord, spec: EnvironmentSpec) -> bool:
    names = ("indexes", "exclude_newer", "prereleases", "resolver", "requires_python")
    return all(getattr(record.inputs, name) == getattr(spec.inputs, name) for name in names)


def _is_same(one: LockedPackage, other: LockedPackage) -> bool:
    def sources(package: LockedPackage) -> frozenset[tuple[str | None, str | None]]:
        return frozenset((recorded_source(artifact), artifact.subdirectory) for artifact in package.artifacts)

    return build_key(one) == build_key(other) and sources(one) == sources(other)


def canonical(lines: Iterable[str], package: LockedPackage) -> tuple[str, ...]:
    try:
        return tuple(canonical_requirement(Requirement(line)) for line in lines)
    except (InvalidRequirement, RecursionError) as error:
        raise BuildFailedError(
            f"{package.label}: one of its build requirements cannot be read", why=why_unparsed(error)
        ) from error
