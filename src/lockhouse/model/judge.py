"""The rule of freshness: a declaration, a lock, a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lockhouse.model.closure import Demand, Walk, applies, parse_marker, walk
from lockhouse.model.environments import judged_environments, neighbours
from lockhouse.model.freshness import Fresh, Reason, ReasonCode, Stale
from lockhouse.model.lock import ArtifactKind
from lockhouse.model.policies import policy_reasons
from lockhouse.model.pythons import NEWEST_MINOR, lower_bound, minor_of, minors_within
from lockhouse.model.references import describe_reference, same_reference
from lockhouse.model.target import target_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockhouse.model.lock import Lock, LockRecord
    from lockhouse.model.spec import DeclaredRequirement, EnvironmentSpec, LockInputs

_DIRECT = {ArtifactKind.ARCHIVE, ArtifactKind.VCS, ArtifactKind.DIRECTORY}
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
    environments = [environment] if environment is not None else _environments(spec, lock, lock.record.inputs)
    reasons = [
        *_python_reasons(spec, lock, environments),
        *policy_reasons(spec, lock, lock.record.inputs),
        *_plugin_reasons(spec, lock.record, tuple(resolvers)),
        *_hash_reasons(lock),
        *_content_reasons(spec, lock, lock.record.inputs, environments),
    ]
    return Stale(tuple(reasons)) if reasons else Fresh(_notes(spec.inputs, lock.record.inputs))


def _environments(spec: EnvironmentSpec, lock: Lock, recorded: LockInputs) -> Sequence[Mapping[str, str]]:
    """Imagine where the lock must serve, from the declared Pythons and all markers that have a say."""
    lines = [*spec.inputs.requirements, *spec.inputs.constraints, *recorded.requirements]
    lines += [line for package in lock.packages for line in package.requires or ()]
    markers = [line.partition(";")[2] for line in lines] + [package.marker or "" for package in lock.packages]
    bounds = [package.requires_python for package in lock.packages if package.requires_python is not None]
    minors = minors_within(spec.requires_python, spec.pythons)
    return judged_environments(spec.requires_python, minors, markers, bounds)


# -- Pythons and targets ------------------------------------------------------------------------------------------


def _python_reasons(spec: EnvironmentSpec, lock: Lock, environments: Sequence[Mapping[str, str]]) -> Iterator[Reason]:
    bounds, declared = SpecifierSet(lock.requires_python), SpecifierSet(spec.requires_python)
    uncovered = [
        label
        for label, version in _declared_versions(spec, bounds, environments)
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


# -- Requirements and pins ----------------------------------------------------------------------------------------


class _Findings:
    """Collects reasons over all environments; one that does not hold in all of them says where it holds."""

    def __init__(self) -> None:
        self.reasons: dict[Reason, list[str]] = {}

    def add(self, reason: Reason, environment: Mapping[str, str]) -> None:
        label, python = target_label(environment), environment["python_full_version"]
        if not python.endswith(".50"):  # one patch level, where others are well
            label += f" with Python {python}"
        self.reasons.setdefault(reason, []).append(label)

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
            *_too_old_reasons(found, environment),
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


def _too_old_reasons(found: Walk, environment: Mapping[str, str]) -> Iterator[Reason]:
    """Name pins for newer Pythons. An upper bound of a package is a guess at the future, and resolvers ignore it."""
    for package in found.reached.values():
        lowest = None if package.requires_python is None else lower_bound(package.requires_python)
        if lowest is not None and Version(environment["python_full_version"]) < lowest:
            yield Reason(
                code=ReasonCode.PYTHON_UNCOVERED,
                message=f"{package.label} is pinned, it requires Python {package.requires_python}",
                package=package.name,
            )


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
