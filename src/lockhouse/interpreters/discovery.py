"""Finds an interpreter on this machine by its version."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.specifiers import SpecifierSet
    from python_discovery import PythonInfo

#: How versions spell what ``sys.version_info`` says of an interpreter that is no release yet.
_LEVELS = {"alpha": "a", "beta": "b", "candidate": "rc"}


def find_interpreter(version: str, environ: Mapping[str, str], *, within: SpecifierSet | None = None) -> Path | None:
    """Find an interpreter.

    :param version: ``3.12``, ``python3.12``, ``pypy3.10``, or a path
    :param environ: environment variables; ``PATH`` says where to look
    :param within: bounds on the release that it is, to the patch level; a path is taken as it is
    :return: its path, or None where there is none
    """
    path = Path(version)
    if path.is_absolute() or len(path.parts) > 1:
        return path if path.is_file() else None
    from python_discovery import get_interpreter  # noqa: PLC0415 - it takes 50 ms to import

    try:
        found = get_interpreter(version, env=environ, predicate=None if within is None else partial(_is_within, within))
    except ValueError:  # not a version at all
        return None
    executable = None if found is None else (found.system_executable or found.executable)
    return None if executable is None else Path(executable)


def _is_within(bounds: SpecifierSet, found: PythonInfo) -> bool:
    info = found.version_info
    suffix = f"{_LEVELS[info.releaselevel]}{info.serial}" if info.releaselevel in _LEVELS else ""
    return bounds.contains(f"{info.major}.{info.minor}.{info.micro}{suffix}", prereleases=True)
