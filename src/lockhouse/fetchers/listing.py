"""What an index or a find-links place lists: the simple repository API (PEP 503, 691) and plain folders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from lockhouse.errors import ArtifactUnavailableError
from lockhouse.model.indexes import hide, public_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: What to ask an index for: JSON, or HTML where it has no JSON.
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = ("application/vnd.pypi.simple.v1+html", "text/html")
_ALGORITHM_BY_LENGTH = {64: "sha256", 96: "sha384", 128: "sha512"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file that an index or a find-links place lists.

    :ivar filename: its name
    :ivar url: where it can be had; may hold secrets that stand in the path of the index
    :ivar hashes: algorithm → lower-case hex digest, as far as it is told
    :ivar size: length in bytes, or None
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which files are looked for.

    :ivar name: name of the package
    :ivar filename: only the file of this name; None for any
    :ivar digest: only files that have this hash, or that may have it; None for any
    :ivar misnamed: instead, what would be a wheel of the package if its name were one of a wheel
    """

    name: str
    filename: str | None = None
    digest: str | None = None
    misnamed: bool = False

    def fits(self, found: FoundFile) -> bool:
        """Tell whether a file is, or may be, one of them."""
        if self.misnamed:
            return is_misnamed(found.filename, self.name)
        if self.filename is not None and found.filename != self.filename:
            return False
        if self.digest is not None:
            told = [digest for digest in found.hashes.values() if len(digest) == len(self.digest)]
            if told and self.digest not in told:
                return False
        return self.filename is not None or _belongs_to(found.filename, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that was read.

    :ivar url: its address after redirects
    :ivar content_type: its media type, as the server tells it
    :ivar body: its bytes
    :ivar secrets: strings that must stand in no message
    """

    url: str
    content_type: str
    body: bytes
    secrets: tuple[str, ...] = ()


def files_of(page: Page) -> list[FoundFile]:
    """Read the files that a page lists.

    :param page: a page of an index, or one with links to files
    :raises ArtifactUnavailableError: it is neither JSON nor HTML of the simple repository API
    """
    media_type = page.content_type.partition(";")[0].strip().lower()
    try:
        if media_type == _JSON:
            return list(_from_json(page))
        if media_type in _HTML:
            return list(_from_html(page))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no_index(page, f"it cannot be read: {error}") from error
    raise _no_index(page, f"it answers with {media_type or 'no media type'}")


def files_in(folder: Path, wanted: Wanted) -> list[FoundFile]:
    """List the files of a folder that are wanted; they are hashed where a hash is asked for.

    :param folder: a folder with wheels and sdists
    :param wanted: what is looked for
    """
    paths = sorted(folder.iterdir()) if folder.is_dir() else [folder] if folder.is_file() else []
    by_name = Wanted(name=wanted.name, filename=wanted.filename, misnamed=wanted.misnamed)
    found = (FoundFile(filename=path.name, url=path.resolve().as_uri()) for path in paths)
    fitting = [(file, folder / file.filename if folder.is_dir() else folder) for file in found if by_name.fits(file)]
    listed = [
        FoundFile(filename=file.filename, url=file.url, hashes=_hash(path, wanted.digest), size=path.stat().st_size)
        for file, path in fitting
    ]
    return [file for file in listed if wanted.fits(file)]


def default_index() -> str:
    """Give the address of PyPI, as unearth knows it."""
    from unearth import PackageFinder  # noqa: PLC0415 - for speed: rarely needed

    return str(PackageFinder().sources[0]["url"])


def _from_json(page: Page) -> Iterator[FoundFile]:
    content: dict[str, Any] = json.loads(page.body)
    version = str(content.get("meta", {}).get("api-version", "1.0"))
    if not version.startswith("1."):
        raise ValueError(f"it is of version {version}")
    for file in content["files"]:
        size = file.get("size")
        yield FoundFile(
            filename=file["filename"],
            url=urljoin(page.url, file["url"]),
            hashes={algorithm: digest.lower() for algorithm, digest in file.get("hashes", {}).items()},
            size=size if isinstance(size, int) else None,
        )


def _from_html(page: Page) -> Iterable[FoundFile]:
    from unearth.collector import IndexPage, parse_html_page  # noqa: PLC0415 - for speed: rarely needed
    from unearth.link import Link  # noqa: PLC0415 - for speed, as above

    for link in parse_html_page(IndexPage(Link(page.url), page.body, "utf-8", page.content_type)):
        hashes = {link.hash_name: link.hash.lower()} if link.hash_name and link.hash else {}
        yield FoundFile(filename=link.filename, url=link.url_without_fragment, hashes=hashes)


def _hash(path: Path, digest: str | None) -> dict[str, str]:
    algorithm = _ALGORITHM_BY_LENGTH.get(len(digest or ""))
    if algorithm is None:
        return {}
    with path.open("rb") as file:
        return {algorithm: hashlib.file_digest(file, algorithm).hexdigest()}


def _belongs_to(filename: str, name: str) -> bool:
    from packaging.utils import (  # noqa: PLC0415 - for speed: rarely needed
        InvalidSdistFilename,
        InvalidWheelFilename,
        canonicalize_name,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        parsed = parse_wheel_filename(filename) if filename.endswith(".whl") else parse_sdist_filename(filename)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return False
    return parsed[0] == canonicalize_name(name)


def is_misnamed(filename: str, name: str) -> bool:
    """Tell whether a file would be a wheel of a package, if its name were one of a wheel.

    :param filename: its name
    :param name: name of the package
    """
    from packaging.utils import (  # noqa: PLC0415 - for speed: rarely needed
        InvalidWheelFilename,
        canonicalize_name,
        parse_wheel_filename,
    )

    if not filename.endswith(".whl") or canonicalize_name(filename.partition("-")[0]) != canonicalize_name(name):
        return False
    try:
        parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return True
    return False


def _no_index(page: Page, why: str) -> ArtifactUnavailableError:
    return ArtifactUnavailableError(
        f"{urlsplit(page.url).netloc.rpartition('@')[2]} does not answer as a package index",
        why=[hide(why, page.secrets), f"address: {public_url(page.url, page.secrets)}"],
        fix="look at the address of the index: it should end where the names of packages begin, such as in /simple",
    )
