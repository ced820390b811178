"""The rule of freshness: a declaration, a lock, a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lockhouse.model.closure import Demand, Walk, applies, parse_marker, walk
from lockhouse.model.freshness import Fresh, Reason, ReasonCode, Stale
from lockhouse.model.lock import ArtifactKind
from lockhouse.model.pythons import minors_within
from lockhouse.model.references import describe_reference, same_reference
from lockhouse.model.target import marker_environments, target_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockhouse.model.lock import Lock, LockedPackage, LockRecord
    from lockhouse.model.spec import DeclaredRequirement, EnvironmentSpec, LockInputs

_DIRECT = {ArtifactKind.ARCHIVE, ArtifactKind.VCS, ArtifactKind.DIRECTORY}


def judge(
    spec: EnvironmentSpec, lock: Lock, *, environment: Mapping[str, str] | None = None, resolvers: Iterable[str] = ()
) -> Fresh | Stale:
    """Say whether a lock satisfies a declaration, from their content alone.

    :param spec: what is declared now
    :param lock: the content of the lock
    :param environment: the marker environment of the one target that counts; None for every Python that the
        declaration names, on every platform
    :param resolvers: names of the resolvers that are there; a lock of another one is told apart; empty for any
    """
    if lock.record is None:
        return Stale(
            (
                Reason(
                    code=ReasonCode.RECORD_MISSING,
                    message="the lock records neither its inputs nor its dependencies: another tool wrote it",
                ),
            )
        )
    environments = _environments(spec, environment)
    reasons = [
        *_python_reasons(spec, lock, environments),
        *_policy_reasons(spec, lock, lock.record),
        *_plugin_reasons(spec, lock.record, tuple(resolvers)),
        *_hash_reasons(lock),
        *_content_reasons(spec, lock, lock.record.inputs, environments),
    ]
    return Stale(tuple(reasons)) if reasons else Fresh(_notes(spec.inputs, lock.record.inputs))


def _environments(spec: EnvironmentSpec, environment: Mapping[str, str] | None) -> Sequence[Mapping[str, str]]:
    if environment is not None:
        return (environment,)
    return marker_environments(minors_within(spec.requires_python, spec.pythons))


# -- Pythons and targets ------------------------------------------------------------------------------------------


def _python_reasons(spec: EnvironmentSpec, lock: Lock, environments: Sequence[Mapping[str, str]]) -> Iterator[Reason]:
    bounds, declared = SpecifierSet(lock.requires_python), SpecifierSet(spec.requires_python)
    uncovered = [
        env["python_version"]
        for env in environments
        for version in dict.fromkeys((f"{env['python_version']}.0", env["python_full_version"]))
        if declared.contains(version, prereleases=True) and not bounds.contains(version, prereleases=True)
    ]
    if uncovered:
        versions = ", ".join(dict.fromkeys(uncovered))
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


# -- Index options and policies -----------------------------------------------------------------------------------


def _policy_reasons(spec: EnvironmentSpec, lock: Lock, record: LockRecord) -> Iterator[Reason]:
    declared, recorded = spec.inputs, record.inputs
    if declared.indexes != recorded.indexes:
        yield Reason(
            code=ReasonCode.INDEXES_CHANGED,
            message=f"the index options changed from {_words(recorded.indexes)} to {_words(declared.indexes)}",
            origin=spec.origin,
        )
    if recorded.prereleases and not declared.prereleases:
        pinned = [p.label for p in lock.packages if p.version is not None and Version(p.version).is_prerelease]
        if pinned:
            yield Reason(
                code=ReasonCode.POLICY_CHANGED,
                message=f"pre-releases are no longer allowed; pinned are {', '.join(pinned)}",
                origin=spec.origin,
            )
    yield from _cutoff_reasons(spec, lock, recorded)


def _cutoff_reasons(spec: EnvironmentSpec, lock: Lock, recorded: LockInputs) -> Iterator[Reason]:
    cutoff = spec.exclude_newer
    if cutoff is None or cutoff == recorded.exclude_newer:
        return
    if recorded.exclude_newer is not None and recorded.exclude_newer < cutoff:
        return
    late = [package.label for package in lock.packages if not _uploaded_before(package, cutoff)]
    if late:
        yield Reason(
            code=ReasonCode.POLICY_CHANGED,
            message=f"the cut-off date is now {cutoff}; not known to be older: {', '.join(late)}",
            origin=spec.origin,
        )


def _uploaded_before(package: LockedPackage, cutoff: str) -> bool:
    times = [artifact.upload_time for artifact in package.artifacts if artifact.kind not in _DIRECT]
    return all(time is not None and time < cutoff for time in times)


def _words(options: Mapping[str, object]) -> str:
    if not options:
        return "none"
    return ", ".join(f"{key} {value!r}" for key, value in options.items())


# -- Plugins ------------------------------------------------------------------------------------------------------


def _plugin_reasons(spec: EnvironmentSpec, record: LockRecord, resolvers: Sequence[str]) -> Iterator[Reason]:
    if resolvers and record.inputs.resolver not in resolvers:
        yield Reason(
            code=ReasonCode.PLUGIN_ABSENT,
            message=f'the lock was made by the resolver "{record.inputs.resolver}", which is not installed here',
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


# -- Requirements and pins ----------------------------------------------------------------------------------------


class _Findings:
    """Collects reasons over all environments; one that does not hold in all of them says where it holds."""

    def __init__(self) -> None:
        self.reasons: dict[Reason, list[str]] = {}

    def add(self, reason: Reason, environment: Mapping[str, str]) -> None:
        self.reasons.setdefault(reason, []).append(target_label(environment))

    def told(self, count: int) -> Iterator[Reason]:
        for reason, labels in self.reasons.items():
            if len(labels) == count:
                yield reason
            else:
                where = labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
                yield Reason(
                    code=reason.code,
                    message=f"{reason.message} (on {where})",
                    origin=reason.origin,
                    package=reason.package,
                )


def _content_reasons(
    spec: EnvironmentSpec, lock: Lock, recorded: LockInputs, environments: Sequence[Mapping[str, str]]
) -> Iterator[Reason]:
    findings = _Findings()
    requirements = [declared.requirement for declared in spec.requirements]
    removed = _removed(spec.inputs, recorded)
    for environment in environments:
        found = walk(requirements, lock.packages, environment)
        for reason in (
            *_unmet_reasons(spec, found),
            *_violation_reasons(spec, found),
            *_reference_reasons(spec, found),
            *_constraint_reasons(spec, found, environment),
            *_leftover_reasons(found, removed),
        ):
            findings.add(reason, environment)
    yield from findings.told(len(environments))
    yield from _unjudged_reasons(spec, lock, recorded, environments)


def _unjudged_reasons(
    spec: EnvironmentSpec, lock: Lock, recorded: LockInputs, environments: Sequence[Mapping[str, str]]
) -> Iterator[Reason]:
    """Name what changed and cannot be judged by content: there, only what is recorded can be trusted.

    That is what applies in none of the environments that are looked at (another machine, another implementation, a
    patch level), and extras of a package whose dependencies are not known.
    """
    opaque = {package.name for package in lock.packages if package.requires is None}
    for declared, lines in ((spec.requirements, recorded.requirements), (spec.constraints, recorded.constraints)):
        known = set(lines)
        for item in declared:
            nowhere = not any(applies(item.requirement.marker, environment) for environment in environments)
            if item.recorded not in known and (nowhere or (item.name in opaque and item.requirement.extras)):
                yield Reason(
                    code=ReasonCode.REQUIREMENT_CHANGED,
                    message=f'"{item.recorded}" is declared, the lock was made without it',
                    origin=item.origin,
                    package=item.name,
                )
    for line in sorted({*recorded.requirements} - {*spec.inputs.requirements}):
        name, marker = canonicalize_name(_name_of(line)), line.partition(";")[2].strip()
        nowhere = bool(marker) and not any(applies(parse_marker(marker), env) for env in environments)
        if nowhere or (name in opaque and "[" in line):
            yield Reason(
                code=ReasonCode.REQUIREMENT_CHANGED,
                message=f'the lock was made with "{line}", which is no longer declared',
                package=name,
            )


def _removed(declared: LockInputs, recorded: LockInputs) -> dict[str, str]:
    gone = set(recorded.requirements) - set(declared.requirements)
    return {canonicalize_name(_name_of(line)): line for line in sorted(gone)}


def _name_of(line: str) -> str:
    text = line.removeprefix("-e ")
    end = next((i for i, char in enumerate(text) if not (char.isalnum() or char in "-_.")), len(text))
    return text[:end]


def _unmet_reasons(spec: EnvironmentSpec, found: Walk) -> Iterator[Reason]:
    for demand in found.unmet:
        if demand.root is not None:
            declared = spec.requirements[demand.root]
            yield Reason(
                code=ReasonCode.REQUIREMENT_MISSING,
                message=f'"{declared.recorded}" is declared, the lock has no {declared.name}',
                origin=declared.origin,
                package=declared.name,
            )
        elif demand.parent is not None:
            yield Reason(
                code=ReasonCode.CLOSURE_INCOMPLETE,
                message=f'{demand.parent.label} requires "{demand.requirement}", the lock has no {demand.name}',
                package=demand.name,
            )
    for package in found.opaque:
        if any(artifact.kind is ArtifactKind.WHEEL for artifact in package.artifacts):
            yield Reason(
                code=ReasonCode.CLOSURE_INCOMPLETE,
                message=f"the dependencies of {package.label} are not recorded",
                package=package.name,
            )
    for name, packages in found.ambiguous.items():
        yield Reason(
            code=ReasonCode.PIN_AMBIGUOUS,
            message=f"more than one pin of {name} applies: {', '.join(p.version or '?' for p in packages)}",
            package=name,
        )


def _violation_reasons(spec: EnvironmentSpec, found: Walk) -> Iterator[Reason]:
    for demand, package in found.violated:
        yield Reason(
            code=ReasonCode.REQUIREMENT_UNMET if demand.root is not None else ReasonCode.CLOSURE_INCOMPLETE,
            message=f"{_who(spec, demand)}, {package.version} is pinned",
            origin=None if demand.root is None else spec.requirements[demand.root].origin,
            package=package.name,
        )


def _who(spec: EnvironmentSpec, demand: Demand) -> str:
    if demand.root is not None:
        return f'"{spec.requirements[demand.root].recorded}" is declared'
    parent = demand.parent
    return f'{parent.label if parent else "?"} requires "{demand.requirement}"'


def _reference_reasons(spec: EnvironmentSpec, found: Walk) -> Iterator[Reason]:
    for name, package in found.reached.items():
        demands = found.demands[name]
        declared = [spec.requirements[d.root] for d in demands if d.root is not None]
        direct = next((artifact for artifact in package.artifacts if artifact.kind in _DIRECT), None)
        referring: list[DeclaredRequirement] = [d for d in declared if d.path is not None or d.requirement.url]
        for item in referring:
            if direct is None or not same_reference(item, direct):
                yield Reason(
                    code=ReasonCode.DIRECT_REFERENCE_CHANGED,
                    message=f'"{item.recorded}" is declared, the lock has {describe_reference(package)}',
                    origin=item.origin,
                    package=name,
                )
        transitive = any(d.requirement.url for d in demands if d.root is None)
        if direct is not None and not referring and not transitive:
            yield Reason(
                code=ReasonCode.DIRECT_REFERENCE_CHANGED,
                message=f"the lock has {describe_reference(package)}, no requirement refers to it any more",
                package=name,
            )


def _constraint_reasons(spec: EnvironmentSpec, found: Walk, environment: Mapping[str, str]) -> Iterator[Reason]:
    for declared in spec.constraints:
        package = found.reached.get(declared.name)
        requirement = declared.requirement
        if package is None or package.version is None or not applies(requirement.marker, environment):
            continue
        if not requirement.specifier.contains(package.version, prereleases=True):
            yield Reason(
                code=ReasonCode.CONSTRAINT_VIOLATED,
                message=f'the constraint "{declared.recorded}" is declared, {package.version} is pinned',
                origin=declared.origin,
                package=package.name,
            )


def _leftover_reasons(found: Walk, removed: Mapping[str, str]) -> Iterator[Reason]:
    if found.unmet:
        return  # what a missing package requires cannot be called unneeded
    for package in found.unreached:
        line = removed.get(package.name)
        if found.opaque and line is None:
            continue  # nor can what a package requires whose dependencies are not known
        yield Reason(
            code=ReasonCode.PIN_UNREACHABLE,
            message=f'the requirement "{line}" was removed, {package.version} is still pinned'
            if line is not None
            else f"{package.label} is pinned, nothing requires it",
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
