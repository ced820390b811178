from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import BackendFailedError
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.lock import Artifact, ArtifactKind
from lockhouse.resolvers.inputs import LocalPaths
from lockhouse.resolvers.pip_output import ReportReader, read_found_links, read_skipped_pages

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.lock import LockedPackage

INDEXES = IndexOptions(
    default=Index(url="https://index.example/simple/"),
    extra=(Index(url="https://me:hush@team.example/ghp_0123456789/s"),),
)
LOG = """\
2026-01-01T00:00:00,1   Found link https://team.example/ghp_0123456789/f/a-1-py3-none-any.whl \
(from https://me:****@team.example/ghp_0123456789/s/a/) (requires-python:>=3.8), version: 1
2026-01-01T00:00:00,2 Could not fetch URL https://index.example/simple/a/: 404 Client Error: Not Found - skipping
2026-01-01T00:00:00,3 Could not fetch URL https://index.example/simple/b/: 503 Server Error: hush - skipping
"""


def read(tmp_path: Path, *items: Any) -> tuple[LockedPackage, ...]:
    report, log = tmp_path / "report.json", tmp_path / "log.txt"
    report.write_text(json.dumps({"version": "1", "install": items}), encoding="utf-8")
    log.write_text(LOG, encoding="utf-8")
    reader = ReportReader(indexes=INDEXES, found=read_found_links(log), paths=LocalPaths(tmp_path, ()))
    return reader.read(report)


def item(url: str, *, direct: bool = False, **info: Any) -> dict[str, Any]:
    metadata = {"name": "A", "version": "1", "requires_dist": ["b>=2"], "requires_python": ">=3.8"}
    return {"metadata": metadata, "is_direct": direct, "download_info": {"url": url, **info}}


def test_the_index_of_a_file_is_the_one_on_whose_page_it_stood(tmp_path: Path) -> None:
    url = "https://me:hush@team.example/ghp_0123456789/f/a-1-py3-none-any.whl"
    (package,) = read(tmp_path, item(url, archive_info={"hash": "sha256=AB"}))
    assert package.index == "https://team.example/****/s"
    assert (package.name, package.requires, package.requires_python) == ("a", ("b>=2",), ">=3.8")
    assert package.artifacts == (
        Artifact(
            kind=ArtifactKind.WHEEL,
            filename="a-1-py3-none-any.whl",
            url="https://team.example/****/f/a-1-py3-none-any.whl",
            hashes={"sha256": "ab"},
        ),
    )


def test_a_file_that_stood_on_no_known_page_has_no_index(tmp_path: Path) -> None:
    (package,) = read(tmp_path, item("https://files.example/a-1.tar.gz", archive_info={}))
    assert package.index is None
    assert package.artifacts[0].kind is ArtifactKind.SDIST
    assert package.artifacts[0].hashes == {}


def test_pages_that_could_not_be_had_are_told_without_secrets(tmp_path: Path) -> None:
    read(tmp_path)
    (line,) = read_skipped_pages(tmp_path / "log.txt", INDEXES.secrets)
    assert line.startswith("Could not fetch URL https://index.example/simple/b/: 503")
    assert "hush" not in line
    assert read_skipped_pages(tmp_path / "none.txt", ()) == ()


def test_what_it_does_not_understand_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(BackendFailedError, match="cannot be read"):
        read(tmp_path, {"metadata": {}})
