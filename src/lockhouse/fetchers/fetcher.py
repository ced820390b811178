"""The fetcher: opens addresses for reading, and finds the files of an index."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lockhouse.errors import ArtifactUnavailableError
from lockhouse.fetchers.credentials import CredentialSource
from lockhouse.model.indexes import restore_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from unearth.fetchers import PyPIClient

    from lockhouse.interfaces import ArtifactLocation
    from lockhouse.model.indexes import IndexOptions

_READ_SIZE = 1 << 20


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
    go to the origin that they belong to only.

    :param indexes: the index options in effect, with credentials
    :param environ: the user's environment variables
    :param pause: seconds to wait before something is tried a second time
    """

    def __init__(self, indexes: IndexOptions, environ: Mapping[str, str], *, pause: float = 0.25) -> None:
        self.indexes = indexes
        self._environ = environ
        self._pause = pause
        self._credentials = CredentialSource(indexes=indexes, environ=environ)
        self._stopped = threading.Event()
        self._making_client = threading.Lock()

    @contextmanager
    def open(self, location: ArtifactLocation) -> Iterator[Download]:
        """Open an address. What fails for a passing reason is tried again, also in the middle of the body.

        :param location: the address, and headers to send
        :return: its bytes, to be read before the context ends
        :raises ArtifactUnavailableError: it cannot be reached, is refused or is absent
        :raises InvalidSettingError: certificates, netrc or the time limit of the user's set-up cannot be used
        """
        url = restore_url(location.url, self.indexes)
        if urlsplit(url).scheme == "file":
            path = path_of(url)
            yield Download(chunks=read_file(path), length=_size_of(path))
            return
        from lockhouse.fetchers.transfer import Transfer  # noqa: PLC0415 - for speed: stored files need none

        transfer = Transfer(
            self._client, self._credentials, url, location.headers, stopped=self._stopped, pause=self._pause
        )
        try:
            transfer.start()
            yield Download(chunks=transfer.chunks(), length=transfer.length)
        finally:
            transfer.close()

    def cancel(self) -> None:
        """Try nothing again from now on: for when the user gave up."""
        self._stopped.set()

    @property
    def _client(self) -> PyPIClient:
        with self._making_client:
            return self._made_client

    @cached_property
    def _made_client(self) -> PyPIClient:
        from lockhouse.fetchers.client import make_client  # noqa: PLC0415 - for speed: stored files need none

        return make_client(self.indexes, self._environ)


def read_file(path: Path) -> Iterator[bytes]:
    """Read a file in pieces.

    :param path: the file
    :raises ArtifactUnavailableError: it cannot be read
    """
    try:
        with path.open("rb") as file:
            while chunk := file.read(_READ_SIZE):
                yield chunk
    except OSError as error:
        raise ArtifactUnavailableError(
            f"{path} cannot be read", why=error.strerror or str(error), fix="put the file there, or lock again"
        ) from error


def path_of(url: str) -> Path:
    """Give the path that a file address names.

    :param url: a ``file:`` address; a host makes it a share on Windows
    """
    parts = urlsplit(url)
    host = "" if parts.netloc in {"", "localhost"} else f"//{parts.netloc}"
    return Path(url2pathname(host + parts.path))


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:  # reading says what is wrong with it
        return None
