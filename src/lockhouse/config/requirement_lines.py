"""One requirement, as people write it: PEP 508, an address without a name, or a local path."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from lockhouse.config.malformed import NO_SUCH_FILE, malformed, unparsed
from lockhouse.config.requirement_text import has_variable
from lockhouse.errors import ConfigError, InvalidRequirementError
from lockhouse.model.canonical import canonical_if_plain
from lockhouse.model.indexes import places_of_credentials
from lockhouse.model.spec import DeclaredRequirement, canonical_requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from lockhouse.model.spec import Origin
    from lockhouse.trace.looks import Looks

_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")
_SCHEMES = ("http", "https", "file")
_VCS = ("git", "hg", "svn", "bzr")
_PATH = re.compile(r"(?P<path>[^\[\];]+?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*(?:;\s*(?P<marker>.+))?")
_ADDRESS = re.compile(r"(?P<url>\S+?)(?:\s*;\s+|\s+;\s*)(?P<marker>.+)|(?P<alone>\S+)")
_REMOTE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://[^\s/?#]*(?P<rest>[^\s;]*)")
_LOCK_ONLY = re.compile(r"\b(?:extras|dependency_groups)\b")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
#: How hatchling, and how uv and PDM, spell the folder of the project.
_ROOT_OF_HATCH = re.compile(r"\{root((?::parent)*):uri\}")
_ROOT_OF_UV = re.compile(r"(file:/*)?\$\{PROJECT_ROOT\}")


def read_requirement(
    text: str, origin: Origin, *, root: Path, looks: Looks, editable: bool = False
) -> DeclaredRequirement:
    """Read one requirement.

    An address without a name gets it from ``#egg=`` or from the name of the file; a local directory from its
    metadata, which must be static; what pip calls an editable VCS requirement counts as a VCS reference.

    :param text: the line, without options
    :param origin: where it stands
    :param root: the project's folder, to which local paths are relative
    :param looks: takes down what was looked at on the disk
    :param editable: whether it stood behind ``-e``
    :raises InvalidRequirementError: it is none of these
    """
    text = text.strip()
    plain = None if editable or any(ending in text.lower() for ending in _ARCHIVES) else canonical_if_plain(text)
    if plain is not None:
        return DeclaredRequirement(text=plain, origin=origin)
    if _is_address(text):
        return _read_address(text, origin, root, looks, editable=editable)
    if editable or _looks_like_path(text, root, looks):
        match = _PATH.fullmatch(text)
        if match is None:
            raise malformed(text, origin, "it is no path, with or without extras")
        return _read_path(match["path"], match["extras"], match["marker"], origin, root, looks=looks, editable=editable)
    return _named(_parsed(text, text, origin), origin, root, looks)


def _named(requirement: Requirement, origin: Origin, root: Path, looks: Looks) -> DeclaredRequirement:
    """Take a PEP 508 requirement; one that points at a local file is a path with a name."""
    url = requirement.url
    scheme = "" if url is None else _scheme_of(url)
    if url is None or scheme in {"http", "https"} or "+" in scheme:
        if url is not None:
            _split(url, origin)
        return DeclaredRequirement(text=canonical_requirement(requirement), origin=origin)
    if scheme not in {"", "file"}:
        raise malformed(str(requirement), origin, f"addresses of the kind {scheme}: are not known")
    path = _local_path(url, root, looks)
    _require_existing(path, origin, root, looks)
    return _local(requirement, path, origin, root, editable=False)


def _read_address(text: str, origin: Origin, root: Path, looks: Looks, *, editable: bool) -> DeclaredRequirement:
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise malformed(text, origin, "blanks in an address must be written as %20")
    url, marker = match["url"] or match["alone"], match["marker"]
    scheme = _scheme_of(url)
    parts = _split(url, origin)
    if scheme == "file":
        extras = re.search(r"\[([^\]]*)\]$", url)
        path = _local_path(url.removesuffix(extras[0] if extras else ""), root, looks)
        return _read_path(
            str(path), extras[1] if extras else None, marker, origin, root, looks=looks, editable=editable
        )
    if editable and "+" not in scheme:
        raise malformed(text, origin, "only a local directory or a VCS reference can follow -e")
    egg, fragment = _split_egg(parts.fragment)
    name = egg or _name_of_file(unquote(parts.path).rpartition("/")[2])
    if name is None:
        raise malformed(text, origin, "the address does not tell the name of the package", fix="write NAME @ ADDRESS")
    bare = urlunsplit(parts._replace(fragment=fragment))
    requirement = _parsed(f"{name} @ {bare}" + (f" ; {marker}" if marker else ""), text, origin)
    return DeclaredRequirement(text=canonical_requirement(requirement), origin=origin)


def _read_path(
    path_text: str,
    extras: str | None,
    marker: str | None,
    origin: Origin,
    root: Path,
    *,
    looks: Looks,
    editable: bool,
) -> DeclaredRequirement:
    path = _local_path(path_text, root, looks)
    _require_existing(path, origin, root, looks)
    is_folder = looks.kind(path) == "folder"
    if editable and not is_folder:
        raise malformed(path_text, origin, "only a directory can be installed editable")
    name = _name_of_directory(path, origin, root, looks) if is_folder else _name_of_file(path.name)
    if name is None:
        raise malformed(
            path_text,
            origin,
            "the name of the package cannot be read from it without building it",
            fix=f"write NAME @ {path_text}, or declare [project] name in its pyproject.toml",
        )
    line = name + (f"[{extras}]" if extras else "") + (f" ; {marker}" if marker else "")
    requirement = _parsed(line, path_text, origin)
    return _local(requirement, path, origin, root, editable=editable)


def _local(requirement: Requirement, path: Path, origin: Origin, root: Path, *, editable: bool) -> DeclaredRequirement:
    requirement.url = None
    return DeclaredRequirement(
        text=canonical_requirement(requirement), origin=origin, path=relative_path(path, root), editable=editable
    )


def expand_user(path: str, looks: Looks) -> str:
    """Put a home folder in the place of ``~`` or ``~user``; what names no user of this machine stays as it is.

    :param path: a path as it was written
    :param looks: takes down what this rests on
    """
    if path.startswith("~"):
        for name in ("HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH"):  # those of this process alone decide
            looks.variable(os.environ, name)
        if not path[1:].startswith(("/", os.sep)) or not os.environ.get("HOME"):
            looks.lose_track()  # the system's list of users decides
    return os.path.expanduser(path)  # noqa: PTH111 - that of pathlib raises where there is no such user


def relative_path(path: Path, root: Path) -> str:
    """Spell a path relative to the project, with forward slashes.

    :param path: any path
    :param root: the project's folder, absolute
    """
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive of Windows: nothing relative leads there
        return path.as_posix()


def _local_path(text: str, root: Path, looks: Looks) -> Path:
    text = _ROOT_OF_HATCH.sub(lambda match: _above(root, match[1].count(":")).as_uri(), text)
    text = _ROOT_OF_UV.sub(lambda match: root.as_uri() if match[1] else root.as_posix(), text)
    if _scheme_of(text) == "file":
        from urllib.request import url2pathname  # noqa: PLC0415 - rare, and it loads much

        parts = urlsplit(text)
        text = url2pathname(parts.path) if parts.netloc in {"", "localhost"} else f"//{parts.netloc}{parts.path}"
    return Path(os.path.normpath(root / expand_user(text, looks)))


def _above(folder: Path, steps: int) -> Path:
    return folder if steps == 0 else _above(folder.parent, steps - 1)


def _require_existing(path: Path, origin: Origin, root: Path, looks: Looks) -> None:
    if not looks.kind(path):
        shown = relative_path(path, root)
        raise malformed(shown, origin, NO_SUCH_FILE, fix=f"correct the path at {origin}")


def _scheme_of(text: str) -> str:
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", text)
    return match[1].lower() if match else ""


def _is_address(text: str) -> bool:
    scheme = _scheme_of(text)
    return scheme in _SCHEMES or scheme.partition("+")[0] in _VCS


def _looks_like_path(text: str, root: Path, looks: Looks) -> bool:
    """Tell a path from a name, as pip does: by its separators, or by being a file that is there."""
    head = re.split(r"[\[;@\s]", text, maxsplit=1)[0]
    if head.startswith((".", "~")) or "/" in head or _DRIVE.match(text) or (os.sep == "\\" and "\\" in head):
        return True
    return head.lower().endswith(_ARCHIVES) and looks.kind(root / head) == "file"


def _split_egg(fragment: str) -> tuple[str | None, str]:
    """Take the name out of ``egg=name&subdirectory=folder``."""
    pairs = [pair for pair in fragment.split("&") if pair]
    eggs = [pair.removeprefix("egg=") for pair in pairs if pair.startswith("egg=")]
    return (unquote(eggs[0]) if eggs else None), "&".join(pair for pair in pairs if not pair.startswith("egg="))


def _name_of_file(filename: str) -> str | None:
    from packaging.utils import (  # noqa: PLC0415 - much to import
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[0]
        return parse_sdist_filename(filename)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _name_of_directory(path: Path, origin: Origin, root: Path, looks: Looks) -> str | None:
    from packaging.utils import InvalidName, canonicalize_name  # noqa: PLC0415 - much to import

    from lockhouse.config.setup_cfg import static_name  # noqa: PLC0415 - rare

    try:
        name = static_name(path, looks)
        return None if name is None else canonicalize_name(name, validate=True)
    except InvalidName:
        return None
    except ConfigError as error:
        shown = relative_path(path, root)
        raise malformed(shown, origin, "; ".join((f"{shown}/{error.what}", *error.why))) from error


def _parsed(line: str, shown: str, origin: Origin) -> Requirement:
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - much to import

    try:
        requirement = Requirement(line)
    except (InvalidRequirement, RecursionError) as error:
        raise unparsed(shown, origin, error) from None
    if found := _LOCK_ONLY.search(_QUOTED.sub("", str(requirement.marker or ""))):
        why = f"the marker variable {found[0]} has a meaning in lock files only (PEP 751)"
        raise malformed(shown, origin, why, fix="choose extras and dependency groups in the environment's declaration")
    return requirement


def _split(url: str, origin: Origin) -> SplitResult:
    """Take an address apart; a credential in its path or query is refused, for a lock would have to hold it."""
    try:
        parts = urlsplit(url)
        _ = parts.scheme.endswith(("http", "https")) and parts.port
    except ValueError:  # its text may quote a password
        raise InvalidRequirementError(
            f"{origin}: the address of a requirement cannot be read",
            why="its host or its port is none",
            fix="write /, ?, # and [ as %2F, %3F, %23 and %5B in a user name or a password",
        ) from None
    if places := places_of_credentials(url):
        raise credential_in_address(origin, places)
    return parts


def refuse_variables(text: str, origin: Origin) -> None:
    """Refuse a requirement with ``${NAME}`` in the path or the query of its address.

    What a variable holds is taken for secret, as in the address of an index; but the address of a requirement stands in
    the lock. Before the host a variable is welcome, and a local path is recorded relative to the project.

    :param text: a requirement as it is written, its variables not replaced
    :param origin: where it stands
    :raises InvalidRequirementError: it has one there
    """
    match = _REMOTE.search(text)
    if match is not None and match["scheme"].lower() != "file" and has_variable(match["rest"]):
        raise credential_in_address(origin, ["its path, by a variable"])


def credential_in_address(origin: Origin, places: Iterable[str]) -> InvalidRequirementError:
    """Give the error for an address that must not stand in a lock.

    :param origin: where it stands
    :param places: where in the address the credential is
    """
    return InvalidRequirementError(
        f"{origin}: the address of a requirement has a credential in {' and in '.join(places)}",
        why="a lock names the address, and may hold no credential",
        fix="give credentials before the host, in a netrc file or in the keyring",
    )
