from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from lockhouse.errors import ArtifactUnavailableError
from lockhouse.fetchers import Fetcher
from lockhouse.fetchers.listing import default_index
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.lock import Artifact, ArtifactKind
from lockhouse.testing.index import PackageIndex
from lockhouse.testing.packages import build_sdist, build_wheel

from .conftest import Sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import ScriptedServer

JSON = "application/vnd.pypi.simple.v1+json"


def fetcher_of(*urls: str, find_links: tuple[str, ...] = (), no_index: bool = False) -> Fetcher:
    indexes = tuple(Index(url=url) for url in urls)
    options = IndexOptions(
        default=indexes[-1] if indexes else None, extra=indexes[:-1], find_links=find_links, no_index=no_index
    )
    return Fetcher(options, os.environ, pause=0.01)


@pytest.mark.parametrize("html_only", [False, True])
def test_all_files_of_a_package_are_listed_in_both_forms(html_only: bool) -> None:
    with PackageIndex(html_only=html_only) as index:
        wheel = index.add_wheel("Demo_Pack", "1.0")
        sdist = index.add_sdist("Demo_Pack", "1.0")

        found = {file.filename: file for file in fetcher_of(index.url).locate("demo.pack")}

    assert found.keys() == {wheel.filename, sdist.filename}
    file = found[wheel.filename]
    assert file.url == index.file_url(wheel)
    assert file.hashes == {"sha256": wheel.sha256}
    assert file.size == (None if html_only else len(wheel.data))


def test_a_file_is_found_by_its_name_or_its_hash(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.add_wheel("demo", "2.0")
    fetcher = fetcher_of(index.url)

    assert [file.filename for file in fetcher.locate("demo", wheel.filename)] == [wheel.filename]
    assert [file.filename for file in fetcher.locate("demo", digest=wheel.sha256)] == [wheel.filename]
    assert fetcher.locate("demo", wheel.filename, "0" * 64) == ()


def test_a_file_without_a_told_hash_may_be_the_one() -> None:
    with PackageIndex(hashes=False) as index:
        wheel = index.add_wheel("demo", "1.0")

        assert [file.hashes for file in fetcher_of(index.url).locate("demo", digest=wheel.sha256)] == [{}]


def test_the_first_index_that_knows_the_package_decides(index: PackageIndex) -> None:
    first, second = index.root("first"), index.root("second")
    first.add_wheel("other", "1.0")
    mine = second.add_wheel("demo", "1.0")
    index.add_wheel("demo", "2.0")

    found = fetcher_of(first.url, second.url, index.url).locate("demo")

    assert [file.filename for file in found] == [mine.filename]
    assert index.requests.paths == ["/first/simple/demo/", "/second/simple/demo/"]


def test_a_certain_file_is_looked_for_until_an_index_lists_it(index: PackageIndex) -> None:
    first = index.root("first")
    first.add_wheel("demo", "2.0")
    wheel = index.add_wheel("demo", "1.0")
    fetcher = fetcher_of(first.url, index.url)

    assert [file.url for file in fetcher.locate("demo", wheel.filename)] == [index.file_url(wheel)]
    assert fetcher.locate("demo", "demo-3.0-py3-none-any.whl") == ()


def test_an_index_that_refuses_is_not_passed_over(index: PackageIndex) -> None:
    private = index.root("private", username="user", password="sesame")  # noqa: S106
    index.add_wheel("demo", "1.0")

    with pytest.raises(ArtifactUnavailableError) as caught:
        fetcher_of(private.url, index.url).locate("demo")

    assert "HTTP 401" in caught.value.what
    private.add_wheel("demo", "1.0")
    assert len(fetcher_of(private.url_with_credentials, index.url).locate("demo")) == 1


def test_a_package_that_nobody_knows_is_not_found(index: PackageIndex) -> None:
    assert fetcher_of(index.url).locate("demo") == ()


def test_without_an_index_none_is_asked(index: PackageIndex) -> None:
    index.add_wheel("demo", "1.0")

    assert fetcher_of(index.url, no_index=True).locate("demo") == ()
    assert len(index.requests) == 0


def test_the_default_index_is_asked_where_none_is_configured(
    index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add_wheel("demo", "1.0")
    monkeypatch.setattr("lockhouse.fetchers.fetcher.default_index", lambda: f"{index.url}/")

    assert len(fetcher_of().locate("demo")) == 1


def test_the_default_index_is_one_with_a_secure_address() -> None:
    assert urlsplit(default_index()).scheme == "https"
    assert default_index().endswith("/simple/")


@pytest.mark.parametrize("as_url", [False, True])
def test_a_folder_is_searched_and_its_files_are_hashed(tmp_path: Path, index: PackageIndex, as_url: bool) -> None:
    wheel, other = build_wheel("demo", "1.0"), build_wheel("demo", "2.0")
    for file in (wheel, other, build_sdist("demo", "1.0"), build_wheel("another", "1.0")):
        file.write_to(tmp_path)
    (tmp_path / "notes.txt").write_text("no package")
    place = tmp_path.as_uri() if as_url else str(tmp_path)
    fetcher = fetcher_of(index.url, find_links=(place,))

    [found] = fetcher.locate("demo", digest=wheel.sha256)

    assert found.url == (tmp_path / wheel.filename).as_uri()
    assert found.hashes == {"sha256": wheel.sha256}
    assert len(index.requests) == 0
    assert [file.filename for file in fetcher.locate("demo", other.filename)] == [other.filename]
    assert len(fetcher.locate("demo")) == 3


def test_an_absent_folder_has_nothing(tmp_path: Path, index: PackageIndex) -> None:
    assert fetcher_of(index.url, find_links=(str(tmp_path / "absent"),)).locate("demo") == ()


def test_a_folder_that_cannot_be_read_is_named(index: PackageIndex) -> None:
    with pytest.raises(ArtifactUnavailableError) as caught:
        fetcher_of(index.url, find_links=("x" * 5000,)).locate("demo")

    assert "cannot be read" in caught.value.what


def test_a_page_with_links_is_searched(serve: Callable[..., ScriptedServer], tmp_path: Path) -> None:
    digest = hashlib.sha512(b"").hexdigest()
    page = f'<a href="files/demo-1.0.tar.gz#sha512={digest}">x</a> <a href="files/other-1.0.tar.gz">y</a>'
    server = serve(lambda _: Sent(body=page.encode(), headers={"Content-Type": "text/html"}))
    local = tmp_path / "links.html"
    local.write_text(page)

    [remote] = fetcher_of(no_index=True, find_links=(f"{server.url}/downloads/",)).locate("demo")
    [near] = fetcher_of(no_index=True, find_links=(str(local),)).locate("demo")

    assert remote.url == f"{server.url}/downloads/files/demo-1.0.tar.gz"
    assert near.url == (tmp_path / "files" / "demo-1.0.tar.gz").as_uri()
    assert remote.hashes == near.hashes == {"sha512": digest}


def test_an_index_may_be_a_folder(tmp_path: Path) -> None:
    page = tmp_path / "simple" / "demo" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<a href="../../demo-1.0.tar.gz">demo</a>')
    fetcher = fetcher_of((tmp_path / "simple").as_uri())

    assert [file.url for file in fetcher.locate("demo")] == [(tmp_path / "demo-1.0.tar.gz").as_uri()]
    assert fetcher.locate("other") == ()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", JSON),
        (b"[]", JSON),
        (b'{"files": [{"url": "demo"}]}', JSON),
        (b'{"files": [{"filename": "demo-1.0.tar.gz", "url": "http://[/"}]}', JSON),
        (json.dumps({"meta": {"api-version": "2.0"}, "files": []}).encode(), JSON),
        (b"\xff\xfe", "text/html"),
        (b"PK", "application/zip"),
    ],
)
def test_what_is_no_index_page_is_an_error_of_ours(
    serve: Callable[..., ScriptedServer], body: bytes, content_type: str
) -> None:
    server = serve(lambda _: Sent(body=body, headers={"Content-Type": content_type}))

    with pytest.raises(ArtifactUnavailableError) as caught:
        fetcher_of(server.url.replace("//", "//user:sesame@")).locate("demo")

    assert "does not answer as a package index" in caught.value.what
    assert "sesame" not in str(caught.value)


def artifact_of(url: str | None) -> Artifact:
    return Artifact(kind=ArtifactKind.WHEEL, filename="demo-1.0-py3-none-any.whl", url=url)


def test_metadata_beside_a_file_is_read(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0", requires=["other>=2"])

    text = fetcher_of(index.url).read_metadata(artifact_of(f"{index.file_url(wheel)}#sha256={wheel.sha256}"))

    assert text is not None
    assert "Requires-Dist: other>=2" in text


def test_metadata_that_is_not_served_is_none(serve: Callable[..., ScriptedServer]) -> None:
    with PackageIndex(metadata=False) as index:
        wheel = index.add_wheel("demo", "1.0")
        assert fetcher_of(index.url).read_metadata(artifact_of(index.file_url(wheel))) is None
    forbidding = serve(lambda _: Sent(status=403))
    assert fetcher_of(forbidding.url).read_metadata(artifact_of(f"{forbidding.url}/demo.whl")) is None
    assert fetcher_of().read_metadata(artifact_of(None)) is None


def test_metadata_of_an_index_that_fails_is_an_error(index: PackageIndex) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.fault("*.metadata", "503")

    with pytest.raises(ArtifactUnavailableError):
        fetcher_of(index.url).read_metadata(artifact_of(index.file_url(wheel)))
