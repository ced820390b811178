"""Addresses of indexes as they are declared, with ``${NAME}`` for what only the environment knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.config.requirement_lines import relative_path
from lockhouse.config.requirement_text import expand_variables, has_variable, unset_variables
from lockhouse.errors import ConfigError, InvalidSettingError
from lockhouse.model.indexes import Index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.model.indexes import IndexOptions
    from lockhouse.model.spec import Origin


def declared_index(url: str, *, name: str | None = None, environ: Mapping[str, str], origin: Origin) -> Index:
    """Read one address.

    A variable that is not set stays as it is written, so that a check needs no credentials. What a variable puts into
    the path or the query is secret, set or not, so the lock records the same address either way; a host is not.

    :param url: an address, perhaps with ``${NAME}``
    :param name: its name, or None
    :param environ: the variables
    :param origin: where it is declared
    :raises InvalidSettingError: it is no http, https or file address, or a variable of its host is not set
    """
    expanded = expand_variables(url, environ)
    try:
        parts = urlsplit(expanded)
    except ValueError:
        raise InvalidSettingError(f"{origin}: an index has an address that cannot be read") from None
    unset = unset_variables(parts.netloc.rpartition("@")[2]) or (unset_variables(expanded) if not parts.scheme else ())
    if unset:
        raise InvalidSettingError(
            f"{origin}: the environment variable {unset[0]} is not set",
            why="the host of an index is named by it",
            fix=f"set {unset[0]}",
        )
    if parts.scheme not in {"http", "https", "file"}:
        raise InvalidSettingError(
            f"{origin}: an index has an address that does not begin with https://, http:// or file://",
            fix="use find-links for a folder of files",
        )
    return Index(url=expanded, name=name, secrets=_secret_parts(url, environ))


def _secret_parts(url: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the segments and query values of an address that hold a variable, as they read when it is expanded."""
    if "://" not in url or "${" not in url:
        return ()
    parts = urlsplit(url)
    candidates = [*parts.path.split("/"), *(pair.partition("=")[2] for pair in parts.query.split("&"))]
    holding = [expand_variables(text, environ) for text in candidates if has_variable(text)]
    return tuple(dict.fromkeys(piece for text in holding for piece in text.split("/") if piece))


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


def declared_links(value: str, *, folder: Path, root: Path, environ: Mapping[str, str], origin: Origin) -> str:
    """Read one entry of ``find-links``: a page's address, or a folder, which is spelled relative to the project.

    :param value: what was written
    :param folder: the folder to which it is relative
    :param root: the project's folder
    :param environ: variables for ``${NAME}``
    :param origin: where it is declared
    :raises InvalidSettingError: it is an address that cannot be read
    """
    expanded = expand_variables(value, environ)
    if "://" not in expanded:
        return relative_path(Path(os.path.normpath(folder / expanded)), root)
    try:
        urlsplit(expanded)
    except ValueError:
        raise InvalidSettingError(f"{origin}: find-links has an address that cannot be read") from None
    return expanded
