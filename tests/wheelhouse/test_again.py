"""A wheelhouse that was made before is made again by its trace: the same bytes, or the long way."""

from __future__ import annotations

import os
import shutil
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lockhouse.operations.unchanged import trace_name
from lockhouse.operations.wheelhouse_again import subject_of
from lockhouse.storage.seals import is_sealed
from lockhouse.trace.looks import Looks
from lockhouse.trace.trace import render
from tests.scenarios.installing import declare, lock, store_files

from .making import LINUX, LINUX_312, MAC, WINDOWS, build, locked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder, Result

#: Says at the end whether the project was opened: it is not where a trace answers.
_WATCHED = """
import sys
from lockhouse.cli import main
code = main(sys.argv[1:])
print("opened" if "lockhouse.project" in sys.modules else "quick")
raise SystemExit(code)
"""


def _again(project: ProjectFolder, *words: str) -> Result:
    return project.run(sys.executable, "-c", _WATCHED, "wheelhouse", "build", *words)


def _is_quick(project: ProjectFolder, *words: str) -> bool:
    result = _again(project, *words)
    assert result.returncode == 0, result
    return result.stdout.endswith("quick\n")


def _content(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _stored(folder: Path, name: str) -> Path:
    (path,) = (path for path in store_files(folder / "cache/lockhouse") if path.name == name)
    return path


def test_the_folder_is_the_same(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    long = build(project, "tests", "--output", "long", "--target", LINUX, "--target", MAC)
    index.stop()
    quick = _again(project, "tests", "--output", "quick", "--target", LINUX, "--target", MAC)
    assert quick.stdout == "quick\n"
    assert quick.stderr == long.stderr.replace("long: ", "quick: ")
    assert _content(project / "quick") == _content(project / "long")
    assert project.run("lockhouse", "wheelhouse", "verify", "quick").returncode == 0
    assert _is_quick(project, "tests", "--output", "quick", f"--target={LINUX}", "--target", MAC)  # it is replaced
    assert _is_quick(project, "-q", "tests", "--output=./more/", "--target", LINUX, "--target", MAC)
    assert _content(project / "more") == _content(project / "long")
    assert not [path for path in project.path.iterdir() if path.name.endswith((".partial", ".former"))]


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2", ".tar.xz", ".zip"])
def test_the_archive_is_the_same(suffix: str, index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "tests", "--archive", f"long{suffix}", "--target", LINUX)
    assert _is_quick(project, "tests", "--archive", f"quick{suffix}", "--target", LINUX)
    assert (project / f"quick{suffix}").read_bytes() == (project / f"long{suffix}").read_bytes()


def test_an_archive_that_cannot_be_written_here_is_an_error_of_ours(
    index: PackageIndex, project: ProjectFolder
) -> None:
    locked(index, project)
    words = ("wheelhouse", "build", "tests", "--target", LINUX)
    project.run("lockhouse", *words, "--output", "house", check=True)
    without = _WATCHED.replace(
        "from lockhouse", 'sys.modules["compression.zstd"] = sys.modules["backports.zstd"] = None\nfrom lockhouse'
    )
    refused = project.run(sys.executable, "-c", without, *words, "--archive", "house.tar.zst")
    assert refused.returncode == 2, refused
    assert "error[invalid-setting]: archives that end with .tar.zst cannot be used here" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_order_of_what_is_named_does_not_matter(index: PackageIndex, project: ProjectFolder) -> None:
    docs = '[tool.lockhouse.environments.docs]\nrequirements = ["native"]\npython = ">=3.11,<3.14"\n'
    locked(index, project, extra=f"\n{docs}")
    build(project, "tests", "docs", "--archive", "one.zip", "--target", LINUX_312, "--target", WINDOWS)
    build(project, "docs", "tests", "--archive", "two.zip", "--target", WINDOWS, "--target", LINUX_312)
    assert (project / "one.zip").read_bytes() == (project / "two.zip").read_bytes()


def test_for_this_machine_it_is_quick_as_well(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("pure", "1.0")
    declare(project, "pure")
    lock(project)
    build(project, "tests", "--output", "one")
    assert _is_quick(project, "tests", "--output", "two")
    assert _content(project / "one") == _content(project / "two")


def test_whatever_changed_is_judged_anew(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    words = ("tests", "--output", "house", "--target", LINUX)
    build(project, *words)
    before = _content(project / "house")
    assert _is_quick(project, *words)

    assert not _is_quick(project, *words[:3], "--target", MAC)
    assert not _is_quick(project, "--verify-reproducible", *words)
    project.replace("pyproject.toml", "demo<2", "demo>=2")
    stale = _again(project, *words)
    assert stale.returncode == 3
    assert "error[lock-stale]" in stale.stderr
    lock(project)
    assert not _is_quick(project, *words)
    assert "demo-2.0-py3-none-any.whl" in _content(project / "house")
    assert _is_quick(project, *words)
    project.replace("pyproject.toml", "demo>=2", "demo<2")
    lock(project)
    assert not _is_quick(project, *words)
    assert _content(project / "house") == before

    assert _is_quick(project, *words)
    main = project / "locks/pylock.tests.toml"
    main.write_bytes(main.read_bytes() + b"# edited\n")
    assert not _is_quick(project, *words)  # its digest stands in the manifest
    assert _content(project / "house") != before


@pytest.mark.parametrize("place", ["--output", "--archive"])
def test_a_damaged_file_of_the_store_is_never_given_out(
    place: str, index: PackageIndex, project: ProjectFolder, isolated_environment: Path
) -> None:
    locked(index, project)
    path = "house.zip" if place == "--archive" else "house"
    words = ("tests", place, path, "--target", LINUX)
    build(project, *words)
    made = project / path
    good = made.read_bytes() if place == "--archive" else _content(made)
    stored = _stored(isolated_environment, "demo-1.0-py3-none-any.whl")
    content = stored.read_bytes()
    stored.unlink()  # not through a link
    stored.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    before = set(project.path.iterdir())

    refused = _again(project, *words)
    assert refused.returncode == 5
    assert "demo-1.0-py3-none-any.whl was damaged in the store" in refused.stderr
    assert not stored.exists()
    assert set(project.path.iterdir()) == before
    assert (made.read_bytes() if place == "--archive" else _content(made)) == good

    assert not _is_quick(project, *words)  # it is fetched
    assert _is_quick(project, *words)
    assert (made.read_bytes() if place == "--archive" else _content(made)) == good


def test_what_no_seal_tells_is_found_by_its_hash(
    index: PackageIndex, project: ProjectFolder, isolated_environment: Path
) -> None:
    locked(index, project)
    words = ("tests", "--output", "house", "--target", LINUX)
    build(project, *words)
    name = "demo-1.0-py3-none-any.whl"
    stored = _stored(isolated_environment, name)
    content, status = stored.read_bytes(), stored.stat()
    stored.unlink()  # not through a link
    stored.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(stored, ns=(status.st_atime_ns, status.st_mtime_ns))  # as if the disk had done it

    assert _is_quick(project, *words)
    verified = project.run("lockhouse", "wheelhouse", "verify", "house")
    assert verified.returncode == 1
    assert f"damaged {name}" in verified.stdout
    archived = _again(project, "tests", "--archive", "house.zip", "--target", LINUX)
    assert archived.returncode == 5
    assert f"{name} was damaged in the store" in archived.stderr
    installed = project.run("lockhouse", "sync", "tests", "--into", "venv", "--wheelhouse", "house")
    assert "error[hash-mismatch]" in installed.stderr
    assert not list((project / "venv").rglob("demo*"))
    assert not _is_quick(project, *words)  # it was removed, and is fetched
    assert project.run("lockhouse", "wheelhouse", "verify", "house").returncode == 0
    assert (project / "house" / name).read_bytes() == content


@pytest.mark.skipif(os.name == "nt", reason="hard links are for POSIX alone")
def test_whoever_writes_to_a_file_breaks_its_seal(
    index: PackageIndex, project: ProjectFolder, isolated_environment: Path
) -> None:
    locked(index, project)
    words = ("tests", "--output", "house", "--target", LINUX)
    build(project, *words)
    name = "demo-1.0-py3-none-any.whl"
    stored = _stored(isolated_environment, name)
    assert is_sealed(stored.stat())
    assert _is_quick(project, *words)
    stored.chmod(0o644)
    with stored.open("r+b") as file:
        file.write(stored.read_bytes()[:1])  # the same byte
    assert not is_sealed(stored.stat())
    assert _is_quick(project, *words)  # it is read, and is right
    with stored.open("r+b") as file:
        file.write(b"?")
    assert _again(project, *words).returncode == 5


def test_a_missing_file_of_the_store_is_fetched(
    index: PackageIndex, project: ProjectFolder, isolated_environment: Path
) -> None:
    locked(index, project)
    words = ("tests", "--output", "house", "--target", LINUX)
    build(project, *words)
    _stored(isolated_environment, "demo-1.0-py3-none-any.whl").unlink()
    shutil.rmtree(project / "house")
    assert not _is_quick(project, *words)
    assert _stored(isolated_environment, "demo-1.0-py3-none-any.whl").is_file()


def test_what_is_given_out_counts_as_used(
    index: PackageIndex, project: ProjectFolder, isolated_environment: Path
) -> None:
    locked(index, project)
    build(project, "tests", "--output", "house", "--target", LINUX)
    folder = _stored(isolated_environment, "demo-1.0-py3-none-any.whl").parent
    for place in (("--output", "house"), ("--archive", "house.zip")):
        os.utime(folder, (0, 0))
        assert _is_quick(project, "tests", *place, "--target", LINUX)
        assert folder.stat().st_mtime > 0


def test_a_forged_trace_gives_nothing_that_the_lock_does_not_name(
    index: PackageIndex, project: ProjectFolder, isolated_environment: Path
) -> None:
    locked(index, project)
    words = ("tests", "--output", "house", "--target", LINUX)
    build(project, *words)
    good = _content(project / "house")
    store = isolated_environment / "cache/lockhouse/v1"
    environ = {key: value for key, value in project.environ.items() if value is not None}
    subject = subject_of(str(project.path), ("tests",), (LINUX,))
    trace = store / "traces" / trace_name(subject)
    honest = trace.read_text().splitlines()

    digest = sha256(b"evil").hexdigest()
    place = store / "files/sha256" / digest[:2] / digest / "demo-1.0-py3-none-any.whl"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"evil")
    wheel = next(line for line in honest if line.startswith("said wheel ") and "demo-1.0" in line)
    text = next(line for line in honest if line.startswith("said text requirements-"))
    for old, new in (
        (wheel, f"said wheel sha256:{digest} demo-1.0-py3-none-any.whl"),
        (text, f"{text}--extra-index-url=https://evil.example\\n"),
        (text, text.replace("--hash=sha256:", f"--hash=sha256:{digest} --hash=sha256:")),
    ):
        looks = Looks()
        for line in honest[2:]:
            kind, _, name = line.partition(" ")
            if kind == "file" and os.path.exists(name):  # noqa: PTH110
                looks.file(name)
            elif kind == "file":
                with pytest.raises(OSError):
                    looks.file(name)
            elif kind == "kind":
                looks.kind(name)
            elif kind == "names":
                looks.names(name)
            elif kind == "variable":
                looks.variable(environ, name)
        said = [new if line == old else line for line in honest if line.startswith("said ")]
        forged = render(subject, [line.removeprefix("said ") for line in said], looks, environ)
        assert forged is not None
        trace.write_bytes(forged)
        assert not _is_quick(project, *words), new
        assert _content(project / "house") == good
        assert trace.read_text().splitlines() == honest


def test_secrets_are_hidden_in_what_is_told(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    index_url = "https://name:hush%40hush@index.example/simple"
    project.environ |= {"UV_PUBLISH_TOKEN": "unspoken", "PIP_EXTRA_INDEX_URL": index_url}
    for path in ("unspoken", "hush@hush", "plain"):
        long = build(project, "tests", "--output", path, "--target", LINUX, "--verify-reproducible")
        quick = _again(project, "tests", "--output", path, "--target", LINUX)
        assert quick.stderr == long.stderr
        assert ("****" in quick.stderr) is (path != "plain")
        assert quick.stdout == "quick\n"


def test_what_is_known_only_by_asking_is_asked(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    words = ("--output", "house", "--target", LINUX)
    for _ in range(2):
        assert not _is_quick(project, *words)  # a session may declare an environment
    for expected in (False, True):  # pyproject.toml alone declares this one
        assert _is_quick(project, "tests", *words) is expected


def test_no_other_folder_is_replaced(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "tests", "--output", "house", "--target", LINUX)
    project.write("mine/notes.txt", "keep")
    project.write("notes.txt", "keep")
    for path in ("mine", "notes.txt"):
        refused = _again(project, "tests", "--output", path, "--target", LINUX)
        assert refused.returncode == 5
        assert "is no wheelhouse" in refused.stderr
        assert "fix: " in refused.stderr
    (project / "folder.zip").mkdir()
    refused = _again(project, "tests", "--archive", "folder.zip", "--target", LINUX)
    assert refused.returncode == 2
    assert "there is a folder of this name" in refused.stderr
    assert "fix: name a file" in refused.stderr
    assert project.read("mine/notes.txt") == project.read("notes.txt") == "keep"
    assert list((project / "folder.zip").iterdir()) == []
