"""What a remembered answer of an interpreter depends on, read from the disk: nothing is started.

Nothing here imports more than a start of Python has loaded already.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def signs_of(python: str) -> dict[str, Any]:
    """Give the signs by which it is seen that an interpreter, its environment and the system are what they were.

    :param python: its path, absolute
    :raises OSError: it is not there, or what it points at is gone
    """
    real = os.path.realpath(python, strict=True)
    status = os.stat(real)  # noqa: PTH116 - pathlib takes long to import
    return {
        "executable": real,
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "config": _config(os.path.dirname(python)),  # noqa: PTH120 - likewise
        "system": _system(),
    }


def _config(folder: str) -> str:
    for place in (folder, os.path.dirname(folder)):  # noqa: PTH120 - where it may stand (PEP 405)
        try:
            with open(f"{place}/pyvenv.cfg", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - likewise
                return file.read()
        except OSError:
            continue
    return ""


def _system() -> list[str]:
    if sys.platform == "win32":
        return [str(sys.getwindowsversion())]
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (OSError, ValueError):
        libc = ""
    return [*os.uname(), libc]
