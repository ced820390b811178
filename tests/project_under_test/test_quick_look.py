"""The quickest look at a project: it says "untouched" of what was not touched, and of nothing else."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lockhouse.process import run_command
from lockhouse.storage.trees import tree as trees
from lockhouse.storage.trees.tree import ProjectTree, digest_again
from lockhouse.storage.trees.untouched import untouched_digest

from .editor import Editor
from .making import commit, git, needs_links, write_project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have looks taken so long after the edits that the time of a file says whether it was touched."""
    monkeypatch.setattr(trees, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + 10_000_000_000))


def environ(project: ProjectFolder) -> Mapping[str, str]:
    given = {name: value for name, value in project.environ.items() if value is not None}
    return {**os.environ, **given}


def tree(
    project: ProjectFolder, records: Path, *, versioned: bool = False, patterns: tuple[str, ...] = ()
) -> ProjectTree:
    return ProjectTree(
        project.path,
        records=records,
        run=run_command,
        environ=environ(project),
        versioned=versioned,
        patterns=patterns,
    )


def quick(looked_at: ProjectTree) -> str | None:
    return untouched_digest(str(looked_at.root), str(looked_at.place))


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are those of POSIX")
@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.usefixtures("later")
def test_no_edit_passes_unseen(project: ProjectFolder, tmp_path: Path, versioned: bool) -> None:
    project.write("pyproject.toml", "")
    project.write("src/demo/__init__.py", "x = 1\n")
    project.write("src/demo/sub/other.py", "y = 1\n")
    (project / "link").symlink_to("src/demo/__init__.py")
    git(project, "init", "-q")
    commit(project)
    editor, known = Editor(project, 11), tree(project, tmp_path / "records", versioned=versioned)
    done = [editor.ignore()]
    for number in range(60):
        if len(editor.files()) < 3:
            done.append(editor.add())
        done.append(editor.edit())
        anew = tree(project, tmp_path / f"records{number}", versioned=versioned).look().digest
        assert quick(known) in {None, anew}, done
        assert known.look().digest == anew, done
        assert quick(known) == anew, done


@needs_links
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full), pytest.param(3, marks=pytest.mark.full)])
@pytest.mark.usefixtures("later")
def test_no_edit_of_what_is_ignored_passes_unseen(project: ProjectFolder, tmp_path: Path, seed: int) -> None:
    """Named files and links in ignored folders, repositories within the project, and all of them edited at random."""
    git(project, "init", "-q")
    project.write(".gitignore", "gen/\n/made/\n*.log\n")
    project.write("src/demo/__init__.py", "x = 1\n")
    commit(project)
    patterns = ("src/**/*_pb2.py", "src/demo/gen/one.py", "**/node_modules/*.js", "made/*/link/*.py")
    folders = [
        "src/demo", "src/demo/gen", "src/demo/gen/below", "src/demo/node_modules", "src/demo/gen/node_modules", "made",
        "made/a", "made/a/link", "src/demo/vendored", "src/demo/vendored/gen", ".nox", "src/gen/.nox",
    ]  # fmt: skip
    names = ["a_pb2.py", "one.py", "code.js", "some.log", "b.txt", ".gitignore"]
    chosen = random.Random(seed)  # noqa: S311 - a seed says which edits
    known, done = tree(project, tmp_path / "records", patterns=patterns), []
    for number in range(80):
        path = project / chosen.choice(folders)
        file = path / chosen.choice(names)
        how = chosen.choice(["write", "write", "write", "remove", "remove folder", "link", "link file", "init"])
        with suppress(OSError):
            if how == "write":
                path.mkdir(parents=True, exist_ok=True)
                file.write_text(f"*.txt\n*{number}\n" if file.name == ".gitignore" else f"n = {number}\n")
            elif how == "remove":
                file.unlink()
            elif how == "remove folder" and path.is_symlink():
                path.unlink()
            elif how == "remove folder" and path != project / "src/demo":
                shutil.rmtree(path)
            elif how == "link":
                path.symlink_to(project / chosen.choice(folders))
            elif how == "link file":
                file.symlink_to(project / chosen.choice(folders) / chosen.choice(names))
            elif how == "init" and "vendored" in path.parts[-1]:
                git(type(project)(path, project.environ), "init", "-q")
        done.append(f"{how} {path if 'file' not in how else file}")
        anew = tree(project, tmp_path / f"records{number}", patterns=patterns).look().digest
        assert quick(known) in {None, anew}, done
        assert known.look().digest == anew, done
        assert quick(known) == anew, done


@pytest.mark.usefixtures("later")
def test_what_was_not_there_is_seen_when_it_comes(project: ProjectFolder, tmp_path: Path) -> None:
    project.write("src/demo/__init__.py", "x = 1\n")
    known = tree(project, tmp_path / "records")
    digest = known.look().digest
    assert quick(known) == digest
    git(project, "init", "-q")
    assert quick(known) is None
    known.look()
    assert quick(known) == digest, "the repository tracks and ignores nothing"
    (project / ".git/info").mkdir(exist_ok=True)
    (project / ".git/info/exclude").write_text("src/\n")
    assert quick(known) is None


@needs_links
@pytest.mark.parametrize("comes", ["file", "folder", "link"])
@pytest.mark.usefixtures("later")
def test_a_link_that_led_nowhere_is_seen_to_lead_somewhere(project: ProjectFolder, tmp_path: Path, comes: str) -> None:
    (project / "notes").symlink_to(tmp_path / "first")
    (tmp_path / "first").symlink_to("second")
    known = tree(project, tmp_path / "records")
    digest = known.look().digest
    assert quick(known) == digest
    if comes == "file":
        (tmp_path / "second").write_text("text")
    elif comes == "folder":
        (tmp_path / "second/below").mkdir(parents=True)
    else:
        (tmp_path / "elsewhere/below").mkdir(parents=True)
        (tmp_path / "first").unlink()
        (tmp_path / "first").symlink_to("elsewhere")
    assert quick(known) is None
    anew = tree(project, tmp_path / "records anew").look().digest
    assert known.look().digest == anew != digest
    assert quick(known) == anew


def test_what_was_written_a_moment_ago_is_read_once_more_and_then_known(
    project: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("src/demo/__init__.py", "x = 1\n")
    known = tree(project, tmp_path / "records")
    digest = known.look().digest
    assert quick(known) is None, "an edit in the same moment would leave no trace in its time"
    monkeypatch.setattr(trees, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + 10_000_000_000))
    assert digest_again(project.path, known.place) == digest
    assert quick(known) == digest


@pytest.mark.parametrize(
    "damage",
    ["", "[]", "{}", '{"version": 4}', "nonsense", "[" * 100_000],
    ids=["empty", "list", "object", "version", "nonsense", "deep"],
)
@pytest.mark.usefixtures("later")
def test_a_damaged_record_says_nothing(project: ProjectFolder, tmp_path: Path, damage: str) -> None:
    project.write("src/demo/__init__.py", "x = 1\n")
    known = tree(project, tmp_path / "records")
    digest = known.look().digest
    whole = json.loads(known.place.read_text())
    known.place.write_text(damage)
    assert quick(known) is None
    for name in whole:
        if name != "scm":  # it is part of the digest
            known.place.write_text(json.dumps({**whole, name: None}))
            assert quick(known) is None, name
    assert known.look().digest == digest


def test_what_one_session_edits_is_seen_by_the_next_one_of_the_same_run(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    builds = write_project(index, project, tmp_path / "builds.log")
    project.write(
        "noxfile.py",
        """
        import pathlib
        import lockhouse.nox as lockhouse

        @lockhouse.session(environment="tests", venv_backend="uv")
        def edits(session):
            if session.posargs:
                pathlib.Path("src/demo/__init__.py").write_text(f"answer = {session.posargs[0]}\\n")

        @lockhouse.session(environment="tests", venv_backend="uv")
        def shows(session):
            session.run("python", "-c", "import demo; print('the answer is', demo.answer)")
        """,
    )
    project.write(".gitignore", ".nox/\n")
    project.run("lockhouse", "lock", check=True)
    assert "the answer is 1" in project.run("nox", "-r", check=True).output
    assert "the answer is 1" in project.run("nox", "-r", check=True).output
    assert builds.taken() == ["wheel"]
    assert "the answer is 2" in project.run("nox", "-r", "--", "2", check=True).output
    assert builds.taken() == ["wheel"]
    assert "the answer is 2" in project.run("nox", "-r", check=True).output
