"""The walk from requirements through dependencies to pins, for one environment."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockhouse.model.lock import LockedPackage


#: ``>=1.*`` means ``>=1`` to the packages that say it.
_OLD_STAR = re.compile(r"(>=|<=|>|<|~=)(\s*[0-9][0-9.]*?)\.\*")
_NAME_WITH_EXTRAS = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One requirement on the way, and who makes it.

    :ivar requirement: the requirement, its marker already found true
    :ivar root: position of the declared requirement, None for a dependency of a package
    :ivar parent: the package whose dependency it is, None for a declared requirement
    """

    requirement: Requirement
    root: int | None = None
    parent: LockedPackage | None = None

    @property
    def name(self) -> NormalizedName:
        """Give the normalised name."""
        return canonicalize_name(self.requirement.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk found.

    :ivar reached: the packages that were met, by name
    :ivar unmet: demands for which no pin applies
    :ivar violated: demands whose pin has a version that they do not admit
    :ivar ambiguous: names for which more than one pin applies, with these
    :ivar unreached: pins that apply and that nothing demands
    :ivar demands: every demand that was made of a reached package, by name
    :ivar opaque: reached packages whose dependencies are not known
    """

    reached: Mapping[NormalizedName, LockedPackage]
    unmet: Sequence[Demand]
    violated: Sequence[tuple[Demand, LockedPackage]]
    ambiguous: Mapping[NormalizedName, Sequence[LockedPackage]]
    unreached: Sequence[LockedPackage]
    demands: Mapping[NormalizedName, Sequence[Demand]]
    opaque: Sequence[LockedPackage]


@dataclass(slots=True)
class _State:
    active: dict[NormalizedName, LockedPackage]
    reached: dict[NormalizedName, LockedPackage] = field(default_factory=dict)
    unmet: list[Demand] = field(default_factory=list)
    violated: list[tuple[Demand, LockedPackage]] = field(default_factory=list)
    demands: dict[NormalizedName, list[Demand]] = field(default_factory=dict)
    expanded: set[tuple[NormalizedName, str]] = field(default_factory=set)
    queue: deque[Demand] = field(default_factory=deque)


def walk(
    requirements: Iterable[Requirement], packages: Iterable[LockedPackage], environment: Mapping[str, str]
) -> Walk:
    """Walk from the requirements to the pins that apply in one environment.

    :param requirements: the declared requirements
    :param packages: the pins, with their recorded dependencies
    :param environment: a marker environment without ``extra``
    """
    active, ambiguous = _active(packages, environment)
    state = _State(active)
    for position, requirement in enumerate(requirements):
        if applies(requirement.marker, environment):
            state.queue.append(Demand(requirement=requirement, root=position))
    while state.queue:
        _follow(state.queue.popleft(), state, environment)
    return Walk(
        reached=state.reached,
        unmet=state.unmet,
        violated=state.violated,
        ambiguous=ambiguous,
        unreached=[package for name, package in active.items() if name not in state.reached],
        demands=state.demands,
        opaque=[package for package in state.reached.values() if package.requires is None],
    )


def applies(marker: Marker | None, environment: Mapping[str, str], extra: str = "") -> bool:
    """Tell whether a marker is true in an environment.

    :param marker: the marker, or None for always
    :param environment: a marker environment
    :param extra: the extra whose dependencies are looked at, or nothing
    """
    if marker is None:
        return True
    return _evaluate(marker, tuple(environment.items()), extra)


@lru_cache(maxsize=65536)
def _evaluate(marker: Marker, environment: tuple[tuple[str, str], ...], extra: str) -> bool:
    # the context of lock files knows extras and groups too (PEP 751); a lock of ours asks for none
    return marker.evaluate({**dict(environment), "extra": extra}, context="lock_file")


@lru_cache(maxsize=16384)
def parse_marker(text: str) -> Marker:
    """Read a marker that was validated before.

    :param text: the marker
    """
    return Marker(text)


@lru_cache(maxsize=16384)
def parse_requirement(text: str) -> Requirement | None:
    """Read one ``Requires-Dist`` line, as leniently as resolvers do: old packages hold what PEP 508 does not allow.

    Where the version cannot be read the name still counts, with its extras and marker.

    :param text: the line
    :return: the requirement; None where not even a name can be read, which no tool could act on
    """
    head, semicolon, marker = text.partition(";")
    bare = _OLD_STAR.sub(r"\1\2", head)
    name = _NAME_WITH_EXTRAS.match(head)
    candidates = [text, f"{bare}{semicolon}{marker}", f"{name[0] if name else ''}{semicolon}{marker}"]
    for candidate in candidates:
        try:
            return Requirement(candidate)
        except (InvalidRequirement, RecursionError):
            continue
    return None


def _active(
    packages: Iterable[LockedPackage], environment: Mapping[str, str]
) -> tuple[dict[NormalizedName, LockedPackage], dict[NormalizedName, list[LockedPackage]]]:
    by_name: dict[NormalizedName, list[LockedPackage]] = {}
    for package in packages:
        if package.marker is None or applies(parse_marker(package.marker), environment):
            by_name.setdefault(package.name, []).append(package)
    active = {name: found[0] for name, found in by_name.items()}
    return active, {name: found for name, found in by_name.items() if len(found) > 1}


def _follow(demand: Demand, state: _State, environment: Mapping[str, str]) -> None:
    package = state.active.get(demand.name)
    if package is None:
        state.unmet.append(demand)
        return
    state.reached[package.name] = package
    state.demands.setdefault(package.name, []).append(demand)
    specifier = demand.requirement.specifier
    if package.version is not None and not specifier.contains(package.version, prereleases=True):
        state.violated.append((demand, package))
    for extra in ("", *sorted(canonicalize_name(extra) for extra in demand.requirement.extras)):
        if (package.name, extra) not in state.expanded:
            state.expanded.add((package.name, extra))
            state.queue.extend(_dependencies(package, extra, environment))


def _dependencies(package: LockedPackage, extra: str, environment: Mapping[str, str]) -> Iterable[Demand]:
    for line in package.requires or ():
        requirement = parse_requirement(line)
        if requirement is None:
            continue
        # without an extra, a dependency counts when it holds with none; with one, when it needs just that one
        if applies(requirement.marker, environment, extra) and not (extra and applies(requirement.marker, environment)):
            yield Demand(requirement=requirement, parent=package)
