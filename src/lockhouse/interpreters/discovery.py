"""Finds an interpreter on this machine by its version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_interpreter(version: str, environ: Mapping[str, str]) -> Path | None:
    """Find an interpreter.

    :param version: ``3.12``, ``python3.12``, ``pypy3.10``, or a path
    :param environ: environment variables; ``PATH`` says where to look
    :return: its path, or None where there is none
    """
    path = Path(version)
    if path.is_absolute() or len(path.parts) > 1:
        return path if path.is_file() else None
    from python_discovery import get_interpreter  # noqa: PLC0415 - it takes 50 ms to import

    try:
        found = get_interpreter(version, env=environ)
    except ValueError:  # not a version at all
        return None
    executable = None if found is None else (found.system_executable or found.executable)
    return None if executable is None else Path(executable)
