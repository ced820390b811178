"""Edits of an environment and of what it was made from: what is said of each, and that a sync mends it."""

from __future__ import annotations

import contextlib
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
from tests.scenarios.installing import CLI, NOX, TOX, Frontend, declare, lock, lock_path, site_packages

from .locked_project import KINDS, MINOR, Kind
from .test_skipping import change_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lockhouse.model.drift import DriftReason


FRONTENDS = (CLI, NOX, TOX)


@dataclass(frozen=True)
class Made:
    """An environment in line with its lock.

    :ivar project: the project
    :ivar frontend: whose environment it is
    """

    project: ProjectFolder
    frontend: Frontend

    @property
    def environment(self) -> Path:
        """Give the folder of the environment."""
        return self.frontend.root(self.project)

    @property
    def python(self) -> Path:
        """Give its interpreter."""
        places = (self.environment / "bin" / "python", self.environment / "Scripts" / "python.exe")
        return next(path for path in places if path.exists())

    def installed(self, name: str) -> Path:
        """Give a file or folder in ``site-packages``."""
        return next(path for path in site_packages(self.environment) if path.name == name)

    def edit(self, path: str, old: str, new: str) -> None:
        """Edit a file below ``site-packages``."""
        top, _, rest = path.partition("/")
        file = self.installed(top) / rest
        text = file.read_text("utf-8")
        assert old in text, text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def receipt(self, old: str, new: str) -> None:
        """Change the receipt."""
        path = self.environment / RECEIPT_NAME
        text = path.read_text("utf-8")
        assert old in text, text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind, Frontend], Made]]:
    """Give a function to the environment of a frontend as it was made, and all that it was made from."""
    saved: dict[str, tuple[ProjectFolder, Path]] = {}
    with contextlib.ExitStack() as stack:

        def make(kind: Kind, frontend: Frontend) -> Made:
            name = f"{frontend.name}-{kind}"
            if name not in saved:
                index = stack.enter_context(PackageIndex())
                saved[name] = write(tmp_path_factory.mktemp(name), kind, index)
            project, copy = saved[name]
            made = Made(project, frontend)
            if not (copy / frontend.folder).exists():
                put_back(made, copy)
                frontend.succeed(project)
                shutil.copytree(made.environment, copy / frontend.folder, symlinks=True)
            put_back(made, copy)
            return made

        yield make


@pytest.fixture
def made(make: Callable[[Kind, Frontend], Made]) -> Made:
    """Give the environment of the command line as it was made."""
    return make(KINDS[0], CLI)


def write(folder: Path, kind: Kind, index: PackageIndex) -> tuple[ProjectFolder, Path]:
    """Write and lock the project; give it, and a copy to restore it from."""
    project = ProjectFolder(folder / "project", index_environ(index.url))
    project.environ.update({name: str(folder / name) for name in ("LOCKHOUSE_CACHE_DIR", "UV_CACHE_DIR")})
    modules = {"demo/__init__.py": "", "demo/inner.py": "one = 1\n"}
    index.add_wheel("demo", "1.0", requires=["helper"], modules=modules)
    index.add_wheel("helper", "1.0")
    library = ProjectFolder(project / "lib")
    library.write_package('[project]\nname = "lib"\nversion = "1.0"\n', {"lib.py": "one = 1\n"})
    extra = f'allow-unhashed = ["lib"]\npythons = ["{MINOR}"]'
    declare(
        project,
        "demo",
        "lib @ file:lib",
        extra=extra,
        resolver=kind.resolver,
        installer=kind.resolver,
        format=kind.form,
    )
    lock(project)
    copy = folder / "copy"
    shutil.copytree(project.path, copy, symlinks=True)
    return project, copy


def put_back(made: Made, copy: Path) -> None:
    """Put back the project and its environment; what a tool keeps beside that stays."""
    project = made.project
    kept = made.frontend.folder.partition("/")[0]
    for path in project.path.iterdir():
        if path.name not in {"lib", kept} and path.is_dir():
            shutil.rmtree(path)
        elif not path.is_dir():
            path.unlink()
    shutil.rmtree(made.environment, ignore_errors=True)
    left = {"lib", kept}
    shutil.copytree(
        copy, project.path, dirs_exist_ok=True, ignore=lambda folder, _: left if folder == str(copy) else ()
    )
    if (copy / made.frontend.folder).exists():
        shutil.copytree(copy / made.frontend.folder, made.environment, symlinks=True)
    library = project / "lib"  # its files are known by their inodes: they are put back in place
    for path in library.iterdir():
        before = copy / "lib" / path.name
        if not before.exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif path.is_file():
            path.write_bytes(before.read_bytes())
            os.utime(path, ns=(before.stat().st_atime_ns, before.stat().st_mtime_ns))


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


def spelled_large(made: Made) -> None:
    """Put metadata there that Python finds, and that no installer writes so."""
    info = made.installed("demo-1.0.dist-info").with_name("Evil-1.0.DIST-INFO")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n", "utf-8")
    (info / "RECORD").write_text("", "utf-8")


def write_beside(made: Made, path: str) -> Path:
    """Put a file into ``site-packages``."""
    file = made.installed("demo").parent / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("", "utf-8")
    return file


def put_egg(made: Made) -> None:
    write_beside(made, "evil.egg/evil.py")
    write_beside(made, "easy-install.pth").write_text("./evil.egg\n", "utf-8")


def second_pip(made: Made) -> None:
    """Put metadata beside that of pip, which may be there: a pip is nobody's business as long as it is one."""
    for version in ("0.1", "0.2"):
        write_beside(made, f"pip-{version}.dist-info/entry_points.txt").write_text("[pytest11]\nx = helper\n", "utf-8")


def respelled(made: Made) -> None:
    """Pin the same versions in another spelling."""
    path = lock_path(made.project)
    before = path.read_text("utf-8")
    path.write_text(before.replace('"1.0"', '"1.0.0"').replace("==1.0 ", "==1.0.0 "), "utf-8")
    assert path.read_text("utf-8") != before


EDITS: dict[str, tuple[Callable[[Made], object], set[str]]] = {
    "nothing": (lambda _: None, set()),
    "byte code": (compiled, set()),
    "a comment in an input": (lambda m: append(m.project / "pyproject.toml", "# why\n"), set()),
    "a distribution added and one taken out": (
        lambda m: change_by_hand(m.environment, "helper"),
        {"package-extra", "package-missing"},
    ),
    "a distribution added": (lambda m: change_by_hand(m.environment), {"package-extra"}),
    "a distribution added whose metadata is spelled large": (spelled_large, {"package-extra"}),
    "a second pip": (second_pip, {"package-extra"}),
    "metadata removed": (lambda m: shutil.rmtree(m.installed("helper-1.0.dist-info")), {"package-missing"}),
    "another version": (renamed, {"package-changed"}),
    "installed again": (
        lambda m: append(m.installed("demo-1.0.dist-info") / "RECORD", "x.py,,\n"),
        {"package-changed"},
    ),
    "the record removed": (lambda m: (m.installed("demo-1.0.dist-info") / "RECORD").unlink(), {"package-changed"}),
    "a module edited": (lambda m: append(m.installed("demo") / "inner.py", "two = 2\n"), {"file-changed"}),
    "entry points put into metadata that has none": (
        lambda m: (m.installed("demo-1.0.dist-info") / "entry_points.txt").write_text("[pytest11]\nx = helper\n"),
        {"file-changed"},
    ),
    "metadata edited": (
        lambda m: m.edit("demo-1.0.dist-info/METADATA", "Version: 1.0", "Version: 9.9.9"),
        {"file-changed"},
    ),
    "a module removed": (lambda m: (m.installed("demo") / "inner.py").unlink(), {"file-changed"}),
    "a module of one file removed": (lambda m: m.installed("helper.py").unlink(), {"file-changed"}),
    "a folder that shadows a module": (
        lambda m: append(write_beside(m, "helper/__init__.py"), "two = 2\n"),
        {"file-extra"},
    ),
    "a module that Python runs at its start": (lambda m: write_beside(m, "sitecustomize.py"), {"file-extra"}),
    "an egg in the path": (put_egg, {"file-extra"}),
    "what pip left and data": (
        lambda m: (write_beside(m, "~emo/__init__.py"), write_beside(m, "data/one.txt"), write_beside(m, "READ.ME")),
        set(),
    ),
    "no receipt": (lambda m: (m.environment / RECEIPT_NAME).unlink(), {"never-synced"}),
    "half a receipt": (lambda m: (m.environment / RECEIPT_NAME).write_text("{", "utf-8"), {"never-synced"}),
    "another interpreter": (
        lambda m: m.receipt(".".join(map(str, sys.version_info[:3])), "3.11.99"),
        {"interpreter-changed"},
    ),
    "a changed lock": (lambda m: append(lock_path(m.project), "# a bot was here\n"), {"lock-changed"}),
    "another pin": (
        respelled,
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
    # these are found where something was built (see the builds)
    assert set(DriftCode) - told == {DriftCode.BUILD_REFUSED, DriftCode.BUILD_CHANGED}


def cases() -> Iterator[object]:
    """Give each edit with each frontend and kind of lock.

    The command line, and one of the tools in turn, are for every run with one kind of lock; the rest is heavy.
    """
    for position, name in enumerate(EDITS):
        for kind in KINDS:
            for frontend in FRONTENDS:
                chosen = kind is KINDS[0] and frontend in (CLI, (NOX, TOX)[position % 2])
                marks = () if chosen else pytest.mark.full
                yield pytest.param(name, frontend, kind, id=f"{name}-{frontend.name}-{kind}", marks=marks)


@pytest.mark.parametrize(("name", "frontend", "kind"), list(cases()))
def test_what_was_edited_is_said_and_mended(
    make: Callable[[Kind, Frontend], Made], name: str, frontend: Frontend, kind: Kind
) -> None:
    made = make(kind, frontend)
    change, codes = EDITS[name]
    change(made)
    result = made.project.run("lockhouse", "verify", "tests", "--in", frontend.folder, "--json")
    assert (result.returncode == 0) == (not codes), result
    (record,) = json.loads(result.stdout)["environments"]
    assert (record["verdict"] == "matching") == (not codes), record
    assert {reason["code"] for reason in record["reasons"]} >= codes, record
    messages = [reason["message"] for reason in record["reasons"]]
    assert {reason.code for reason in drift_of(made)} >= codes
    if name == "a source no longer allowed":
        frontend.refuse(made.project, code="unverifiable-artifact")
        return
    if frontend is not CLI:
        forbidding = "-R" if frontend is NOX else "--skip-env-install"
        if codes:
            refused = frontend.refuse(made.project, forbidding, code="environment-drifted")
            assert [message for message in messages if message not in refused.output] == [], refused
        else:
            frontend.succeed(made.project, forbidding)
    frontend.succeed(made.project)
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
