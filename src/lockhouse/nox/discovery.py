"""Finds the locked sessions of a noxfile, so that the command line can lock and check them."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import BackendNotFoundError, ConfigError, LockhouseError
from lockhouse.hookspecs import hookimpl
from lockhouse.nox.declaration import ATTRIBUTE, variants
from lockhouse.nox.mentions import mentions_lockhouse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nox._decorators import Func

    from lockhouse.config.declared import DeclaredEnvironment
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.nox.declaration import Declaration
    from lockhouse.project import Project

_NOXFILE = "noxfile.py"

#: The name under which nox itself loads a noxfile.
_MODULE = "user_nox_module"


def needs(root: Path) -> bool:
    """Tell whether a noxfile names Lockhouse, itself or in its helper modules; nox need not be installed.

    :param root: the project's folder
    :raises ConfigError: the settings cannot be read, or name a noxfile that is not there
    """
    return bool(_ours(root))


def _ours(root: Path) -> tuple[str, ...]:
    """Give the names of the noxfiles that name Lockhouse.

    :raises ConfigError: the settings cannot be read, or name a noxfile that is not there
    """
    return tuple(name for name in _noxfiles(root) if mentions_lockhouse(root / name))


def _noxfiles(root: Path) -> tuple[str, ...]:
    from lockhouse.config.project import ProjectConfig  # noqa: PLC0415 - keeps `nox --list` fast

    names = ProjectConfig.read(root, os.environ).settings.noxfiles
    lost = [name for name in names if name != _NOXFILE and not (root / name).is_file()]
    if lost:
        raise ConfigError(
            f"[tool.lockhouse] noxfiles names {', '.join(lost)}, which {'is' if len(lost) == 1 else 'are'} not there",
            why="the sessions of it would be left out silently",
            fix="correct the name, or take it out of noxfiles in pyproject.toml",
        )
    return names


class NoxPlugin:
    """The nox frontend as a plugin of Lockhouse."""

    @hookimpl
    def lockhouse_discover_environments(self, root: Path) -> list[EnvironmentSpec]:
        """List the environments of all locked sessions.

        :raises BackendNotFoundError: there may be some, and nox is not installed: to leave them out would be a lie
        """
        from importlib.util import find_spec  # noqa: PLC0415 - speed

        ours = _ours(root)
        if not ours:
            return []
        if find_spec("nox") is None:
            raise BackendNotFoundError(
                f"{ours[0]} names Lockhouse, and nox is not installed beside it",
                why="whether it has locked sessions, and which, cannot be known without nox",
                fix='pip install "lockhouse[nox]"; to go on without its sessions, name environments of pyproject.toml '
                "(lockhouse check NAME), or set LOCKHOUSE_DISABLE_PLUGINS=nox",
            )
        from lockhouse.project import Project  # noqa: PLC0415 - keeps `nox --list` fast

        project = Project.open(root)
        return [project.declarations.spec(declared) for declared in declared_environments(project, ours)]


#: What is registered with the plugin manager, so that the command line knows the sessions of a noxfile.
plugin = NoxPlugin()


def declared_environments(project: Project, noxfiles: Iterable[str]) -> tuple[DeclaredEnvironment, ...]:
    """Load noxfiles, and list what their sessions declare.

    A session that refers to an environment of ``pyproject.toml`` declares none of its own; that it exists is checked.

    :param project: the project that holds them
    :param noxfiles: their names
    :return: the environments; two noxfiles may declare one of the same name
    :raises ConfigError: a noxfile cannot be loaded, or a session declares what cannot be used
    """
    found: list[DeclaredEnvironment] = []
    for noxfile in noxfiles:
        of_noxfile: dict[str, DeclaredEnvironment] = {}
        for function in load_sessions(project.root, noxfile):
            for declared in declared_by(function, project):
                of_noxfile.setdefault(declared.name, declared)
        found += of_noxfile.values()
    return tuple(found)


def declared_by(function: Func, project: Project) -> Iterator[DeclaredEnvironment]:
    """List what one session declares; nothing where it is none of ours.

    :param function: the session as nox registered it
    :param project: the project that holds the noxfile
    :raises ConfigError: it declares what cannot be used
    """
    declaration: Declaration | None = getattr(function, ATTRIBUTE, None)
    if declaration is None:
        return
    for variant in variants(function, declaration):
        declared = declaration.declared(variant, project)
        if not declaration.refers:
            yield declared


def load_sessions(root: Path, noxfile: str = _NOXFILE) -> tuple[Func, ...]:
    """Run a noxfile as nox would, and give the sessions that it registers; nox's own state stays as it was.

    :param root: the folder that holds it
    :param noxfile: its name
    :raises ConfigError: it cannot be loaded
    """
    try:
        with _as_nox_does(root), contextlib.redirect_stdout(sys.stderr):
            return _registered(root, noxfile)
    except LockhouseError:
        raise
    except (Exception, SystemExit) as error:
        place = _place_of(error, root / noxfile)
        raise ConfigError(
            f"{place} cannot be loaded",
            why=f"{type(error).__name__}: {error}",
            fix="see what `nox --list` says, and mend the noxfile",
        ) from error


def _registered(root: Path, noxfile: str) -> tuple[Func, ...]:
    # nox has no public way to load a noxfile without running it; this is all of its inside that is used
    from importlib.util import module_from_spec, spec_from_file_location  # noqa: PLC0415 - speed

    from nox import registry  # noqa: PLC0415 - nox may not be installed

    before = registry.get()
    module_before = sys.modules.get(_MODULE)
    modules_before = set(sys.modules)
    registry.reset()
    try:
        spec = spec_from_file_location(_MODULE, root / noxfile)
        if spec is None or spec.loader is None:  # a file name that Python does not take for a module
            raise ImportError(noxfile)
        module = module_from_spec(spec)
        sys.modules[_MODULE] = module
        spec.loader.exec_module(module)
        return tuple(registry.get().values())
    finally:
        registry.reset()
        registry._REGISTRY.update(before)  # noqa: SLF001
        sys.modules.pop(_MODULE, None)
        _forget_helpers(root, modules_before)
        if module_before is not None:
            sys.modules[_MODULE] = module_before


def _forget_helpers(root: Path, before: set[str]) -> None:
    """Have the modules beside a noxfile run again when it is loaded again: they may register sessions, too."""
    for name in sys.modules.keys() - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file is not None and (path := Path(file)).is_relative_to(root) and "site-packages" not in path.parts:
            del sys.modules[name]


@contextlib.contextmanager
def _as_nox_does(root: Path) -> Iterator[None]:
    before = os.getcwd()  # noqa: PTH109 - text is enough
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)


def _place_of(error: BaseException, noxfile: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno is not None and error.filename == str(noxfile):
        return f"{noxfile.name}:{error.lineno}"
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(noxfile):
            line = trace.tb_lineno
        trace = trace.tb_next
    return noxfile.name if line is None else f"{noxfile.name}:{line}"
