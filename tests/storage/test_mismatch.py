from __future__ import annotations

import pytest

from lockhouse.storage.mismatch import Expected, Received, mismatch

WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
RIGHT, OTHER, UNKNOWN = "a" * 64, "b" * 64, "c" * 64


def explained(filename: str, received: Received, *, digest: str = RIGHT, size: int | None = 1000) -> str:
    expected = Expected(
        package="demo 1.0",
        filename=filename,
        algorithm="sha256",
        digest=digest,
        size=size,
        source=f"https://user:sesame@index.example/files/{filename}",
        known={RIGHT: WHEEL, OTHER: SDIST},
    )
    error = mismatch(expected, received)
    assert error.what.startswith(f"demo 1.0: {filename} ")
    assert error.fix
    assert f"expected sha256:{digest}" in error.why
    assert f"found    sha256:{received.digest}" in error.why
    assert "sesame" not in str(error)
    return error.what


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (Received(digest=UNKNOWN, size=0, head=b""), "is an empty download"),
        (Received(digest=UNKNOWN, size=999, head=b"PK\x03\x04"), "is a truncated download"),
        (Received(digest=UNKNOWN, size=200, head=b"\n <!DOCTYPE HTML><title>"), "is an HTML page"),
        (Received(digest=UNKNOWN, size=2000, head=b"<html>"), "is an HTML page"),
        (Received(digest=OTHER, size=800, head=b"\x1f\x8b"), f"holds the bytes of {SDIST}, another file of the lock"),
        (Received(digest=UNKNOWN, size=1000, head=b"\x1f\x8b"), "is no wheel but a gzip archive"),
        (Received(digest=UNKNOWN, size=1000, head=b"PK\x03\x04"), "HAS OTHER BYTES"),
        (Received(digest=UNKNOWN, size=1001, head=b"PK\x03\x04"), "HAS OTHER BYTES"),
    ],
)
def test_each_kind_is_told_apart(received: Received, words: str) -> None:
    assert words in explained(WHEEL, received)


def test_a_wheel_where_an_sdist_was_locked() -> None:
    assert "is no sdist but a zip archive" in explained(
        SDIST, Received(digest=UNKNOWN, size=1000, head=b"PK\x03\x04"), digest=OTHER
    )


def test_a_wheel_that_is_locked_with_the_hash_of_its_sdist() -> None:
    received = Received(digest=UNKNOWN, size=1000, head=b"PK\x03\x04")

    assert f"stands in the lock with the hash of {SDIST}" in explained(WHEEL, received, digest=OTHER)


def test_without_a_known_size_nothing_is_called_truncated() -> None:
    received = Received(digest=UNKNOWN, size=10, head=b"PK\x03\x04")

    assert "HAS OTHER BYTES" in explained(WHEEL, received, size=None)
