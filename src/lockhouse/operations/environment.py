"""Make a virtual environment, for those who use neither nox nor tox."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from lockhouse.errors import BackendFailedError, ConfigError, InterpreterError
from lockhouse.interfaces import Command
from lockhouse.interpreters import find_interpreter, identify, prefix_of
from lockhouse.model.pythons import levels_within, minors_within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.interfaces import CommandRunner
    from lockhouse.model.spec import EnvironmentSpec

_VERSION = re.compile(r"\d+(\.\d+)*")


def choose_python(spec: EnvironmentSpec, folder: Path, python: str | None, environ: Mapping[str, str]) -> Path:
    """Give the interpreter of an environment that is there, or the one that it is to be made from.

    :param spec: what it is for; its Pythons decide where none is named, the newest that is installed first
    :param folder: where it is, or is to be
    :param python: a version or a path of an interpreter, or None
    :param environ: the user's environment variables
    :raises ConfigError: the folder holds something else, or an environment of another Python than the one named
    :raises InterpreterError: no interpreter fits
    """
    made = _python_in(folder)
    if made.exists():
        _require_same(made, python, environ)
        return made
    if not _is_broken(folder) and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            f"{folder} is no virtual environment",
            why="it is there, and holds something else",
            fix="give --into a new folder, or empty this one",
        )
    return _base(spec, python, environ)


def make_environment(folder: Path, base: Path, *, run: CommandRunner, environ: Mapping[str, str]) -> Path:
    """Make a virtual environment without pip, or take the one that is there.

    One whose interpreter is gone, as in a restored cache after Python was patched, is made anew.

    :param folder: where it is, or is to be
    :param base: what :func:`choose_python` gave
    :param run: starts the interpreter
    :param environ: the user's environment variables
    :return: its interpreter
    :raises BackendFailedError: the environment cannot be made
    """
    made = _python_in(folder)
    if made.exists():
        return made
    cleaned = {key: value for key, value in environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    clear = ("--clear",) if _is_broken(folder) else ()
    argv = (str(base), "-I", "-m", "venv", "--without-pip", *clear, str(folder))
    result = run(Command(argv=argv, env=cleaned))
    if result.returncode != 0:
        raise BackendFailedError(
            f"{base} cannot make a virtual environment in {folder}",
            why=(result.stderr or result.stdout).strip().splitlines()[-5:],
        )
    return made


def _is_broken(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file() and not _python_in(folder).exists()


def _python_in(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def _require_same(made: Path, python: str | None, environ: Mapping[str, str]) -> None:
    """Refuse an environment of another Python than the one that was asked for."""
    if python is None:
        return
    have = identify(made)
    if _VERSION.fullmatch(python):
        same = f"{have.version}.".startswith(f"{python}.")
    else:
        found = find_interpreter(python, environ)
        same = found is not None and identify(found.resolve()).executable == have.executable
    if not same:
        raise ConfigError(
            f"{prefix_of(made)} is an environment of another Python",
            why=f"asked for is {python}, it has Python {have.version} ({have.executable})",
            fix="give --into another folder, or remove this one",
        )


def _base(spec: EnvironmentSpec, python: str | None, environ: Mapping[str, str]) -> Path:
    if python is not None:
        found = find_interpreter(python, environ)
        if found is None:
            raise InterpreterError(
                f"there is no Python {python} here",
                why="looked in the folders of PATH, and where this platform keeps its Pythons",
                fix="install it, or name another --python",
            )
        return found
    versions = sorted(minors_within(spec.requires_python, spec.pythons), key=Version, reverse=True)
    bounds = SpecifierSet(spec.requires_python)
    for version in versions:
        found = find_interpreter(version, environ, within=bounds) if levels_within(bounds, version) else None
        if found is not None:
            return found
    raise InterpreterError(
        f'no Python for environment "{spec.name}" is installed here',
        why=f"looked for {', '.join(versions) or spec.requires_python}"
        + (f" within {spec.requires_python}" if versions else ""),
        fix="install one of these, or name one with --python",
    )
