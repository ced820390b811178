"""One request, tried again where that may help; a body that breaks off is taken up where it broke."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lockhouse.errors import ArtifactUnavailableError
from lockhouse.model.indexes import hide, public_url, strip_userinfo
from lockhouse.model.ways_in import ways_in

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping

    from httpx2 import Response
    from unearth.fetchers import PyPIClient

    from lockhouse.fetchers.credentials import CredentialSource

_TRIES = 4
_TRIES_IN_ALL = 20
_LONGEST_PAUSE = 10.0
_LONGEST_RETRY_AFTER = 30.0
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524})
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_PARTIAL = 206
_GOOD = frozenset({200, _PARTIAL})
_UNAUTHORIZED = 401
_REFUSED = frozenset({401, 403})
_PROXY_REFUSES = 407
#: Status codes that say that there is no such file.
ABSENT = frozenset({404, 410})


class Transfer:
    """A GET request and the bytes that it brings.

    :param client: shared by all transfers
    :param credentials: where credentials come from
    :param url: the address, with or without a user part
    :param headers: further headers
    :param stopped: set when the user gave up: nothing is tried again then
    :param pause: seconds before the second try; doubled for each further one
    :param unreachable: hosts that were given up: they are tried once; kept up to date here
    :param absent: status codes that are an answer too: there is no such file
    :param secrets: strings that must stand in no message
    """

    def __init__(
        self,
        client: PyPIClient,
        credentials: CredentialSource,
        url: str,
        headers: Mapping[str, str],
        *,
        stopped: threading.Event,
        pause: float,
        unreachable: set[str],
        absent: frozenset[int] = frozenset(),
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._url = url
        self._headers = dict(headers)
        self._auth = credentials.of(url)
        self._stopped = stopped
        self._pause = pause
        self._unreachable = unreachable
        self._answers = _GOOD | absent
        self._secrets = secrets
        self._failures = 0
        self._failures_in_all = 0
        self._position = 0
        self._response: Response | None = None

    def start(self) -> Response:
        """Send the request until a server answers it well.

        :return: the open response; its body is to be read by :meth:`chunks`
        :raises ArtifactUnavailableError: it is refused or absent, or nothing helps
        """
        import httpx2  # noqa: PLC0415 - for speed: loaded with the client

        while True:
            try:
                response = self._send()
            except httpx2.TransportError as error:
                self._failed(self._cannot_reach(error), final=self._is_final(error))
                continue
            except (httpx2.RequestError, httpx2.InvalidURL) as error:
                raise self._unavailable("the request cannot be made", str(error)) from None
            self._unreachable.discard(host_of(self._url))
            if response.status_code in self._answers:
                self._response = response
                return response
            response.close()
            refusal = self._refusal(response.status_code)
            self._failed(
                refusal,
                final=response.status_code not in _TRY_AGAIN,
                retry_after=response.headers.get("Retry-After"),
            )

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes of the body as they are on the wire.

        :raises ArtifactUnavailableError: the body broke off and could not be taken up again
        """
        import httpx2  # noqa: PLC0415 - for speed: loaded with the client

        response = self._response or self.start()
        length, validator = _length(response), _validator(response)
        while True:
            behind = self._behind(response)
            try:
                for chunk in response.iter_raw():  # of any size: waiting for a full one would lose what came
                    fresh = chunk[behind:]
                    behind -= len(chunk) - len(fresh)
                    if fresh:
                        self._position += len(fresh)
                        self._failures = 0
                        yield fresh
            except httpx2.TransportError:
                of_all = "" if length is None else f" of {length}"
                self._failed(
                    self._unavailable(
                        "the download broke off",
                        f"{self._position}{of_all} bytes arrived",
                        fix="run again; if it breaks off each time, look at the index or the proxy",
                    )
                )
            else:
                return
            finally:
                response.close()
            if self._position and validator:
                self._headers |= {"Range": f"bytes={self._position}-", "If-Range": validator}
            response = self.start()

    @property
    def length(self) -> int | None:
        """Give the length of the body in bytes as the server tells it, or None where it does not."""
        return None if self._response is None else _length(self._response)

    def close(self) -> None:
        """Let go of the connection."""
        if self._response is not None:
            self._response.close()

    def abort(self) -> None:
        """Break off the body, from another thread: a thread that waits for a silent server is woken."""
        response = self._response
        stream = None if response is None else response.extensions.get("network_stream")
        connection = None if stream is None else stream.get_extra_info("socket")
        if connection is None:
            return
        import socket  # noqa: PLC0415 - for speed: the client brings it

        with contextlib.suppress(OSError):
            # the plain method: that of a TLS socket takes its state away from the thread that reads
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _send(self) -> Response:
        url = strip_userinfo(self._url)
        request = self._client.build_request("GET", url, headers=self._headers)
        response = self._client.send(request, auth=self._auth, stream=True)
        if response.status_code == _UNAUTHORIZED and (found := self._credentials.of_keyring(self._url)):
            response.close()
            self._auth = found
            request = self._client.build_request("GET", url, headers=self._headers)
            response = self._client.send(request, auth=found, stream=True)
        return response

    def _behind(self, response: Response) -> int:
        """Tell how many bytes of this response were given out before."""
        if response.status_code == _PARTIAL:
            start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
            return self._position - int(start) if start.isdecimal() else 0
        return self._position

    def _is_final(self, error: Exception) -> bool:
        """Tell whether trying again is in vain, and remember a host that cannot be reached."""
        import httpx2  # noqa: PLC0415 - for speed: loaded with the client

        if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout)):
            host = host_of(self._url)
            known = host in self._unreachable
            if self._failures + 1 >= _TRIES:
                self._unreachable.add(host)
            return known or _UNTRUSTED in str(error)
        return isinstance(error, (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError))

    def _failed(self, error: ArtifactUnavailableError, *, final: bool = False, retry_after: str | None = None) -> None:
        """Count a failure and wait, or give up."""
        self._failures += 1
        self._failures_in_all += 1
        if final or self._failures >= _TRIES or self._failures_in_all >= _TRIES_IN_ALL:
            raise error
        pause = min(self._pause * 2 ** (self._failures - 1), _LONGEST_PAUSE) * random.uniform(0.5, 1.5)  # noqa: S311
        if retry_after is not None and retry_after.isdecimal():
            pause = max(pause, min(float(retry_after), _LONGEST_RETRY_AFTER))
        if self._stopped.wait(pause):
            raise error

    def _cannot_reach(self, error: Exception) -> ArtifactUnavailableError:
        host = host_of(self._url)
        if _UNTRUSTED in str(error):
            return self._unavailable(
                f"the certificate of {host} is not trusted",
                str(error),
                fix="let SSL_CERT_FILE name a file with the certificate of its authority",
                of_host=True,
            )
        return self._unavailable(
            f"{host} cannot be reached",
            str(error) or type(error).__name__,
            fix="look at the network, the proxy settings and the address of the index, then run again",
            of_host=True,
        )

    def _refusal(self, status: int) -> ArtifactUnavailableError:
        host = host_of(self._url)
        if status == _PROXY_REFUSES:
            return self._unavailable(
                f"the proxy on the way to {host} asks for credentials (HTTP {status})",
                fix="give them in the address of the proxy: HTTPS_PROXY or HTTP_PROXY",
                of_host=True,
            )
        if status in _REFUSED:
            ways = ways_in(host, self._credentials.indexes)
            if self._auth is not None:
                return self._unavailable(
                    f"{host} refuses it with the credentials that are configured for it (HTTP {status})",
                    fix=f"correct them, or give others for {host} by {ways}",
                )
            return self._unavailable(
                f"{host} refuses it without credentials (HTTP {status})",
                fix=f"give valid credentials for {host} by {ways}",
            )
        if status in ABSENT:
            return self._unavailable(
                f"{host} does not have it (HTTP {status})",
                fix="lock again where the file was withdrawn, or configure the index that has it",
            )
        return self._unavailable(f"{host} answers HTTP {status}", fix="run again later")

    def _unavailable(
        self, fact: str, *why: str, fix: str | None = None, of_host: bool = False
    ) -> ArtifactUnavailableError:
        address = public_url(self._url, self._secrets)
        name = unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2]) or host_of(self._url)
        return ArtifactUnavailableError(
            f"{name} cannot be fetched: {fact}",
            why=[*(hide(line, self._secrets) for line in why), f"address: {address}"],
            fix=fix,
            host_fault=fact if of_host else None,
        )


def _length(response: Response) -> int | None:
    given = response.headers.get("Content-Length", "")
    return int(given) if given.isdecimal() else None


def _validator(response: Response) -> str | None:
    """Give what tells that a file is still the same (RFC 9110, If-Range), or None."""
    tag = response.headers.get("ETag")
    if tag and not tag.startswith("W/"):
        return str(tag)
    return response.headers.get("Last-Modified")


def host_of(url: str) -> str:
    """Give the host and port of an address, without user part.

    :param url: any address
    """
    return urlsplit(url).netloc.rpartition("@")[2]
