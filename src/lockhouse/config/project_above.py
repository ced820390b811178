"""What a folder without environments is: too deep in a project, or one whose tox configuration lists none."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.config.frontend_files import TOX_FILES, is_for_frontend

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


def tox_file(folder: Path) -> tuple[str, bytes] | None:
    """Give the name and the content of the file that tox is configured by, or None.

    :param folder: where there is no environment
    """
    for name in TOX_FILES:
        with suppress(OSError):  # absent, or not for this user to read
            content = (folder / name).read_bytes()
            if is_for_frontend(name, content):
                return name, content
    return None
