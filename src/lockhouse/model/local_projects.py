"""Other projects of the same repository that an environment installs from their folders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from lockhouse.model.build_system import DeclaredBuild
    from lockhouse.model.lock import Artifact, Lock, LockedPackage
    from lockhouse.model.spec import DeclaredRequirement, Origin


@dataclass(frozen=True, kw_only=True)
class LocalProject:
    """A project whose folder is installed from, as its own files declare it.

    :ivar name: normalised name
    :ivar path: its folder, relative to the project under test, with forward slashes
    :ivar editable: whether it is installed editable
    :ivar version: its version; None where only a build tells it
    :ivar requires: its dependencies and those of its extras; None where only a build tells them
    :ivar extras: names of its extras
    :ivar requires_python: its own bounds on Python, or None
    :ivar build: how it wants to be built
    :ivar origin: where it is asked for first
    """

    name: NormalizedName
    path: str
    editable: bool
    version: str | None
    requires: tuple[DeclaredRequirement, ...] | None
    extras: tuple[str, ...] = ()
    requires_python: str | None = None
    build: DeclaredBuild
    origin: Origin

    @property
    def lines(self) -> tuple[str, ...] | None:
        """Give the dependencies as metadata has them; what is local among them has its name alone."""
        return None if self.requires is None else tuple(dict.fromkeys(item.text for item in self.requires))

    @property
    def recorded(self) -> dict[str, Any]:
        """Give what a lock records of it; what is empty is left out."""
        record = {
            "path": self.path,
            "editable": self.editable,
            "requires": None if self.lines is None else sorted(self.lines),
            "build-requires": sorted({item.recorded for item in self.build.requires}),
            "build-backend": self.build.backend,
        }
        return {key: value for key, value in record.items() if value not in (None, False)}

    def is_what(self, artifact: Artifact) -> bool:
        """Tell whether a lock's entry is this project.

        :param artifact: of the package of this name
        """
        return (str(artifact.kind), artifact.path, artifact.editable) == ("directory", self.path, self.editable)


def with_declared_edges(lock: Lock, projects: Iterable[LocalProject]) -> Lock:
    """Put what local projects declare now in the place of what a lock recorded of them.

    :param lock: the lock
    :param projects: the local projects
    """
    known: Mapping[NormalizedName, LocalProject] = {project.name: project for project in projects}
    if not known:
        return lock

    def declared(package: LockedPackage) -> LockedPackage:
        project = known.get(package.name)
        if project is None or not any(map(project.is_what, package.artifacts)):
            return package
        requires = package.requires if project.lines is None else project.lines
        bounds = project.requires_python
        return replace(package, version=project.version, requires=requires, requires_python=bounds)

    return replace(lock, packages=tuple(map(declared, lock.packages)))
