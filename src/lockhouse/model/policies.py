"""Whether a lock keeps to the index options, to the cut-off date and to what is said of pre-releases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from lockhouse.model.builds import build_key, needs_build, source_to_build
from lockhouse.model.closure import parse_requirement
from lockhouse.model.freshness import Reason, ReasonCode
from lockhouse.model.indexes import public_url
from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.model.lock import Lock, LockedPackage
    from lockhouse.model.spec import EnvironmentSpec, LockInputs

_FROM_INDEX = {ArtifactKind.WHEEL, ArtifactKind.SDIST}


def policy_reasons(spec: EnvironmentSpec, lock: Lock, recorded: LockInputs) -> Iterator[Reason]:
    """Name what a lock does not keep to.

    :param spec: what is declared now
    :param lock: the content of the lock
    :param recorded: the inputs that it was made from
    """
    if spec.inputs.indexes != recorded.indexes:
        yield Reason(
            code=ReasonCode.INDEXES_CHANGED,
            message=f"the index options changed from {_words(recorded.indexes)} to {_words(spec.inputs.indexes)}",
            origin=spec.origin,
        )
    yield from _source_reasons(spec, lock)
    yield from _build_reasons(spec, lock)
    if not spec.prereleases:
        yield from _prerelease_reasons(spec, lock, recorded)
    if spec.exclude_newer is not None:
        yield from _cutoff_reasons(spec, spec.exclude_newer, lock, recorded)


def _source_reasons(spec: EnvironmentSpec, lock: Lock) -> Iterator[Reason]:
    """Name the indexes that stand in the lock for plain pip, and that nobody declares or was locked from."""
    if not lock.sources:
        return
    known = {index.public_url for index in spec.indexes.indexes}
    known |= {public_url(link) for link in spec.indexes.find_links}
    if strange := [source for source in lock.sources if source not in known]:
        yield Reason(
            code=ReasonCode.INDEXES_CHANGED,
            message=f"the lock names {', '.join(strange)}, which is not declared: plain pip would look there",
            origin=spec.origin,
        )


def _words(options: Mapping[str, object]) -> str:
    if not options:
        return "none"
    return ", ".join(f"{key} {value!r}" for key, value in options.items())


# -- builds -------------------------------------------------------------------------------------------------------


def _build_reasons(spec: EnvironmentSpec, lock: Lock) -> Iterator[Reason]:
    builds = {} if lock.record is None else lock.record.builds
    for package in lock.packages:
        kinds = {artifact.kind for artifact in package.artifacts}
        source = next((artifact for artifact in package.artifacts if needs_build(artifact)), None)
        if source is not None and ArtifactKind.WHEEL not in kinds and spec.builds.refuses(package.name):
            what = "is a checkout" if source.kind is ArtifactKind.VCS else "has only an sdist"
            message = f"{package.label} {what}, and only-binary forbids to build it"
            edit = _exempt(package.name, spec.builds.only_binary, "only-binary", "no-binary")
        elif source is None and ArtifactKind.WHEEL in kinds and spec.builds.demands(package.name):
            message = f"{package.label} has no sdist, and no-binary forbids to take a wheel of it"
            edit = _exempt(package.name, spec.builds.no_binary, "no-binary", "only-binary")
        elif source_to_build(package, spec.builds) is not None and build_key(package) not in builds:
            yield Reason(
                code=ReasonCode.BUILD_UNLOCKED,
                message=f"{package.label} has to be built, and the lock does not say with what",
                package=package.name,
            )
            continue
        else:
            continue
        yield Reason(
            code=ReasonCode.POLICY_CHANGED, message=message, origin=spec.origin, package=package.name, edit=edit
        )


def _exempt(name: NormalizedName, listed: Sequence[str], setting: str, opposite: str) -> str:
    """Say how a package gets out of a policy."""
    return f'take "{name}" out of {setting}' if name in listed else f'exempt it: {opposite} = ["{name}"]'


# -- pre-releases -------------------------------------------------------------------------------------------------


def _prerelease_reasons(spec: EnvironmentSpec, lock: Lock, recorded: LockInputs) -> Iterator[Reason]:
    pinned = [p for p in lock.packages if p.version is not None and Version(p.version).is_prerelease]
    if not pinned:
        return
    if recorded.prereleases:
        yield Reason(
            code=ReasonCode.POLICY_CHANGED,
            message=f"pre-releases are no longer allowed; pinned are {', '.join(p.label for p in pinned)}",
            origin=spec.origin,
        )
        return
    before = _naming_prereleases((*recorded.requirements, *recorded.constraints))
    now = _naming_prereleases((*spec.inputs.requirements, *spec.inputs.constraints))
    for package in pinned:
        if package.name in before - now:
            yield Reason(
                code=ReasonCode.POLICY_CHANGED,
                message=f"{package.label} is a pre-release, and no requirement names one any more",
                origin=next((item.origin for item in spec.requirements if item.name == package.name), spec.origin),
                package=package.name,
            )


def _naming_prereleases(lines: Iterable[str]) -> set[NormalizedName]:
    """Name the packages for which a version that is a pre-release is spelled out: that allows them."""
    parsed = (parse_requirement(line) for line in lines)
    return {
        canonicalize_name(requirement.name)
        for requirement in parsed
        if requirement is not None and requirement.specifier.prereleases
    }


# -- the cut-off date ---------------------------------------------------------------------------------------------


def _cutoff_reasons(spec: EnvironmentSpec, cutoff: str, lock: Lock, recorded: LockInputs) -> Iterator[Reason]:
    moment, before = datetime.fromisoformat(cutoff), _moment(recorded.exclude_newer)
    tightened = before is None or before > moment
    late = [package.label for package in lock.packages if _is_late(package, moment, tightened=tightened)]
    if late:
        said = "the cut-off date is now" if tightened else "the cut-off date is"
        yield Reason(
            code=ReasonCode.POLICY_CHANGED,
            message=f"{said} {cutoff}; not known to be older: {', '.join(late)}",
            origin=spec.origin,
        )


def _is_late(package: LockedPackage, cutoff: datetime, *, tightened: bool) -> bool:
    """Tell whether a package breaks a cut-off date.

    One that moved to an earlier date must be known to hold for each file. Under the one that the lock was made with,
    a package is late when all of its files are: then somebody else moved the pin.
    """
    times = [_moment(artifact.upload_time) for artifact in package.artifacts if artifact.kind in _FROM_INDEX]
    if tightened:
        return not all(time is not None and time < cutoff for time in times)
    return bool(times) and all(time is not None and time >= cutoff for time in times)


def _moment(text: str | None) -> datetime | None:
    """Read what a lock says of a time; None where it says none. As texts, ``…00.5Z`` is before ``…00Z``."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
