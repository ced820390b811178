"""``wheelhouse verify`` and ``unpack``: what is damaged is named, and hostile archives do no harm."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import stat
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.cli import main
from lockhouse.errors import LockhouseError, WheelhouseInvalidError
from lockhouse.model.wheelhouse import Manifest, ServedEnvironment, ServedTarget, WheelhouseFile
from lockhouse.silence import SilentProgress
from lockhouse.storage.wheelhouse import (
    contents_of,
    manifest_bytes,
    open_wheelhouse,
    save_archive,
    save_folder,
    unpack,
)

from .making import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

WHEELS = {
    "demo-1.0-py3-none-any.whl": b"demo " * 300,
    "native-1.0-cp311-cp311-manylinux_2_17_x86_64.whl": b"native " * 200,
    "native-1.0-cp312-cp312-win_amd64.whl": b"windows " * 200,
}
CONTENTS: dict[str, bytes] = {**WHEELS, "requirements-tests.txt": b"demo==1.0\n"}
SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip")


def _manifest(contents: dict[str, bytes] = CONTENTS, **sizes: int) -> Manifest:
    demo, linux, windows = WHEELS
    files = tuple(
        WheelhouseFile(
            name=name,
            size=sizes.get(name.partition("-")[0], len(data)),
            hash=f"sha256:{hashlib.sha256(data).hexdigest()}",
            package=None if name.endswith(".txt") else name.partition("-")[0],
        )
        for name, data in sorted(contents.items())
    )
    targets = (ServedTarget(name="linux", files=(demo, linux)), ServedTarget(name="windows", files=(demo, windows)))
    environment = ServedEnvironment(
        name="tests", lock="locks/pylock.tests.toml", digest="0" * 64, requirements="requirements-tests.txt",
        targets=targets,
    )  # fmt: skip
    return Manifest(environments=(environment,), files=files)


def _saved(path: Path) -> Path:
    save_archive(path, _manifest(), dict(CONTENTS), SilentProgress())
    return path


def _command(*words: str | Path) -> int:
    return main(["wheelhouse", *map(str, words)])


# -- verify -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_packed_is_verified_and_unpacked(suffix: str, tmp_path: Path) -> None:
    archive = _saved(tmp_path / f"house{suffix}")
    assert _command("verify", archive) == 0
    assert _command("unpack", archive, "--into", tmp_path / "deep/folder") == 0
    found = {path.name: path.read_bytes() for path in (tmp_path / "deep/folder").iterdir()}
    assert found == {**CONTENTS, MANIFEST: manifest_bytes(_manifest())}
    assert _command("verify", tmp_path / "deep/folder") == 0


def test_one_missing_wheel_is_named_for_each_target_that_needs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "house"
    save_folder(folder, _manifest(), dict(CONTENTS), SilentProgress())
    demo, linux, _ = WHEELS
    (folder / linux).unlink()
    assert _command("verify", folder) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["tests on linux: incomplete", f"  missing {linux}", "tests on windows: complete, 2 wheels"]
    (folder / demo).write_bytes(CONTENTS[demo][:-1] + b"!")
    (folder / "stranger.whl").write_bytes(b"")
    (folder / "folder").mkdir()
    assert _command("verify", folder, "--json") == 1
    record = json.loads(capsys.readouterr().out)
    assert (record["missing"], record["damaged"], record["extra"]) == ([linux], [demo], ["folder", "stranger.whl"])
    assert record["incomplete"] == [
        {"environment": "tests", "target": "linux", "files": [demo, linux]},
        {"environment": "tests", "target": "windows", "files": [demo]},
    ]


def _sees_damage(path: Path) -> bool:
    try:
        return not contents_of(open_wheelhouse(path), SilentProgress()).good
    except LockhouseError:
        return True


def test_every_flip_in_a_folder_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    save_folder(folder, _manifest(), dict(CONTENTS), SilentProgress())
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        for position in range(0, len(data), 1 if path.name == MANIFEST else 97):
            path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
            assert _sees_damage(folder), (path.name, position)
        path.write_bytes(data)
    assert not _sees_damage(folder)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_flip_in_an_archive_gives_other_files(suffix: str, tmp_path: Path) -> None:
    archive = _saved(tmp_path / f"house{suffix}")
    data = archive.read_bytes()
    for position in range(0, len(data), 1 + len(data) // 400):
        archive.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        target = tmp_path / str(position)
        try:
            unpack(open_wheelhouse(archive), target, SilentProgress())
        except WheelhouseInvalidError:
            assert not target.exists()
            continue
        assert {path.name: path.read_bytes() for path in target.iterdir() if path.name != MANIFEST} == CONTENTS
    assert not list(tmp_path.glob(".*.partial"))


class _GivesUp(SilentProgress):
    """A progress display under which the user presses Ctrl-C at the second file."""

    def __init__(self) -> None:
        self.seen = 0

    def start(self, name: str, total: int | None) -> None:  # noqa: ARG002 - the protocol names them
        self.seen += 1
        if self.seen == 2:
            raise KeyboardInterrupt


def test_giving_up_leaves_what_was_there(tmp_path: Path) -> None:
    archive = _saved(tmp_path / "house.zip")
    folder = tmp_path / "house"
    save_folder(folder, _manifest(), dict(CONTENTS), SilentProgress())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(KeyboardInterrupt):
        save_archive(archive, _manifest(), dict(CONTENTS), _GivesUp())
    with pytest.raises(KeyboardInterrupt):
        save_folder(folder, _manifest(), dict(CONTENTS), _GivesUp())
    with pytest.raises(KeyboardInterrupt):
        unpack(open_wheelhouse(archive), tmp_path / "other", _GivesUp())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["house", "house.zip"]


# -- hostile archives ---------------------------------------------------------------------------------------------


def _tar(path: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, data in members:
            info.size = len(data) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return path


def _honest() -> list[tuple[tarfile.TarInfo, bytes]]:
    contents = {MANIFEST: manifest_bytes(_manifest()), **dict(sorted(CONTENTS.items()))}
    return [(tarfile.TarInfo(name), data) for name, data in contents.items()]


def _special(kind: bytes, name: str, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def _named(name: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(name)


FIRST = next(iter(sorted(CONTENTS)))
HOSTILE: dict[str, Callable[[], list[tuple[tarfile.TarInfo, bytes]]]] = {
    "parent": lambda: [*_honest(), (_named("../outside.whl"), b"evil")],
    "deep-parent": lambda: [*_honest(), (_named("a/../../outside.whl"), b"evil")],
    "absolute": lambda: [*_honest(), (_named("/tmp/lockhouse-outside.whl"), b"evil")],  # noqa: S108
    "backslash": lambda: [*_honest(), (_named("..\\outside.whl"), b"evil")],
    "drive": lambda: [*_honest(), (_named("C:outside.whl"), b"evil")],
    "folder": lambda: [*_honest(), (_special(tarfile.DIRTYPE, "folder"), b"")],
    "symlink": lambda: [_honest()[0], (_special(tarfile.SYMTYPE, FIRST, "../outside"), b""), *_honest()[1:]],
    "hardlink": lambda: [_honest()[0], (_special(tarfile.LNKTYPE, FIRST, "/etc/passwd"), b""), *_honest()[2:]],
    "character device": lambda: [*_honest(), (_special(tarfile.CHRTYPE, "device.whl"), b"")],
    "block device": lambda: [*_honest(), (_special(tarfile.BLKTYPE, "device.whl"), b"")],
    "pipe": lambda: [*_honest(), (_special(tarfile.FIFOTYPE, "pipe.whl"), b"")],
    "twice": lambda: [*_honest(), (_named(FIRST), CONTENTS[FIRST])],
    "twice, other case": lambda: [*_honest(), (_named(FIRST.upper()), CONTENTS[FIRST])],
    "second manifest": lambda: [*_honest(), (_named(MANIFEST), manifest_bytes(_manifest()))],
    "manifest not first": lambda: [*_honest()[1:], _honest()[0]],
    "no manifest": lambda: _honest()[1:],
    "nothing": list,
    "one is missing": lambda: _honest()[:-1],
    "one is longer": lambda: [*_honest()[:-1], (_named(_honest()[-1][0].name), b"x" * 9_000)],
    "one is other": lambda: [*_honest()[:-1], (_named(_honest()[-1][0].name), b"DEMO==1.0\n")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_nothing_is_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = tmp_path / "deep" / "down"
    inside.mkdir(parents=True)
    archive = _tar(tmp_path / "house.tar.gz", HOSTILE[name]())
    assert _command("unpack", archive, "--into", inside / "house") == 5
    assert "error[wheelhouse-invalid]" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [archive]
    assert list(inside.iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFCHR])
def test_a_zip_member_that_is_no_file_is_refused(kind: int, tmp_path: Path) -> None:
    path = tmp_path / "house.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {MANIFEST: manifest_bytes(_manifest()), **CONTENTS}.items():
            archive.writestr(name, data)
        info = zipfile.ZipInfo("link.whl")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "../../outside")
    with pytest.raises(WheelhouseInvalidError, match="is refused"):
        unpack(open_wheelhouse(path), tmp_path / "house", SilentProgress())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["house.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["../outside.whl", "/outside.whl", FIRST, "folder/demo.whl"])
def test_a_zip_member_beside_the_manifest_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "house.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in [(MANIFEST, manifest_bytes(_manifest())), *CONTENTS.items(), (name, b"evil")]:
            archive.writestr(each, data)
    with pytest.raises(WheelhouseInvalidError, match="is refused"):
        unpack(open_wheelhouse(path), tmp_path / "house", SilentProgress())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["house.zip"]


def test_bombs_are_refused_before_they_burst(tmp_path: Path) -> None:
    # one whose manifest tells the truth, one that is not listed, and one that hides in a header of the archive
    zeros = bytes(1 << 20)
    demo = next(iter(WHEELS))
    told = manifest_bytes(_manifest(demo=1 << 40))
    _tar(tmp_path / "told.tar.gz", [(_named(MANIFEST), told), (_named(demo), zeros)])
    with gzip.open(tmp_path / "stream.tar.gz", "wb") as stream:
        for info, data in _honest()[:-1]:
            info.size = len(data)
            stream.write(info.tobuf() + data + bytes(-len(data) % 512))
        info = _named("bomb.whl")
        info.size = 200 << 20
        stream.write(info.tobuf())
        for _ in range(200):
            stream.write(zeros)
    header = _named("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 8 << 30
    with gzip.open(tmp_path / "header.tar.gz", "wb") as stream:
        stream.write(header.tobuf())
        stream.write(zeros)
    for name in ("told.tar.gz", "stream.tar.gz", "header.tar.gz"):
        with pytest.raises(WheelhouseInvalidError):
            unpack(open_wheelhouse(tmp_path / name), tmp_path / "house", SilentProgress())
        with pytest.raises(WheelhouseInvalidError):
            contents_of(open_wheelhouse(tmp_path / name), SilentProgress())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["header.tar.gz", "stream.tar.gz", "told.tar.gz"]


@pytest.mark.parametrize("name", ["../demo-1.0-py3-none-any.whl", "CON", "a/b-1.0-py3-none-any.whl", "x.whl", "é.whl"])
def test_a_manifest_that_lists_a_dangerous_name_is_refused(name: str, tmp_path: Path) -> None:
    manifest = _manifest({**CONTENTS, name: b"evil"})
    save_archive(tmp_path / "house.zip", manifest, {**CONTENTS, name: b"evil"}, SilentProgress())
    with pytest.raises(WheelhouseInvalidError, match="the manifest is refused"):
        open_wheelhouse(tmp_path / "house.zip")


def _edited(edit: Callable[[dict[str, Any]], object]) -> bytes:
    made = json.loads(manifest_bytes(_manifest()))
    edit(made)
    return json.dumps(made).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{" * 100_000,
        b"\xff\xfe",
        _edited(lambda made: made.update(version=2)),
        _edited(lambda made: made.pop("files")),
        _edited(lambda made: made["files"][0].update(size=-1)),
        _edited(lambda made: made["files"][0].update(hash="md5:0")),
        _edited(lambda made: made["files"].append(made["files"][0])),
        _edited(lambda made: made["environments"][0].update(requirements="requirements-other.txt")),
    ],
)
def test_a_manifest_that_makes_no_sense_is_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(data)
    with pytest.raises(WheelhouseInvalidError):
        open_wheelhouse(tmp_path)


def test_unpacking_writes_over_nothing(tmp_path: Path) -> None:
    archive = _saved(tmp_path / "house.tar.gz")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_bytes(b"")
    assert _command("unpack", archive, "--into", tmp_path / "mine") == 5
    assert _command("unpack", tmp_path / "mine", "--into", tmp_path / "other") == 5
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["absent", "absent.zip", "empty", "mine.zip", "wheel.whl", "cut.tar.gz", "odd.zip"])
def test_a_path_that_is_no_wheelhouse_is_an_error_that_says_what_to_do(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.writestr("notes.txt", "mine")
    (tmp_path / "wheel.whl").write_bytes(b"")
    (tmp_path / "cut.tar.gz").write_bytes(_saved(tmp_path / "whole.tar.gz").read_bytes()[:100])
    (tmp_path / "odd.zip").mkdir()
    for command in (["verify"], ["unpack", "--into", tmp_path / "into"]):
        assert _command(*command, tmp_path / name) in {2, 5}
        told = capsys.readouterr().err
        assert name in told
        assert "\n  why: " in told
        assert "\n  fix: " in told
    assert not (tmp_path / "into").exists()


def test_without_zstd_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    with pytest.raises(LockhouseError, match="zstd") as caught:
        save_archive(tmp_path / "house.tar.zst", _manifest(), dict(CONTENTS), SilentProgress())
    assert "lockhouse[zstd]" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
