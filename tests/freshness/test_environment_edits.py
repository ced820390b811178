"""Edits of an environment and of what it was made from: what is said of each, and that a sync mends it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.drift import DriftCode, Drifted, Matching
from lockhouse.operations.unchanged import TRACE_NAME, is_unchanged
from lockhouse.project import Project
from lockhouse.storage.receipts import RECEIPT_NAME
from lockhouse.testing import PackageIndex, ProjectFolder
from lockhouse.testing.environment import index_environ
from tests.scenarios.installing import CLI, declare, lock, lock_path, site_packages

from .test_skipping import change_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lockhouse.model.drift import DriftReason


@dataclass(frozen=True)
class Made:
    """An environment in line with its lock.

    :ivar project: the project; its environment is the folder ``.venv``
    """

    project: ProjectFolder

    @property
    def environment(self) -> Path:
        """Give the folder of the environment."""
        return self.project / ".venv"

    @property
    def python(self) -> Path:
        """Give its interpreter."""
        places = (self.environment / "bin" / "python", self.environment / "Scripts" / "python.exe")
        return next(path for path in places if path.exists())

    def installed(self, name: str) -> Path:
        """Give a file or folder in ``site-packages``."""
        return next(path for path in site_packages(self.environment) if path.name == name)

    def receipt(self, old: str, new: str) -> None:
        """Change the receipt."""
        path = self.environment / RECEIPT_NAME
        text = path.read_text("utf-8")
        assert old in text, text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ProjectFolder, Path]]:
    """Give a project with its environment, and a copy of both to restore it from."""
    project = ProjectFolder(tmp_path_factory.mktemp("environment") / "project")
    with PackageIndex() as index:
        index.add_wheel(
            "demo", "1.0", requires=["helper"], modules={"demo/__init__.py": "", "demo/inner.py": "one = 1\n"}
        )
        index.add_wheel("helper", "1.0")
        project.environ.update(index_environ(index.url))
        library = ProjectFolder(project / "lib")
        library.write_package('[project]\nname = "lib"\nversion = "1.0"\n', {"lib.py": "one = 1\n"})
        declare(project, "demo", "lib @ file:lib", extra='allow-unhashed = ["lib"]')
        lock(project)
        CLI.run(project, check=True)
        copy = project.path.with_name("copy")
        shutil.copytree(project.path, copy, symlinks=True)
        yield project, copy


@pytest.fixture
def made(saved: tuple[ProjectFolder, Path]) -> Made:
    """Give the environment as it was made."""
    project, copy = saved
    for path in project.path.iterdir():
        if path.name != "lib" and path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lib":
            path.unlink()
    left = {path.name for path in project.path.iterdir()}
    shutil.copytree(
        copy,
        project.path,
        symlinks=True,
        dirs_exist_ok=True,
        ignore=lambda folder, _: left if folder == str(copy) else (),
    )
    library = project / "lib"  # its files are known by their inodes: they are put back in place
    for path in library.iterdir():
        before = copy / "lib" / path.name
        if not before.exists():
            path.unlink()
        elif path.is_file():
            path.write_bytes(before.read_bytes())
            os.utime(path, ns=(before.stat().st_atime_ns, before.stat().st_mtime_ns))
    return Made(project)


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")


def compiled(made: Made) -> None:
    folder = made.installed("demo") / "__pycache__"
    folder.mkdir(exist_ok=True)
    (folder / "inner.cpython-399.pyc").write_bytes(b"")


def renamed(made: Made) -> None:
    info = made.installed("demo-1.0.dist-info")
    append(info / "METADATA", "")
    (info / "METADATA").write_text(
        (info / "METADATA").read_text("utf-8").replace("Version: 1.0", "Version: 0.9"), "utf-8"
    )
    info.rename(info.with_name("demo-0.9.dist-info"))


EDITS: dict[str, tuple[Callable[[Made], object], set[str]]] = {
    "nothing": (lambda _: None, set()),
    "byte code": (compiled, set()),
    "a comment in an input": (lambda m: append(m.project / "pyproject.toml", "# why\n"), set()),
    "a distribution added and one taken out": (
        lambda m: change_by_hand(m.environment, "helper"),
        {"package-extra", "package-missing"},
    ),
    "a distribution added": (lambda m: change_by_hand(m.environment), {"package-extra"}),
    "metadata removed": (lambda m: shutil.rmtree(m.installed("helper-1.0.dist-info")), {"package-missing"}),
    "another version": (renamed, {"package-changed"}),
    "installed again": (
        lambda m: append(m.installed("demo-1.0.dist-info") / "RECORD", "x.py,,\n"),
        {"package-changed"},
    ),
    "the record removed": (lambda m: (m.installed("demo-1.0.dist-info") / "RECORD").unlink(), {"package-changed"}),
    "a module edited": (lambda m: append(m.installed("demo") / "inner.py", "two = 2\n"), {"file-changed"}),
    "a module removed": (lambda m: (m.installed("demo") / "inner.py").unlink(), {"file-changed"}),
    "a module of one file removed": (lambda m: m.installed("helper.py").unlink(), {"file-changed"}),
    "no receipt": (lambda m: (m.environment / RECEIPT_NAME).unlink(), {"never-synced"}),
    "half a receipt": (lambda m: (m.environment / RECEIPT_NAME).write_text("{", "utf-8"), {"never-synced"}),
    "another interpreter": (
        lambda m: m.receipt(".".join(map(str, sys.version_info[:3])), "3.11.99"),
        {"interpreter-changed"},
    ),
    "a changed lock": (lambda m: append(lock_path(m.project), "# a bot was here\n"), {"lock-changed"}),
    "another pin": (
        lambda m: lock_path(m.project).write_text(lock_path(m.project).read_text("utf-8").replace('"1.0"', '"1.0.0"')),
        {"lock-changed"},
    ),
    "a source edited": (lambda m: append(m.project / "lib/lib.py", "two = 2\n"), {"source-changed"}),
    "a file more in a source": (
        lambda m: append(m.project.write("lib/more.py", ""), "three = 3\n"),
        {"source-changed"},
    ),
    "a source no longer allowed": (
        lambda m: m.project.replace("pyproject.toml", 'allow-unhashed = ["lib"]', ""),
        {"source-refused"},
    ),
}


def test_the_table_holds_every_code() -> None:
    told = {code for _, codes in EDITS.values() for code in codes}
    # the one is found by --deep alone (see the scenarios), the other where something was built (see the builds)
    assert set(DriftCode) - told == {DriftCode.FILE_EXTRA, DriftCode.BUILD_REFUSED}


@pytest.mark.parametrize("name", EDITS)
def test_what_was_edited_is_said_and_mended(made: Made, name: str) -> None:
    change, codes = EDITS[name]
    change(made)
    result = made.project.run("lockhouse", "verify", "tests", "--in", ".venv", "--json")
    assert (result.returncode == 0) == (not codes), result.stdout
    if result.returncode < 2:
        (record,) = json.loads(result.stdout)["environments"]
        assert {reason["code"] for reason in record["reasons"]} >= codes, record
    assert {reason.code for reason in drift_of(made)} >= codes
    if name == "a source no longer allowed":
        CLI.refuse(made.project, code="unverifiable-artifact")
        return
    CLI.run(made.project, check=True)
    assert not drift_of(made)


@pytest.mark.parametrize("name", EDITS)
def test_an_environment_that_looks_unchanged_matches(made: Made, name: str) -> None:
    python = made.python
    project = Project.open(made.project.path)
    (spec,) = project.declarations.named(["tests"])
    project.remember(spec, python, "as it was")
    assert is_unchanged(python, "as it was", os.environ)
    assert not is_unchanged(python, "in another way", os.environ)
    change, _ = EDITS[name]
    change(made)
    unchanged = is_unchanged(python, "as it was", os.environ)
    assert unchanged == (name in {"nothing", "byte code"})
    assert not (unchanged and drift_of(made))


@pytest.mark.parametrize("lost", ["receipt", "lock", "drift"])
def test_there_is_no_trace_of_an_environment_that_is_not_well(made: Made, lost: str) -> None:
    (made.environment / TRACE_NAME).unlink(missing_ok=True)
    if lost == "receipt":
        (made.environment / RECEIPT_NAME).unlink()
    elif lost == "lock":
        made.project.replace("pyproject.toml", "demo", "demo>=2")
    else:
        change_by_hand(made.environment)
    project = Project.open(made.project.path)
    (spec,) = project.declarations.named(["tests"])
    project.remember(spec, made.python, "as it is")
    assert not (made.environment / TRACE_NAME).exists()


def drift_of(made: Made) -> tuple[DriftReason, ...]:
    project = Project.open(made.project.path)
    (spec,) = project.declarations.named(["tests"])
    (verified,) = project.verify([spec], folders=[made.environment])
    if isinstance(verified.verdict, Drifted):
        return verified.verdict.reasons
    assert isinstance(verified.verdict, Matching)
    return ()
