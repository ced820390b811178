"""Files of the user that belong to other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_user_file(path: Path) -> bytes | None:
    """Read a file; None where it is not there.

    :param path: its path
    :raises ConfigError: it is there and cannot be read
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        if path.is_dir():  # Windows calls this a matter of permission
            return None
        raise ConfigError(f"{path} cannot be read", why=error.strerror or str(error)) from error


def home_of(environ: Mapping[str, str]) -> Path:
    """Find the user's home folder.

    :param environ: the user's environment variables
    """
    named = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(named) if named else Path("~").expanduser()
