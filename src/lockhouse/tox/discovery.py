"""Finds the locked environments of a tox configuration, so that the command line can lock and check them."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

from lockhouse.config.frontend_files import TOX_FILES, is_for_frontend
from lockhouse.errors import BackendNotFoundError, ConfigError, LockhouseError
from lockhouse.hookspecs import hookimpl
from lockhouse.tox.misspelt import may_be_misspelt, refuse_misspelt_runners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tox.session.state import State

    from lockhouse.model.spec import EnvironmentSpec


def needs(root: Path) -> bool:
    """Tell whether a project has a tox configuration that names our runner; tox need not be installed.

    :param root: the project's folder
    """
    for name in TOX_FILES:
        with contextlib.suppress(OSError):
            content = (root / name).read_bytes()
            if is_for_frontend(name, content):
                return (b"lockhouse" in content and b"runner" in content) or may_be_misspelt(content)
    return False


class ToxPlugin:
    """The tox frontend as a plugin of Lockhouse."""

    @hookimpl
    def lockhouse_discover_environments(self, root: Path) -> list[EnvironmentSpec]:
        """List the environments of our runner.

        :raises BackendNotFoundError: there are some, and tox is not installed: to leave them out would be a lie
        """
        from importlib.util import find_spec  # noqa: PLC0415 - speed

        if not needs(root):
            return []
        if find_spec("tox") is None:
            raise BackendNotFoundError(
                "the tox configuration has locked environments, and tox is not installed beside Lockhouse",
                why="its environments cannot be known without it",
                fix='pip install "lockhouse[tox]"; to go on without its environments, name environments of '
                "pyproject.toml (lockhouse check NAME), or set LOCKHOUSE_DISABLE_PLUGINS=tox",
            )
        try:
            with _undisturbed():
                return _environments(root)
        except LockhouseError:
            raise
        except (Exception, SystemExit) as error:
            raise ConfigError(
                "the tox configuration cannot be loaded",
                why=f"{type(error).__name__}: {error}",
                fix="see what `tox config` says, and mend it",
            ) from error


#: What is registered with the plugin manager, so that the command line knows the environments of a tox configuration.
plugin = ToxPlugin()


def _environments(root: Path) -> list[EnvironmentSpec]:
    from lockhouse.tox.runner import LockhouseRunner  # noqa: PLC0415 - tox may not be installed

    state = _running(root) or _loaded(root)
    environments = [state.envs[name] for name in state.envs.iter(only_active=False)]
    refuse_misspelt_runners(state)
    ours = [environment for environment in environments if isinstance(environment, LockhouseRunner)]
    specs = [(environment.spec, environment.conf["lockhouse_environment"]) for environment in ours]
    # what is declared in pyproject.toml is found there; that it can be used by those who refer to it was looked at
    return [spec for spec, referred in specs if not referred]


def _running(root: Path) -> State | None:
    """Give the run that goes on in this process, where tox itself asks."""
    from lockhouse.tox.states import STATES  # noqa: PLC0415 - speed

    return next((state for state in STATES.values() if root.samefile(state.conf.core["tox_root"])), None)


def _loaded(root: Path) -> State:
    from tox.run import setup_state  # noqa: PLC0415 - tox may not be installed

    state = setup_state(["list", "--conf", str(root), "--root", str(root)])
    state.envs.on_empty_fallback_py = False
    return state


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the log as it was, and what tox prints off the standard output, which may be read by a machine."""
    log = logging.getLogger()
    handlers, level = log.handlers[:], log.level
    with contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            log.handlers[:] = handlers
            log.setLevel(level)
