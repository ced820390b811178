from __future__ import annotations

import _thread
import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from packaging.utils import canonicalize_name

from lockhouse.errors import (
    ArtifactUnavailableError,
    HashMismatchError,
    InvalidSettingError,
    StoreError,
    UnverifiableArtifactError,
)
from lockhouse.fetchers import Fetcher
from lockhouse.interfaces import ArtifactLocation
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.lock import Artifact, ArtifactKind, LockedPackage
from lockhouse.operations.fetch import fetch_artifacts
from lockhouse.storage.store import Store
from lockhouse.testing.index import FaultKind, PackageIndex
from lockhouse.testing.packages import build_sdist, build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.synchronize import Barrier

    from lockhouse.interfaces import StoredFile
    from lockhouse.testing.packages import PackageFile

SPAWN = multiprocessing.get_context("spawn")


@dataclass
class Recorder:
    """A reporter and a progress display that remember what they were told."""

    titles: list[str] = field(default_factory=list)
    started: dict[str, int | None] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)

    def info(self, message: str) -> None: ...

    def detail(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    @contextmanager
    def progress(self, title: str) -> Iterator[Recorder]:
        self.titles.append(title)
        yield self

    def start(self, name: str, total: int | None) -> None:
        self.started[name] = total

    def advance(self, name: str, amount: int) -> None:
        self.done[name] = self.done.get(name, 0) + amount

    def finish(self, name: str) -> None:
        self.finished.append(name)


def locked(index: PackageIndex, *files: PackageFile) -> tuple[LockedPackage, Artifact]:
    """Lock the first file, with the others as its package's further files."""
    artifacts = tuple(
        Artifact(
            kind=ArtifactKind.WHEEL if file.filename.endswith(".whl") else ArtifactKind.SDIST,
            filename=file.filename,
            url=index.file_url(file),
            size=len(file.data),
            hashes={"sha256": file.sha256},
        )
        for file in files
    )
    package = LockedPackage(name=canonicalize_name(files[0].name), version=files[0].version, artifacts=artifacts)
    return package, artifacts[0]


def fetch(
    wanted: Sequence[tuple[LockedPackage, Artifact]],
    store: Store,
    *,
    indexes: IndexOptions | None = None,
    locate: Callable[[Artifact], ArtifactLocation | None] = lambda _: None,
    reporter: Recorder | None = None,
    root: Path = Path(),
    jobs: int = 8,
    pause: float = 0.01,
) -> tuple[StoredFile, ...]:
    return fetch_artifacts(
        wanted,
        store=store,
        fetcher=Fetcher(indexes or IndexOptions(), os.environ, pause=pause),
        locate=locate,
        reporter=reporter or Recorder(),
        root=root,
        jobs=jobs,
    )


def nothing_is_left(store: Store) -> bool:
    return not any(path.is_file() for path in (store.root / "v1").rglob("*") if "locks" not in path.parts)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_files_come_back_in_the_order_in_which_they_were_wanted(index: PackageIndex, store: Store) -> None:
    files = [index.add_wheel(f"demo-{letter}", "1.0", size=1000 * n) for n, letter in enumerate("abcdef")]

    stored = fetch([locked(index, file) for file in files], store)

    assert [(file.name, file.version) for file in stored] == [(f"demo-{letter}", "1.0") for letter in "abcdef"]
    for file, got in zip(files, stored, strict=True):
        assert got.path.name == file.filename
        assert got.path.read_bytes() == file.data
        assert (got.algorithm, got.digest) == ("sha256", file.sha256)


def test_what_is_stored_costs_no_request(index: PackageIndex, store: Store) -> None:
    wanted = [locked(index, index.add_wheel("demo", "1.0"))]
    first = fetch(wanted, store)
    index.stop()
    index.requests.clear()
    reporter = Recorder()

    assert fetch(wanted, store, reporter=reporter) == first
    assert len(index.requests) == 0
    assert reporter.titles == []


def test_the_largest_is_fetched_first(index: PackageIndex, store: Store) -> None:
    files = [index.add_wheel(f"demo{size}", "1.0", size=size) for size in (10, 100_000, 5000, 50_000)]

    fetch([locked(index, file) for file in files], store, jobs=1)

    order = [files[number].filename for number in (1, 3, 2, 0)]
    assert [path.rpartition("/")[2] for path in index.requests.paths] == order


def test_files_are_fetched_at_the_same_time(index: PackageIndex, store: Store) -> None:
    wanted = [locked(index, index.add_wheel(f"demo{number}", "1.0")) for number in range(8)]
    index.delay = 0.3
    started = time.monotonic()

    fetch(wanted, store)

    assert time.monotonic() - started < 8 * 0.3 / 2


def test_one_file_that_is_wanted_twice_is_fetched_once(index: PackageIndex, store: Store) -> None:
    wanted = locked(index, index.add_wheel("demo", "1.0"))

    one, other = fetch([wanted, wanted], store)

    assert one == other
    assert len(index.requests) == 1


def test_progress_is_told_to_the_last_byte(index: PackageIndex, store: Store) -> None:
    wheel = index.add_wheel("demo", "1.0", size=300_000)
    reporter = Recorder()

    fetch([locked(index, wheel)], store, reporter=reporter)

    assert reporter.titles == ["Fetching"]
    assert reporter.started == {wheel.filename: len(wheel.data)}
    assert reporter.done == {wheel.filename: len(wheel.data)}
    assert reporter.finished == [wheel.filename]


@pytest.mark.parametrize("kind", [FaultKind.UNAVAILABLE, FaultKind.RESET, FaultKind.TRUNCATED])
def test_a_passing_fault_goes_unnoticed(index: PackageIndex, store: Store, kind: FaultKind) -> None:
    wheel = index.add_wheel("demo", "1.0", size=10_000)
    index.fault("*.whl", kind, times=2)

    assert fetch([locked(index, wheel)], store)[0].path.read_bytes() == wheel.data


@pytest.mark.parametrize(
    ("kind", "words", "error"),
    [
        (FaultKind.FLIPPED_BYTE, "HAS OTHER BYTES", HashMismatchError),
        (FaultKind.OTHER_BYTES, "HAS OTHER BYTES", HashMismatchError),
        (FaultKind.EMPTY, "is an empty download", HashMismatchError),
        (FaultKind.SHORT, "is a truncated download", HashMismatchError),
        (FaultKind.HTML_PAGE, "is an HTML page", HashMismatchError),
        (FaultKind.TRUNCATED, "broke off", ArtifactUnavailableError),
        (FaultKind.UNAVAILABLE, "HTTP 503", ArtifactUnavailableError),
        (FaultKind.NOT_FOUND, "HTTP 404", ArtifactUnavailableError),
    ],
)
def test_each_lasting_fault_is_told_apart_and_leaves_nothing(
    index: PackageIndex, store: Store, kind: FaultKind, words: str, error: type[StoreError]
) -> None:
    wheel = index.add_wheel("demo", "1.0", size=1000)
    index.fault("*.whl", kind)

    with pytest.raises(error) as caught:
        fetch([locked(index, wheel)], store)

    assert words in caught.value.what
    assert wheel.filename in caught.value.what
    assert caught.value.fix
    if error is HashMismatchError:
        assert "demo 1.0" in caught.value.what
        assert f"expected sha256:{wheel.sha256}" in caught.value.why
        assert any(line.startswith("found    sha256:") for line in caught.value.why)
    assert nothing_is_left(store)


def test_the_bytes_of_another_file_of_the_lock_are_recognised(index: PackageIndex, store: Store) -> None:
    wheel, sdist = build_wheel("demo", "1.0"), build_sdist("demo", "1.0")
    index.add(replace(wheel, data=sdist.data))

    with pytest.raises(HashMismatchError) as caught:
        fetch([locked(index, wheel, sdist)], store)

    assert f"holds the bytes of {sdist.filename}" in caught.value.what


def test_a_wheel_that_is_locked_with_the_hash_of_its_sdist_is_recognised(index: PackageIndex, store: Store) -> None:
    wheel, sdist = index.add_wheel("demo", "1.0"), build_sdist("demo", "1.0")
    package, artifact = locked(index, wheel, sdist)
    wrong = replace(artifact, hashes={"sha256": sdist.sha256})

    with pytest.raises(HashMismatchError) as caught:
        fetch([(replace(package, artifacts=(package.artifacts[1], wrong)), wrong)], store)

    assert f"with the hash of {sdist.filename}" in caught.value.what


def test_a_damaged_stored_file_is_refused_and_then_fetched_anew(index: PackageIndex, store: Store) -> None:
    wheel = index.add_wheel("demo", "1.0")
    wanted = [locked(index, wheel)]
    [stored] = fetch(wanted, store)
    stored.path.write_bytes(wheel.with_flipped_byte().data)

    with pytest.raises(HashMismatchError) as caught:
        fetch(wanted, store)

    assert "damaged in the store" in caught.value.what
    assert fetch(wanted, store)[0].path.read_bytes() == wheel.data


def test_all_failures_are_reported_at_once_and_the_others_are_stored(index: PackageIndex, store: Store) -> None:
    files = [index.add_wheel(f"demo{number}", "1.0") for number in range(4)]
    index.fault("*demo1*", FaultKind.NOT_FOUND)
    index.fault("*demo2*", FaultKind.FLIPPED_BYTE)

    with pytest.raises(HashMismatchError) as caught:
        fetch([locked(index, file) for file in files], store)

    text = str(caught.value)
    assert "2 files" in caught.value.what
    assert files[1].filename in text
    assert f"expected sha256:{files[2].sha256}" in text
    index.requests.clear()
    fetch([locked(index, files[0]), locked(index, files[3])], store)
    assert len(index.requests) == 0


def test_one_failure_that_strikes_all_files_is_told_once(index: PackageIndex, store: Store, tmp_path: Path) -> None:
    wanted = [locked(index, index.add_wheel(f"demo{number}", "1.0")) for number in range(3)]
    missing = IndexOptions(certificate=str(tmp_path / "missing.pem"))

    with pytest.raises(InvalidSettingError) as caught:
        fetch(wanted, store, indexes=missing)

    assert str(tmp_path / "missing.pem") in caught.value.what


def test_what_has_no_strong_hash_is_refused_before_anything_is_fetched(index: PackageIndex, store: Store) -> None:
    good = locked(index, index.add_wheel("good", "1.0"))
    package, artifact = locked(index, index.add_wheel("weak", "1.0"))
    weak = replace(artifact, hashes={"md5": "0" * 32})
    checkout = Artifact(kind=ArtifactKind.VCS, url="https://git.example/demo", commit_id="0" * 40)

    with pytest.raises(UnverifiableArtifactError) as caught:
        fetch([good, (package, weak), (package, checkout)], store)

    assert len(caught.value.why) == 2
    assert "weak-1.0-py3-none-any.whl" in caught.value.why[0]
    assert len(index.requests) == 0
    assert not store.root.exists()


def test_a_path_in_the_lock_is_read_below_the_project(index: PackageIndex, store: Store, tmp_path: Path) -> None:
    wheel = build_wheel("demo", "1.0")
    wheel.write_to(tmp_path / "project" / "wheels")
    package, artifact = locked(index, wheel)
    local = replace(artifact, path=f"wheels/{wheel.filename}")

    [stored] = fetch([(package, local)], store, root=tmp_path / "project")

    assert stored.path.read_bytes() == wheel.data
    assert len(index.requests) == 0


def test_where_the_path_leads_nowhere_the_address_serves(index: PackageIndex, store: Store, tmp_path: Path) -> None:
    wheel = index.add_wheel("demo", "1.0")
    package, artifact = locked(index, wheel)
    both = replace(artifact, path="wheels/absent.whl")

    assert fetch([(package, both)], store, root=tmp_path)[0].path.read_bytes() == wheel.data
    with pytest.raises(ArtifactUnavailableError) as caught:
        fetch([(package, replace(both, url=None, hashes={"sha256": "0" * 64}))], store, root=tmp_path)
    assert str(tmp_path / "wheels" / "absent.whl") in caught.value.what


def test_who_locates_an_artifact_comes_first_and_its_bytes_are_verified(index: PackageIndex, store: Store) -> None:
    wheel = build_wheel("demo", "1.0")
    mirror = index.root("mirror")
    mirror.add(wheel)

    def locate(artifact: Artifact) -> ArtifactLocation:
        return ArtifactLocation(url=mirror.file_url(artifact.filename or ""), headers={"X-Mirror": "yes"})

    assert fetch([locked(index, wheel)], store, locate=locate)[0].path.read_bytes() == wheel.data
    assert index.requests.matching("/mirror/*")[0].headers["x-mirror"] == "yes"
    other = build_wheel("demo", "2.0")
    mirror.add(other.with_other_bytes())
    with pytest.raises(HashMismatchError):
        fetch([locked(index, other)], store, locate=locate)


def test_a_file_that_nobody_locates_is_named(index: PackageIndex, store: Store) -> None:
    package, artifact = locked(index, build_wheel("demo", "1.0"))

    with pytest.raises(ArtifactUnavailableError) as caught:
        fetch([(package, replace(artifact, url=None))], store)

    assert "demo 1.0" in caught.value.what
    assert caught.value.fix


def test_secrets_reach_no_message(store: Store) -> None:
    token = "t0ken-0123456789abcdef"  # noqa: S105
    with PackageIndex(prefix=token, username="user", password="sesame") as index:  # noqa: S106
        files = [index.add_wheel(f"demo{number}", "1.0") for number in range(4)]
        index.fault("*demo0*", FaultKind.OTHER_BYTES)
        index.fault("*demo1*", FaultKind.NOT_FOUND)
        index.fault("*demo2*", FaultKind.TRUNCATED)
        wanted = [locked(index, file) for file in files]
        options = IndexOptions(default=Index(url=index.url_with_credentials))
        hidden = [
            (package, replace(artifact, url=(artifact.url or "").replace(token, "****")))
            for package, artifact in wanted
        ]

        with pytest.raises(HashMismatchError) as caught:
            fetch(hidden, store, indexes=options)

    assert "3 files" in caught.value.what
    assert token not in str(caught.value)
    assert "sesame" not in str(caught.value)


def _fetch_when_all_are_ready(root: Path, wanted: list[tuple[LockedPackage, Artifact]], barrier: Barrier) -> None:
    barrier.wait(60)
    fetch(wanted, Store(root))


def test_processes_that_want_the_same_file_fetch_it_once(index: PackageIndex, store: Store) -> None:
    wanted = [locked(index, index.add_wheel(f"demo{number}", "1.0", size=100_000)) for number in range(3)]
    index.delay = 0.2
    barrier = SPAWN.Barrier(4)
    processes = [SPAWN.Process(target=_fetch_when_all_are_ready, args=(store.root, wanted, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)

    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(index.requests.paths) == sorted(set(index.requests.paths))


def _fetch_until_interrupted(root: Path, wanted: list[tuple[LockedPackage, Artifact]]) -> None:
    try:
        fetch(wanted, Store(root), pause=60)
    except KeyboardInterrupt:
        sys.exit(130)


@pytest.mark.skipif(os.name == "nt", reason="a test cannot send Ctrl-C to one process there")
@pytest.mark.parametrize("kind", [FaultKind.STALL, FaultKind.UNAVAILABLE])
def test_ctrl_c_ends_a_fetch_within_a_second(index: PackageIndex, store: Store, kind: FaultKind) -> None:
    wanted = [locked(index, index.add_wheel(f"demo{number}", "1.0", size=100_000)) for number in range(3)]
    fault = index.fault("*.whl", kind)
    process = SPAWN.Process(target=_fetch_until_interrupted, args=(store.root, wanted))
    process.start()
    while fault.hits < len(wanted):
        time.sleep(0.02)
    time.sleep(0.2)

    assert process.pid is not None
    sent = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    process.join(30)

    assert process.exitcode == 130
    assert time.monotonic() - sent < 1.5  # a second, and the end of the interpreter
    assert not any(path.is_file() for path in (store.root / "v1" / "files").rglob("*"))
    assert not any((store.root / "v1" / "tmp").glob("*")), "a thread that waited for the server left its file behind"


def test_threads_that_notice_ctrl_c_leave_nothing(index: PackageIndex, store: Store) -> None:
    wanted = [locked(index, index.add_wheel(f"demo{number}", "1.0", size=500_000)) for number in range(3)]

    class Interrupting(Recorder):
        def advance(self, name: str, amount: int) -> None:
            if not self.done:
                _thread.interrupt_main()
            super().advance(name, amount)
            time.sleep(0.2)

    with pytest.raises(KeyboardInterrupt):
        fetch(wanted, store, reporter=Interrupting())

    time.sleep(0.5)
    assert nothing_is_left(store)


def test_threads_that_wait_to_try_again_end_with_ctrl_c(index: PackageIndex, store: Store) -> None:
    wanted = [locked(index, index.add_wheel(f"demo{number}", "1.0")) for number in range(3)]
    fault = index.fault("*.whl", FaultKind.UNAVAILABLE)

    def interrupt() -> None:
        while fault.hits < len(wanted):
            time.sleep(0.02)
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        fetch(wanted, store, pause=60)

    time.sleep(0.3)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("lockhouse")] == []


def test_what_a_variable_put_into_an_address_is_not_shown_with_other_bytes(index: PackageIndex, store: Store) -> None:
    package, artifact = locked(index, index.add_wheel("demo", "1.0"))
    url = artifact.url or ""
    folder = urlsplit(url).path.split("/")[1]
    indexes = IndexOptions(default=Index(url=f"{url.partition(folder)[0]}{folder}/simple", secrets=(folder,)))
    wrong = replace(artifact, hashes={"sha256": "0" * 64})

    with pytest.raises(HashMismatchError) as caught:
        fetch([(package, wrong)], store, indexes=indexes, locate=lambda _: ArtifactLocation(url=url))

    assert f"/{folder}/" not in str(caught.value)
    assert "/****/" in str(caught.value)
