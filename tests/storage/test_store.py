from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from lockhouse.errors import ArtifactUnavailableError, HashMismatchError, StoreError, UnverifiableArtifactError
from lockhouse.storage.files import ABANDONED_AFTER
from lockhouse.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.synchronize import Barrier, Event

SPAWN = multiprocessing.get_context("spawn")
NAME = "demo-1.0-py3-none-any.whl"
DATA = b"PK\x03\x04 the bytes of a wheel"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def add(store: Store, chunks: Iterable[bytes], *, expect: bytes = DATA, filename: str = NAME) -> Path:
    return store.add(
        chunks,
        algorithm="sha256",
        digest=sha256(expect),
        filename=filename,
        package_label="demo 1.0",
        source="https://user:sesame@index.example/demo.whl",
        size=len(expect),
    )


def verified(store: Store, data: bytes = DATA, filename: str = NAME) -> Path | None:
    return store.verified("sha256", sha256(data), filename, package_label="demo 1.0")


def visible(store: Store) -> list[Path]:
    return [path for path in (store.root / "v1" / "files").rglob("*") if path.is_file()]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_an_empty_store_has_nothing_and_makes_nothing(store: Store) -> None:
    assert store.find("sha256", sha256(DATA), NAME) is None
    assert verified(store) is None
    assert not store.root.exists()


def test_a_store_in_the_home_of_nobody_is_refused() -> None:
    with pytest.raises(StoreError) as caught:
        Store.at_default({"LOCKHOUSE_CACHE_DIR": "~no-such-user/cache"})
    assert "LOCKHOUSE_CACHE_DIR names no folder: ~no-such-user/cache" in caught.value.what
    assert caught.value.fix is not None


def test_what_was_added_is_found_under_its_name(store: Store) -> None:
    path = add(store, [DATA[:5], b"", DATA[5:]])

    assert path.name == NAME
    assert path.read_bytes() == DATA
    assert verified(store) == path
    assert store.find("sha256", sha256(DATA), NAME) == path
    assert list(store.temporary.iterdir()) == []
    assert (store.root / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_all_strong_algorithms_serve(store: Store, algorithm: str) -> None:
    digest = hashlib.new(algorithm, DATA).hexdigest()

    path = store.add([DATA], algorithm=algorithm, digest=digest, filename=NAME, package_label="demo 1.0", source="")

    assert store.verified(algorithm, digest, NAME, package_label="demo 1.0") == path


def test_other_bytes_leave_nothing(store: Store) -> None:
    with pytest.raises(HashMismatchError) as caught:
        add(store, [DATA[:-1], b"X"])

    assert "HAS OTHER BYTES" in caught.value.what
    assert "sesame" not in str(caught.value)
    assert visible(store) == []
    assert list(store.temporary.iterdir()) == []


def test_a_damaged_file_is_refused_and_removed(store: Store) -> None:
    path = add(store, [DATA])
    path.write_bytes(DATA[:-1] + b"X")

    with pytest.raises(HashMismatchError) as caught:
        verified(store)

    assert "demo 1.0" in caught.value.what
    assert "in the store" in caught.value.what
    assert f"expected sha256:{sha256(DATA)}" in caught.value.why
    assert f"found    sha256:{sha256(DATA[:-1] + b'X')}" in caught.value.why
    assert verified(store) is None
    assert add(store, [DATA]).read_bytes() == DATA


def test_a_damaged_file_that_is_there_is_replaced_by_an_add(store: Store) -> None:
    add(store, [DATA]).write_bytes(b"damaged")

    assert add(store, [DATA]).read_bytes() == DATA


def test_the_same_bytes_serve_under_another_name(store: Store) -> None:
    first = add(store, [DATA])

    second = verified(store, filename="demo-1.0-1-py3-none-any.whl")

    assert second is not None
    assert second.name == "demo-1.0-1-py3-none-any.whl"
    first.write_bytes(b"damaged")
    assert second.read_bytes() == DATA


def test_damaged_bytes_do_not_serve_under_another_name(store: Store) -> None:
    add(store, [DATA]).write_bytes(b"damaged")

    assert verified(store, filename="demo-1.0-1-py3-none-any.whl") is None
    assert visible(store) == []


def test_the_hash_of_an_unhashed_file_is_computed(store: Store) -> None:
    digest, path = store.add_unknown(iter([DATA]), filename=NAME)

    assert digest == sha256(DATA)
    assert verified(store) == path


@pytest.mark.parametrize(
    ("data", "filename", "words"),
    [
        (b"", NAME, "empty"),
        (DATA[:-1], NAME, "truncated"),
        (b"<!doctype html><title>Sign in", NAME, "HTML page"),
        (b"no such archive, but quite as long", NAME, "does not begin"),
        (DATA, "demo-1.0.tar.gz", "does not begin"),
    ],
)
def test_what_can_be_no_such_file_is_not_taken_for_one(store: Store, data: bytes, filename: str, words: str) -> None:
    with pytest.raises(ArtifactUnavailableError) as caught:
        store.add_unknown([data], filename=filename, size=len(DATA))

    assert filename in caught.value.what
    assert words in caught.value.what
    assert visible(store) == []


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("md5", "0" * 32),
        ("sha256", sha256(DATA)[:-1]),
        ("sha256", sha256(DATA).upper()),
        ("sha256", "../" * 21 + "x"),
        ("sha512", sha256(DATA)),
    ],
)
def test_what_is_no_strong_hash_is_refused(store: Store, algorithm: str, digest: str) -> None:
    with pytest.raises(UnverifiableArtifactError):
        store.add([DATA], algorithm=algorithm, digest=digest, filename=NAME, package_label="demo 1.0", source="")

    assert not store.root.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../a.whl", "a/b.whl", "a\\b.whl", "C:a.whl", "a\0.whl", "a.whl "])
def test_what_is_no_plain_file_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(StoreError):
        add(store, [DATA], filename=name)
    with pytest.raises(StoreError):
        store.add_unknown([DATA], filename=name)

    assert not store.root.exists()


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ConnectionResetError("gone")])
def test_a_sender_that_fails_leaves_nothing_and_its_error_passes(store: Store, failure: BaseException) -> None:
    def chunks() -> Iterator[bytes]:
        yield DATA[:5]
        raise failure

    with pytest.raises(type(failure)):
        add(store, chunks())

    assert visible(store) == []
    assert list(store.temporary.iterdir()) == []


def test_a_store_that_cannot_be_written_names_the_variable_that_moves_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError) as caught:
        add(Store(tmp_path / "file" / "store"), [DATA])

    assert str(tmp_path / "file" / "store") in caught.value.what
    assert "LOCKHOUSE_CACHE_DIR" in (caught.value.fix or "")


def _add_on_a_full_disk(root: Path) -> None:
    import resource  # noqa: PLC0415 - not there on Windows

    store = Store(root)
    add(store, [DATA])
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
    big = b"x" * 20_000
    try:
        add(store, [big[:4000], big[4000:]], expect=big, filename="big.whl")
    except StoreError as error:
        sys.exit(0 if "full" in error.what and "LOCKHOUSE_CACHE_DIR" in (error.fix or "") else 2)
    sys.exit(3)


@pytest.mark.skipif(os.name == "nt", reason="the limit is one of Unix")
def test_a_full_disk_leaves_nothing_of_the_file(store: Store) -> None:
    process = SPAWN.Process(target=_add_on_a_full_disk, args=(store.root,))
    process.start()
    process.join(60)

    assert process.exitcode == 0
    assert [path.name for path in visible(store)] == [NAME]
    assert list(store.temporary.iterdir()) == []


def _add_half(root: Path, begun: Event) -> None:
    def chunks() -> Iterator[bytes]:
        yield DATA[:5]
        begun.set()
        time.sleep(60)

    add(Store(root), chunks())


def test_a_process_killed_while_adding_leaves_nothing_visible(store: Store) -> None:
    begun = SPAWN.Event()
    process = SPAWN.Process(target=_add_half, args=(store.root, begun))
    process.start()
    assert begun.wait(60)
    process.kill()
    process.join()

    assert visible(store) == []
    assert verified(store) is None
    [leftover] = store.temporary.iterdir()
    add(Store(store.root), [DATA])
    assert leftover.exists()  # another process might still write it
    long_ago = time.time() - ABANDONED_AFTER - 60
    os.utime(leftover, (long_ago, long_ago))
    add(Store(store.root), [b"more"], expect=b"more")
    assert not leftover.exists()


def _files() -> list[bytes]:
    return [bytes([number]) * 200_000 for number in range(6)]


def _add_all(root: Path, barrier: Barrier) -> None:
    store = Store(root)
    barrier.wait(60)
    for data in _files():
        pieces = [data[start : start + 10_000] for start in range(0, len(data), 10_000)]
        path = add(store, pieces, expect=data)
        if path.read_bytes() != data or verified(store, data) != path:
            sys.exit(2)


def test_sixteen_processes_add_the_same_files_to_a_cold_store(store: Store) -> None:
    barrier = SPAWN.Barrier(16)
    processes = [SPAWN.Process(target=_add_all, args=(store.root, barrier)) for _ in range(16)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)

    assert [process.exitcode for process in processes] == [0] * 16
    assert sorted(path.read_bytes() for path in visible(store)) == _files()
    assert list(store.temporary.iterdir()) == []


def test_the_store_may_lie_on_another_file_system_than_tmpdir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leave_out: Callable[[str], NoReturn]
) -> None:
    import shutil  # noqa: PLC0415
    import tempfile  # noqa: PLC0415

    if not os.access("/dev/shm", os.W_OK):  # noqa: S108
        leave_out("needs a second file system")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    root = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        if root.stat().st_dev == tmp_path.stat().st_dev:
            leave_out("both are on one file system")
        assert add(Store(root), [DATA]).read_bytes() == DATA
        assert list(tmp_path.iterdir()) == []
    finally:
        shutil.rmtree(root)


def test_the_variable_moves_the_default_store(tmp_path: Path) -> None:
    assert Store.at_default({"LOCKHOUSE_CACHE_DIR": str(tmp_path)}).root == tmp_path


def test_the_default_store_is_in_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = Store.at_default({}).root

    assert "lockhouse" in root.parts
    assert root.is_absolute()
