"""Lock what projects of the repository are built with: the one under test, and those that it installs from folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import BuildError, LockhouseError
from lockhouse.model.lock import LockedPackage
from lockhouse.model.spec import ProjectMode
from lockhouse.operations.build_lock import canonical, same_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.model.local_projects import LocalProject
    from lockhouse.model.lock import BuildLock
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.operations.build_lock import BuildLocking, BuildLocks
    from lockhouse.operations.build_room import Product

#: The path of the project under test.
_HERE = "."


@dataclass(frozen=True, kw_only=True)
class _Source:
    """A project whose build is locked.

    :ivar name: its name
    :ivar path: its folder, relative to the project under test
    :ivar editable: whether it is installed editable
    """

    name: NormalizedName
    path: str
    editable: bool

    @property
    def package(self) -> LockedPackage:
        return LockedPackage(name=self.name, version=None, requires=())

    @property
    def words(self) -> str:
        return f"the build of {self.name} itself" if self.path == _HERE else f"the build of {self.name} at {self.path}"

    @property
    def products(self) -> tuple[Product, ...]:
        """Give what may be built of it, what is needed first."""
        return ("editable", "wheel", "sdist") if self.editable else ("wheel", "editable", "sdist")


class SourceLocks:
    """Locks the builds of projects. Their backends are asked each time: what they ask for is in no declaration.

    :param builds: the build locks, to which they are added
    """

    def __init__(self, builds: BuildLocks) -> None:
        self._builds = builds

    @property
    def _locking(self) -> BuildLocking:
        return self._builds.locking

    def lock(self) -> dict[NormalizedName, str]:
        """Lock what each project is built with.

        :return: name → core metadata of local projects that tell it only when they are built, and can be asked here
        :raises ResolutionError: nothing satisfies the requirements of a build
        :raises BuildError: a build backend cannot be asked, or tried to reach the network
        """
        for source in _sources(self._locking.spec):
            try:
                self._lock(source)
            except BuildError:
                raise
            except LockhouseError as error:
                raise error.within(source.words) from error
        untold = (project for project in self._locking.spec.local_projects if not is_static(project))
        return {} if self._locking.python is None else {project.name: self._metadata(project) for project in untold}

    def are_as_locked(self) -> bool:
        """Tell whether the present lock has just what the projects are built with now."""
        try:
            return all(self._kept(source) is not None for source in _sources(self._locking.spec))
        except LockhouseError:  # to lock anew says what is wrong
            return False

    def _lock(self, source: _Source) -> None:
        build = self._kept(source)
        if build is None:
            build = self._builds.locked(
                source.package, self._copy(source.path), above=(source.name,), products=source.products
            )
        self._builds.builds[source.name] = build

    def _kept(self, source: _Source) -> BuildLock | None:
        """Give the build lock that the present lock has, where the backend asks for just that."""
        locking, present, package = self._locking, self._locking.present, source.package
        if present is None or present.record is None or locking.moves is None:
            return None
        found = present.record.builds.get(source.name)
        if found is None or not same_inputs(present.record, locking.spec):
            return None
        if locking.moves & {other.name for other in found.packages}:
            return None
        for required in found.packages:
            self._builds.lock(required, (source.name,))
        if locking.python is None:
            return found
        with self._builds.room(package, self._copy(source.path)) as room:
            static = canonical(room.system.requires, package)
            if not set(static) <= set(found.requires):
                return None
            room.furnish(self._builds.files(package, found))
            asked = canonical(self._builds.asked_for(room, source.products), package)
        return found if {*static, *asked} == {*found.requires} else None

    def _metadata(self, project: LocalProject) -> str:
        package = LockedPackage(name=project.name, version=None)
        with self._builds.room(package, self._copy(project.path)) as room:
            room.furnish(self._builds.files(package, self._builds.builds[project.name]))
            return room.metadata()

    def _copy(self, path: str) -> Callable[[Path], Path]:
        return lambda folder: self._locking.copy(path, folder)


def is_static(project: LocalProject) -> bool:
    """Tell whether the files of a project say all that a resolver has to know of it.

    :param project: the project
    """
    return project.version is not None and project.requires is not None


def _sources(spec: EnvironmentSpec) -> Iterator[_Source]:
    if spec.build is not None and spec.project_name is not None:
        yield _Source(name=spec.project_name, path=_HERE, editable=spec.project is ProjectMode.EDITABLE)
    for project in spec.local_projects:
        yield _Source(name=project.name, path=project.path, editable=project.editable)
