"""What came of locking: an outcome or a failure for each lock file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lockhouse.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.utils import NormalizedName

    from lockhouse.errors import LockhouseError
    from lockhouse.model.changes import Change
    from lockhouse.model.spec import EnvironmentSpec


class LockStatus(StrEnum):
    """What became of one lock file."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    WOULD_CHANGE = "would-change"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOutcome:
    """What locking one environment did.

    :ivar spec: the environment
    :ivar place: its lock file, relative to the project
    :ivar status: what became of the file
    :ivar changes: what moved, by name
    :ivar build_changes: what moved of what is built with, in words
    :ivar packages: how many packages the lock has now
    :ivar names: their names, once each
    :ivar computed_hashes: files whose hash was computed here, because the index gives none
    :ivar uncompared: which declared hashes are not held against the lock, in words
    :ivar built: packages that are built where they are installed, and from what, in words
    """

    spec: EnvironmentSpec
    place: str
    status: LockStatus
    changes: tuple[Change, ...] = ()
    build_changes: tuple[str, ...] = ()
    packages: int = 0
    names: frozenset[NormalizedName] = frozenset()
    computed_hashes: tuple[str, ...] = ()
    uncompared: tuple[str, ...] = ()
    built: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Give what happened in words: one line for the lock, then one for each change."""
        said = {
            LockStatus.WRITTEN: "locked",
            LockStatus.UNCHANGED: "unchanged",
            LockStatus.WOULD_CHANGE: "would change",
        }[self.status]
        count = "1 package" if self.packages == 1 else f"{self.packages} packages"
        lines = [f"{self.place}: {said}, {count}", *(f"  {change}" for change in (*self.changes, *self.build_changes))]
        if self.packages and self.status is not LockStatus.UNCHANGED and not (self.changes or self.build_changes):
            lines.append("  no package changed: what is recorded of the inputs did")
        lines += [f"  hash computed, the index gives none: {name}" for name in self.computed_hashes]
        lines += [f"  note: {words}" for words in self.uncompared]
        lines += [f"  note: {words} where it is installed" for words in self.built]
        return tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFailure:
    """One environment that could not be locked; nothing of its lock was changed.

    :ivar spec: the environment
    :ivar error: what went wrong
    """

    spec: EnvironmentSpec
    error: LockhouseError


def require_known_names(upgrade: Collection[NormalizedName], outcomes: Collection[LockOutcome | LockFailure]) -> None:
    """Refuse names to upgrade that no lock has: a slip of the pen would else look like "nothing newer".

    Where an environment could not be locked, nobody knows.

    :param upgrade: names to move to their newest allowed version
    :param outcomes: all that was locked
    :raises ConfigError: such names; the nearest is given
    """
    done = [outcome for outcome in outcomes if isinstance(outcome, LockOutcome)]
    known = frozenset[str]().union(*(outcome.names for outcome in done))
    unknown = sorted(set(upgrade) - known)
    if not unknown or len(done) < len(outcomes):
        return
    from lockhouse.config.nearest import nearest  # noqa: PLC0415 - only for a wrong name

    guess = nearest(unknown[0], known)
    raise ConfigError(
        f"nothing was upgraded for {', '.join(unknown)}",
        why="no lock of the chosen environments has a package of this name",
        fix=f"--upgrade-package {guess}" if guess else "give --upgrade-package the name of a locked package",
    )
