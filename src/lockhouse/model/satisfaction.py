"""Whether pins satisfy what is declared: a walk from the requirements to the pins for each environment that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from lockhouse.model.closure import Demand, Walk, applies, parse_marker, walk
from lockhouse.model.environments import decided_everywhere, decided_on_target
from lockhouse.model.freshness import Reason, ReasonCode
from lockhouse.model.input_changes import name_of
from lockhouse.model.lock import ArtifactKind
from lockhouse.model.pythons import lower_bound
from lockhouse.model.references import describe_reference, same_reference
from lockhouse.model.spec import canonical_requirement
from lockhouse.model.target import is_imagined, target_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.model.lock import Lock
    from lockhouse.model.spec import DeclaredRequirement, EnvironmentSpec, LockInputs, Origin

_DIRECT = {ArtifactKind.ARCHIVE, ArtifactKind.VCS, ArtifactKind.DIRECTORY}


class _Findings:
    """Collects reasons over all environments; one that does not hold in all of them says where it holds."""

    def __init__(self) -> None:
        self.reasons: dict[Reason, list[str]] = {}

    def add(self, reason: Reason, environment: Mapping[str, str]) -> None:
        label, python = target_label(environment), environment["python_full_version"]
        if not is_imagined(environment):  # one patch level, where others are well
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


def content_reasons(
    spec: EnvironmentSpec, lock: Lock, recorded: LockInputs, environments: Sequence[Mapping[str, str]]
) -> Iterator[Reason]:
    """Name what is declared and not pinned, what is pinned and not needed, and what does not fit.

    :param spec: what is declared now
    :param lock: the content of the lock
    :param recorded: the inputs that it was made from
    :param environments: the marker environments that count
    """
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

    That is what applies in none of the environments that are looked at and may apply in another one, and extras of a
    package whose dependencies are not known.
    """
    opaque = {package.name for package in lock.packages if package.requires is None}

    def unjudged(name: NormalizedName, marker: str, *, has_extras: bool) -> bool:
        if has_extras and name in opaque:
            return True
        decided = decided_on_target(marker) if len(environments) == 1 else decided_everywhere(marker)
        return not decided and not any(applies(parse_marker(marker), environment) for environment in environments)

    for declared, lines in ((spec.requirements, recorded.requirements), (spec.constraints, recorded.constraints)):
        known = set(lines)
        for item in declared:
            marker, has_extras = str(item.requirement.marker or ""), bool(item.requirement.extras)
            if item.recorded not in known and unjudged(item.name, marker, has_extras=has_extras):
                yield Reason(
                    code=ReasonCode.REQUIREMENT_CHANGED,
                    message=f'"{item.recorded}" is declared, the lock was made without it',
                    origin=item.origin,
                    package=item.name,
                )
    for line in sorted({*recorded.requirements} - {*spec.inputs.requirements}):
        name, marker = canonicalize_name(name_of(line)), line.partition(";")[2].strip()
        if unjudged(name, marker, has_extras="[" in line):
            yield Reason(
                code=ReasonCode.REQUIREMENT_CHANGED,
                message=f'the lock was made with "{line}", which is no longer declared',
                package=name,
            )


def _removed(declared: LockInputs, recorded: LockInputs) -> dict[str, str]:
    gone = set(recorded.requirements) - set(declared.requirements)
    return {canonicalize_name(name_of(line)): line for line in sorted(gone)}


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
                origin=_said_at(spec, demand),
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
            origin=_said_at(spec, demand) if demand.root is None else spec.requirements[demand.root].origin,
            package=package.name,
        )


def _said_at(spec: EnvironmentSpec, demand: Demand) -> Origin | None:
    """Give the place where a project of the repository says what it requires; None for any other package."""
    name, text = None if demand.parent is None else demand.parent.name, canonical_requirement(demand.requirement)
    items = (item for local in spec.local_projects if local.name == name for item in local.requires or ())
    return next((item.origin for item in items if item.text == text), None)


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
        local = next((each for each in spec.local_projects if each.name == name), None)
        if local is not None and not referring and (direct is None or not local.is_what(direct)):
            yield Reason(
                code=ReasonCode.DIRECT_REFERENCE_CHANGED,
                message=f"{name} is taken from {local.path}, the lock has {describe_reference(package)}",
                origin=local.origin,
                package=name,
            )
            continue
        transitive = local is not None or any(d.requirement.url for d in demands if d.root is None)
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
