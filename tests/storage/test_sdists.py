"""Damaged sdists: a hash says that a file is the locked one, not that it can be unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import BuildFailedError
from lockhouse.storage.sdists import unpack_sdist
from lockhouse.testing.packages import build_sdist

if TYPE_CHECKING:
    from pathlib import Path


def _zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("source-1.0/setup.py", "".join(f"x{number} = {number * number}\n" for number in range(500)))
    return stream.getvalue()


def _packed(suffix: str) -> bytes:
    packed = build_sdist("source", "1.0").data
    tar = gzip.decompress(packed)
    return {".zip": _zipped(), ".tar.gz": packed, ".tar.xz": lzma.compress(tar), ".tar.bz2": bz2.compress(tar)}[suffix]


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".tar.xz", ".tar.bz2"])
def test_a_damaged_sdist_is_an_error_of_ours_and_never_a_traceback(suffix: str, tmp_path: Path) -> None:
    data, chance = _packed(suffix), random.Random(7)  # noqa: S311 - the same damage each time
    refused = 0
    for number in range(120):
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        sdist, folder = tmp_path / f"{number}{suffix}", tmp_path / str(number)
        sdist.write_bytes(damaged)
        folder.mkdir()
        try:
            unpack_sdist(sdist, folder)
        except BuildFailedError as error:
            refused += 1
            assert error.why  # noqa: PT017 - some damage does no harm
    assert refused
