"""Addresses of indexes as they are declared, with ``${NAME}`` for what only the environment knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.config.requirement_lines import relative_path
from lockhouse.config.requirement_text import expand_variables, unset_variables
from lockhouse.errors import ConfigError, InvalidSettingError
from lockhouse.model.indexes import Index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.model.indexes import IndexOptions
    from lockhouse.model.spec import Origin


def declared_index(url: str, *, name: str | None, environ: Mapping[str, str], origin: Origin) -> Index:
    """Read one address.

    A variable that is not set stays as it is written, so that a check needs no credentials; it counts as secret all
    the same, and so the lock records the same address with it and without it.

    :param url: an address, perhaps with ``${NAME}``
    :param name: its name, or None
    :param environ: the variables
    :param origin: where it is declared
    :raises InvalidSettingError: it is no http, https or file address, or a variable of its host is not set
    """
    expanded, values = expand_variables(url, environ)
    return index_of(expanded, values=values, name=name, origin=origin)


def index_of(url: str, *, values: tuple[str, ...] = (), name: str | None = None, origin: Origin) -> Index:
    """Make an index of an address whose variables are expanded.

    :param url: the address
    :param values: the values that were put into it
    :param name: its name, or None
    :param origin: where it is declared
    :raises InvalidSettingError: it is no http, https or file address, or a variable of its host is not set
    """
    unset = tuple(f"${{{variable}}}" for variable in unset_variables(url))
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        raise InvalidSettingError(f"{origin}: an index has an address that cannot be read") from None
    missing = [variable for variable in unset if variable in host or variable in parts.scheme]
    if missing or url in unset:
        variable = (missing or list(unset))[0]
        raise InvalidSettingError(
            f"{origin}: the environment variable {variable[2:-1]} is not set",
            why="the host of an index is named by it",
            fix=f"set {variable[2:-1]}",
        )
    if parts.scheme not in {"http", "https", "file"}:
        raise InvalidSettingError(
            f"{origin}: an index has an address that does not begin with https://, http:// or file://",
            fix="use find-links for a folder of files",
        )
    return Index(url=url, name=name, secrets=tuple(value for value in (*values, *unset) if value not in host))


def require_variables(options: IndexOptions) -> None:
    """Refuse addresses whose variables are not set, before they are asked.

    :param options: the options in effect
    :raises ConfigError: a variable is not set
    """
    addresses = (*(index.url for index in options.indexes), *options.find_links)
    names = dict.fromkeys(name for address in addresses for name in unset_variables(address))
    if names:
        raise ConfigError(
            f"the environment {'variable' if len(names) == 1 else 'variables'} {', '.join(names)} "
            f"of an index address {'is' if len(names) == 1 else 'are'} not set",
            fix=f"set {', '.join(names)}",
        )


def declared_links(value: str, *, folder: Path, root: Path, environ: Mapping[str, str]) -> str:
    """Read one entry of ``find-links``: a page's address, or a folder, which is spelled relative to the project.

    :param value: what was written
    :param folder: the folder to which it is relative
    :param root: the project's folder
    :param environ: variables for ``${NAME}``
    """
    expanded, _ = expand_variables(value, environ)
    if "://" in expanded:
        return expanded
    return relative_path(Path(os.path.normpath(folder / expanded)), root)
