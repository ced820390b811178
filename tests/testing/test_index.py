from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from lockhouse.testing import FaultKind, PackageIndex, build_wheel
from lockhouse.testing._simple_api import accepts_json

if TYPE_CHECKING:
    from lockhouse.testing import IndexRoot, ProjectFolder

SECRET = "p@ss/word"  # noqa: S105
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


def fetch(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Ask over a connection of its own; the body may be incomplete."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, parts.path, headers=headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def request_again(connection: http.client.HTTPConnection) -> None:
    connection.auto_open = False  # no second connection
    connection.request("GET", "/simple/")
    connection.getresponse()


def page(index: IndexRoot, name: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(fetch(f"{index.url}/{name}/", JSON)[2])
    return content


def entry(index: IndexRoot, name: str) -> dict[str, object]:
    files = page(index, name)["files"]
    assert isinstance(files, list)
    (only,) = files
    return dict(only)


def test_a_page_tells_all_of_a_file(index: PackageIndex) -> None:
    wheel = index.add_wheel(
        "Demo.Pkg", "1.0", requires_python=">=3.9", upload_time="2025-02-03T04:05:06Z", yanked="broken"
    )
    told = entry(index, "demo-pkg")
    metadata = told.pop("core-metadata")
    assert told == {
        "filename": wheel.filename,
        "url": f"../../files/{wheel.filename}",
        "hashes": {"sha256": wheel.sha256},
        "size": len(wheel.data),
        "upload-time": "2025-02-03T04:05:06Z",
        "yanked": "broken",
        "requires-python": ">=3.9",
    }
    assert isinstance(metadata, dict)
    assert fetch(f"{index.file_url(wheel)}.metadata")[2] == wheel.metadata


def test_html_tells_the_same(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0", requires_python=">=3.9", yanked=True)
    status, headers, body = fetch(f"{index.url}/demo/", {"Accept": "text/html"})
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = body.decode()
    assert f'href="../../files/{wheel.filename}#sha256={wheel.sha256}"' in text
    assert 'data-requires-python="&gt;=3.9"' in text
    assert 'data-yanked=""' in text
    assert "data-core-metadata=" in text


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/vnd.pypi.simple.v1+json", True),
        ("application/vnd.pypi.simple.v1+json, text/html;q=0.1", True),
        ("application/vnd.pypi.simple.v1+json;q=0.2, text/html;q=0.9", False),
        ("text/html", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_the_client_chooses_the_format(accept: str, expected: bool) -> None:
    assert accepts_json(accept) is expected


def test_an_index_may_know_no_json_no_hashes_and_no_metadata() -> None:
    with PackageIndex(html_only=True, hashes=False, metadata=False) as index:
        wheel = index.add_wheel("demo", "1.0")
        _, headers, body = fetch(f"{index.url}/demo/", JSON)
        assert headers["content-type"].startswith("text/html")
        assert b"sha256" not in body
        assert b"core-metadata" not in body
        assert fetch(f"{index.file_url(wheel)}.metadata")[0] == 404


def test_hashes_may_be_weak_or_absent_for_one_file(index: PackageIndex) -> None:
    index.add(build_wheel("weak", "1.0"), hashes=("md5",))
    index.add(build_wheel("none", "1.0"), hashes=False, metadata=False)
    weak, none = entry(index, "weak"), entry(index, "none")
    assert isinstance(weak["hashes"], dict)
    assert list(weak["hashes"]) == ["md5"]
    assert none["hashes"] == {}
    assert "core-metadata" not in none


def test_head_and_range(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    url = index.file_url(wheel)
    size = len(wheel.data)
    assert fetch(url, method="HEAD")[1]["content-length"] == str(size)
    assert fetch(url, method="HEAD")[2] == b""
    assert fetch(url, {"Range": "bytes=2-5"})[2] == wheel.data[2:6]
    assert fetch(url, {"Range": "bytes=-4"})[2] == wheel.data[-4:]
    status, headers, body = fetch(url, {"Range": f"bytes={size - 3}-"})
    assert (status, headers["content-range"], body) == (206, f"bytes {size - 3}-{size - 1}/{size}", wheel.data[-3:])
    assert fetch(url, {"Range": f"bytes={size}-"})[0] == 416


def test_an_unchanged_page_is_not_sent_again(index: PackageIndex) -> None:
    index.add_wheel("demo", "1.0")
    tag = fetch(f"{index.url}/demo/")[1]["etag"]
    assert fetch(f"{index.url}/demo/", {"If-None-Match": tag})[0] == 304
    index.add_wheel("demo", "2.0")
    assert fetch(f"{index.url}/demo/", {"If-None-Match": tag})[0] == 200


def test_what_is_not_there(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.remove(wheel)
    for url in (f"{index.url}/demo/", index.file_url(wheel), f"{index.url}x"):
        assert fetch(url)[0] == 404
    with pytest.raises(KeyError):
        index.remove(wheel)


def test_a_page_without_its_slash_is_redirected(index: PackageIndex) -> None:
    index.add_wheel("demo", "1.0")
    status, headers, _ = fetch(f"{index.url}/demo")
    assert (status, headers["location"]) == (301, "/simple/demo/")


def test_requests_are_recorded_and_forgotten(index: PackageIndex) -> None:
    fetch(f"{index.url}/demo/", {"X-Mark": "one"})
    (request,) = index.requests
    assert (request.method, request.path, request.headers["x-mark"]) == ("GET", "/simple/demo/", "one")
    assert index.requests.matching("/simple/*") == [request]
    assert not index.requests.matching("*", method="HEAD")
    index.requests.clear()
    assert len(index.requests) == 0


def test_credentials_are_asked_for_everywhere() -> None:
    with PackageIndex(username="us er", password=SECRET) as index:
        wheel = index.add_wheel("demo", "1.0")
        for url in (f"{index.url}/demo/", index.file_url(wheel)):
            status, headers, _ = fetch(url)
            assert (status, headers["www-authenticate"]) == (401, 'Basic realm="test index"')
        assert index.url_with_credentials == index.url.replace("://", "://us%20er:p%40ss%2Fword@")
        assert fetch(f"{index.url}/demo/", {"Authorization": "Basic dXMgZXI6cEBzcy93b3Jk"})[0] == 200
        assert fetch(f"{index.url}/demo/", {"Authorization": "Basic dXMgZXI6d3Jvbmc="})[0] == 401


def test_a_token_stands_in_the_path() -> None:
    with PackageIndex(prefix="/t0ken-abc123/") as index:
        wheel = index.add_wheel("demo", "1.0")
        assert urlsplit(index.url).path == "/t0ken-abc123/simple"
        assert fetch(f"{index.url}/demo/")[0] == 200
        assert fetch(index.file_url(wheel))[2] == wheel.data
        assert fetch(index.url.replace("/t0ken-abc123", "") + "/demo/")[0] == 404


def test_roots_have_files_and_credentials_of_their_own(index: PackageIndex) -> None:
    private = index.root("private", username="u", password=SECRET)
    public, hidden = index.add_wheel("demo", "1.0"), private.add_wheel("demo", "1.0", modules={"demo.py": "private"})
    assert public.filename == hidden.filename
    assert fetch(index.file_url(public))[2] == public.data
    assert fetch(private.file_url(hidden))[0] == 401
    assert fetch(private.file_url(hidden), {"Authorization": "Basic dTpwQHNzL3dvcmQ="})[2] == hidden.data


def test_status_faults_pass_after_their_number(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    fault = index.fault("*.whl", "503", times=2)
    assert [fetch(index.file_url(wheel))[0] for _ in range(3)] == [503, 503, 200]
    assert fault.hits == 2


def test_a_fault_strikes_only_its_paths_and_until_it_is_lifted(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    fault = index.fault("*.whl", FaultKind.NOT_FOUND)
    assert fetch(f"{index.url}/demo/")[0] == 200
    assert fetch(f"{index.file_url(wheel)}.metadata")[0] == 200
    assert fetch(index.file_url(wheel))[0] == 404
    fault.lift()
    assert fetch(index.file_url(wheel))[0] == 200


def test_faults_of_the_body(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")

    def struck(kind: str) -> bytes:
        index.fault("*.whl", kind, times=1)
        status, headers, body = fetch(index.file_url(wheel))
        assert (status, int(headers["content-length"])) == (200, len(body))
        return body

    assert struck("empty") == b""
    assert struck("short") == wheel.data[: len(wheel.data) // 2]
    assert struck("flipped-byte") == wheel.with_flipped_byte().data
    assert struck("other-bytes") == wheel.with_other_bytes().data
    assert b"Sign in" in struck("html-page")
    assert fetch(index.file_url(wheel))[2] == wheel.data


def test_a_fault_of_the_body_waits_for_a_body() -> None:
    with PackageIndex(username="u", password=SECRET) as index:
        wheel = index.add_wheel("demo", "1.0")
        fault = index.fault("*.whl", "empty", times=1)
        fetch(index.file_url(wheel))
        fetch(index.file_url(wheel), {"Authorization": "Basic dTpwQHNzL3dvcmQ="}, method="HEAD")
        assert fault.hits == 0


def test_a_truncated_body_is_shorter_than_announced(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.fault("*.whl", "truncated")
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(index.file_url(wheel))
    assert caught.value.partial == wheel.data[: len(wheel.data) // 2]


def test_a_stall_is_bounded(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.fault("*.whl", "stall", seconds=0.3)
    start = time.monotonic()
    with pytest.raises(http.client.IncompleteRead):
        fetch(index.file_url(wheel))
    assert 0.3 <= time.monotonic() - start < 5


def test_a_reset_connection(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.fault("*.whl", "reset", times=1)
    with pytest.raises(ConnectionResetError) as caught:
        fetch(index.file_url(wheel))
    assert caught.type is ConnectionResetError  # an orderly close would be RemoteDisconnected
    assert fetch(index.file_url(wheel))[2] == wheel.data


def test_a_delay_holds_every_answer(index: PackageIndex) -> None:
    index.delay = 0.2
    start = time.monotonic()
    fetch(f"{index.url}/")
    assert time.monotonic() - start >= 0.2


def test_a_stopped_index_refuses_and_drops_open_connections() -> None:
    index = PackageIndex()
    parts = urlsplit(index.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", "/simple/")
    connection.getresponse().read()
    index.stop()
    index.stop()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        request_again(connection)
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        fetch(f"{index.url}/")


def test_a_stop_ends_a_stall_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    index = PackageIndex()
    wheel = index.add_wheel("demo", "1.0")
    index.fault("*.whl", "stall", seconds=30)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            fetch(index.file_url(wheel))
        except (OSError, http.client.HTTPException) as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not len(index.requests):
        time.sleep(0.01)
    index.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert errors
    deadline = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before


def test_a_defect_of_the_server_is_not_swallowed() -> None:
    index = PackageIndex()
    index.add(build_wheel("demo", "1.0"), hashes=("no-such-hash",))
    with pytest.raises(http.client.RemoteDisconnected):
        fetch(f"{index.url}/demo/")
    with pytest.raises(BaseExceptionGroup, match="the test index failed") as caught:
        index.stop()
    assert "no-such-hash" in str(caught.value.exceptions[0])


def test_many_clients_at_once(index: PackageIndex) -> None:
    wheels = [index.add_wheel(f"demo{i}", "1.0", size=10_000) for i in range(16)]
    bodies: dict[str, bytes] = {}

    def ask(url: str) -> None:
        bodies[url] = fetch(url)[2]

    threads = [threading.Thread(target=ask, args=(index.file_url(wheel),)) for wheel in wheels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert bodies == {index.file_url(wheel): wheel.data for wheel in wheels}
    assert len(index.requests) == 16


def test_uv_locks_from_the_index(index: PackageIndex, project: ProjectFolder) -> None:
    other = index.add_wheel("other", "2.0")
    index.add_wheel("other", "3.0", yanked=True)
    index.add_wheel("other", "4.0", requires_python=">=4")
    index.add_sdist("source", "1.0", requires=["other"])
    index.add_wheel("demo", "1.0", requires=["other>=1", "source"])
    project.write("in.txt", "demo\n")
    result = project.run("uv", "pip", "compile", "in.txt", "--format", "pylock.toml", "--universal", check=True)
    assert f"{index.file_url(other)}" in result.stdout
    assert other.sha256 in result.stdout
    assert "source-1.0.tar.gz" in result.stdout
    # the metadata beside the wheels was enough
    assert not index.requests.matching("*.whl")


def test_a_release_is_seen_by_a_tool_that_has_cached_the_page(index: PackageIndex, project: ProjectFolder) -> None:
    project.write("in.txt", "demo\n")
    for version in ("1.0", "2.0"):
        index.add_wheel("demo", version)
        result = project.run("uv", "pip", "compile", "in.txt", check=True)
        assert result.lines[2] == f"demo=={version}"


def test_pip_downloads_from_an_html_index_with_credentials(project: ProjectFolder) -> None:
    with PackageIndex(username="user", password=SECRET, html_only=True, prefix="tok3n") as index:
        index.add_wheel("demo", "1.0", requires=["other"])
        index.add_wheel("other", "1.0")
        index.add_wheel("other", "2.0", yanked="broken")
        refused = project.run("pip", "download", "demo", "-d", "out", "--index-url", index.url)
        assert refused.returncode
        project.run("pip", "download", "demo", "-d", "out", "--index-url", index.url_with_credentials, check=True)
    assert sorted(path.name for path in (project / "out").iterdir()) == [
        "demo-1.0-py3-none-any.whl",
        "other-1.0-py3-none-any.whl",
    ]


def test_real_tools_meet_the_faults(index: PackageIndex, project: ProjectFolder) -> None:
    wheel = index.add_wheel("demo", "1.0")
    project.write("pinned.txt", f"demo==1.0 --hash=sha256:{wheel.sha256}\n")

    def install() -> str:
        arguments = (
            "install",
            "--require-hashes",
            "--no-deps",
            "--no-cache-dir",
            "--target=target",
            "-r",
            "pinned.txt",
        )
        return project.run("pip", *arguments).output

    index.fault("*.whl", "other-bytes", times=1)
    assert "DO NOT MATCH THE HASHES" in install()
    fault = index.fault("*.whl", "503", times=1)
    assert "Successfully installed demo" in install()
    assert fault.hits == 1


def test_a_stopped_index_is_unreachable_for_uv(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    index.stop()
    assert project.run("uv", "pip", "install", "--target=target", "demo").returncode


def test_a_proxy_is_never_asked(index: PackageIndex) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{index.url}/absent/")  # noqa: S310
