"""The real interpreters of this machine."""

from __future__ import annotations

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.errors import BackendError
from lockhouse.interfaces import Command
from lockhouse.process import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OLDEST = (3, 8)
_PROBE_SECONDS = 20.0

# an environment answers for the interpreter that it was made from
_PROBE = """\
import json, platform, sys, sysconfig
print(json.dumps([
    platform.python_implementation(),
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    list(sys.version_info[:3]),
    sys.version_info[3],
    getattr(sys, "_base_executable", None) or sys.executable,
]))
"""

_EXECUTABLE = re.compile(r"python(3(\.\d+)?)?(\.exe)?")


def find_interpreters(environ: Mapping[str, str]) -> dict[str, Path]:
    """Find the CPythons of this machine: of each minor version since 3.8, the newest final release.

    Looked through are the running interpreter, pyenv (``PYENV_ROOT``), uv's own (``UV_PYTHON_INSTALL_DIR``), and
    ``PATH``. Each is run, so that shims without a version behind them do not count.

    :param environ: the environment to look in
    :return: minor version (``3.12``) → executable, oldest first
    """
    candidates = list(dict.fromkeys(_candidates(environ)))
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = pool.map(lambda path: _probe(path, environ), candidates)
    newest: dict[tuple[int, int], tuple[tuple[int, ...], Path]] = {}
    for version, path in filter(None, answers):
        minor = (version[0], version[1])
        if minor >= _OLDEST and (minor not in newest or version > newest[minor][0]):
            newest[minor] = (version, path)
    return {f"{major}.{minor}": path for (major, minor), (_, path) in sorted(newest.items())}


def executables_folders(interpreters: Mapping[str, Path]) -> list[str]:
    """Give the folders to put in front of ``PATH`` so that ``python3.X`` is found, the running Python's own first.

    They are the interpreters' own folders, not links to them: from a link some builds do not find their library.

    :param interpreters: as :func:`find_interpreters` gives them
    """
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    ordered = sorted(interpreters, key=lambda version: version != running)
    return list(dict.fromkeys(str(interpreters[version].parent) for version in ordered))


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path(sys.executable)
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv")
    managed = Path(environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    for folder in (pyenv / "versions", managed):
        for pattern in ("3*/bin/python", "cpython-3*/bin/python", "3*/python.exe", "cpython-3*/python.exe"):
            yield from sorted(folder.glob(pattern))
    for entry in environ.get("PATH", "").split(os.pathsep):
        folder = Path(entry)
        if entry and folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if _EXECUTABLE.fullmatch(path.name))


def _probe(path: Path, environ: Mapping[str, str]) -> tuple[tuple[int, ...], Path] | None:
    """Ask an interpreter who it is; None where it is no final release of the usual CPython, or does not run."""
    command = Command(argv=(str(path), "-S", "-E", "-c", _PROBE), env=environ, timeout=_PROBE_SECONDS)
    try:
        result = run_command(command)
        answer: list[Any] = json.loads(result.stdout) if result.returncode == 0 else []
    except (BackendError, ValueError):
        return None
    if not answer or answer[0] != "CPython" or answer[1] or answer[3] != "final":
        return None
    return tuple(answer[2]), Path(answer[4])
