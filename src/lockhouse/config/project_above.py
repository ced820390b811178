"""The project that a folder lies in, for who runs a command too deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FILES = ("pyproject.toml", "noxfile.py", "tox.ini", "tox.toml", "setup.cfg")


def project_above(folder: Path) -> Path | None:
    """Give the nearest folder above with a file that names Lockhouse, or None.

    :param folder: where there is no project
    """
    for above in folder.absolute().parents:
        for name in _FILES:
            try:
                if b"lockhouse" in (above / name).read_bytes():
                    return above
            except OSError:  # absent, or not for this user to read
                continue
    return None
