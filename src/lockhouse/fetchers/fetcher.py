"""The fetcher: opens addresses for reading, and finds the files of an index."""

from __future__ import annotations

import threading
import weakref
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from lockhouse.errors import ArtifactUnavailableError
from lockhouse.fetchers.credentials import CredentialSource
from lockhouse.fetchers.listing import ACCEPT, FoundFile, Page, Wanted, default_index, files_in, files_of
from lockhouse.fetchers.mirrors import mirrored, mirrors_in
from lockhouse.fetchers.transfer import ABSENT, Transfer, host_of
from lockhouse.model.indexes import HIDDEN, hide, restore_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from unearth.fetchers import PyPIClient

    from lockhouse.interfaces import ArtifactLocation
    from lockhouse.model.indexes import IndexOptions
    from lockhouse.model.lock import Artifact

_READ_SIZE = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """An address that is open for reading.

    :ivar chunks: its bytes; reading raises ArtifactUnavailableError where they break off
    :ivar length: how many they are, as the server tells it, or None
    """

    chunks: Iterator[bytes]
    length: int | None


class Fetcher:
    """Reads http, https and file addresses; any number of threads may share one.

    Credentials come from the addresses of the configured indexes, from netrc and, where allowed, from the keyring, and
    go to the origin that they belong to only. ``LOCKHOUSE_MIRRORS`` says where else files are than at their addresses.

    :param indexes: the index options in effect, with credentials
    :param environ: the user's environment variables
    :param pause: seconds to wait before something is tried a second time
    :param stopped: set when the user gave up; its own where none is given
    """

    def __init__(
        self,
        indexes: IndexOptions,
        environ: Mapping[str, str],
        *,
        pause: float = 0.25,
        stopped: threading.Event | None = None,
    ) -> None:
        self.indexes = indexes
        self._secrets = indexes.secrets
        self._environ = environ
        self._pause = pause
        self._mirrors = mirrors_in(environ)
        self._credentials = CredentialSource(indexes=indexes, environ=environ)
        self._stopped = stopped or threading.Event()
        self._open: set[Transfer] = set()
        self._unreachable: set[str] = set()
        self._making_client = threading.Lock()

    @contextmanager
    def open(self, location: ArtifactLocation) -> Iterator[Download]:
        """Open an address. What fails for a passing reason is tried again, also in the middle of the body.

        :param location: the address, and headers to send
        :return: its bytes, to be read before the context ends
        :raises ArtifactUnavailableError: it cannot be reached, is refused or is absent
        :raises InvalidSettingError: certificates, netrc or the time limit of the user's set-up cannot be used
        """
        url = self._restored(location.url)
        if urlsplit(url).scheme == "file":
            path = path_of(url)
            yield Download(chunks=read_file(path), length=_size_of(path))
            return
        with self._transfer(url, location.headers) as transfer:
            transfer.start()
            yield Download(chunks=transfer.chunks(), length=transfer.length)

    def locate(self, name: str, filename: str | None = None, digest: str | None = None) -> tuple[FoundFile, ...]:
        """Ask the configured places for files of a package: for locks that name no addresses.

        The find-links places are looked at first, and suffice where a certain file is asked for. Then the indexes are
        asked in their order; the first one that knows the package decides, or where a certain file is asked for, the
        first one that lists it: its bytes are held against the hash, wherever they come from. Without any, PyPI is
        asked.

        :param name: name of the package
        :param filename: only the file of this name; None for any
        :param digest: only files that have this hash, or whose hash of that length is not told; None for any
        :return: what was found, in the order of the places; empty where nobody knows the package
        :raises ArtifactUnavailableError: a place cannot be reached, refuses, or is no index
        """
        return self._located(Wanted(name=name, filename=filename, digest=digest))

    def misnamed(self, name: str) -> tuple[str, ...]:
        """Ask the configured places for files that would be wheels of a package if their names were those of wheels.

        :param name: name of the package
        :return: their names
        :raises ArtifactUnavailableError: a place cannot be reached, refuses, or is no index
        """
        found = self._located(Wanted(name=name, misnamed=True))
        return tuple(dict.fromkeys(file.filename for file in found))

    def _located(self, wanted: Wanted) -> tuple[FoundFile, ...]:
        found = [file for place in self.indexes.find_links for file in self._at_place(place, wanted)]
        certain = wanted.filename is not None or wanted.digest is not None
        if self.indexes.no_index or (found and certain):
            return tuple(found)
        addresses = [index.url for index in self.indexes.indexes]
        if self.indexes.default is None and not wanted.misnamed:  # PyPI takes no such names
            addresses.append(default_index())
        for address in addresses:
            page = self._page(f"{address.rstrip('/')}/{canonicalize_name(wanted.name)}/")
            if page is None:
                continue
            listed = [file for file in files_of(page) if wanted.fits(file)]
            if listed or not certain:
                return (*found, *listed)
        return tuple(found)

    def read_metadata(self, artifact: Artifact) -> str | None:
        """Read the core metadata that an index serves beside a file (PEP 658).

        :param artifact: a wheel with an address
        :return: the text, or None where the index has none
        :raises ArtifactUnavailableError: the index cannot be reached, or refuses
        """
        if artifact.url is None:
            return None
        parts = urlsplit(self._restored(artifact.url))
        beside = urlunsplit(parts._replace(path=f"{parts.path}.metadata", fragment=""))
        page = self._page(beside, absent=ABSENT | {403})  # some file servers answer 403 for what is not there
        return None if page is None else page.body.decode("utf-8", "replace")

    def cancel(self) -> None:
        """Break off what is being received, and try nothing again: for when the user gave up."""
        self._stopped.set()
        for transfer in tuple(self._open):
            transfer.abort()

    def is_cancelled(self) -> bool:
        """Tell whether the user gave up."""
        return self._stopped.is_set()

    def _restored(self, url: str) -> str:
        try:
            restored = restore_url(mirrored(url, self._mirrors), self.indexes)
            _ = urlsplit(restored).port
        except ValueError as error:
            raise ArtifactUnavailableError(
                f"{hide(url)!r} is no address", why=str(error), fix="put the right address into the lock"
            ) from error
        if HIDDEN in restored:
            raise ArtifactUnavailableError(
                f"the address of a file hides a token of {host_of(url)}",
                why=[f"no configured index has a token for it: {hide(url)}"],
                fix=f"configure the index at {host_of(url)} with its token, as where the lock was made",
            )
        return restored

    def _at_place(self, place: str, wanted: Wanted) -> list[FoundFile]:
        """List what a find-links place has: a folder, a file, or a page with links."""
        if "://" in place and not place.startswith("file:"):
            page = self._page(place)
            return [] if page is None else [file for file in files_of(page) if wanted.fits(file)]
        path = path_of(place) if place.startswith("file:") else Path(place)
        if path.suffix.lower() in {".html", ".htm"}:
            page = _local_page(path)
            return [] if page is None else [file for file in files_of(page) if wanted.fits(file)]
        try:
            return files_in(path, wanted)
        except OSError as error:
            raise _unreadable(path, error) from error

    def _page(self, url: str, *, absent: frozenset[int] = ABSENT) -> Page | None:
        if url.startswith("file:"):
            return _local_page(path_of(url) / "index.html" if url.endswith("/") else path_of(url))
        with self._transfer(url, {"Accept": ACCEPT}, absent=absent) as transfer:
            response = transfer.start()
            if response.status_code in absent:
                return None
            body = b"".join(transfer.chunks())
            return Page(
                url=str(response.url),
                content_type=response.headers.get("Content-Type", ""),
                body=body,
                secrets=self._secrets,
            )

    @contextmanager
    def _transfer(
        self, url: str, headers: Mapping[str, str], *, absent: frozenset[int] = frozenset()
    ) -> Iterator[Transfer]:
        transfer = Transfer(
            self._client,
            self._credentials,
            url,
            headers,
            stopped=self._stopped,
            pause=self._pause,
            unreachable=self._unreachable,
            absent=absent,
            secrets=self._secrets,
        )
        with closing(transfer):
            self._open.add(transfer)
            try:
                yield transfer
            finally:
                self._open.discard(transfer)

    @property
    def _client(self) -> PyPIClient:
        with self._making_client:
            return self._made_client

    @cached_property
    def _made_client(self) -> PyPIClient:
        from lockhouse.fetchers.client import make_client  # noqa: PLC0415 - for speed: stored files need none

        client = make_client(self.indexes, self._environ)
        weakref.finalize(self, client.close)  # connections stay open for the next request, until nobody can send one
        return client


def read_file(path: Path) -> Iterator[bytes]:
    """Read a file in pieces.

    :param path: the file
    :raises ArtifactUnavailableError: it cannot be read
    """
    try:
        with path.open("rb") as file:
            while chunk := file.read(_READ_SIZE):
                yield chunk
    except (OSError, ValueError) as error:  # ValueError: the address holds what no path can
        raise _unreadable(path, error) from error


def path_of(url: str) -> Path:
    """Give the path that a file address names.

    :param url: a ``file:`` address; a host makes it a share on Windows
    """
    from urllib.request import url2pathname  # noqa: PLC0415 - for speed: it brings all of urllib's HTTP

    parts = urlsplit(url)
    host = "" if parts.netloc in {"", "localhost"} else f"//{parts.netloc}"
    return Path(url2pathname(host + parts.path))


def _local_page(path: Path) -> Page | None:
    try:
        return Page(url=path.resolve().as_uri(), content_type="text/html", body=path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> ArtifactUnavailableError:
    return ArtifactUnavailableError(
        f"{path} cannot be read",
        why=getattr(error, "strerror", None) or str(error),
        fix="put it there so that it can be read",
    )


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (OSError, ValueError):  # reading says what is wrong with it
        return None
