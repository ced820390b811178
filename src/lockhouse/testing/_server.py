"""The HTTP side of the test index: a threaded server on the loopback that can be stopped at once."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import re
import socket
import struct
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from lockhouse.testing._faults import Fault, FaultKind
from lockhouse.testing._simple_api import HTML_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that reached the server.

    :ivar method: ``GET`` or ``HEAD``
    :ivar path: decoded path, without the query
    :ivar headers: lower-case name → value
    """

    method: str
    path: str
    headers: Mapping[str, str]


class RequestLog:
    """The requests so far, in the order in which they came; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def __iter__(self) -> Iterator[Request]:
        """Go through the requests so far."""
        with self._lock:
            return iter(list(self._requests))

    def __len__(self) -> int:
        """Count them."""
        with self._lock:
            return len(self._requests)

    def __repr__(self) -> str:
        """Show them as a failing test prints them."""
        return f"<RequestLog {[f'{request.method} {request.path}' for request in self]}>"

    @property
    def paths(self) -> list[str]:
        """Give their paths."""
        return [request.path for request in self]

    def matching(self, pattern: str, *, method: str | None = None) -> list[Request]:
        """Give those whose path matches a pattern, as in :mod:`fnmatch`.

        :param pattern: pattern of the whole path; ``*`` matches slashes too
        :param method: only this method; None for all
        """
        return [r for r in self if fnmatch.fnmatchcase(r.path, pattern) and method in (None, r.method)]

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._requests.clear()

    def add(self, request: Request) -> None:
        """Note one; the server does."""
        with self._lock:
            self._requests.append(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back when no fault strikes."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict)


class Site(Protocol):
    """What the server asks for answers."""

    delay: float
    requests: RequestLog

    def route(self, request: Request) -> Answer:
        """Answer a request."""
        ...

    def struck(self, request: Request, answer: Answer) -> Fault | None:
        """Give the fault that strikes this answer, and count it."""
        ...


class LoopbackServer(ThreadingHTTPServer):
    """An HTTP server on 127.0.0.1 whose open connections end with it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: Site, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.site = site
        self.stopped = threading.Event()
        self.defects: list[BaseException] = []
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def start(self) -> None:
        """Serve, in a thread."""
        self._thread.start()

    @property
    def port(self) -> int:
        """Give the port that it listens at."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """End the listener and all connections."""
        self.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread of its own."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection, which ended."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Keep a defect of the server itself; a client that went away is none."""
        error = sys.exception()
        if error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            self.defects.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # headers and a small body leave in one segment
    disable_nagle_algorithm = True
    server: LoopbackServer

    def do_GET(self) -> None:
        request = Request(
            method=self.command,
            path=unquote(urlsplit(self.path).path),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        site = self.server.site
        site.requests.add(request)
        if site.delay:
            self.server.stopped.wait(site.delay)
        answer = site.route(request)
        fault = site.struck(request, answer)
        if fault is not None and fault.kind is FaultKind.RESET:
            self._reset()
        elif fault is not None and fault.kind in {FaultKind.UNAVAILABLE, FaultKind.NOT_FOUND}:
            self._send(Answer(status=int(fault.kind), body=b"struck by a fault\n", content_type="text/plain"))
        else:
            self._send(answer, fault)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay silent; the request log tells what came."""

    def _send(self, answer: Answer, fault: Fault | None = None) -> None:
        status, body, headers = answer.status, answer.body, dict(answer.headers)
        headers["Content-Type"] = answer.content_type
        if fault is not None and status == 200:  # noqa: PLR2004
            body = fault.changed(body)
            if fault.kind is FaultKind.HTML_PAGE:
                headers["Content-Type"] = HTML_TYPE
        if status == 200:  # noqa: PLR2004
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            if headers["ETag"] == self.headers.get("If-None-Match"):
                status, body = 304, b""
            elif "Accept-Ranges" in headers and (wanted := self.headers.get("Range")):
                status, body, headers["Content-Range"] = _part(body, wanted)
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(body, fault)

    def _send_body(self, body: bytes, fault: Fault | None) -> None:
        if fault is None or fault.kind not in {FaultKind.TRUNCATED, FaultKind.STALL}:
            self.wfile.write(body)
            return
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        if fault.kind is FaultKind.STALL:
            self.server.stopped.wait(fault.seconds)
        self.close_connection = True

    def _reset(self) -> None:
        self.close_connection = True
        # lingering for no time makes the close a reset
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()


def _part(body: bytes, wanted: str) -> tuple[int, bytes, str]:
    """Give status, bytes and ``Content-Range`` for a ``Range`` header of one range (RFC 9110, 14.2)."""
    match = _RANGE.fullmatch(wanted)
    if match is None:
        return 200, body, ""
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last or len(body)), len(body) - 1)
    else:
        start, end = max(len(body) - int(last or 0), 0), len(body) - 1
    if start > end:
        return 416, b"", f"bytes */{len(body)}"
    return 206, body[start : end + 1], f"bytes {start}-{end}/{len(body)}"
