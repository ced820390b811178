"""What there is to do where a run finds no lock that fits, and to lock once more would not help."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nox import registry

from lockhouse.config.project import ProjectConfig
from lockhouse.errors import ConfigError, LockhouseError
from lockhouse.model.fresh import Fresh
from lockhouse.nox.discovery import declared_by
from lockhouse.project.naming import option_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    import nox

    from lockhouse.errors import LockMissingError, LockStaleError
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.nox.declaration import Declaration, Variant
    from lockhouse.project import Project


class Run(NamedTuple):
    """The run of a session.

    :ivar given: the session as nox gives it
    :ivar declaration: what it declares
    :ivar variant: which of its calls runs
    """

    given: nox.Session
    declaration: Declaration
    variant: Variant


def mended(
    error: LockMissingError | LockStaleError, spec: EnvironmentSpec, project: Project, run: Run
) -> LockhouseError:
    """Give the error with what has to be done, or the one that locking would end with.

    :param error: there is no lock, or it does not fit
    :param spec: the environment
    :param project: knows the environments of ``pyproject.toml``
    :param run: who found out
    """
    conflict = project.declarations.conflict(spec, _sessions(project))
    if conflict is not None:
        return conflict
    found = [] if run.declaration.refers else [*_unlisted(project, run), *_added(spec, project, run)]
    whys, edits = [why for why, _ in found], [edit for _, edit in found]
    fix = (error.fix or "").replace(spec.lock_command, _command(spec, project, run))
    if edits:
        fix = f"{' and '.join(edits)}, then run: {_command(spec, project, run)}"
    return type(error)(error.what, why=(*error.why, *whys), fix=fix or None)


def _sessions(project: Project) -> Iterator[EnvironmentSpec]:
    """Give the environments of all sessions of this run, so far as they can be used."""
    for function in registry.get().values():
        with suppress(ConfigError):
            for declared in declared_by(function, project):
                yield project.declarations.spec(declared)


def _command(spec: EnvironmentSpec, project: Project, run: Run) -> str:
    """Give the command that locks, to be pasted where nox was started."""
    return f"{spec.lock_command} {option_for(project.root, run.given.invoked_from)}".rstrip()


def _unlisted(project: Project, run: Run) -> Iterator[tuple[str, str]]:
    """Say what makes the noxfile of this run one of the project, where it is none."""
    name = Path(run.given._runner.global_config.noxfile).name  # noqa: SLF001 - nox has no public word for it
    listed = ProjectConfig.read(project.root, {}).settings.noxfiles
    if name not in listed:
        names = [*(each for each in listed if (project.root / each).is_file()), name]
        texts = ", ".join(f'"{each}"' for each in names)
        yield (
            f"{name} is none of the noxfiles whose sessions are locked",
            f"write noxfiles = [{texts}] into [tool.lockhouse] of pyproject.toml",
        )


def _added(spec: EnvironmentSpec, project: Project, run: Run) -> Iterator[tuple[str, str]]:
    """Say where the Python of this run is to be named, where ``nox -P`` or ``--force-python`` added it."""
    config = run.given._runner.global_config  # noqa: SLF001 - nox has no public word for it
    python, declared = run.given.python, run.declaration.pythons
    if python not in (config.extra_pythons or ()) or python in declared or not (declared or config.force_pythons):
        return
    if project.is_universal(spec):
        with suppress(LockhouseError):
            own = run.declaration.declared(replace(run.variant, pythons=declared), project)
            if not isinstance(project.check(project.declarations.spec(own)), Fresh):
                return  # something else has to be locked first
    yield (
        f"Python {python} was added when nox was started: the lock is made for those that are declared",
        f'add "{python}" to python= of {run.declaration.origin(project.root)}',
    )
