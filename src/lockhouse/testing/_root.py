"""One index of the test server: what it lists, how it answers, and whom."""

from __future__ import annotations

import base64
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from packaging.utils import NormalizedName, canonicalize_name

from lockhouse.testing import _simple_api as simple_api
from lockhouse.testing._server import Answer
from lockhouse.testing.packages import PackageFile, build_sdist, build_wheel

if TYPE_CHECKING:
    from lockhouse.testing._server import Request

#: When files were uploaded for which nothing else is said.
DEFAULT_UPLOAD_TIME = "2024-01-01T00:00:00Z"

_PATH = re.compile(r"(?P<folder>simple|files)(?:/(?P<rest>.*))?")


class IndexRoot:
    """One index of a server: its pages and files, and who may see them.

    Made by :class:`PackageIndex` and :meth:`PackageIndex.root`.
    """

    def __init__(
        self,
        origin: str,
        base: str,
        *,
        username: str | None = None,
        password: str | None = None,
        hashes: bool | tuple[str, ...] = True,
        metadata: bool = True,
        html_only: bool = False,
    ) -> None:
        self._origin = origin
        self._base = base
        self._username = username
        self._password = password
        self._algorithms = _algorithms(hashes)
        self._metadata = metadata
        self._html_only = html_only
        self._files: dict[str, simple_api.Listed] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Give the address of the simple repository API, without credentials and without a trailing slash."""
        return f"{self._origin}{self._base}/simple"

    @property
    def url_with_credentials(self) -> str:
        """Give the address with user name and password, where the index asks for them."""
        if self._username is None:
            return self.url
        user = quote(self._username, safe="")
        secret = "" if self._password is None else f":{quote(self._password, safe='')}"
        return self.url.replace("://", f"://{user}{secret}@", 1)

    def file_url(self, file: PackageFile | str) -> str:
        """Give the address of a file, without credentials.

        :param file: the file, or its name
        """
        filename = file if isinstance(file, str) else file.filename
        return f"{self._origin}{self._base}/files/{quote(filename)}"

    def add(
        self,
        file: PackageFile,
        *,
        upload_time: str = DEFAULT_UPLOAD_TIME,
        yanked: bool | str = False,
        hashes: bool | tuple[str, ...] | None = None,
        metadata: bool | None = None,
    ) -> PackageFile:
        """List a file; one of the same name is replaced.

        :param file: what to serve
        :param upload_time: RFC 3339, in UTC
        :param yanked: whether it was withdrawn, or why
        :param hashes: which hashes to tell of it; None as the index does for all
        :param metadata: whether to serve its metadata beside it; None as the index does for all
        :return: the file
        """
        listed = simple_api.Listed(
            file=file,
            upload_time=upload_time,
            yanked=yanked,
            algorithms=self._algorithms if hashes is None else _algorithms(hashes),
            metadata=self._metadata if metadata is None else metadata,
        )
        with self._lock:
            self._files[file.filename] = listed
        return file

    def add_wheel(
        self,
        name: str,
        version: str,
        *,
        upload_time: str = DEFAULT_UPLOAD_TIME,
        yanked: bool | str = False,
        **options: Any,
    ) -> PackageFile:
        """Build a wheel and list it.

        :param name: name of the package
        :param version: its version
        :param upload_time: RFC 3339, in UTC
        :param yanked: whether it was withdrawn, or why
        :param options: as for :func:`~lockhouse.testing.packages.build_wheel`
        :return: the wheel
        """
        return self.add(build_wheel(name, version, **options), upload_time=upload_time, yanked=yanked)

    def add_sdist(
        self,
        name: str,
        version: str,
        *,
        upload_time: str = DEFAULT_UPLOAD_TIME,
        yanked: bool | str = False,
        **options: Any,
    ) -> PackageFile:
        """Build an sdist and list it.

        :param name: name of the package
        :param version: its version
        :param upload_time: RFC 3339, in UTC
        :param yanked: whether it was withdrawn, or why
        :param options: as for :func:`~lockhouse.testing.packages.build_sdist`
        :return: the sdist
        """
        return self.add(build_sdist(name, version, **options), upload_time=upload_time, yanked=yanked)

    def remove(self, file: PackageFile | str) -> None:
        """List a file no more, and serve it no more.

        :param file: the file, or its name
        :raises KeyError: it is not listed
        """
        with self._lock:
            del self._files[file if isinstance(file, str) else file.filename]

    def answer(self, request: Request) -> Answer | None:
        """Answer a request below this root; None where it is not below it."""
        if not request.path.startswith(f"{self._base}/"):
            return None
        match = _PATH.fullmatch(request.path.removeprefix(f"{self._base}/"))
        if match is None:
            return None
        if not self._allowed(request):
            return Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="test index"'})
        rest = match["rest"] or ""
        if match["folder"] == "files":
            return self._file(rest)
        if rest and not rest.endswith("/"):
            return Answer(status=301, headers={"Location": f"{quote(request.path)}/"})
        return self._page(rest.rstrip("/"), request)

    def _allowed(self, request: Request) -> bool:
        if self._username is None:
            return True
        given = f"{self._username}:{self._password or ''}".encode()
        return request.headers.get("authorization") == f"Basic {base64.b64encode(given).decode()}"

    def _file(self, filename: str) -> Answer:
        headers = {"Accept-Ranges": "bytes"}
        with self._lock:
            listed = self._files.get(filename)
            beside = self._files.get(filename.removesuffix(".metadata"))
        if listed is not None:
            return Answer(body=listed.file.data, headers=headers)
        if beside is not None and beside.core_metadata is not None:
            return Answer(body=beside.file.metadata or b"", headers=headers)
        return Answer(status=404)

    def _page(self, name: str, request: Request) -> Answer:
        as_json = not self._html_only and simple_api.accepts_json(request.headers.get("accept", ""))
        content_type = simple_api.JSON_TYPE if as_json else simple_api.HTML_TYPE
        headers = {"Vary": "Accept"}
        projects = self._projects()
        if not name:
            body = simple_api.project_list(sorted(projects), as_json=as_json)
        elif name in projects:
            body = simple_api.project_page(name, projects[canonicalize_name(name)], as_json=as_json)
        else:
            return Answer(status=404, headers=headers)
        return Answer(body=body, content_type=content_type, headers=headers)

    def _projects(self) -> dict[NormalizedName, list[simple_api.Listed]]:
        projects: dict[NormalizedName, list[simple_api.Listed]] = {}
        with self._lock:
            for _, listed in sorted(self._files.items()):
                projects.setdefault(canonicalize_name(listed.file.name), []).append(listed)
        return projects


def _algorithms(hashes: bool | tuple[str, ...]) -> tuple[str, ...]:  # noqa: FBT001
    if isinstance(hashes, bool):
        return ("sha256",) if hashes else ()
    return hashes
