"""``lockhouse cache info | verify | prune``."""

from __future__ import annotations

import json
import os
import time
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from lockhouse.cli import main
from lockhouse.model.provenance import Provenance
from lockhouse.storage.store import Store
from lockhouse.storage.upkeep import GRACE
from tests.builds.looking import built_wheels
from tests.builds.packages import sdist_with_hooks
from tests.scenarios.installing import CLI, declare, installed, lock

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

DAY = 86400.0


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("LOCKHOUSE_CACHE_DIR", str(tmp_path / "store"))
    return Store(tmp_path / "store")


def _add(store: Store, name: str, *, size: int = 100, used: float = 0.0) -> Path:
    """Store a file that was last used so many seconds ago."""
    data = (b"PK\x03\x04" + name.encode() * size)[:size]
    digest, path = store.add_unknown([data], filename=name)
    assert store.verified("sha256", digest, name, package_label=name) == path
    then = time.time() - used
    for each in (path, path.parent):
        os.utime(each, (then, then))
    return path


def _cache(*words: str | Path) -> int:
    return main(["cache", *map(str, words)])


def _answer(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    made: dict[str, object] = json.loads(capsys.readouterr().out)
    return made


def test_info_tells_sizes(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cache("info", "--json") == 0  # of a store that is not there yet
    assert _answer(capsys)["files"] == 0
    _add(store, "one.whl", size=1000)
    _add(store, "two.whl", size=234)
    (store.root / "uv").mkdir()
    (store.root / "uv/archive").write_bytes(b"12345")
    assert _cache("info", "--json") == 0
    found = _answer(capsys)
    assert (found["path"], found["files"], found["size"], found["uv"]) == (str(store.root), 2, 1234, 5)
    assert _cache("info") == 0
    assert "2 files, 1,234 bytes" in capsys.readouterr().out


def test_verify_removes_what_is_damaged_and_keeps_the_rest(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = _add(store, "good.whl"), _add(store, "bad.whl")
    assert _cache("verify") == 0
    bad.write_bytes(bad.read_bytes()[:-1] + b"?")
    stray = store.files / "sha256" / "stray"
    stray.write_bytes(b"not in its place")
    assert _cache("verify") == 1
    assert "damaged, removed: bad.whl" in capsys.readouterr().out
    assert good.is_file()
    assert not bad.exists()
    assert not stray.exists()
    assert _cache("verify") == 0


def test_what_was_removed_is_fetched_anew(index: PackageIndex, project: ProjectFolder) -> None:
    demo = index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    CLI.succeed(project)
    store = Store.at_default(os.environ)
    (path,) = store.files.rglob(demo.filename)
    path.write_bytes(b"damaged")
    CLI.forget(project)
    assert project.run("lockhouse", "cache", "verify").returncode == 1
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0"}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--older-than", "30d"], ["new.whl", "week.whl"]),
        (["--older-than", "1h"], ["new.whl"]),
        (["--older-than", "1d", "--dry-run"], ["month.whl", "new.whl", "week.whl"]),
        (["--max-size", "250B"], ["new.whl", "week.whl"]),
        (["--max-size", "0"], ["new.whl"]),
        (["--max-size", "1 GiB"], ["month.whl", "new.whl", "week.whl"]),
    ],
)
def test_prune_by_age_and_size(words: list[str], left: list[str], store: Store) -> None:
    _add(store, "new.whl")
    _add(store, "week.whl", used=7 * DAY)
    _add(store, "month.whl", used=31 * DAY)
    assert _cache("prune", *words) == 0
    assert sorted(path.name for path in store.files.rglob("*.whl")) == left


@pytest.mark.parametrize("lock_format", ["pylock", "requirements"])
def test_prune_what_no_lock_names(lock_format: str, index: PackageIndex, project: ProjectFolder) -> None:
    for name in ("demo", "other"):
        index.add_wheel(name, "1.0")
    declare(project, "demo", "other", format=lock_format)
    lock(project)
    CLI.succeed(project)
    declare(project, "demo", format=lock_format)
    lock(project)
    store = Store.at_default(os.environ)
    then = time.time() - GRACE - 1
    for path in store.files.rglob("*"):
        os.utime(path, (then, then))
    project.run("lockhouse", "cache", "prune", "--unused-by", "locks", check=True)
    assert [path.name for path in store.files.rglob("*.whl")] == ["demo-1.0-py3-none-any.whl"]


def test_a_use_keeps_a_file_and_does_not_touch_it(store: Store) -> None:
    path = _add(store, "demo.whl", used=31 * DAY)
    before = path.stat()
    digest = path.parent.name
    store.verified("sha256", digest, "demo.whl", package_label="demo")
    after = path.stat()
    assert (after.st_ctime_ns, after.st_mtime_ns) == (before.st_ctime_ns, before.st_mtime_ns)
    assert _cache("prune", "--older-than", "1d", "--max-size", "0") == 0
    assert path.is_file()


def test_what_another_process_fetches_stays(store: Store) -> None:
    path = _add(store, "demo.whl", used=31 * DAY)
    with store.lock("sha256", path.parent.name, what="a test"):
        assert _cache("prune", "--older-than", "1d") == 0
        assert path.is_file()
    assert _cache("prune", "--older-than", "1d") == 0
    assert not path.exists()
    assert store.add_unknown([b"PK\x03\x04demo"], filename="demo.whl")[1].is_file()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "config"),
        (["--older-than", "soon"], "invalid-setting"),
        (["--max-size", "5 parsecs"], "invalid-setting"),
        (["--unused-by", "gone.toml"], "lock-invalid"),
    ],
)
def test_what_prune_does_not_understand_removes_nothing(
    words: list[str], code: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _add(store, "demo.whl", used=31 * DAY)
    assert _cache("prune", *words) != 0
    assert f"error[{code}]" in capsys.readouterr().err
    assert path.is_file()


def test_a_folder_without_locks_removes_nothing(store: Store, tmp_path: Path) -> None:
    path = _add(store, "demo.whl", used=31 * DAY)
    (tmp_path / "locks").mkdir()
    assert _cache("prune", "--unused-by", tmp_path / "locks") == 3
    assert path.is_file()


def test_built_wheels_are_counted_verified_and_pruned_like_all_others(
    index: PackageIndex, project: ProjectFolder
) -> None:
    sdist = index.add(sdist_with_hooks("source", ""))
    declare(project, "source")
    lock(project)
    CLI.succeed(project)
    (wheel,) = built_wheels()
    before = json.loads(project.run("lockhouse", "cache", "info", "--json", check=True).stdout)
    assert before["files"] == 2
    assert before["size"] == len(sdist.data) + wheel.stat().st_size
    sound = wheel.read_bytes()
    for damaged in (wheel, wheel.parent / "provenance.json"):
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
        found = project.run("lockhouse", "cache", "verify")
        assert found.returncode == 1
        assert "damaged, removed" in found.output
        assert not built_wheels()
        CLI.forget(project)
        CLI.succeed(project)
        assert wheel.read_bytes() == sound

    then = time.time() - 40 * DAY
    for each in (wheel, wheel.parent):
        os.utime(each, (then, then))
    assert "removed 0 files" in project.run("lockhouse", "cache", "prune", "--unused-by", "locks", check=True).output
    CLI.forget(project)
    CLI.succeed(project)
    assert "removed 0 files" in project.run("lockhouse", "cache", "prune", "--older-than", "30d", check=True).output
    for each in (wheel, wheel.parent):
        os.utime(each, (then, then))
    assert "removed 1 file," in project.run("lockhouse", "cache", "prune", "--older-than", "30d", check=True).output
    assert not built_wheels()


@pytest.mark.parametrize("damage", ["a\0b", 5, "../../../elsewhere-1.0-py3-none-any.whl", None])
def test_a_record_that_makes_no_sense_is_found_and_removed(
    damage: str | int | None, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = store.temporary.parent / "built/00" / ("00" * 32)
    folder.mkdir(parents=True)
    names = [each.name for each in fields(Provenance)]
    record = dict.fromkeys(names, "x") | {"wheel_name": damage}
    (folder / "provenance.json").write_text("[" * 100_000 if damage is None else json.dumps(record))
    assert main(["cache", "info"]) == 0
    assert main(["cache", "verify"]) == 1
    assert not folder.exists()
    assert "Traceback" not in capsys.readouterr().err
