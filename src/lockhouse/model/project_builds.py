"""Whether a lock says what the project under test, and the other projects of the repository, are built with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.model.closure import parse_requirement, walk
from lockhouse.model.freshness import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.model.build_system import DeclaredBuild
    from lockhouse.model.lock import BuildLock, Lock
    from lockhouse.model.spec import EnvironmentSpec, LockInputs


@dataclass(frozen=True, kw_only=True)
class _Build:
    """How one project wants to be built, now and when the lock was made.

    :ivar name: its name
    :ivar words: what a message calls it
    :ivar short: the same, where it is plain which one
    :ivar build: what is declared now
    :ivar requires: static build requirements that the lock was made from
    :ivar backend: the backend that it was made from; None where it was made without the project
    """

    name: NormalizedName
    words: str
    short: str
    build: DeclaredBuild
    requires: tuple[str, ...]
    backend: str | None


def project_build_reasons(
    spec: EnvironmentSpec, lock: Lock, recorded: LockInputs, environments: Sequence[Mapping[str, str]]
) -> Iterator[Reason]:
    """Name what the lock lacks, or has otherwise, of what projects are built with.

    :param spec: what is declared now
    :param lock: the content of the lock
    :param recorded: the inputs that it was made from
    :param environments: the marker environments that it must serve
    """
    for project in _builds(spec, recorded):
        yield from _reasons_of(project, lock, environments)


def _builds(spec: EnvironmentSpec, recorded: LockInputs) -> Iterator[_Build]:
    if spec.project_name is not None and spec.build is not None:
        yield _Build(
            name=spec.project_name,
            words=f"{spec.project_name} itself",
            short="the project",
            build=spec.build,
            requires=recorded.build_requires,
            backend=recorded.build_backend,
        )
    for project in spec.local_projects:
        before = recorded.local_projects.get(project.name, {})
        yield _Build(
            name=project.name,
            words=f"{project.name} at {project.path}",
            short=project.name,
            build=project.build,
            requires=tuple(map(str, before.get("build-requires", ()))),
            backend=before.get("build-backend"),
        )


def _reasons_of(project: _Build, lock: Lock, environments: Sequence[Mapping[str, str]]) -> Iterator[Reason]:
    name, build = project.name, project.build
    locked = None if lock.record is None else lock.record.builds.get(name)
    if locked is None or project.backend is None:
        yield Reason(
            code=ReasonCode.BUILD_UNLOCKED,
            message=f"{project.words} has to be built, and the lock does not say with what",
            origin=build.origin,
            package=name,
        )
        return
    if build.backend != project.backend:
        yield Reason(
            code=ReasonCode.BUILD_REQUIRES_CHANGED,
            message=f"{name} is built by {build.backend}, the lock has what {project.backend} asked for",
            origin=build.origin,
            package=name,
        )
    yield from _unmet(project, locked, environments)
    yield from _no_longer_required(project, locked)


def _unmet(project: _Build, locked: BuildLock, environments: Sequence[Mapping[str, str]]) -> Iterator[Reason]:
    told: set[str] = set()
    build = project.build
    for environment in environments:
        found = walk([item.requirement for item in build.requires], locked.packages, environment)
        problems = [(demand.root, "the lock has no {0} for the build") for demand in found.unmet]
        problems += [(demand.root, f"{{0}} {pin.version} is pinned for the build") for demand, pin in found.violated]
        for root, words in problems:
            if root is None or (item := build.requires[root]).text in told:
                continue
            told.add(item.text)
            yield Reason(
                code=ReasonCode.BUILD_REQUIRES_CHANGED,
                message=f'{project.short} is built with "{item.recorded}", {words.format(item.name)}',
                origin=item.origin,
                package=item.name,
            )


def _no_longer_required(project: _Build, locked: BuildLock) -> Iterator[Reason]:
    """Name what would be present in a build though nothing asks for it any more."""
    asked = {*locked.requires} - {*project.requires}  # by the backend
    kept = {item.name for item in project.build.requires} | _names(asked)
    for gone in sorted(_names(project.requires) - kept):
        yield Reason(
            code=ReasonCode.BUILD_REQUIRES_CHANGED,
            message=f"{project.name} is no longer built with {gone}, and the lock has it for the build",
            origin=project.build.origin,
            package=gone,
        )


def _names(lines: Iterator[str] | set[str] | tuple[str, ...]) -> set[NormalizedName]:
    parsed = (parse_requirement(line) for line in lines)
    return {canonicalize_name(requirement.name) for requirement in parsed if requirement is not None}
