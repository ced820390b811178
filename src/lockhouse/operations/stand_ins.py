"""Wheels that stand in for projects of the repository while a resolver resolves: metadata, and nothing else.

So a resolver builds none of them, whatever their backends are; and what they require of each other leads to a folder,
however it is spelled there, not to an index that has something of the same name.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.model.closure import parse_requirement
from lockhouse.model.lock import Artifact, ArtifactKind, LockedPackage
from lockhouse.model.spec import canonical_requirement
from lockhouse.operations.edges import requires_in
from lockhouse.operations.source_locks import is_static

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.model.local_projects import LocalProject
    from lockhouse.model.spec import DeclaredRequirement

_WHEEL = "Wheel-Version: 1.0\nGenerator: lockhouse\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_LOCAL = {ArtifactKind.ARCHIVE, ArtifactKind.DIRECTORY}


@dataclass(frozen=True, kw_only=True)
class _Core:
    """What a resolver has to know of a project."""

    version: str
    requires: tuple[str, ...]
    extras: tuple[str, ...]
    requires_python: str | None


class StandIns:
    """The stand-ins of one resolution.

    :param folder: an empty folder for them
    :param projects: the projects
    :param told: core metadata of those that tell it only when they are built
    """

    def __init__(self, folder: Path, projects: Iterable[LocalProject], told: Mapping[NormalizedName, str]) -> None:
        self._projects = {project.name: project for project in projects}
        known = ((project.name, self._core(project, told.get(project.name))) for project in self._projects.values())
        self._cores = {name: core for name, core in known if core is not None}
        self._places = {name: folder / _filename(name, core) for name, core in self._cores.items()}
        for name, place in self._places.items():
            self._write(name, place)

    def declared(self, requirements: Iterable[DeclaredRequirement]) -> tuple[DeclaredRequirement, ...]:
        """Give the requirements as a resolver gets them.

        :param requirements: what is declared
        """
        return tuple(
            replace(item, path=str(self._places[item.name]), editable=False)
            if item.path is not None and item.name in self._places
            else item
            for item in requirements
        )

    def restored(self, packages: Iterable[LockedPackage]) -> tuple[LockedPackage, ...]:
        """Give the packages with folders in the place of what stood in for them.

        :param packages: what a resolver gave
        """
        return tuple(map(self._restored, packages))

    def words(self, text: str) -> str:
        """Give what a resolver said, with paths of the projects in it.

        :param text: its words
        """
        for name, place in self._places.items():
            text = text.replace(place.as_uri(), self._projects[name].path).replace(
                str(place), self._projects[name].path
            )
        return text

    def _core(self, project: LocalProject, told: str | None) -> _Core | None:
        if is_static(project):
            return _Core(
                version=project.version or "",
                requires=project.lines or (),
                extras=project.extras,
                requires_python=project.requires_python,
            )
        if told is None:
            return None
        headers = HeaderParser().parsestr(told)
        return _Core(
            version=str(headers["Version"]),
            requires=tuple(map(self._without_place, requires_in(told))),
            extras=tuple(map(str, headers.get_all("Provides-Extra", []))),
            requires_python=headers["Requires-Python"],
        )

    def _without_place(self, text: str) -> str:
        """Take the place out of a requirement of another local project: a backend says where it was built."""
        requirement = parse_requirement(text)
        if requirement is None or not requirement.url or canonicalize_name(requirement.name) not in self._projects:
            return text
        bare = type(requirement)(str(requirement))
        bare.url = None
        return canonical_requirement(bare)

    def _restored(self, package: LockedPackage) -> LockedPackage:
        project = self._projects.get(package.name)
        if project is None or not any(artifact.kind in _LOCAL for artifact in package.artifacts):
            return package
        core = self._cores.get(package.name)
        folder = Artifact(kind=ArtifactKind.DIRECTORY, path=project.path, editable=project.editable)
        return LockedPackage(
            name=package.name,
            version=None,  # it may come from history, which is no change of what was asked
            marker=package.marker,
            artifacts=(folder,),
            requires=package.requires if core is None else core.requires,
        )

    def _write(self, name: NormalizedName, place: Path) -> None:
        core = self._cores[name]
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {core.version}"]
        lines += [f"Requires-Python: {core.requires_python}"] if core.requires_python else []
        lines += [f"Provides-Extra: {extra}" for extra in core.extras]
        lines += [f"Requires-Dist: {self._line(text)}" for text in core.requires]
        texts = {"METADATA": "\n".join([*lines, ""]), "WHEEL": _WHEEL}
        folder = place.name.removesuffix("-py3-none-any.whl") + ".dist-info"
        with zipfile.ZipFile(place, "w") as wheel:
            for file, text in texts.items():
                wheel.writestr(f"{folder}/{file}", text)
            wheel.writestr(f"{folder}/RECORD", "".join(f"{folder}/{file},,\n" for file in (*texts, "RECORD")))

    def _line(self, text: str) -> str:
        requirement = parse_requirement(text)
        place = None if requirement is None else self._places.get(canonicalize_name(requirement.name))
        if requirement is None or place is None:
            return text
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        marker = f" ; {requirement.marker}" if requirement.marker else ""
        return f"{requirement.name}{extras} @ {place.as_uri()}{marker}"


def with_told_versions(
    projects: Iterable[LocalProject], told: Mapping[NormalizedName, str]
) -> tuple[LocalProject, ...]:
    """Give the projects with the versions that only their builds tell.

    :param projects: the projects
    :param told: core metadata of those that were asked
    """
    return tuple(
        replace(project, version=str(HeaderParser().parsestr(told[project.name])["Version"]))
        if project.name in told
        else project
        for project in projects
    )


def _filename(name: NormalizedName, core: _Core) -> str:
    return f"{name.replace('-', '_')}-{core.version.replace('-', '_')}-py3-none-any.whl"
