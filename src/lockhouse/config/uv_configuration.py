"""The user's configuration of uv, as far as it says where packages come from.

Files and variables: https://docs.astral.sh/uv/concepts/configuration-files/ and .../indexes/. An index that is
``explicit`` serves only packages that ``[tool.uv.sources]`` ties to it, so it is left out here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from lockhouse.config.pyproject import read_toml
from lockhouse.config.user_files import home_of, read_user_file
from lockhouse.errors import ConfigError
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.ways_in import variable_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TRUE = {"1", "true", "t", "yes", "y", "on"}
_ETC = Path("/etc")


def uv_options(root: Path, environ: Mapping[str, str], *, platform: str) -> IndexOptions:
    """Read what uv would go by in a project.

    :param root: the project's folder
    :param environ: the user's environment variables
    :param platform: ``sys.platform``
    :raises ConfigError: a file of uv's cannot be read
    """
    tables = [_from_table(*each) for each in _tables(root, environ, platform)]
    options = _from_environ(environ, root)
    # as in uv, the [[index]] tables of all files come before index-url and extra-index-url of any
    for layer in (*(new for new, _ in tables), *(old for _, old in tables)):
        options = _under(options, layer)
    return options


def _under(options: IndexOptions, lower: IndexOptions) -> IndexOptions:
    """Add a layer that ranks lower: lists go behind, single values count where there was none."""
    return replace(
        options,
        default=options.default or lower.default,
        extra=(*options.extra, *lower.extra),
        find_links=(*options.find_links, *lower.find_links),
        no_index=options.no_index or lower.no_index,
        trusted_hosts=(*options.trusted_hosts, *lower.trusted_hosts),
        keyring=options.keyring or lower.keyring,
    )


def _from_environ(environ: Mapping[str, str], root: Path) -> IndexOptions:
    default = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")
    extra = [*environ.get("UV_INDEX", "").split(), *environ.get("UV_EXTRA_INDEX_URL", "").split()]
    links = [link.strip() for link in environ.get("UV_FIND_LINKS", "").split(",")]
    return IndexOptions(
        default=_named(default, root) if default else None,
        extra=tuple(_named(text, root) for text in extra),
        find_links=tuple(_location(link, root) for link in links if link),
        trusted_hosts=tuple(environ.get("UV_INSECURE_HOST", "").split()),
        keyring=environ.get("UV_KEYRING_PROVIDER") == "subprocess",
    )


def _named(text: str, folder: Path) -> Index:
    """Read ``name=address`` or an address."""
    match = re.fullmatch(r"([A-Za-z0-9._-]+)=(.+)", text)
    return Index(url=_address(match[2] if match else text, folder), name=match[1] if match else None)


def _tables(root: Path, environ: Mapping[str, str], platform: str) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Give uv's tables with the file of each, the one that ranks highest first."""
    if environ.get("UV_CONFIG_FILE"):
        chosen = Path(environ["UV_CONFIG_FILE"])
        content = read_user_file(chosen)
        if content is None:
            raise ConfigError(f"{chosen} cannot be read", why="UV_CONFIG_FILE names it, and it is not there")
        yield _parse(content, chosen), chosen
        return
    if environ.get("UV_NO_CONFIG", "").lower() in _TRUE:
        return
    yield from _of_project(root)
    for candidates in (_user_files(environ, platform), _system_files(environ, platform)):
        for path in candidates:
            content = read_user_file(path)
            if content is not None:
                yield _parse(content, path), path
                break


def _of_project(root: Path) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Look in the folder and those above it; the first with a configuration counts, ``uv.toml`` first."""
    for folder in (root, *root.parents):
        own = folder / "uv.toml"
        content = read_user_file(own)
        if content is not None:
            yield _parse(content, own), own
            return
        shared = folder / "pyproject.toml"
        content = read_user_file(shared)
        table = None if content is None or b"uv" not in content else _parse(content, shared).get("tool", {}).get("uv")
        if table is not None:
            yield table, shared
            return


def _user_files(environ: Mapping[str, str], platform: str) -> Sequence[Path]:
    if platform == "win32":
        appdata = environ.get("APPDATA")
        return [Path(appdata) / "uv" / "uv.toml"] if appdata else []
    home = home_of(environ)
    folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [folder / "uv" / "uv.toml"]


def _system_files(environ: Mapping[str, str], platform: str) -> Sequence[Path]:
    if platform == "win32":
        drive = environ.get("SYSTEMDRIVE")
        return [Path(f"{drive}\\") / "ProgramData" / "uv" / "uv.toml"] if drive else []
    folders = (environ.get("XDG_CONFIG_DIRS") or str(_ETC / "xdg")).split(":")
    return [*(Path(folder) / "uv" / "uv.toml" for folder in folders), _ETC / "uv" / "uv.toml"]


def _parse(content: bytes, path: Path) -> Mapping[str, Any]:
    return read_toml(content, str(path))[0]


def _from_table(table: Mapping[str, Any], path: Path) -> tuple[IndexOptions, IndexOptions]:
    """Read one table, its older keys apart; what stands under ``pip`` counts before the rest, as for ``uv pip``."""
    try:
        pip, folder = table.get("pip", {}), path.parent
        return (
            _under(_from_keys(pip, folder), _from_keys(table, folder)),
            _under(_from_older_keys(pip, folder), _from_older_keys(table, folder)),
        )
    except (AttributeError, TypeError, KeyError, ValueError):
        raise ConfigError(
            f"{path} cannot be used", why="the settings of indexes in it have not the form that uv asks for"
        ) from None


def _from_keys(table: Mapping[str, Any], folder: Path) -> IndexOptions:
    listed = [entry for entry in table.get("index", ()) if not entry.get("explicit")]
    flat = [entry["url"] for entry in listed if entry.get("format") == "flat"]
    simple = [entry for entry in listed if entry.get("format") != "flat"]
    indexes = [(bool(e.get("default")), Index(url=_address(e["url"], folder), name=e.get("name"))) for e in simple]
    defaults = [index for default, index in indexes if default]
    return IndexOptions(
        default=defaults[0] if defaults else None,
        extra=tuple(index for default, index in indexes if not default),
        find_links=tuple(_location(link, folder) for link in (*flat, *table.get("find-links", ()))),
        no_index=bool(table.get("no-index")),
        trusted_hosts=tuple(map(str, table.get("allow-insecure-host", ()))),
        keyring=table.get("keyring-provider") == "subprocess",
    )


def _from_older_keys(table: Mapping[str, Any], folder: Path) -> IndexOptions:
    default = table.get("index-url")
    return IndexOptions(
        default=_named(default, folder) if default else None,
        extra=tuple(_named(url, folder) for url in table.get("extra-index-url", ())),
    )


def _location(text: str, folder: Path) -> str:
    return text if "://" in text else str(folder / text)


def _address(text: str, folder: Path) -> str:
    return text if "://" in text else (folder / text).absolute().as_uri()


def with_uv_credentials(index: Index, environ: Mapping[str, str]) -> Index:
    """Add what ``UV_INDEX_<NAME>_USERNAME`` and ``UV_INDEX_<NAME>_PASSWORD`` say of an index.

    :param index: any index; one without a name, or whose address has credentials, stays as it is
    :param environ: the user's environment variables
    """
    parts = urlsplit(index.url)
    if index.name is None or parts.password:
        return index
    variable = variable_of(index.name)
    user = environ.get(f"{variable}_USERNAME") or parts.username or ""
    password = environ.get(f"{variable}_PASSWORD")
    if not user and password is None:
        return index
    userinfo = quote(user, safe="") + (f":{quote(password, safe='')}" if password is not None else "")
    host = parts.netloc.rpartition("@")[2]
    return replace(index, url=urlunsplit(parts._replace(netloc=f"{userinfo}@{host}")))
