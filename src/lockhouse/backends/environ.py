"""The environment that a tool underneath is started in: what may reach it, and what may not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Variables that bend an interpreter, whichever tool runs it.
_INTERPRETER = frozenset(
    {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONSAFEPATH", "PYTHONUSERBASE", "VIRTUAL_ENV"}
)


def clean_environ(environ: Mapping[str, str], *, prefix: str, keeps: Callable[[str], bool]) -> dict[str, str]:
    """Drop the variables by which a user steers the tool, so that the request alone decides.

    :param environ: the user's environment variables
    :param prefix: how the tool's variables begin, such as ``UV_``
    :param keeps: tells for one of these whether it changes how the tool works, not what it answers
    """
    return {
        key: value
        for key, value in environ.items()
        if key.upper() not in _INTERPRETER and (not key.upper().startswith(prefix) or keeps(key.upper()))
    }


def link_address(link: str, root: Path) -> str:
    """Give a ``find-links`` entry as an address without white space and commas, which the tools would split at.

    :param link: a folder, a file or an address
    :param root: the folder that relative paths start from
    """
    if "://" in link:
        return link.replace(" ", "%20").replace(",", "%2C")
    return file_address(absolute_path(os.path.expanduser(link), root))  # noqa: PTH111 - that of pathlib raises where there is no such user


def absolute_path(path: str, root: Path) -> Path:
    """Make a path absolute without following links: where a link points to is no part of a declaration.

    :param path: a path, maybe relative
    :param root: the folder that a relative path starts from
    """
    return Path(os.path.normpath(root.absolute() / path))


def file_address(path: Path) -> str:
    """Give the ``file:`` address of an absolute path, without characters that a list would be split at.

    :param path: an absolute path
    """
    return path.as_uri().replace(",", "%2C")
