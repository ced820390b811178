from __future__ import annotations

import errno
import multiprocessing
import os
import stat
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import StoreBusyError, StoreError
from lockhouse.storage.files import ABANDONED_AFTER, file_lock, write_atomically

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")
SIZE = 1 << 20


def test_a_new_file_is_written_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"

    write_atomically(path, b"content")

    assert path.read_bytes() == b"content"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_new_file_gets_its_mode_from_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"content")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_mode_of_a_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o604)

    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
def test_a_link_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real"
    real.parent.mkdir()
    real.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(real)

    write_atomically(link, b"new")

    assert link.is_symlink()
    assert real.read_bytes() == b"new"


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(errno.EIO, "Input/output error")])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr("lockhouse.storage.files.os.fsync", fail)
    with pytest.raises((KeyboardInterrupt, StoreError)):
        write_atomically(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError) as caught:
        write_atomically(tmp_path / "file" / "below", b"content")

    assert str(tmp_path / "file" / "below") in caught.value.what


def _write_on_a_full_disk(path: Path) -> None:
    import resource  # noqa: PLC0415 - not there on Windows

    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    try:
        write_atomically(path, b"x" * 5000)
    except StoreError as error:
        sys.exit(0 if "full" in error.what and error.fix and "space" in error.fix else 2)
    sys.exit(3)


@pytest.mark.skipif(os.name == "nt", reason="the limit is one of Unix")
def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    process = SPAWN.Process(target=_write_on_a_full_disk, args=(path,))
    process.start()
    process.join(60)

    assert process.exitcode == 0
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _write_for_ever(path: Path, letter: bytes, begun: Event) -> None:
    while True:
        write_atomically(path, letter * SIZE)
        begun.set()


def test_killed_writers_leave_one_whole_version(tmp_path: Path) -> None:
    path = tmp_path / "file"
    writers = []
    for letter in (b"a", b"b"):
        begun = SPAWN.Event()
        writer = SPAWN.Process(target=_write_for_ever, args=(path, letter, begun))
        writer.start()
        assert begun.wait(60)
        writers.append(writer)

    seen = set()
    for _ in range(50):
        content = path.read_bytes()
        seen.add(content[:1])
        assert content == content[:1] * SIZE
    for writer in writers:
        writer.kill()
        writer.join()
    content = path.read_bytes()
    assert content == content[:1] * SIZE
    assert seen <= {b"a", b"b"}


def test_old_leftovers_of_killed_writers_are_swept_and_young_ones_stay(tmp_path: Path) -> None:
    old, young = tmp_path / ".file.1.partial", tmp_path / ".file.2.partial"
    for leftover in (old, young):
        leftover.write_bytes(b"half")
    long_ago = time.time() - ABANDONED_AFTER - 60
    os.utime(old, (long_ago, long_ago))

    write_atomically(tmp_path / "file", b"content")

    assert not old.exists()
    assert young.exists()


def _hold(path: Path, held: Event, done: Event) -> None:
    with file_lock(path, what="the thing"):
        held.set()
        done.wait(60)


def test_a_lock_that_another_process_holds_is_reported_after_the_timeout(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "lock"
    held, done = SPAWN.Event(), SPAWN.Event()
    holder = SPAWN.Process(target=_hold, args=(path, held, done))
    holder.start()
    assert held.wait(60)

    with pytest.raises(StoreBusyError) as caught, file_lock(path, timeout=0.1, what="the download of a.whl"):
        pass

    assert "the download of a.whl" in caught.value.what
    assert str(path) in caught.value.why[0]
    done.set()
    holder.join()
    with file_lock(path, timeout=5, what="the thing"):
        pass


def test_a_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held, done = SPAWN.Event(), SPAWN.Event()
    holder = SPAWN.Process(target=_hold, args=(path, held, done))
    holder.start()
    assert held.wait(60)
    holder.kill()
    holder.join()

    with file_lock(path, timeout=5, what="the thing"):
        pass
