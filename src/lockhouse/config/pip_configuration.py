"""The user's configuration of pip, as far as it says where packages come from.

Files, levels and variables: https://pip.pypa.io/en/stable/topics/configuration/.
"""

from __future__ import annotations

import locale
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.config.requirement_lines import expand_user
from lockhouse.config.user_files import home_of, read_user_file
from lockhouse.errors import ConfigError
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.trace.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TRUE = {"1", "true", "t", "yes", "y", "on"}
_SECTIONS = ("global", "install")
_ETC = Path("/etc")


def pip_options(root: Path, environ: Mapping[str, str], *, platform: str) -> IndexOptions:
    """Read what pip would go by.

    :param root: the project's folder, to which folders in ``find-links`` are relative
    :param environ: the user's environment variables
    :param platform: ``sys.platform``
    :raises ConfigError: a file of pip's cannot be read
    """
    values = _values(environ, platform)
    default = values.get("index-url")
    return IndexOptions(
        default=Index(url=default) if default else None,
        extra=tuple(Index(url=url) for url in values.get("extra-index-url", "").split()),
        find_links=tuple(
            link if "://" in link else str(root / expand_user(link, Looks()))
            for link in values.get("find-links", "").split()
        ),
        no_index=values.get("no-index", "").lower() in _TRUE,
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        keyring=values.get("keyring-provider") in {"import", "subprocess"},
        certificate=values.get("cert"),
    )


def _values(environ: Mapping[str, str], platform: str) -> Mapping[str, str]:
    """Layer the files, then the sections, then the variables; the last one counts, and what is empty says nothing."""
    sections: dict[str, dict[str, str]] = {name: {} for name in _SECTIONS}
    for path in _files(environ, platform):
        for name, values in _sections(path).items():
            sections[name] |= values
    from_variables = {
        key.removeprefix("PIP_").lower().replace("_", "-"): value
        for key, value in environ.items()
        if key.startswith("PIP_")
    }
    layers = (*(sections[name] for name in _SECTIONS), from_variables)
    return {key: value for layer in layers for key, value in layer.items() if value}


def _sections(path: Path) -> Mapping[str, Mapping[str, str]]:
    content = read_user_file(path)
    if content is None:
        return {}
    import configparser  # noqa: PLC0415 - most machines have no such file

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(content.decode(locale.getencoding()), str(path))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} cannot be read", why=f"it is not in {error.encoding}") from None
    except configparser.Error as error:
        # the further lines of the error quote the file, which may hold credentials
        raise ConfigError(f"{path} cannot be read", why=str(error).splitlines()[0]) from None
    return {
        name: {key.replace("_", "-").removeprefix("--"): value.strip() for key, value in parser.items(name)}
        for name in _SECTIONS
        if parser.has_section(name)
    }


def _files(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    """Give the places of pip's files, the one that ranks lowest first."""
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    name = "pip.ini" if platform == "win32" else "pip.conf"
    yield from _global_files(environ, platform)
    if not (chosen and Path(chosen).exists()):
        yield from _user_files(environ, platform)
    yield Path(environ.get("VIRTUAL_ENV") or sys.prefix) / name
    if chosen:
        yield Path(chosen)


def _global_files(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    if platform == "win32":
        if environ.get("PROGRAMDATA"):
            yield Path(environ["PROGRAMDATA"]) / "pip" / "pip.ini"
        return
    if platform == "darwin":
        yield Path("/Library/Application Support/pip/pip.conf")
        return
    for folder in (environ.get("XDG_CONFIG_DIRS") or str(_ETC / "xdg")).split(":"):
        yield Path(folder) / "pip" / "pip.conf"
    yield _ETC / "pip.conf"


def _user_files(environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    home = home_of(environ)
    if platform == "win32":
        yield home / "pip" / "pip.ini"
        if environ.get("APPDATA"):
            yield Path(environ["APPDATA"]) / "pip" / "pip.ini"
        return
    yield home / ".pip" / "pip.conf"
    if platform == "darwin":
        support = home / "Library" / "Application Support" / "pip"
        yield (support if support.is_dir() else home / ".config" / "pip") / "pip.conf"
        return
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
