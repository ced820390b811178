"""The seal of a stored file: what tools write, with the times that they give to files, has none."""

from __future__ import annotations

import os
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockhouse.storage.archive_writing import members_of, write_archive
from lockhouse.storage.seals import is_sealed, seal

if TYPE_CHECKING:
    from pathlib import Path


def test_a_write_breaks_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    seal(path)
    assert is_sealed(path.stat())
    path.write_bytes(b"other")
    assert not is_sealed(path.stat())


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_what_an_archive_of_ours_is_unpacked_over_has_none(suffix: str, tmp_path: Path) -> None:
    """Unpacking gives files the time that stands in the archive, which is the same in all that we write."""
    archive, path = tmp_path / f"house{suffix}", tmp_path / "file"
    path.write_bytes(b"content")
    seal(path)
    write_archive(archive, members_of([("file", b"another", "")]))
    if suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            path.write_bytes(opened.read("file"))
        os.utime(path, (315532800, 315532800))  # as unzip does where clocks are in UTC
    else:
        with tarfile.open(archive) as opened:
            opened.extractall(tmp_path, filter="data")
    assert path.read_bytes() == b"another"
    assert not is_sealed(path.stat())
