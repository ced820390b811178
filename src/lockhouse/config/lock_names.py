"""Names of locks: what a user says, and what a file name may hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import EnvironmentConflictError, InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.config.declared import FilledEnvironment

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_-]+")


def lock_name(said: str, *, place: str = "lock") -> str:
    """Turn the name of an environment or lock into one that a lock file can bear.

    PEP 751 forbids dots inside of the name; what is no letter, digit, ``_`` or ``-`` becomes one ``-``, and none is
    left at the ends: ``tests-3.12`` → ``tests-3-12``, ``tests(django='4.2')`` → ``tests-django-4-2``.

    :param said: the name as the user says it
    :param place: where it was said, for the message
    :raises InvalidSettingError: nothing is left of it
    """
    mangled = _FORBIDDEN.sub("-", said).strip("-")
    if not mangled:
        raise InvalidSettingError(
            f"{place}: {said!r} cannot be the name of a lock", fix="use letters, digits, _ and - in it"
        )
    return mangled


def refuse_collisions(environments: Iterable[FilledEnvironment]) -> None:
    """Refuse two names that would share one lock file though nobody asked for it.

    Case counts for nothing here: some file systems do not keep it apart.

    :param environments: all known environments
    :raises EnvironmentConflictError: both are named, with their places
    """
    known: dict[str, FilledEnvironment] = {}
    for environment in environments:
        mangled = lock_name(environment.lock, place=str(environment.origin))
        other = known.setdefault(mangled.casefold(), environment)
        if other.lock != environment.lock:
            raise EnvironmentConflictError(
                f'"{other.lock}" and "{environment.lock}" would have one lock file, pylock.{mangled}.toml',
                why=[f'environment "{each.name}": {each.origin}' for each in (other, environment)],
                fix=f'give one of them a lock of its own name, or both lock = "{mangled}"',
            )
