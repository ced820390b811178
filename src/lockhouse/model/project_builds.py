"""Whether a lock says what the project under test is built with."""

from __future__ import annotations

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


def project_build_reasons(
    spec: EnvironmentSpec, lock: Lock, recorded: LockInputs, environments: Sequence[Mapping[str, str]]
) -> Iterator[Reason]:
    """Name what the lock lacks, or has otherwise, of what the project is built with.

    :param spec: what is declared now
    :param lock: the content of the lock
    :param recorded: the inputs that it was made from
    :param environments: the marker environments that it must serve
    """
    name, build = spec.project_name, spec.build
    if name is None or build is None:
        return
    locked = None if lock.record is None else lock.record.builds.get(name)
    if locked is None or recorded.build_backend is None:
        yield Reason(
            code=ReasonCode.BUILD_UNLOCKED,
            message=f"{name} itself has to be built, and the lock does not say with what",
            origin=build.origin,
            package=name,
        )
        return
    if build.backend != recorded.build_backend:
        yield Reason(
            code=ReasonCode.BUILD_REQUIRES_CHANGED,
            message=f"{name} is built by {build.backend}, the lock has what {recorded.build_backend} asked for",
            origin=build.origin,
            package=name,
        )
    yield from _unmet(build, locked, environments)
    yield from _no_longer_required(name, build, locked, recorded)


def _unmet(build: DeclaredBuild, locked: BuildLock, environments: Sequence[Mapping[str, str]]) -> Iterator[Reason]:
    told: set[str] = set()
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
                message=f'the project is built with "{item.recorded}", {words.format(item.name)}',
                origin=item.origin,
                package=item.name,
            )


def _no_longer_required(
    name: NormalizedName, build: DeclaredBuild, locked: BuildLock, recorded: LockInputs
) -> Iterator[Reason]:
    """Name what would be present in a build though nothing asks for it any more."""
    asked = {*locked.requires} - {*recorded.build_requires}  # by the backend
    kept = {item.name for item in build.requires} | _names(asked)
    for gone in sorted(_names(recorded.build_requires) - kept):
        yield Reason(
            code=ReasonCode.BUILD_REQUIRES_CHANGED,
            message=f"{name} is no longer built with {gone}, and the lock has it for the build",
            origin=build.origin,
            package=gone,
        )


def _names(lines: Iterator[str] | set[str] | tuple[str, ...]) -> set[NormalizedName]:
    parsed = (parse_requirement(line) for line in lines)
    return {canonicalize_name(requirement.name) for requirement in parsed if requirement is not None}
