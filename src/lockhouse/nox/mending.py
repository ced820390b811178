"""What there is to do where a run finds no lock that fits, and to lock once more would not help."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from nox import registry

from lockhouse.errors import ConfigError
from lockhouse.nox.discovery import declared_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.errors import LockhouseError, LockMissingError, LockStaleError
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.project import Project


def mended(error: LockMissingError | LockStaleError, spec: EnvironmentSpec, project: Project) -> LockhouseError:
    """Give the error with what has to be done, or the one that locking would end with.

    :param error: there is no lock, or it does not fit
    :param spec: the environment
    :param project: knows the environments of ``pyproject.toml``
    """
    return project.declarations.conflict(spec, _sessions(project)) or error


def _sessions(project: Project) -> Iterator[EnvironmentSpec]:
    """Give the environments of all sessions of this run, so far as they can be used."""
    for function in registry.get().values():
        with suppress(ConfigError):
            for declared in declared_by(function, project):
                yield project.declarations.spec(declared)
