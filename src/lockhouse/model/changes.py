"""What differs between two locks, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.model.closure import parse_marker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.utils import NormalizedName

    from lockhouse.model.lock import Lock, LockedPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one package.

    :ivar name: the package
    :ivar before: its versions before, sorted; empty where it was added
    :ivar after: its versions now, sorted; empty where it was removed
    :ivar detail: what changed where the versions did not; empty else
    """

    name: NormalizedName
    before: tuple[str, ...]
    after: tuple[str, ...]
    detail: str = ""

    def __str__(self) -> str:
        """Give the change in words."""
        if not self.before:
            return f"added {self.name} {', '.join(self.after)}"
        if not self.after:
            return f"removed {self.name} {', '.join(self.before)}"
        if self.before == self.after:
            return f"changed {self.name} {', '.join(self.after)}: {self.detail}"
        return f"changed {self.name} {', '.join(self.before)} → {', '.join(self.after)}"


def changes_between(before: Lock | None, after: Lock) -> tuple[Change, ...]:
    """List the packages that were added, removed or changed, by name.

    What decides is what would be installed, when, and from which index. What one format holds and another does not
    (addresses, sizes, upload times) is no change.

    :param before: the previous lock, or None
    :param after: the lock now
    """
    return _changes(() if before is None else before.packages, after.packages)


def build_changes_between(before: Lock | None, after: Lock) -> tuple[str, ...]:
    """Say in words what changed of what is built with; nothing where there was no lock before.

    :param before: the previous lock, or None
    :param after: the lock now
    """
    if before is None:
        return ()
    old = {} if before.record is None else before.record.builds
    new = {} if after.record is None else after.record.builds
    return tuple(
        f"{change}, for the build of {key}"
        for key in sorted(old.keys() | new.keys())
        for change in _changes(
            old[key].packages if key in old else (),
            new[key].packages if key in new else (),
        )
    )


def _changes(before: Sequence[LockedPackage], after: Sequence[LockedPackage]) -> tuple[Change, ...]:
    old, new = _by_name(before), _by_name(after)
    found = []
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name, ()), new.get(name, ())
        change = Change(name=name, before=_versions(was), after=_versions(now), detail=_detail(was, now))
        if change.before != change.after or change.detail:
            found.append(change)
    return tuple(found)


def _by_name(packages: Sequence[LockedPackage]) -> dict[NormalizedName, tuple[LockedPackage, ...]]:
    grouped: dict[NormalizedName, tuple[LockedPackage, ...]] = {}
    for package in packages:
        grouped[package.name] = (*grouped.get(package.name, ()), package)
    return grouped


def _versions(packages: tuple[LockedPackage, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(package.version or "at its source" for package in packages))


def _detail(was: tuple[LockedPackage, ...], now: tuple[LockedPackage, ...]) -> str:
    if _versions(was) != _versions(now):
        return ""
    aspects = {
        "files": _files(was) != _files(now),
        "marker": _markers(was) != _markers(now),
        "index": [p.index for p in was] != [p.index for p in now],
    }
    return ", ".join(name for name, differs in aspects.items() if differs)


def _markers(packages: tuple[LockedPackage, ...]) -> list[str]:
    """Give the markers in one spelling: a lock that was read back may quote otherwise than a resolver."""
    return ["" if package.marker is None else str(parse_marker(package.marker)) for package in packages]


def _files(packages: tuple[LockedPackage, ...]) -> list[list[tuple[str, tuple[tuple[str, str], ...]]]]:
    return [sorted((a.label, tuple(sorted(a.hashes.items()))) for a in package.artifacts) for package in packages]
