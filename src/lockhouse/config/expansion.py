"""From what is declared to a spec: every group, extra and file in its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from lockhouse.config.build_policy import build_policy
from lockhouse.config.build_system import declared_build
from lockhouse.config.index_addresses import declared_index, declared_links
from lockhouse.config.local_projects import local_projects, refuse_local_build_requirements
from lockhouse.config.lock_names import lock_name
from lockhouse.config.malformed import joined
from lockhouse.config.pyproject import PYPROJECT
from lockhouse.config.requirement_files import RequirementInputs, RequirementReader
from lockhouse.config.self_references import Expanded, expand_self_references
from lockhouse.errors import ConfigError, InvalidRequirementError, InvalidSettingError
from lockhouse.model.build_policy import ProjectBuildPolicy
from lockhouse.model.canonical import normalized
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.pythons import (
    bounds_of,
    by_version,
    canonical_bounds,
    is_plain_cpython,
    levels_within,
    minor_of,
    require_some_python,
    version_of_python,
)
from lockhouse.model.spec import DeclaredRequirement, EnvironmentSpec, Origin, ProjectMode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from lockhouse.config.declared import DeclaredEnvironment, FilledEnvironment
    from lockhouse.config.project_files import ProjectFiles
    from lockhouse.config.settings import IndexSettings
    from lockhouse.model.build_system import DeclaredBuild

_T = TypeVar("_T")

#: Modes in which the project itself is built.
_BUILT = {ProjectMode.WHEEL, ProjectMode.EDITABLE}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Expansion:
    """The expansion of one environment.

    :ivar files: the files of the project
    :ivar declared: the environment as it was declared
    :ivar filled: the same with its placeholders filled
    """

    files: ProjectFiles
    declared: DeclaredEnvironment
    filled: FilledEnvironment

    def spec(self) -> EnvironmentSpec:
        """Give the spec.

        :raises ConfigError: the environment cannot be expanded
        """
        settings, common = self.filled.settings, self.files.settings
        self._refuse_other_pythons()
        requirements = collapsed(map(self.files.sources.applied, (*self._own.requirements, *self._of_project)))
        refuse_two_sources(requirements)
        allowed = {normalized(name) for name in _said(settings.allow_unhashed, common.allow_unhashed)}
        local = local_projects(requirements, self.files, allowed=allowed)
        return EnvironmentSpec(
            name=self.filled.name,
            lock_name=lock_name(self.filled.lock, place=str(self.filled.origin)),
            origin=self.filled.origin,
            requirements=requirements,
            constraints=collapsed(self._inputs.constraints),
            hashes=self._inputs.hashes,
            requires_python=self._bounds(),
            pythons=self._pythons,
            project=self._mode,
            project_name=self.files.metadata.name,
            extras=tuple(sorted({normalized(extra) for extra in self.filled.settings.extras})),
            build=self._build,
            local_projects=local.projects,
            project_build=ProjectBuildPolicy(
                rebuild=_said(settings.rebuild, common.rebuild),
                files=_said(settings.build_files, common.build_files),
                variables=tuple(sorted(set(_said(settings.build_env, common.build_env)))),
                scm=_said(settings.build_scm, common.build_scm),
            ),
            indexes=self._indexes(),
            prereleases=_said(settings.prereleases, common.prereleases) or self._inputs.prereleases,
            exclude_newer=_said(settings.exclude_newer, common.exclude_newer),
            resolver=_said(settings.resolver, common.resolver),
            installer=_said(settings.installer, common.installer),
            lock_format=_said(settings.format, common.format),
            lock_directory=common.lock_directory,
            allow_unhashed=tuple(sorted({*allowed, *local.named})),
            on_stale=_said(settings.on_stale, common.on_stale),
            builds=build_policy(self.filled, common),
            targets=_said(settings.targets, common.targets),
            wheelhouse=_said(settings.wheelhouse, common.wheelhouse),
        )

    @property
    def _build(self) -> DeclaredBuild | None:
        if self._mode not in _BUILT:
            return None
        build = declared_build(self.files.pyproject, self.files.root, self.files.looks)
        refuse_local_build_requirements(build.requires, self.files.sources)
        return build

    @cached_property
    def _inputs(self) -> RequirementInputs:
        """Give what strings, files and texts ask for."""
        reader = RequirementReader(root=self.files.root, environ=self.files.environ, looks=self.files.looks)
        for text, origin in self._with_origins("requirements"):
            reader.text(text, origin)
        for text, origin in self._with_origins("constraints"):
            reader.text(text, origin, constraint=True)
        for path, origin in self._with_origins("requirement_files"):
            reader.file(path, origin=origin)
        for path, origin in self._with_origins("constraint_files"):
            reader.file(path, origin=origin, constraint=True)
        for text, origin in self.filled.requirements_text:
            reader.text(text, origin)
        return reader.result()

    @cached_property
    def _own(self) -> Expanded:
        """Give all that was declared for the environment, and what the project's name stands for in it."""
        problems: list[InvalidRequirementError] = []
        grouped = self._of_each("groups", self.files.groups.expand, problems)
        if problems and self.filled.settings.project is not ProjectMode.NONE:
            self._of_each("extras", self.files.metadata.extra_requirements, problems)  # to name them with the groups
        self._refuse(problems)
        return expand_self_references((*self._inputs.requirements, *grouped), self.files.metadata)

    def _of_each(
        self,
        field: str,
        expand: Callable[[str, Origin], Sequence[DeclaredRequirement]],
        problems: list[InvalidRequirementError],
    ) -> list[DeclaredRequirement]:
        """Expand each group or extra that is named; what cannot be is added to the problems."""
        found: list[DeclaredRequirement] = []
        for name, origin in self._with_origins(field):
            try:
                found += expand(name, origin)
            except InvalidRequirementError as error:
                problems.append(error)
        return found

    def _refuse(self, problems: Sequence[InvalidRequirementError]) -> None:
        if problems:
            raise joined(problems, f"{self.filled.origin}: {len(problems)} groups or extras cannot be used")

    @cached_property
    def _mode(self) -> ProjectMode:
        said, by_path = self.filled.settings.project, self._own.mode
        if said in {ProjectMode.WHEEL, ProjectMode.EDITABLE}:
            return said
        if by_path is not None:  # "-e ." asks for more than "none" or "dependencies"
            return by_path
        if said is not None:
            return said
        return ProjectMode.WHEEL if self._own.named or self.filled.settings.extras else ProjectMode.NONE

    @cached_property
    def _of_project(self) -> tuple[DeclaredRequirement, ...]:
        """Give the project's own dependencies and those of the chosen extras."""
        extras = self._with_origins("extras")
        if self._mode is ProjectMode.NONE:
            if extras:
                raise InvalidSettingError(
                    f'{extras[0][1]}: extras are chosen, but project = "none"',
                    why="extras are those of the project itself",
                    fix='set project = "dependencies", or remove the extras',
                )
            return ()
        metadata = self.files.metadata
        problems: list[InvalidRequirementError] = []
        own = [*metadata.dependencies, *self._of_each("extras", metadata.extra_requirements, problems)]
        self._refuse(problems)
        if metadata.name is None:
            raise ConfigError(
                f"{self.filled.origin}: the name of the project is not known without a build",
                fix=f"set name in [project] of {PYPROJECT}",
            )
        return expand_self_references(own, metadata).requirements

    @cached_property
    def _pythons(self) -> tuple[str, ...]:
        listed = (*self.filled.settings.pythons, *self.filled.pythons)
        versions = {minor_of(version) for version in map(version_of_python, listed) if version is not None}
        return tuple(sorted(versions, key=by_version))

    def _refuse_other_pythons(self) -> None:
        """Refuse Pythons that pip's locks cannot tell from CPython; a universal lock serves them all.

        :raises InvalidSettingError: there are some
        """
        if _said(self.filled.settings.resolver, self.files.settings.resolver) != "pip":
            return
        listed = (*self.filled.settings.pythons, *self.filled.pythons)
        others = [each for each in listed if version_of_python(each) is not None and not is_plain_cpython(each)]
        if others:
            raise InvalidSettingError(
                f'{self.filled.origin}: the resolver "pip" cannot lock for {", ".join(dict.fromkeys(others))}',
                why="it makes one lock for each version of CPython, and that would be locked in its stead",
                fix='choose a universal resolver: resolver = "uv"',
            )

    def _bounds(self) -> str:
        """Find the Python bounds; the running interpreter never counts.

        :raises InvalidSettingError: no Python meets them
        """
        said = self.filled.settings.python
        if said is not None:
            bounds = _some_bounds(said, place=str(self.filled.origin))
            self._refuse_outside(bounds)
            return bounds
        if self._pythons:
            return bounds_of(self._pythons)
        if self.files.settings.python is not None:
            return _some_bounds(self.files.settings.python, place="[tool.lockhouse]")
        of_project = self.files.metadata.requires_python
        if of_project is not None:
            return _some_bounds(of_project[0], place=str(of_project[1]))
        raise ConfigError(
            f'no Python bounds are declared for environment "{self.filled.name}"',
            why=f"{self.filled.origin} has none, nor has [tool.lockhouse] or [project] requires-python",
            fix='set python = ">=3.11" (the lowest version that you test) in [tool.lockhouse]',
        )

    def require_served(self, listed: Iterable[str], by: Origin) -> None:
        """Refuse Pythons that the environment does not serve, of somebody who refers to it.

        A lock for each Python is made for those that the environment itself lists: who locks it by its name alone
        does not see who refers to it.

        :param listed: the Pythons that it is run on, as nox and tox name them; what is no version is ignored
        :param by: who refers to it
        :raises InvalidSettingError: the environment is not for some of them, or lists none where it has to; both places
            are named
        """
        bounds, own = self._bounds(), self._pythons
        minors = dict.fromkeys(minor_of(version) for version in map(version_of_python, listed) if version is not None)
        if minors and not own and _said(self.filled.settings.resolver, self.files.settings.resolver) == "pip":
            texts = ", ".join(f'"{minor}"' for minor in minors)
            raise InvalidSettingError(
                f'{by}: environment "{self.filled.name}" lists no Pythons',
                why=f'the resolver "pip" makes one lock for each Python that is listed at {self.filled.origin}',
                fix=f"add pythons = [{texts}] to [tool.lockhouse.environments.{self.filled.name}] and lock again, "
                'or choose a universal resolver: resolver = "uv"',
            )
        outside = _outside(bounds, minors) or [minor for minor in minors if own and minor not in own]
        if not outside:
            return
        words = f"lists Python {', '.join(own)}" if own else f'is for Python "{bounds}"'
        raise InvalidSettingError(
            f'{by}: Python {", ".join(outside)} is not among those of environment "{self.filled.name}"',
            why=f"{self.filled.origin} {words}",
            fix=f"take {', '.join(outside)} out of {by.source}, or add to {'pythons' if own else 'python'} in "
            f"[tool.lockhouse.environments.{self.filled.name}] and lock again",
        )

    def _refuse_outside(self, bounds: str) -> None:
        outside = _outside(bounds, self._pythons)
        if outside:
            raise InvalidSettingError(
                f'{self.filled.origin}: Python {", ".join(outside)} is outside of python = "{bounds}"',
                fix="widen python, or remove it so that it follows from the list",
            )

    def _indexes(self) -> IndexOptions:
        """Join the settings with what requirement files say; the settings win where there can be one only."""
        settings, common = self.filled.settings, self.files.settings
        from_files = self._inputs.indexes
        default, extra = self._indexes_of(_said(settings.indexes, common.indexes))
        links = [
            declared_links(
                link,
                folder=self.files.root,
                root=self.files.root,
                environ=self.files.environ,
                origin=self._origin("find_links", link),
            )
            for link in _said(settings.find_links, common.find_links)
        ]
        return IndexOptions(
            default=default or from_files.default,
            extra=tuple(dict.fromkeys((*extra, *from_files.extra))),
            find_links=tuple(dict.fromkeys((*links, *from_files.find_links))),
            no_index=_said(settings.no_index, common.no_index) or from_files.no_index,
            trusted_hosts=from_files.trusted_hosts,
        )

    def _indexes_of(self, tables: Sequence[IndexSettings]) -> tuple[Index | None, list[Index]]:
        default, extra = None, []
        for table in tables:
            index = declared_index(
                table.url, name=table.name, environ=self.files.environ, origin=self._origin("indexes", table.url)
            )
            if table.default:
                default = index
            else:
                extra.append(index)
        return default, extra

    def _with_origins(self, field: str) -> list[tuple[str, Origin]]:
        """Pair each filled string of a list with the place of the string as it is written."""
        written: tuple[str, ...] = getattr(self.declared.settings, field)
        filled: tuple[str, ...] = getattr(self.filled.settings, field)
        return [(text, self._origin(field, raw)) for raw, text in zip(written, filled, strict=True)]

    def _origin(self, field: str, text: str) -> Origin:
        declared = self.declared
        if declared.origin.file != PYPROJECT:
            return declared.origin
        path = ("tool", "lockhouse", "environments", declared.name, field.replace("_", "-"))
        exact = self.files.pyproject.origin(path, text, source=declared.origin.source)
        return declared.origin if exact.line is None else exact


def collapsed(requirements: Iterable[DeclaredRequirement]) -> tuple[DeclaredRequirement, ...]:
    """Keep the first of requirements that say the same, and none that another says without its marker.

    :param requirements: requirements in canonical form
    """
    first: dict[tuple[str, str | None, bool], DeclaredRequirement] = {}
    for item in requirements:
        first.setdefault((item.text, item.path, item.editable), item)
    return tuple(
        item
        for (text, path, editable), item in first.items()
        if (bare := text.partition("; ")[0].rstrip()) == text or (bare, path, editable) not in first
    )


def refuse_two_sources(requirements: Iterable[DeclaredRequirement]) -> None:
    """Refuse one package from two places at once.

    Under different markers it may be meant; then the resolver judges.

    :param requirements: the requirements of one environment
    :raises InvalidRequirementError: both places are named
    """
    known: dict[str, list[DeclaredRequirement]] = {}
    for item in requirements:
        source = item.path or item.url
        if source is None:
            continue
        for other in known.setdefault(item.name, []):
            markers = (item.requirement.marker, other.requirement.marker)
            same_source = source == (other.path or other.url) and item.editable == other.editable
            if not same_source and (None in markers or markers[0] == markers[1]):
                raise InvalidRequirementError(
                    f"{item.name} is asked for from two places",
                    why=[f"{each.origin}: {each.recorded}" for each in (other, item)],
                    fix="remove one of the two",
                )
        known[item.name].append(item)


def _said(own: _T | None, common: _T) -> _T:
    """Take what the environment says, else what ``[tool.lockhouse]`` says."""
    return common if own is None else own


def _some_bounds(text: str, *, place: str) -> str:
    return require_some_python(canonical_bounds(text, place=place), place=place)


def _outside(bounds: str, minors: Collection[str]) -> list[str]:
    if not minors:
        return []
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - much to import

    specifiers = SpecifierSet(bounds)
    return [minor for minor in minors if not levels_within(specifiers, minor)]
