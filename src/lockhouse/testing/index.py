"""A package index on the loopback, for tests: it records every request and shows faults on demand."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from lockhouse.testing._faults import Fault, FaultKind
from lockhouse.testing._root import DEFAULT_UPLOAD_TIME, IndexRoot
from lockhouse.testing._server import Answer, LoopbackServer, Request, RequestLog

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["DEFAULT_UPLOAD_TIME", "Fault", "FaultKind", "IndexRoot", "PackageIndex", "Request", "RequestLog"]


class PackageIndex(IndexRoot):
    """A server with one index, and with more where a test asks for them.

    It serves from the moment it is made until :meth:`stop` or the end of its ``with`` block::

        with PackageIndex() as index:
            index.add_wheel("demo", "1.0", requires=["other>=2"])

    :ivar requests: every request so far, to any of its indexes
    :ivar delay: seconds to wait before each answer
    """

    def __init__(
        self,
        *,
        prefix: str = "",
        username: str | None = None,
        password: str | None = None,
        hashes: bool | tuple[str, ...] = True,
        metadata: bool = True,
        html_only: bool = False,
        delay: float = 0.0,
        port: int = 0,
    ) -> None:
        """Start it.

        :param prefix: what stands in the path before ``/simple``: a token, for an index that wants one there
        :param username: user name to ask for (basic authentication); None for an open index
        :param password: the password that belongs to it
        :param hashes: whether to tell sha256 hashes of files, or the names of the algorithms to tell
        :param metadata: whether to serve the metadata of wheels beside them
        :param html_only: never answer JSON
        :param delay: seconds to wait before each answer
        :param port: port to listen at, 0 for any that is free
        """
        self.requests = RequestLog()
        self.delay = delay
        self._faults: list[Fault] = []
        self._roots: dict[str, IndexRoot] = {}
        self._server = LoopbackServer(self, port)
        base = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
        super().__init__(
            f"http://127.0.0.1:{self._server.port}",
            base,
            username=username,
            password=password,
            hashes=hashes,
            metadata=metadata,
            html_only=html_only,
        )
        self._server.start()

    def __enter__(self) -> Self:
        """Give the index, which serves already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def root(
        self,
        name: str,
        *,
        username: str | None = None,
        password: str | None = None,
        hashes: bool | tuple[str, ...] = True,
        metadata: bool = True,
        html_only: bool = False,
    ) -> IndexRoot:
        """Open one more index on the same server, with files and credentials of its own.

        :param name: the folder that it stands in: ``/<name>/simple``; may hold slashes
        :param username: as for the class, and so are the rest
        :param password: as for the class
        :param hashes: as for the class
        :param metadata: as for the class
        :param html_only: as for the class
        """
        base = f"/{name.strip('/')}"
        self._roots[base] = IndexRoot(
            self._origin,
            base,
            username=username,
            password=password,
            hashes=hashes,
            metadata=metadata,
            html_only=html_only,
        )
        return self._roots[base]

    def fault(self, pattern: str, kind: FaultKind | str, *, times: int | None = None, seconds: float = 30.0) -> Fault:
        """Let something go wrong with answers; of several faults that fit, the first set up strikes.

        :param pattern: the paths to strike, as in :mod:`fnmatch`: ``*.whl``, ``/simple/demo/``
        :param kind: what goes wrong
        :param times: how many requests to strike; None for all
        :param seconds: how long a stall lasts at most
        :return: the fault, which counts its hits and can be lifted
        """
        fault = Fault(pattern, FaultKind(kind), times, seconds)
        self._faults.append(fault)
        return fault

    def stop(self) -> None:
        """End the server and all of its connections; a second call does nothing.

        :raises BaseExceptionGroup: the server itself had defects
        """
        if self._server.stopped.is_set():
            return
        self._server.stop()
        if self._server.defects:
            raise BaseExceptionGroup("the test index failed", self._server.defects)

    def struck(self, request: Request, answer: Answer) -> Fault | None:
        """Give the fault that strikes an answer, and count it; the server asks."""
        has_body = answer.status == HTTPStatus.OK and request.method == "GET"
        return next((fault for fault in list(self._faults) if fault.strike(request.path, has_body=has_body)), None)

    def route(self, request: Request) -> Answer:
        """Answer a request to any of the indexes; the server asks."""
        for root in (*self._roots.values(), self):
            answer = root.answer(request)
            if answer is not None:
                return answer
        return Answer(status=404)
