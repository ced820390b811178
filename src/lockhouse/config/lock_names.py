"""Names of locks: what a user says, and what a file name may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import EnvironmentConflictError, InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.config.declared import FilledEnvironment
    from lockhouse.model.spec import EnvironmentSpec, Origin

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_-]+")


def lock_name(said: str, *, place: str = "lock") -> str:
    """Turn the name of an environment or lock into one that a lock file can bear.

    PEP 751 forbids dots inside of the name; what is no letter, digit, ``_`` or ``-`` becomes one ``-``, and none is
    left at the ends: ``tests-3.12`` → ``tests-3-12``, ``tests(django='4.2')`` → ``tests-django-4-2``.

    :param said: the name as the user says it
    :param place: where it was said, for the message
    :raises InvalidSettingError: nothing is left of it, or it cannot be shown in one line
    """
    mangled = _FORBIDDEN.sub("-", said).strip("-")
    if not mangled or not said.isprintable():
        raise InvalidSettingError(
            f"{place}: {said!r} cannot be the name of a lock", fix="use letters, digits, _ and - in it"
        )
    return mangled


@dataclass(frozen=True, slots=True, kw_only=True)
class LockClaim:
    """The name of a lock, and the environment that wants it.

    :ivar name: the environment's name
    :ivar origin: where it was declared
    :ivar lock: the name that the lock file bears
    :ivar said: the name as the user says it, or None where that is not known any more
    """

    name: str
    origin: Origin
    lock: str
    said: str | None = None

    @classmethod
    def of_declared(cls, environment: FilledEnvironment) -> LockClaim:
        """Give the claim of an environment that is not expanded yet.

        :param environment: the environment
        """
        lock = lock_name(environment.lock, place=str(environment.origin))
        return cls(name=environment.name, origin=environment.origin, lock=lock, said=environment.lock)

    @classmethod
    def of_spec(cls, spec: EnvironmentSpec) -> LockClaim:
        """Give the claim of an environment that somebody else expanded.

        :param spec: the environment
        """
        return cls(name=spec.name, origin=spec.origin, lock=spec.lock_name)


def refuse_collisions(claims: Iterable[LockClaim]) -> None:
    """Refuse two names that would share one lock file though nobody asked for it.

    Case counts for nothing here: some file systems do not keep it apart.

    :param claims: those of all known environments
    :raises EnvironmentConflictError: both are named, with their places
    """
    known: dict[str, LockClaim] = {}
    for claim in claims:
        other = known.setdefault(claim.lock.casefold(), claim)
        same_words = None in {other.said, claim.said} or other.said == claim.said
        if other.lock != claim.lock or not same_words:
            raise EnvironmentConflictError(
                f'"{other.said or other.lock}" and "{claim.said or claim.lock}" would have one lock file, '
                f"pylock.{claim.lock}.toml",
                why=[f'environment "{each.name}": {each.origin}' for each in (other, claim)],
                fix=f'give one of them a lock of its own name, or both lock = "{claim.lock}"',
            )
