"""A locked session that calls another one as a function: one environment holds one lock only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import UnlockedInstallError

if TYPE_CHECKING:
    from lockhouse.model.spec import EnvironmentSpec


def require_same_lock(outer: EnvironmentSpec, inner: EnvironmentSpec, *, session: str) -> None:
    """Refuse that a session goes on with what another one has locked.

    :param outer: what the session declares whose environment it is
    :param inner: what the session declares that it calls
    :param session: the name of the session that it calls
    :raises UnlockedInstallError: the two have different locks, or have the project in different ways
    """
    if _installed(outer) == _installed(inner):
        return
    if outer.lock_name != inner.lock_name:
        why = f'the environment holds the lock "{outer.lock_name}", and would hold "{inner.lock_name}" from then on'
    elif outer.project is not inner.project:
        why = f'the environment has project="{outer.project}", and would have project="{inner.project}" from then on'
    else:
        why = f'both have the lock "{outer.lock_name}", and their inputs differ'
    raise UnlockedInstallError(
        f'nox session "{outer.name}" calls the session "{inner.name}" as a function, which installs something else',
        why=why,
        fix=f'have it run in its own environment: session.notify("{session}"); or give both sessions the same '
        "environment=, or the same inputs and the same lock=",
    )


def _installed(spec: EnvironmentSpec) -> tuple[object, ...]:
    return spec.lock_name, spec.lock_directory, spec.inputs.digest, spec.project
