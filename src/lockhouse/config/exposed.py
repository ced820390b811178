"""Passwords that stand in ``pyproject.toml``, which everybody has who has the project."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.config.pyproject import PYPROJECT
from lockhouse.config.requirement_text import has_variable
from lockhouse.model.indexes import IndexOptions, places_of_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhouse.config.project_files import ProjectFiles

_TABLE = ("tool", "lockhouse")


def exposed_passwords(files: ProjectFiles) -> tuple[str, ...]:
    """Say which addresses of indexes in ``pyproject.toml`` hold a password, in words for a warning.

    A user name alone is none: the keyring is asked by it. A variable is none either.

    :param files: the files of the project
    """
    found = dict.fromkeys((path, url) for path, url in _addresses(files) if _holds_password(url))
    if not found:
        return ()
    from lockhouse.model.ways_in import ways_in  # noqa: PLC0415 - only for a warning

    ways = ways_in("", IndexOptions())
    return tuple(
        f"{files.pyproject.origin(path, url, source=PYPROJECT)}: the address of {_host(url)} holds a password, "
        f"and whoever has the project has this file\n  fix: change the password, take it out, and give it by {ways}"
        for path, url in found
    )


def _addresses(files: ProjectFiles) -> Iterator[tuple[tuple[str, ...], str]]:
    settings = files.settings
    tables: Iterable[tuple[tuple[str, ...], object]] = [
        (_TABLE, settings),
        *(((*_TABLE, "environments", name), each) for name, each in settings.environments.items()),
    ]
    for path, table in tables:
        for index in getattr(table, "indexes", None) or ():
            yield (*path, "indexes", "url"), index.url
        for link in getattr(table, "find_links", None) or ():
            yield (*path, "find-links"), link


def _host(url: str) -> str:
    """Give the scheme and the host alone: the rest may be a token."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _holds_password(url: str) -> bool:
    if "://" not in url:
        return False
    try:
        userinfo = urlsplit(url).netloc.rpartition("@")[0]
        password = userinfo.partition(":")[2]
        return bool(password and not has_variable(password)) or bool(places_of_credentials(url))
    except ValueError:  # whoever reads it as an address says so
        return False
