"""The rule of freshness: a declaration, a lock, a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from lockhouse.model.closure import applies, parse_marker
from lockhouse.model.declared_hashes import hash_reasons, uncompared_hashes
from lockhouse.model.environments import judged_environments
from lockhouse.model.freshness import Fresh, Reason, ReasonCode, Stale
from lockhouse.model.local_projects import with_declared_edges
from lockhouse.model.lock import STRONG_ALGORITHMS, ArtifactKind, is_digest
from lockhouse.model.policies import policy_reasons
from lockhouse.model.project_builds import project_build_reasons
from lockhouse.model.pythons import NEWEST_MINOR, minor_of, neighbours, no_python_within
from lockhouse.model.satisfaction import content_reasons
from lockhouse.model.target import target_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockhouse.model.lock import Lock, LockRecord
    from lockhouse.model.spec import EnvironmentSpec, LockInputs

#: A Python that only bounds without an upper end allow.
_FAR_FUTURE = "3.99.0"


def judge(
    spec: EnvironmentSpec, lock: Lock, *, environment: Mapping[str, str] | None = None, resolvers: Iterable[str] = ()
) -> Fresh | Stale:
    """Say whether a lock satisfies a declaration, from their content alone.

    :param spec: what is declared now
    :param lock: the content of the lock
    :param environment: the marker environment of the one target that counts; None for every Python that the
        declaration names, on every platform
    :param resolvers: names of the resolvers that are there: a lock or declaration of another one is told by them; empty
        for any
    :raises InvalidSettingError: no Python meets the declared bounds
    """
    record = lock.record
    if record is None:
        return Stale(
            (
                Reason(
                    code=ReasonCode.RECORD_MISSING,
                    message="the lock records neither its inputs nor its dependencies: another tool wrote or cut it",
                ),
            )
        )
    lock = with_declared_edges(lock, spec.local_projects)
    environments = [environment] if environment is not None else _environments(spec, lock, record.inputs)
    reasons = [
        *_python_reasons(spec, lock, environments),
        *policy_reasons(spec, lock, record.inputs),
        *_plugin_reasons(spec, record, tuple(resolvers)),
        *_hash_reasons(lock),
        *hash_reasons(spec.hashes, lock.packages, environment),
        *project_build_reasons(spec, lock, record.inputs, environments),
        *content_reasons(spec, lock, record.inputs, environments),
    ]
    if reasons:
        return Stale(tuple(reasons))
    return Fresh((*_notes(spec.inputs, record.inputs), *uncompared_hashes(spec.hashes, lock.packages)))


def _environments(spec: EnvironmentSpec, lock: Lock, recorded: LockInputs) -> Sequence[Mapping[str, str]]:
    """Imagine where the lock must serve, from the declared Pythons and all markers that have a say.

    :raises InvalidSettingError: nowhere, for no Python meets the bounds: each lock would do
    """
    lines = [*spec.inputs.requirements, *spec.inputs.constraints, *recorded.requirements, *spec.inputs.build_requires]
    lines += [item.text for project in spec.local_projects for item in project.build.requires]
    lines += [line for package in lock.packages for line in package.requires or ()]
    markers = [line.partition(";")[2] for line in lines] + [package.marker or "" for package in lock.packages]
    bounds = [package.requires_python for package in lock.packages if package.requires_python is not None]
    environments = judged_environments(spec.requires_python, spec.pythons, markers, bounds)
    if not environments:
        raise no_python_within(spec.requires_python, place=str(spec.origin))
    return environments


# -- Pythons and targets ------------------------------------------------------------------------------------------


def _python_reasons(spec: EnvironmentSpec, lock: Lock, environments: Sequence[Mapping[str, str]]) -> Iterator[Reason]:
    bounds, declared = SpecifierSet(lock.requires_python), SpecifierSet(spec.requires_python)
    uncovered = dict.fromkeys(
        label
        for label, version in _declared_versions(spec, bounds, environments)
        if declared.contains(version, prereleases=True) and not bounds.contains(version, prereleases=True)
    )
    if uncovered:
        versions = ", ".join(label for label in uncovered if label.count(".") == 1 or minor_of(label) not in uncovered)
        yield Reason(
            code=ReasonCode.PYTHON_UNCOVERED,
            message=f'Python {versions} is declared, the lock is for "{lock.requires_python}"',
            origin=spec.origin,
        )
    if lock.environments:
        for env in environments:
            if not any(applies(parse_marker(marker), env) for marker in lock.environments):
                yield Reason(
                    code=ReasonCode.TARGET_UNCOVERED,
                    message=f"the target {target_label(env)} is not among those that the lock is for: "
                    + " | ".join(lock.environments),
                    origin=spec.origin,
                )


def _declared_versions(
    spec: EnvironmentSpec, bounds: SpecifierSet, environments: Sequence[Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """List versions by which bounds may differ: both ends of each minor version, and what lies beside each bound."""
    minors = dict.fromkeys(env["python_version"] for env in environments)
    for env in environments:
        for version in (f"{env['python_version']}.0", env["python_full_version"]):
            yield env["python_version"], version
    if len(environments) == 1:
        return
    for specifier in (*SpecifierSet(spec.requires_python), *bounds):
        for version in neighbours(specifier.version):
            if minor_of(version) in minors:
                yield version, version
    if not spec.pythons:
        yield f"above 3.{NEWEST_MINOR}", _FAR_FUTURE


# -- Plugins ------------------------------------------------------------------------------------------------------


def _plugin_reasons(spec: EnvironmentSpec, record: LockRecord, resolvers: Sequence[str]) -> Iterator[Reason]:
    if resolvers and record.inputs.resolver not in resolvers:
        yield Reason(
            code=ReasonCode.PLUGIN_ABSENT,
            message=f'the lock was made by the resolver "{record.inputs.resolver}", which is not installed here',
        )
    elif resolvers and spec.resolver not in resolvers:
        yield Reason(
            code=ReasonCode.PLUGIN_ABSENT,
            message=f'there is no resolver "{spec.resolver}" here; known are {", ".join(resolvers)}',
            origin=spec.origin,
        )
    recorded, present = record.inputs.fingerprints, spec.fingerprints
    for plugin in sorted(recorded.keys() - present.keys()):
        yield Reason(
            code=ReasonCode.PLUGIN_ABSENT,
            message=f'the plugin "{plugin}" took part in the lock, and is not installed here or gives nothing now',
        )
    for plugin, values in sorted(present.items()):
        before = recorded.get(plugin, {})
        for key in sorted(values.keys() | before.keys()):
            if values.get(key) != before.get(key):
                yield Reason(
                    code=ReasonCode.FINGERPRINT_CHANGED,
                    message=f'the plugin "{plugin}" gives {key} = {values.get(key)!r}, recorded is {before.get(key)!r}',
                )


# -- Hashes -------------------------------------------------------------------------------------------------------


def _hash_reasons(lock: Lock) -> Iterator[Reason]:
    for package in lock.packages:
        bare = [
            artifact
            for artifact in package.artifacts
            if artifact.kind not in {ArtifactKind.VCS, ArtifactKind.DIRECTORY} and artifact.strong_hash is None
        ]
        for artifact in bare:
            weak = ", ".join(artifact.hashes) or "none"
            yield Reason(
                code=ReasonCode.HASH_MISSING,
                message=f"{package.label}: {artifact.label} has no strong hash (found: {weak})",
                package=package.name,
            )
        for artifact in package.artifacts:
            for algorithm, digest in artifact.hashes.items():
                if algorithm in STRONG_ALGORITHMS and not is_digest(algorithm, digest):
                    yield Reason(
                        code=ReasonCode.HASH_MISSING,
                        message=f"{package.label}: the {algorithm} of {artifact.label} cannot be one: {digest}",
                        package=package.name,
                    )


def _notes(declared: LockInputs, recorded: LockInputs) -> tuple[str, ...]:
    notes: list[str] = []
    for kind in ("requirements", "constraints"):
        now: set[str] = set(getattr(declared, kind))
        before: set[str] = set(getattr(recorded, kind))
        notes += [f"recorded, no longer declared, and not needed: {line}" for line in sorted(before - now)]
        notes += [f"declared, not recorded, and satisfied by the pins: {line}" for line in sorted(now - before)]
    for label in ("requires_python", "pythons", "prereleases", "exclude_newer", "resolver"):
        value, old = getattr(declared, label), getattr(recorded, label)
        if value != old:
            notes.append(f"{label.replace('_', '-')} changed from {old!r} to {value!r}; the pins still serve")
    return tuple(notes)
