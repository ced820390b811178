"""Where packages are looked for in the end: what the project declares, and what its user's tools are set up for."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.config.index_addresses import require_variables
from lockhouse.config.pip_configuration import pip_options
from lockhouse.config.uv_configuration import uv_options, with_uv_credentials
from lockhouse.model.variables import CERTIFICATE_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.model.indexes import Index, IndexOptions


def effective_indexes(
    declared: IndexOptions, *, root: Path, environ: Mapping[str, str], platform: str = sys.platform
) -> IndexOptions:
    """Join what the project declares with the user's own configuration.

    What the project declares wins; where it declares nothing, the configuration of uv counts, and where that says
    nothing, that of pip. A project that only adds indexes keeps the user's default index, which may be the only way to
    PyPI. Credentials, certificates, trusted hosts and the keyring are taken from everywhere.

    :param declared: the options of a spec
    :param root: the project's folder
    :param environ: the user's environment variables
    :param platform: ``sys.platform``
    :return: the options to use now; they hold credentials and paths of this machine, and must reach no file
    :raises ConfigError: a file of the user's cannot be read, or a variable of an address is not set
    """
    uv = uv_options(root, environ, platform=platform)
    pip = pip_options(root, environ, platform=platform)
    of_user = uv if uv.declares_source else pip
    chosen = declared if declared.declares_source else of_user
    known = [with_uv_credentials(index, environ) for options in (uv, pip) for index in options.indexes]
    default = chosen.default or (None if chosen.no_index else of_user.default)
    options = replace(
        chosen,
        default=None if default is None else _with_credentials(default, known, environ),
        extra=tuple(_with_credentials(index, known, environ) for index in chosen.extra),
        find_links=tuple(link if "://" in link else str(root / link) for link in chosen.find_links),
        trusted_hosts=tuple(dict.fromkeys((*declared.trusted_hosts, *uv.trusted_hosts, *pip.trusted_hosts))),
        keyring=declared.keyring or uv.keyring or pip.keyring,
        certificate=declared.certificate or pip.certificate or _certificate(environ),
    )
    require_variables(options)
    return options


def _with_credentials(index: Index, known: list[Index], environ: Mapping[str, str]) -> Index:
    """Take credentials from the variables of uv, else from the same address in the user's configuration."""
    index = with_uv_credentials(index, environ)
    if urlsplit(index.url).username is not None:
        return index
    for other in known:
        if other.public_url == index.public_url and urlsplit(other.url).username is not None:
            return replace(index, url=other.url)
    return index


def _certificate(environ: Mapping[str, str]) -> str | None:
    return next((environ[name] for name in CERTIFICATE_FILES if environ.get(name)), None)
