"""What happens when a locked session runs: check, install, then hand over a session that guards the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nox

from lockhouse.nox.asked import asked_for
from lockhouse.operations.unchanged import is_unchanged
from lockhouse.silence import SilentReporter

if TYPE_CHECKING:
    from lockhouse.nox.declaration import Declaration, Variant

#: What this run of nox warned of already: it opens the project for each session.
_WARNED: set[str] = set()


def prepare(given: nox.Session, declaration: Declaration, variant: Variant) -> nox.Session:
    """Check the lock, then install from it, or where nox forbids installing, compare the environment with it.

    :param given: the session as nox gives it, or as a locked session has it that calls this one as a function
    :param declaration: what it declares
    :param variant: which of its calls runs
    :return: the session for the user's function
    :raises LockhouseError: the lock or the environment is not as it must be
    """
    if isinstance(given, GuardedSession):
        given.require_same_lock(declaration, variant)
        return GuardedSession.of(given, declaration, variant)
    root = _root_of(given)
    asked = asked_for(declaration, variant, root)
    python = _absolute_python_of(given)
    if _is_verbose(given) or asked is None or not is_unchanged(python, asked, os.environ):  # a trace has no details
        _prepare(given, declaration, variant, root=root, python=python, asked=asked)
    return GuardedSession.of(given, declaration, variant)


def _root_of(given: nox.Session) -> Path:
    """Give the folder of the noxfile: there nox runs each session, which may go elsewhere while it runs."""
    return Path(given._runner.global_config.noxfile).parent  # noqa: SLF001 - nox has no public word for it


def _prepare(
    given: nox.Session, declaration: Declaration, variant: Variant, *, root: Path, python: Path, asked: str | None
) -> None:
    from lockhouse.errors import LockMissingError, LockStaleError  # noqa: PLC0415 - not where nothing changed
    from lockhouse.model.spec import quoted  # noqa: PLC0415 - likewise
    from lockhouse.project import Project  # noqa: PLC0415 - likewise

    project = Project.open(root, reporter=_Log(given), warned=_WARNED)
    spec = project.declarations.spec(declaration.declared(variant, project))
    try:
        project.require_fresh(spec, python)
    except (LockMissingError, LockStaleError) as error:
        from lockhouse.nox.mending import Run, mended  # noqa: PLC0415 - errors only

        raise mended(error, spec, project, Run(given, declaration, variant)) from None
    if not _may_install(given):
        project.require_matching(spec, python, fix=f"nox -s {quoted(given.name)}")
        return
    project.sync(spec, python)
    if asked is not None:
        project.remember(spec, python, asked)


def _may_install(given: nox.Session) -> bool:
    """Tell whether nox would install: ``-R`` and ``--no-install`` forbid it in an environment that is reused."""
    # Private to nox: it has no public word for it, and skips its own installs by these two.
    return not (given._runner.global_config.no_install and given.virtualenv._reused)  # noqa: SLF001


def _is_verbose(given: nox.Session) -> bool:
    return bool(given._runner.global_config.verbose)  # noqa: SLF001 - nox has no public word for it


def _absolute_python_of(given: nox.Session) -> Path:
    return Path(os.path.abspath(_python_of(given)))  # noqa: PTH100 - links must stay: they tell an environment


def _python_of(given: nox.Session) -> Path:
    name = "python.exe" if os.name == "nt" else "python"
    folders = given.bin_paths if given.venv_backend != "none" else None
    if folders is None:
        from lockhouse.errors import InterpreterError  # noqa: PLC0415 - errors only

        forced = given._runner.global_config.force_venv_backend == "none"  # noqa: SLF001 - nox has no public word for it
        said = "--no-venv was given" if forced else 'its venv_backend is "none"'
        raise InterpreterError(
            f'nox session "{given.name}" has no environment of its own',
            why=f"{said}, and a lock is never installed into the Python that runs nox",
            fix="run nox without --no-venv" if forced else 'give it venv_backend="virtualenv", "venv" or "uv"',
        )
    found = next((Path(folder, name) for folder in folders if Path(folder, name).exists()), None)
    if found is None:
        from lockhouse.errors import InterpreterError  # noqa: PLC0415 - errors only

        lost = next((Path(folder).parent for folder in folders if Path(folder, "../pyvenv.cfg").is_file()), None)
        raise InterpreterError(
            f'the environment of nox session "{given.name}" has no Python',
            why=f"there is no {name} in {', '.join(folders)}",
            fix='add Python to it, for instance venv_params=["python=3.12"] with conda'
            if lost is None
            else f"remove the folder {lost}, so that it is made anew",
        )
    return found


class GuardedSession(nox.Session):
    """A session that does not install beside its lock unless that was allowed."""

    __slots__ = ("_declaration", "_variant")
    _declaration: Declaration
    _variant: Variant

    @classmethod
    def of(cls, given: nox.Session, declaration: Declaration, variant: Variant) -> GuardedSession:
        """Guard a session.

        :param given: the session as nox gives it
        :param declaration: says what an install does
        :param variant: which of its calls runs
        """
        guarded = cls(given._runner)  # noqa: SLF001 - nox has no other way to make a session
        guarded._declaration = declaration
        guarded._variant = variant
        return guarded

    def require_same_lock(self, declaration: Declaration, variant: Variant) -> None:
        """Refuse to go on with another lock where this session calls another one as a function.

        :param declaration: what the other one declares
        :param variant: which of its calls runs
        :raises UnlockedInstallError: it has another lock, or another mode of the project
        :raises LockhouseError: one of the two cannot be used, or the lock is not as the other one wants it
        """
        from lockhouse.nox.nested import require_same_lock  # noqa: PLC0415 - few sessions call another one
        from lockhouse.project import Project  # noqa: PLC0415 - likewise

        project = Project.open(_root_of(self), reporter=_Log(self), warned=_WARNED)
        outer = project.declarations.spec(self._declaration.declared(self._variant, project))
        inner = project.declarations.spec(declaration.declared(variant, project))
        require_same_lock(outer, inner, session=declaration.name)
        project.require_fresh(inner, _absolute_python_of(self))

    def install(self, *args: Any, **keywords: Any) -> None:
        """Install as nox does, if that was allowed."""
        self._guard("install", args)
        super().install(*args, **keywords)

    def conda_install(self, *args: Any, **keywords: Any) -> None:
        """Install as nox does, if that was allowed."""
        self._guard("conda_install", args)
        super().conda_install(*args, **keywords)

    def run_install(self, *args: Any, **keywords: Any) -> Any:
        """Run a command as nox does; one that installs packages only if that was allowed."""
        from lockhouse.nox.installing import installs  # noqa: PLC0415 - few sessions prepare something

        if installs(args):
            self._guard("run_install", args)
        return super().run_install(*args, **keywords)

    #: nox's older name for it.
    run_always = run_install

    def _guard(self, method: str, args: tuple[Any, ...]) -> None:
        chosen = self._declaration.on_install
        if chosen == "allow":
            return
        from lockhouse.nox.unlocked import unlocked  # noqa: PLC0415 - errors only

        error = unlocked(method, args, self._declaration, self._variant, root=_root_of(self))
        if chosen == "warn":
            self.warn(_hidden(error.told_as("warning")))
        else:
            self.error(f"{_hidden(str(error))}\n")  # nox goes on in the same line


def _hidden(text: str) -> str:
    from lockhouse.model.redaction import hide_environ  # noqa: PLC0415 - most runs say nothing

    return hide_environ(text, os.environ)


class _Log(SilentReporter):
    """A reporter that speaks through nox's log; no bar is shown."""

    def __init__(self, given: nox.Session) -> None:
        self._session = given

    def info(self, message: str) -> None:
        self._session.log(_hidden(message))

    def detail(self, message: str) -> None:
        # nox shows its level "debug" always; what only -v shows has a level that sessions cannot log at
        if _is_verbose(self._session):
            self.info(message)

    def warning(self, message: str) -> None:
        self._session.warn(_hidden(message))
