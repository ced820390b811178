from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import ArtifactUnavailableError, InvalidSettingError
from lockhouse.fetchers import Fetcher
from lockhouse.interfaces import ArtifactLocation
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.testing.index import FaultKind, PackageIndex

from .conftest import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from .conftest import ScriptedServer


def fetcher_of(indexes: IndexOptions | None = None, environ: Mapping[str, str] | None = None) -> Fetcher:
    return Fetcher(indexes or IndexOptions(), os.environ if environ is None else environ, pause=0.01)


def read(url: str, fetcher: Fetcher | None = None) -> bytes:
    with (fetcher or fetcher_of()).open(ArtifactLocation(url=url)) as download:
        return b"".join(download.chunks)


def test_the_bytes_and_their_number_come_as_they_are(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0", size=200_000)

    with fetcher_of().open(ArtifactLocation(url=index.file_url(wheel), headers={"X-From": "a plugin"})) as download:
        assert download.length == len(wheel.data)
        assert b"".join(download.chunks) == wheel.data

    [request] = index.requests
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["x-from"] == "a plugin"


def test_compressed_content_is_not_unpacked(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(lambda _: Sent(body=b"\x1f\x8b as it is", headers={"Content-Encoding": "gzip"}))

    assert read(f"{server.url}/demo-1.0.tar.gz") == b"\x1f\x8b as it is"


@pytest.mark.parametrize("kind", [FaultKind.UNAVAILABLE, FaultKind.RESET])
def test_a_passing_failure_is_tried_again(index: PackageIndex, kind: FaultKind) -> None:
    wheel = index.add_wheel("demo", "1.0")
    fault = index.fault("*.whl", kind, times=2)

    assert read(index.file_url(wheel)) == wheel.data
    assert fault.hits == 2


def test_a_body_that_breaks_off_is_taken_up_where_it_broke(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0", size=100_000)
    index.fault("*.whl", FaultKind.TRUNCATED, times=1)

    assert read(index.file_url(wheel)) == wheel.data
    ranges = [request.headers.get("range") for request in index.requests]
    assert ranges == [None, f"bytes={len(wheel.data) // 2}-"]


def test_a_silent_server_is_left_after_the_time_limit(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0", size=1000)
    index.fault("*.whl", FaultKind.STALL, times=1)
    started = time.monotonic()

    assert read(index.file_url(wheel), fetcher_of(environ={"LOCKHOUSE_HTTP_TIMEOUT": "0.3"})) == wheel.data
    assert time.monotonic() - started < 5


def test_a_server_that_cannot_resume_sends_all_and_the_known_part_is_skipped(
    serve: Callable[..., ScriptedServer],
) -> None:
    data = bytes(range(256)) * 400
    asked: list[str | None] = []

    def script(request: BaseHTTPRequestHandler) -> Sent:
        asked.append(request.headers.get("Range"))
        announced = {"Content-Length": str(len(data)), "ETag": '"1"'}
        return Sent(body=data[: 70_000 if len(asked) == 1 else None], headers=announced)

    assert read(serve(script).url) == data
    assert asked == [None, "bytes=70000-"]


def test_without_a_validator_the_body_is_asked_for_from_its_start(serve: Callable[..., ScriptedServer]) -> None:
    data = bytes(range(256)) * 400
    asked: list[str | None] = []

    def script(request: BaseHTTPRequestHandler) -> Sent:
        asked.append(request.headers.get("Range"))
        return Sent(body=data[: 70_000 if len(asked) == 1 else None], headers={"Content-Length": str(len(data))})

    assert read(serve(script).url) == data
    assert asked == [None, None]


def test_a_body_that_breaks_off_each_time_is_given_up(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.fault("*.whl", FaultKind.TRUNCATED)

    with pytest.raises(ArtifactUnavailableError) as caught:
        read(index.file_url(wheel))

    assert wheel.filename in caught.value.what
    assert "broke off" in caught.value.what
    assert f"of {len(wheel.data)} bytes arrived" in caught.value.why[0]


def test_a_server_may_say_how_long_to_wait(serve: Callable[..., ScriptedServer]) -> None:
    asked: list[float] = []

    def script(_: BaseHTTPRequestHandler) -> Sent:
        asked.append(time.monotonic())
        return Sent(status=429, headers={"Retry-After": "1"}) if len(asked) == 1 else Sent(body=b"now")

    assert read(serve(script).url) == b"now"
    assert asked[1] - asked[0] >= 1


def test_a_failure_that_lasts_is_given_up_after_some_tries(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    fault = index.fault("*.whl", FaultKind.UNAVAILABLE)

    with pytest.raises(ArtifactUnavailableError) as caught:
        read(index.file_url(wheel))

    assert "HTTP 503" in caught.value.what
    assert fault.hits == 4


def test_nothing_is_tried_again_after_a_cancel(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    fault = index.fault("*.whl", FaultKind.UNAVAILABLE)
    fetcher = Fetcher(IndexOptions(), os.environ, pause=60)
    fetcher.cancel()

    with pytest.raises(ArtifactUnavailableError):
        read(index.file_url(wheel), fetcher)

    assert fault.hits == 1


def test_an_absent_file_is_asked_for_once_and_the_host_is_named(index: PackageIndex) -> None:
    with pytest.raises(ArtifactUnavailableError) as caught:
        read(index.file_url("absent-1.0-py3-none-any.whl"))

    assert "absent-1.0-py3-none-any.whl" in caught.value.what
    assert index.url.split("/")[2] in caught.value.what
    assert caught.value.fix
    assert len(index.requests) == 1


def test_an_unreachable_host_is_named_without_credentials(closed_index_url: str) -> None:
    url = closed_index_url.replace("://", "://user:sesame@") + "/demo.whl"

    with pytest.raises(ArtifactUnavailableError) as caught:
        read(url)

    assert f"{closed_index_url.split('/')[2]} cannot be reached" in caught.value.what
    assert caught.value.fix
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://index.example/a.whl", "", "http://[/a.whl", "http:///a.whl"])
def test_an_address_that_is_none_is_an_error_of_ours(url: str) -> None:
    with pytest.raises(ArtifactUnavailableError):
        read(url)


def test_a_file_address_is_read_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "demo 1.whl"
    path.parent.mkdir()
    path.write_bytes(b"bytes")

    with fetcher_of().open(ArtifactLocation(url=path.as_uri())) as download:
        assert download.length == 5
        assert b"".join(download.chunks) == b"bytes"


@pytest.mark.parametrize("url", ["file:///a%00b.whl", "file:///" + "x" * 5000])
def test_an_impossible_path_is_an_error_of_ours(url: str) -> None:
    with pytest.raises(ArtifactUnavailableError):
        read(url)


def test_an_absent_local_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactUnavailableError) as caught:
        read((tmp_path / "absent.whl").as_uri())

    assert str(tmp_path / "absent.whl") in caught.value.what


@pytest.mark.parametrize("value", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_limit_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        read("http://127.0.0.1:9/a.whl", fetcher_of(environ={"LOCKHOUSE_HTTP_TIMEOUT": value}))

    assert f"LOCKHOUSE_HTTP_TIMEOUT={value}" in caught.value.what


def test_a_proxy_of_the_environment_is_used(serve: Callable[..., ScriptedServer]) -> None:
    asked: list[str] = []

    def script(request: BaseHTTPRequestHandler) -> Sent:
        asked.append(request.path)
        return Sent(body=b"through the proxy")

    url, proxy = "http://index.example/files/demo.whl", serve(script).url
    for environ in ({"HTTP_PROXY": proxy}, {"all_proxy": proxy.removeprefix("http://"), "NO_PROXY": "other.example"}):
        assert read(url, fetcher_of(environ=environ)) == b"through the proxy"
        assert asked.pop() == url
    assert asked == []


def test_only_the_environment_that_is_given_says_which_proxy(
    index: PackageIndex, monkeypatch: pytest.MonkeyPatch, closed_index_url: str
) -> None:
    wheel = index.add_wheel("demo", "1.0")
    url = index.file_url(wheel)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, closed_index_url)

    assert read(url, fetcher_of(environ={})) == wheel.data
    assert read(url, fetcher_of(environ={"HTTP_PROXY": closed_index_url, "NO_PROXY": "127.0.0.1"})) == wheel.data
    with pytest.raises(ArtifactUnavailableError):
        read(url, fetcher_of(environ={"HTTP_PROXY": closed_index_url}))


@pytest.mark.parametrize("proxy", ["ftp://me:s3cret99@proxy.example", "http://me:s3cret99@proxy.example:port"])
def test_a_proxy_that_is_none_is_named_without_its_password(proxy: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        read("http://127.0.0.1:9/a.whl", fetcher_of(environ={"https_proxy": proxy}))

    assert "HTTPS_PROXY" in caught.value.what
    assert "proxy.example" in caught.value.what
    assert "s3cret99" not in str(caught.value)


def test_a_proxy_that_needs_more_than_is_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(InvalidSettingError) as caught:
        read("http://127.0.0.1:9/a.whl", fetcher_of(environ={"ALL_PROXY": "socks5://127.0.0.1:9"}))

    assert "ALL_PROXY" in caught.value.what
    assert caught.value.fix == "pip install socksio"


def test_a_hidden_token_is_put_back_from_the_configured_index() -> None:
    token = "t0ken-0123456789abcdef"  # noqa: S105
    with PackageIndex(prefix=token) as index:
        wheel = index.add_wheel("demo", "1.0")
        url = index.file_url(wheel).replace(token, "****")

        assert read(url, fetcher_of(IndexOptions(default=Index(url=index.url)))) == wheel.data
        with pytest.raises(ArtifactUnavailableError) as caught:
            read(url)

    assert "hides a token" in caught.value.what


def test_a_host_that_was_given_up_is_tried_once_for_the_next_file(
    closed_index_url: str,
) -> None:
    fetcher = Fetcher(IndexOptions(), os.environ, pause=0.2)
    took = []
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(ArtifactUnavailableError):
            read(f"{closed_index_url}/demo.whl", fetcher)
        took.append(time.monotonic() - started)

    assert took[0] > 0.5
    assert took[1] < 0.5


def test_a_redirect_to_a_local_file_is_refused(serve: Callable[..., ScriptedServer], tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.write_bytes(b"private")
    server = serve(lambda _: Sent(status=302, headers={"Location": path.as_uri()}))

    for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
        with pytest.raises(ArtifactUnavailableError):
            read(f"{url}/demo.whl")


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_a_variable_put_into_an_address_is_in_no_message(
    serve: Callable[..., ScriptedServer], status: int
) -> None:
    server = serve(lambda _: Sent(status=status))
    url = f"{server.url}/plainword/simple"
    fetcher = fetcher_of(IndexOptions(default=Index(url=url, secrets=("plainword",))))
    for address in (f"{url}/demo/demo-1.0.whl", f"{server.url}/plainword"):
        with pytest.raises(ArtifactUnavailableError) as caught:
            read(address, fetcher)
        assert "plainword" not in str(caught.value)
        assert "/****" in str(caught.value)


def test_what_a_variable_put_into_the_address_of_no_index_is_in_no_message(
    serve: Callable[..., ScriptedServer],
) -> None:
    server = serve(lambda _: Sent(body=b"{}", headers={"Content-Type": "image/png"}))
    index = Index(url=f"{server.url}/plainword/simple", secrets=("plainword",))
    with pytest.raises(ArtifactUnavailableError) as caught:
        fetcher_of(IndexOptions(default=index)).locate("demo")
    assert "plainword" not in str(caught.value)
    assert "/****/simple/demo" in str(caught.value)
