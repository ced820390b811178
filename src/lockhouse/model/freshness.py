"""Freshness: does the lock still satisfy what is declared? A pure rule over values.

The verdict rests on content. For every environment that the lock must serve (each Python on each platform), the
requirements are walked from the declaration through the recorded dependencies: each one that applies must meet exactly
one pin that satisfies it, and in the end every pin that applies must have been met.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from lockhouse.model.fresh import Fresh as Fresh  # noqa: PLC0414 - it belongs here, and stands apart to be light

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from lockhouse.model.input_changes import InputChange
    from lockhouse.model.spec import Origin


class ReasonCode(StrEnum):
    """Why a lock is stale. The codes are stable; each has a section in the reference."""

    REQUIREMENT_UNMET = "requirement-unmet"
    REQUIREMENT_MISSING = "requirement-missing"
    REQUIREMENT_CHANGED = "requirement-changed"
    DIRECT_REFERENCE_CHANGED = "direct-reference-changed"
    CONSTRAINT_VIOLATED = "constraint-violated"
    CLOSURE_INCOMPLETE = "closure-incomplete"
    PIN_UNREACHABLE = "pin-unreachable"
    PIN_AMBIGUOUS = "pin-ambiguous"
    PYTHON_UNCOVERED = "python-uncovered"
    TARGET_UNCOVERED = "target-uncovered"
    INDEXES_CHANGED = "indexes-changed"
    POLICY_CHANGED = "policy-changed"
    HASH_MISSING = "hash-missing"
    BUILD_UNLOCKED = "build-unlocked"
    BUILD_REQUIRES_CHANGED = "build-requires-changed"
    FINGERPRINT_CHANGED = "fingerprint-changed"
    PLUGIN_ABSENT = "plugin-absent"
    RECORD_MISSING = "record-missing"
    RULE_BROKEN = "rule-broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason why a lock is stale.

    :ivar code: its stable code
    :ivar message: the fact in one line: what is declared, what is pinned
    :ivar origin: where the declaration stands, or None
    :ivar package: the package that it is about, or None
    :ivar edit: the edit of the declaration that mends it, where locking again would not; else empty
    """

    code: ReasonCode
    message: str
    origin: Origin | None = None
    package: NormalizedName | None = None
    edit: str = ""

    def __str__(self) -> str:
        """Give the message and its place."""
        return self.message if self.origin is None else f"{self.message}; {self.origin}"


class WarningCode(StrEnum):
    """What is worth knowing of locks, and makes none stale. The codes are stable, like those of the reasons."""

    ORPHAN_LOCK = "orphan-lock"


@dataclass(frozen=True, slots=True)
class Stale:
    """The lock does not satisfy the declaration.

    :ivar reasons: every reason, in a stable order
    :ivar changes: what was declared otherwise when the lock was made; empty where the lock does not record it
    :ivar path: the lock, relative to the project; empty where the content was judged and no file
    :ivar notes: what may explain the reasons
    :ivar first: what has to be so before locking again can help; empty where nothing has to
    """

    reasons: tuple[Reason, ...]
    changes: tuple[InputChange, ...] = ()
    path: str = ""
    notes: tuple[str, ...] = ()
    first: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no lock.

    :ivar path: where it was expected
    """

    path: str


Freshness: TypeAlias = Fresh | Stale | Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanLock:
    """A lock that Lockhouse wrote and no declared environment uses.

    :ivar name: its name, with the target where it is for one
    :ivar files: its files, relative to the project
    """

    name: str
    files: tuple[str, ...]

    def __str__(self) -> str:
        """Give the fact in one line."""
        return f"no declared environment uses the lock {', '.join(self.files)}"

    @property
    def fix(self) -> str:
        """Give what mends it."""
        from lockhouse.model.spec import quoted  # noqa: PLC0415 - what is fresh needs no names

        return f"delete it, or declare the environment that it is for: git rm {' '.join(map(quoted, self.files))}"


def next_step(verdict: Stale | Missing, lock_command: str) -> str:
    """Say what mends a lock that is not fresh.

    :param verdict: what is wrong
    :param lock_command: the command that locks the environment
    """
    if isinstance(verdict, Stale) and all(reason.code is ReasonCode.RULE_BROKEN for reason in verdict.reasons):
        return f"change the inputs so that the rule holds, then run: {lock_command}"  # else the same is resolved again
    if isinstance(verdict, Stale) and (edits := edits_of(verdict.reasons)):
        return f"{edits}, then run: {lock_command}"
    return f"{verdict.first}: {lock_command}" if isinstance(verdict, Stale) and verdict.first else lock_command


def edits_of(reasons: Iterable[Reason]) -> str:
    """Give the edits that mend what locking again would not, in words; empty where there is none.

    :param reasons: why a lock is stale
    """
    return "; ".join(dict.fromkeys(reason.edit for reason in reasons if reason.edit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a plugin's rule says against a lock (``lockhouse_check_lock``).

    :ivar code: a code of the plugin's own, such as ``banned-package``
    :ivar message: the fact in one line
    :ivar package: the package that it is about, or None
    """

    code: str
    message: str
    package: str | None = None
