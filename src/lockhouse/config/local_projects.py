"""The other projects of the repository that an environment installs: those that are declared, and what they require."""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.config.build_system import declared_build
from lockhouse.config.metadata import SETUP_PY, ProjectMetadata
from lockhouse.config.pyproject import PYPROJECT, Pyproject
from lockhouse.config.requirement_lines import relative_path
from lockhouse.config.setup_cfg import SETUP_CFG
from lockhouse.config.uv_sources import UvSources
from lockhouse.errors import ConfigError, InvalidRequirementError
from lockhouse.model.local_projects import LocalProject
from lockhouse.model.pythons import canonical_bounds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from packaging.utils import NormalizedName

    from lockhouse.config.project_files import ProjectFiles
    from lockhouse.model.spec import DeclaredRequirement
    from lockhouse.trace.looks import Looks

_PLAIN_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")
#: How the project under test is asked for by its path.
_HERE = "."


@dataclass(frozen=True, kw_only=True)
class Locals:
    """What was found.

    :ivar projects: sorted by name
    :ivar named: names of those that ``[tool.uv.sources]`` of a project of the repository names with their folder
    """

    projects: tuple[LocalProject, ...] = ()
    named: frozenset[NormalizedName] = frozenset()


def local_projects(
    requirements: Iterable[DeclaredRequirement], files: ProjectFiles, *, allowed: Collection[NormalizedName]
) -> Locals:
    """Find the projects of the repository that an environment installs, and those that they require in their turn.

    :param requirements: what is declared, sources of the project under test applied
    :param files: the files of the project under test
    :param allowed: names of what may come from outside of the repository
    :raises InvalidRequirementError: one is missing, is another project, lies outside, or they require each other
    :raises ConfigError: the files of one of them cannot be read
    """
    search = _Search(files, allowed)
    search.follow(requirements)
    projects = tuple(sorted(search.found.values(), key=lambda project: project.name))
    return Locals(projects=projects, named=frozenset(search.named))


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A requirement that leads to a folder, and the projects on the way to it."""

    item: DeclaredRequirement
    above: tuple[NormalizedName, ...] = ()


@dataclass
class _Search:
    files: ProjectFiles
    allowed: Collection[NormalizedName]
    found: dict[NormalizedName, LocalProject] = field(default_factory=dict)
    named: set[NormalizedName] = field(default_factory=set)
    _taken: set[tuple[NormalizedName, str]] = field(default_factory=set)
    _read: dict[NormalizedName, _Folder] = field(default_factory=dict)

    def follow(self, requirements: Iterable[DeclaredRequirement]) -> None:
        waiting = deque(_Wanted(item=item) for item in requirements)
        self.named |= {wanted.item.name for wanted in waiting if self.files.sources.is_behind(wanted.item)}
        while waiting:
            wanted = waiting.popleft()
            if self._is_folder(wanted.item):
                waiting.extend(self._taken_up(wanted))

    def _is_folder(self, item: DeclaredRequirement) -> bool:
        return item.path is not None and self.files.looks.kind(self._place(item.path)) == "folder"

    def _place(self, path: str) -> Path:
        return Path(os.path.normpath(self.files.root / path))

    def _taken_up(self, wanted: _Wanted) -> Iterator[_Wanted]:
        item, name = wanted.item, wanted.item.name
        self._refuse_cycle(wanted)
        known = self.found.get(name)
        if known is None:
            self._read[name] = folder = self._opened(item)
            known = self.found[name] = folder.project(item)
        elif known.path != item.path:
            raise InvalidRequirementError(
                f"{name} is asked for from two places",
                why=[f"{known.origin}: {known.path}", f"{item.origin}: {item.path}"],
                fix="let all projects of the repository name the same folder",
            )
        folder = self._read[name]
        extras = ["", *item.extras]
        for extra in extras:
            if (name, extra) in self._taken:
                continue
            self._taken.add((name, extra))
            for below in folder.below(extra):
                if below.name == name:  # its own extras, by its own name
                    extras += below.extras
                    continue
                if folder.sources.is_behind(below):
                    self.named.add(below.name)
                yield _Wanted(item=below, above=(*wanted.above, name))

    def _refuse_cycle(self, wanted: _Wanted) -> None:
        name, above = wanted.item.name, wanted.above
        start = self.files.metadata.name
        if name in above:
            chain = [*above[above.index(name) :], name]
        elif above and (wanted.item.path == _HERE or name == start):
            chain = [name, *above, name]
        else:
            return
        raise InvalidRequirementError(
            f"{wanted.item.origin}: projects of the repository require each other",
            why=" → ".join(chain),
            fix=f"take {name} out of the dependencies of {above[-1]}",
        )

    def _opened(self, item: DeclaredRequirement) -> _Folder:
        place, shown = self._place(item.path or _HERE), item.path or _HERE
        looks = self.files.looks
        self._refuse_outside(item, place)
        if not any(looks.kind(place / name) == "file" for name in (PYPROJECT, SETUP_PY, SETUP_CFG)):
            raise InvalidRequirementError(
                f"{item.origin}: {shown} holds no project",
                why=f"neither {PYPROJECT} nor {SETUP_PY} is there",
                fix=f"correct the path of {item.name}",
            )
        pyproject = Pyproject.read(place, looks, place=f"{shown}/{PYPROJECT}")
        metadata = ProjectMetadata(root=place, pyproject=pyproject, looks=looks)
        if metadata.name is not None and metadata.name != item.name:
            raise InvalidRequirementError(
                f'{item.origin}: {shown} is the project "{metadata.name}", not "{item.name}"',
                why=f'"{item.recorded}" names it so',
                fix=f"write {metadata.name}, or correct the path of {item.name}",
            )
        return _Folder(place=place, root=self.files.root, metadata=metadata, looks=looks)

    def _is_within(self, place: Path, top: Path) -> bool:
        """Tell whether a folder lies in another one, wherever links lead."""
        looks = self.files.looks
        return place.is_relative_to(top) and Path(looks.real(place)).is_relative_to(looks.real(top))

    def _refuse_outside(self, item: DeclaredRequirement, place: Path) -> None:
        """Refuse what other clones of the repository have not."""
        top = _repository_of(self.files.root, self.files.looks)
        if top is None or item.name in self.allowed or self._is_within(place, top):
            return
        raise InvalidRequirementError(
            f"{item.origin}: {item.path} is outside of the repository",
            why=f'another clone of it has no such folder, and the lock would be of "{item.name}" as it is here',
            fix=f'move it into the repository, or allow it by name: allow-unhashed = ["{item.name}"]',
        )


@dataclass(frozen=True, kw_only=True)
class _Folder:
    """The files of one local project."""

    place: Path
    root: Path
    metadata: ProjectMetadata
    looks: Looks

    @property
    def sources(self) -> UvSources:
        return UvSources(folder=self.place, pyproject=self.metadata.pyproject, root=self.root, looks=self.looks)

    def project(self, item: DeclaredRequirement) -> LocalProject:
        requires = self._dependencies()
        extras = [each for _, listed in self._extras() for each in listed]
        build = declared_build(self.metadata.pyproject, self.place, self.looks)
        refuse_local_build_requirements(build.requires, self.sources)
        return LocalProject(
            name=item.name,
            path=item.path or _HERE,
            editable=item.editable,
            version=self._version(),
            requires=None if requires is None else (*requires, *extras),
            extras=tuple(self.metadata.static_extras),
            requires_python=self._requires_python(),
            build=build,
            origin=item.origin,
        )

    def _version(self) -> str | None:
        version = self.metadata.version
        if version is not None and not _PLAIN_VERSION.fullmatch(version):
            from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - rare

            try:
                Version(version)
            except InvalidVersion as error:
                raise InvalidRequirementError(
                    f"{self.metadata.pyproject.origin(('project', 'version'))}: {version!r} is no version",
                    why="a version is numbers with dots between them, as PEP 440 says",
                    fix='write for instance version = "1.0"',
                ) from error
        return version

    def _requires_python(self) -> str | None:
        bounds = self.metadata.requires_python
        return None if bounds is None else canonical_bounds(bounds[0], place=str(bounds[1]))

    def below(self, extra: str) -> Iterator[DeclaredRequirement]:
        """Give what it requires by itself, or with an extra; where a build decides, all that it names a folder for."""
        if not extra:
            known = self._dependencies()
            yield from self._unknown() if known is None else known
        for name, listed in self._extras():
            if name == extra:
                yield from listed

    def _unknown(self) -> Iterator[DeclaredRequirement]:
        from lockhouse.model.spec import DeclaredRequirement, Origin  # noqa: PLC0415 - rare

        origin = Origin(source="[tool.uv.sources]", file=self.metadata.pyproject.place)
        for name in sorted(self.sources.names - {self.metadata.name}):
            yield self.sources.applied(DeclaredRequirement(text=name, origin=origin))

    def _dependencies(self) -> tuple[DeclaredRequirement, ...] | None:
        try:
            listed = self.metadata.dependencies
        except InvalidRequirementError:
            raise
        except ConfigError:  # they are dynamic: who builds it will know
            return None
        return tuple(map(self._seen_from_root, listed))

    def _extras(self) -> Iterator[tuple[str, tuple[DeclaredRequirement, ...]]]:
        for name, listed in self.metadata.static_extras.items():
            yield name, tuple(_with_extra(self._seen_from_root(item), name) for item in listed)

    def _seen_from_root(self, item: DeclaredRequirement) -> DeclaredRequirement:
        if item.path is not None:
            return replace(item, path=relative_path(Path(os.path.normpath(self.place / item.path)), self.root))
        return self.sources.applied(item)


def refuse_local_build_requirements(requires: Iterable[DeclaredRequirement], sources: UvSources) -> None:
    """Refuse build requirements that are folders of the repository: what a build is made with is locked with hashes.

    :param requires: what stands in ``build-system.requires``
    :param sources: the local sources that hold there
    :raises InvalidRequirementError: there is one
    """
    for item in requires:
        if item.path is not None or item.name in sources.names:
            raise InvalidRequirementError(
                f"{item.origin}: the build requirement {item.name} is a folder of the repository",
                why="what a build is made with is locked with hashes, which a folder has not",
                fix=f"take {item.name} from an index for builds, or have the backend in the project: backend-path",
            )


def _with_extra(item: DeclaredRequirement, extra: str) -> DeclaredRequirement:
    from packaging.markers import Marker  # noqa: PLC0415 - few projects have it

    from lockhouse.model.spec import canonical_requirement  # noqa: PLC0415 - likewise

    requirement = type(item.requirement)(str(item.requirement))
    own = "" if requirement.marker is None else f"({requirement.marker}) and "
    requirement.marker = Marker(f'{own}extra == "{extra}"')
    return replace(item, text=canonical_requirement(requirement))


def _repository_of(root: Path, looks: Looks) -> Path | None:
    """Give the root of the repository that a folder lies in; None where it lies in none."""
    return next((above for above in (root, *root.parents) if looks.kind(above / ".git")), None)
