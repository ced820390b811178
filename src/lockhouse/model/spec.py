"""What was asked: the declaration of one environment, read and expanded."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

from lockhouse.errors import EnvironmentConflictError
from lockhouse.model.build_policy import BuildPolicy, ProjectBuildPolicy
from lockhouse.model.canonical import name_and_extras, normalized
from lockhouse.model.indexes import IndexOptions, hide_userinfo
from lockhouse.model.pythons import minors_within, union_of_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from lockhouse.model.build_system import DeclaredBuild
    from lockhouse.model.local_projects import LocalProject

#: The version of the recorded inputs. Raised when the same declaration would be recorded differently.
INPUTS_VERSION = 1

_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./-]*")
#: What a POSIX shell or that of Windows takes for more than a letter, even between double quotes.
_SPECIAL = re.compile(r'["$`\\!%^]')


class LockFormat(StrEnum):
    """The two file formats of a lock."""

    PYLOCK = "pylock"
    REQUIREMENTS = "requirements"


class OnStale(StrEnum):
    """What a run does where its lock is stale."""

    ERROR = "error"
    WARN = "warn"  # it goes on with the lock as it is, and says so each time


class ProjectMode(StrEnum):
    """How the project itself gets into the environment, beside its dependencies."""

    NONE = "none"  # neither the project nor its dependencies
    DEPENDENCIES = "dependencies"  # its dependencies only
    WHEEL = "wheel"
    EDITABLE = "editable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where something was declared.

    :ivar source: what holds it, in words: ``dependency group "test"``, ``requirements/dev.txt``
    :ivar file: path of the file, relative to the project, or None where there is no file
    :ivar line: line in that file, from 1, or None where it is not known
    """

    source: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Give the place as ``source (file:line)``."""
        if self.file is None:
            return self.source
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return place if self.source == self.file else f"{self.source} ({place})"


@dataclass(frozen=True, kw_only=True)
class DeclaredRequirement:
    """One requirement or constraint as it was declared, in one canonical spelling.

    :ivar text: a PEP 508 line with a normalised name; for a local path, the line without its reference
    :ivar origin: where it was declared
    :ivar path: path of a local directory or archive, relative to the project, with forward slashes; else None
    :ivar editable: whether a local directory is to be installed editable
    """

    text: str
    origin: Origin
    path: str | None = None
    editable: bool = False

    @cached_property
    def requirement(self) -> Requirement:
        """Give the parsed requirement."""
        from packaging.requirements import Requirement  # noqa: PLC0415 - much to import; a text says most by itself

        return Requirement(self.text)

    @cached_property
    def name(self) -> NormalizedName:
        """Give the normalised name."""
        return name_and_extras(self.text)[0]

    @property
    def extras(self) -> tuple[str, ...]:
        """Give the normalised extras, sorted."""
        return name_and_extras(self.text)[1]

    @property
    def url(self) -> str | None:
        """Give the address of a direct reference, or None."""
        return self.requirement.url if " @ " in self.text else None

    @property
    def recorded(self) -> str:
        """Give the line that a lock records for it, and that messages show: it holds no credentials."""
        if self.path is None:
            url = self.url
            return self.text if url is None else self.text.replace(url, hide_userinfo(url))
        return f"{'-e ' if self.editable else ''}{self.text} @ {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredHashes:
    """The hashes that stand beside a requirement or constraint in a requirement file.

    :ivar requirement: what they belong to
    :ivar hashes: ``algorithm:digest`` of each
    """

    requirement: DeclaredRequirement
    hashes: frozenset[str]


def canonical_requirement(requirement: Requirement) -> str:
    """Spell a requirement in the one way in which locks record it.

    The name is normalised (PEP 503), extras are normalised and sorted, specifiers sorted, markers as ``packaging``
    spells them: so order and spelling never change a verdict.

    :param requirement: a parsed requirement
    """
    parts: list[str] = [normalized(requirement.name)]
    if requirement.extras:
        parts.append(f"[{','.join(sorted({normalized(extra) for extra in requirement.extras}))}]")
    if requirement.url:
        parts.append(f" @ {requirement.url}")
        if requirement.marker:
            parts.append(" ")
    else:
        parts.append(",".join(sorted(str(specifier) for specifier in requirement.specifier)))
    if requirement.marker:
        parts.append(f"; {requirement.marker}")
    return "".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockInputs:
    """What decides the content of a lock, in canonical form: recorded in it and compared with the declaration.

    :ivar requirements: recorded lines of the requirements, sorted
    :ivar constraints: recorded lines of the constraints, sorted
    :ivar requires_python: the Python bounds of the lock, a specifier set
    :ivar pythons: versions that the environment runs on, sorted
    :ivar indexes: :meth:`IndexOptions.canonical` of what the project declares
    :ivar prereleases: whether pre-releases are allowed everywhere
    :ivar exclude_newer: the cut-off date (RFC 3339), or None
    :ivar resolver: name of the resolver
    :ivar only_binary: names of packages that are never built, sorted
    :ivar no_binary: names of packages that are built even where a wheel fits, sorted
    :ivar build_requires: what ``build-system.requires`` of the project says, sorted, where the project is built
    :ivar build_backend: its build backend; None where the project is not built
    :ivar local_projects: name → :attr:`LocalProject.recorded` of the other projects of the repository
    :ivar fingerprints: what plugins contributed, ``plugin → key → value``
    """

    requirements: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    requires_python: str
    pythons: tuple[str, ...] = ()
    indexes: Mapping[str, object] = field(default_factory=dict)
    prereleases: bool = False
    exclude_newer: str | None = None
    resolver: str
    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    build_backend: str | None = None
    local_projects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fingerprints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give the inputs as they stand in a lock file; what is empty is left out."""
        record: dict[str, Any] = {
            "requirements": list(self.requirements),
            "constraints": list(self.constraints),
            "requires-python": self.requires_python,
            "pythons": list(self.pythons),
            "indexes": dict(self.indexes),
            "prereleases": self.prereleases,
            "exclude-newer": self.exclude_newer,
            "resolver": self.resolver,
            "only-binary": list(self.only_binary),
            "no-binary": list(self.no_binary),
            "build-requires": list(self.build_requires),
            "build-backend": self.build_backend,
            "local-projects": {name: dict(values) for name, values in sorted(self.local_projects.items())},
            "fingerprints": {plugin: dict(values) for plugin, values in sorted(self.fingerprints.items())},
        }
        return {key: value for key, value in record.items() if value or key == "requirements"}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> LockInputs:
        """Read what :meth:`to_dict` wrote.

        :raises KeyError, TypeError: where the record is not of this form
        """
        return cls(
            requirements=tuple(map(str, record["requirements"])),
            constraints=tuple(map(str, record.get("constraints", ()))),
            requires_python=str(record["requires-python"]),
            pythons=tuple(map(str, record.get("pythons", ()))),
            indexes=dict(record.get("indexes", {})),
            prereleases=bool(record.get("prereleases", False)),
            exclude_newer=None if record.get("exclude-newer") is None else str(record["exclude-newer"]),
            resolver=str(record["resolver"]),
            only_binary=tuple(map(str, record.get("only-binary", ()))),
            no_binary=tuple(map(str, record.get("no-binary", ()))),
            build_requires=tuple(map(str, record.get("build-requires", ()))),
            build_backend=None if record.get("build-backend") is None else str(record["build-backend"]),
            local_projects={k: dict(v) for k, v in dict(record.get("local-projects", {})).items()},
            fingerprints={k: dict(v) for k, v in dict(record.get("fingerprints", {})).items()},
        )

    @property
    def digest(self) -> str:
        """Give a sha256 over the canonical form of all but the Pythons: those who share a lock have the same."""
        form = {key: value for key, value in self.to_dict().items() if key not in {"requires-python", "pythons"}}
        text = json.dumps([INPUTS_VERSION, form], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def minors(self) -> tuple[str, ...]:
        """Give the minor versions that a lock made from these inputs serves, ascending."""
        return minors_within(self.requires_python, self.pythons)


@dataclass(frozen=True, kw_only=True)
class EnvironmentSpec:
    """The declaration of one environment, with every group, extra and file expanded.

    :ivar name: the environment's name, as its user says it
    :ivar lock_name: the name of its lock; environments that share it have the same inputs
    :ivar origin: where the environment was declared
    :ivar requirements: all that must be installed, beside the project itself
    :ivar constraints: bounds on what else comes in
    :ivar hashes: what requirement files say of hashes: no input of the lock, whose hashes are held against them
    :ivar requires_python: the Python bounds of the lock, a canonical specifier set such as ``>=3.11``
    :ivar pythons: the versions that the environment runs on where these were listed (``3.12``), sorted
    :ivar project: how the project itself is installed
    :ivar project_name: normalised name of the project, or None
    :ivar extras: normalised names of the chosen extras of the project, sorted
    :ivar build: how the project wants to be built; None where it is not built
    :ivar local_projects: other projects of the repository that are installed from their folders, sorted by name
    :ivar project_build: what decides when and from what it is built
    :ivar indexes: what the project's own files say of indexes (a user's configuration is not part of a spec)
    :ivar prereleases: whether pre-releases are allowed everywhere
    :ivar exclude_newer: the cut-off date (RFC 3339), or None
    :ivar resolver: name of the resolver
    :ivar installer: name of the installer
    :ivar lock_format: format of the lock file
    :ivar lock_directory: folder of the lock files, relative to the project, with forward slashes
    :ivar allow_unhashed: names of packages that may come from a directory or VCS, which no hash can cover
    :ivar builds: which packages may be built, must be built, and may use the network meanwhile
    :ivar fingerprints: what plugins contribute to the inputs
    :ivar on_stale: what a run does where the lock is stale
    :ivar targets: labels of the targets that a wheelhouse is built for; empty for the Pythons of the machine
    :ivar wheelhouse: folder or archive to install from, relative to the project; None for the indexes
    :ivar locked_by: the command that locks it, but for its name
    """

    name: str
    lock_name: str
    origin: Origin
    requirements: tuple[DeclaredRequirement, ...] = ()
    constraints: tuple[DeclaredRequirement, ...] = ()
    hashes: tuple[DeclaredHashes, ...] = ()
    requires_python: str
    pythons: tuple[str, ...] = ()
    project: ProjectMode = ProjectMode.NONE
    project_name: NormalizedName | None = None
    extras: tuple[NormalizedName, ...] = ()
    build: DeclaredBuild | None = None
    local_projects: tuple[LocalProject, ...] = ()
    project_build: ProjectBuildPolicy = field(default_factory=ProjectBuildPolicy)
    indexes: IndexOptions = field(default_factory=IndexOptions)
    prereleases: bool = False
    exclude_newer: str | None = None
    resolver: str = "uv"
    installer: str = "uv"
    lock_format: LockFormat = LockFormat.PYLOCK
    lock_directory: str = "locks"
    allow_unhashed: tuple[NormalizedName, ...] = ()
    on_stale: OnStale = OnStale.ERROR
    builds: BuildPolicy = field(default_factory=BuildPolicy)
    targets: tuple[str, ...] = ()
    wheelhouse: str | None = None
    fingerprints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    locked_by: str = "lockhouse lock"

    @cached_property
    def inputs(self) -> LockInputs:
        """Give what decides the content of the lock."""
        return LockInputs(
            requirements=tuple(sorted({declared.recorded for declared in self.requirements})),
            constraints=tuple(sorted({declared.recorded for declared in self.constraints})),
            requires_python=self.requires_python,
            pythons=self.pythons,
            indexes=self.indexes.canonical(),
            prereleases=self.prereleases,
            exclude_newer=self.exclude_newer,
            resolver=self.resolver,
            only_binary=self.builds.only_binary,
            no_binary=self.builds.no_binary,
            build_requires=() if self.build is None else tuple(sorted({item.recorded for item in self.build.requires})),
            build_backend=None if self.build is None else self.build.backend,
            local_projects={project.name: project.recorded for project in self.local_projects},
            fingerprints=self.fingerprints,
        )

    def build_of(self, path: str) -> DeclaredBuild | None:
        """Give how a project wants to be built that is installed from its folder.

        :param path: its folder, relative to the project under test
        """
        return next((project.build for project in self.local_projects if project.path == path), self.build)

    @property
    def installs_project(self) -> bool:
        """Tell whether the project itself gets into the environment."""
        return self.project in {ProjectMode.WHEEL, ProjectMode.EDITABLE}

    @property
    def lock_command(self) -> str:
        """Give the command that locks the environment, to be pasted into a shell."""
        return f"{self.locked_by} {quoted(self.name)}"


def quoted(name: str) -> str:
    """Give a name as it can be pasted into any shell.

    :param name: such as ``tests(django='5.1')``
    """
    if _PLAIN.fullmatch(name):
        return name
    if not _SPECIAL.search(name):
        return f'"{name}"'  # the only quotes that every shell knows, those of Windows included
    return shlex.quote(name)


def merge_shared_locks(specs: Iterable[EnvironmentSpec]) -> dict[str, EnvironmentSpec]:
    """Join the specs that share a lock into one spec a lock.

    :param specs: all known environments
    :return: lock name → the spec to lock
    :raises EnvironmentConflictError: two of them differ; both places are named
    """
    return {name: merged(sharing) for name, sharing in by_lock(specs).items()}


def by_lock(specs: Iterable[EnvironmentSpec]) -> dict[str, list[EnvironmentSpec]]:
    """Put the specs that share a lock together.

    :param specs: the environments
    :return: lock name → those that have it
    """
    found: dict[str, list[EnvironmentSpec]] = {}
    for spec in specs:
        found.setdefault(spec.lock_name, []).append(spec)
    return found


def merged(sharing: Sequence[EnvironmentSpec]) -> EnvironmentSpec:
    """Join specs that share a lock.

    They must agree in all that decides the lock but the Pythons, which are joined: one universal lock serves them all.

    :param sharing: the environments, at least one
    :return: the spec to lock
    :raises EnvironmentConflictError: two of them differ; both places are named
    """
    return reduce(_merge, sharing)


def _merge(one: EnvironmentSpec, other: EnvironmentSpec) -> EnvironmentSpec:
    differences = _differences(one, other)
    if differences:
        raise EnvironmentConflictError(
            f'the lock "{one.lock_name}" is declared twice with different inputs',
            why=[f"{one.origin} and {other.origin} differ", *differences],
            fix=_apart(one, other),
        )
    return replace(
        one,
        hashes=tuple(dict.fromkeys((*one.hashes, *other.hashes))),
        build=one.build or other.build,  # it is that of the one project; not all of them need have it built
        requires_python=union_of_bounds(one.requires_python, other.requires_python),
        pythons=tuple(sorted({*one.pythons, *other.pythons}, key=_version_key)),
    )


def _apart(one: EnvironmentSpec, other: EnvironmentSpec) -> str:
    """Say how two environments come to have a lock each."""
    names = {spec.name.partition("(")[0] for spec in (one, other)}
    if len(names) == 1 and one.name != other.name:
        return (
            "tell the two apart by letters or digits: with ids= in nox.parametrize or in lock=, or give them the same "
            "inputs"
        )
    return "give the two the same inputs, or give one of them a lock of its own name"


def _differences(one: EnvironmentSpec, other: EnvironmentSpec) -> list[str]:
    found: list[str] = []
    for kind in ("requirements", "constraints"):
        left: set[str] = set(getattr(one.inputs, kind))
        right: set[str] = set(getattr(other.inputs, kind))
        for spec, only in ((one, left - right), (other, right - left)):
            found += [f"only {spec.origin} has the {kind[:-1]} {line}" for line in sorted(only)]
    for label in ("indexes", "prereleases", "exclude_newer", "resolver", "only_binary", "no_binary",
                  "local_projects", "fingerprints"):  # fmt: skip
        left_value, right_value = getattr(one.inputs, label), getattr(other.inputs, label)
        if left_value != right_value:
            found.append(f"{label.replace('_', '-')}: {left_value!r} and {right_value!r}")
    for label in ("lock_format", "lock_directory"):
        left_value, right_value = getattr(one, label), getattr(other, label)
        if left_value != right_value:
            found.append(f"{label.replace('_', '-')}: {str(left_value)!r} and {str(right_value)!r}")
    return found


def _version_key(version: str) -> tuple[int | str, ...]:
    return tuple(int(part) if part.isdigit() else part for part in version.split("."))
