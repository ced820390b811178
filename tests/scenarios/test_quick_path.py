"""The answer "nothing changed" costs few imports."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.plugins import Plugins
from lockhouse.testing import ProjectFolder
from lockhouse.testing.environment import index_environ
from lockhouse.trace.program import distributions, program
from tests.project_under_test.making import write_project

if TYPE_CHECKING:
    import pytest

    from lockhouse.testing import PackageIndex

#: What none of the quick ways needs, whoever takes it.
_NEEDLESS = {
    "httpx",
    "lockhouse.backends",
    "lockhouse.fetchers",
    "lockhouse.interfaces",
    "lockhouse.interpreters.description",
    "lockhouse.model.freshness",
    "lockhouse.model.judge",
    "lockhouse.model.lock",
    "lockhouse.model.project_info",
    "lockhouse.operations.lock",
    "lockhouse.operations.sync",
    "lockhouse.resolvers",
    "lockhouse.storage.lockfiles.pylock",
    "lockhouse.storage.store",
    "packaging.dependency_groups",
    "packaging.pylock",
    "unearth",
}
#: What is not needed besides where a trace says that nothing changed.
_NEEDLESS_WITH_A_TRACE = {
    "lockhouse.config",
    "lockhouse.errors",
    "lockhouse.model.drift",
    "lockhouse.model.freshness",
    "lockhouse.model.indexes",
    "lockhouse.model.interpreter",
    "lockhouse.model.receipt",
    "lockhouse.model.spec",
    "lockhouse.nox.keywords",
    "lockhouse.operations.check",
    "lockhouse.operations.drift",
    "lockhouse.plugins",
    "lockhouse.project",
    "lockhouse.storage.files",
    "lockhouse.storage.lockfiles",
    "lockhouse.storage.receipts",
    "msgspec",
}
#: What only the check itself can do without: nox imports it.
_NEEDLESS_IN_A_CHECK_WITH_A_TRACE = {"argparse", "dataclasses", "inspect", "json", "pathlib", "re", "tomllib", "typing"}
#: What a check by the command line does not need besides; nox and tox import it by themselves.
_NEEDLESS_IN_A_CHECK = {
    "asyncio",
    "importlib.metadata",
    "lockhouse.nox",
    "lockhouse.operations.drift",
    "lockhouse.storage.site_packages",
    "lockhouse.tox",
    "logging",
    "packaging",
    "pluggy",
    "rich",
    "shutil",
    "socket",
    "subprocess",
    "urllib.request",
}

_PYPROJECT = """\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"

[dependency-groups]
test = ["demo-package[fast] >= 1, <3", {include-group = "base"}, "extra-package; sys_platform == 'none'"]
base = ["other-package~=1.0"]

[tool.lockhouse.environments.tests]
groups = ["test"]
project = "none"
"""

#: Runs a program, and writes which modules it had imported when it left, and which processes it had started.
_WATCHED = """
import atexit, json, runpy, sys
started = []
sys.addaudithook(lambda event, found: started.append(str(found[1])) if event == "subprocess.Popen" else None)
atexit.register(lambda: open("seen.json", "w").write(json.dumps([sorted(sys.modules), started])))
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def _seen(project: ProjectFolder, *words: str) -> tuple[set[str], list[str]]:
    project.run(sys.executable, "-c", _WATCHED, *words, check=True)
    modules, started = json.loads(project.read("seen.json"))
    return set(modules), started


def _locked(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("demo-package", "1.0")
    index.add_wheel("extra-package", "1.0")
    index.add_wheel("other-package", "1.0")
    project.write("pyproject.toml", _PYPROJECT)
    project.run("lockhouse", "lock", check=True)


def test_a_check_imports_and_starts_nothing_that_it_does_not_use(project: ProjectFolder, index: PackageIndex) -> None:
    _locked(project, index)
    modules, started = _seen(project, "lockhouse", "check", "tests")  # by name: no trace answers this
    assert "lockhouse.project" in modules
    assert modules & (_NEEDLESS | _NEEDLESS_IN_A_CHECK) == set()
    assert started == []


def test_a_check_by_a_trace_imports_next_to_nothing(project: ProjectFolder, index: PackageIndex) -> None:
    _locked(project, index)
    code = "import sys; before = set(sys.modules); from lockhouse.cli import main; main(); "
    code += "print(*(set(sys.modules) - before), file=sys.stderr)"
    result = project.run(sys.executable, "-c", code, "check", check=True)
    assert result.stdout == "tests: fresh\n1 environment: 1 fresh\n"
    imported = set(result.stderr.split())
    needless = _NEEDLESS | _NEEDLESS_IN_A_CHECK | _NEEDLESS_WITH_A_TRACE | _NEEDLESS_IN_A_CHECK_WITH_A_TRACE
    assert imported & (needless - {"lockhouse.errors"}) == set()
    assert "lockhouse.trace.trace" in imported


def test_a_wheelhouse_by_a_trace_imports_next_to_nothing(project: ProjectFolder, index: PackageIndex) -> None:
    _locked(project, index)
    code = "import sys; before = set(sys.modules); from lockhouse.cli import main; main(); "
    code += "print(*(set(sys.modules) - before))"
    words = ("wheelhouse", "build", "tests", "--output")
    project.run("lockhouse", *words, "one", check=True)
    result = project.run(sys.executable, "-c", code, *words, "two", check=True)
    imported = set(result.stdout.split())
    needless = _NEEDLESS | _NEEDLESS_IN_A_CHECK | _NEEDLESS_WITH_A_TRACE | _NEEDLESS_IN_A_CHECK_WITH_A_TRACE
    assert imported & (needless | {"contextlib", "threading", "zipfile"}) == set()
    assert "lockhouse.storage.links" in imported


def test_a_warm_session_of_nox_imports_and_starts_nothing_that_it_does_not_use(
    project: ProjectFolder, index: PackageIndex
) -> None:
    _locked(project, index)
    project.write(
        "noxfile.py",
        """
        import lockhouse.nox as lockhouse

        @lockhouse.session(environment="tests", venv_backend="uv")
        def tests(session):
            session.log("it runs")
        """,
    )
    project.run("nox", "-s", "tests", check=True)
    modules, started = _seen(project, "nox", "-r", "-s", "tests")
    assert modules & (_NEEDLESS | _NEEDLESS_WITH_A_TRACE | {"lockhouse.nox.discovery", "pluggy"}) == set()
    assert [line for line in started if "uv" not in line] == []  # nox itself asks uv for its version
    assert len(started) <= 1


def test_a_directory_beside_the_project_keeps_a_warm_session_quick(tmp_path: Path, index: PackageIndex) -> None:
    index.add_wheel("demo-package", "1.0")
    library = '[project]\nname = "local"\nversion = "0.1"\n'
    ProjectFolder(tmp_path / "local").write_package(library, {"local.py": "answer = 42\n"})
    strange = "pro ject" if os.name == "nt" else "pro\tject"
    project = ProjectFolder(tmp_path / strange, index_environ(index.url))
    project.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.11"\n')
    project.write(
        "noxfile.py",
        """
        import lockhouse.nox as lockhouse

        inputs = {"requirements": ["demo-package", "../local"], "allow_unhashed": ["local"], "project": "none"}

        @lockhouse.session(**inputs, venv_backend="uv")
        def tests(session):
            session.log("it runs")
        """,
    )
    project.run("lockhouse", "lock", check=True)
    project.run("nox", "-s", "tests", check=True)
    for _ in range(20):  # what was written less than two seconds before it was looked at is read once more
        modules, started = _seen(project, "nox", "-r", "-s", "tests")
        if not modules & (_NEEDLESS | _NEEDLESS_WITH_A_TRACE):
            break
    assert modules & (_NEEDLESS | _NEEDLESS_WITH_A_TRACE) == set()
    assert not [words for words in started if "git" in words or "lockhouse" in words]
    (tmp_path / "local" / "local.py").write_text("answer = 43\n", encoding="utf-8")
    refused = project.run("nox", "-R", "-s", "tests")
    assert refused.returncode, refused
    assert "the source of local changed" in refused.output


def test_a_session_with_the_project_as_a_wheel_is_as_quick(
    project: ProjectFolder, index: PackageIndex, tmp_path: Path
) -> None:
    write_project(index, project, tmp_path / "builds.log")
    project.write(
        "noxfile.py",
        """
        import lockhouse.nox as lockhouse

        @lockhouse.session(environment="tests", venv_backend="uv")
        def tests(session):
            session.log("it runs")
        """,
    )
    project.run("lockhouse", "lock", check=True)
    project.run("nox", "-s", "tests", check=True)
    (record,) = Path(os.environ["LOCKHOUSE_CACHE_DIR"]).rglob("trees/*.json")
    seen = json.loads(record.read_text("utf-8"))
    seen["seen_at"] += 10_000_000_000  # as if the files had been written well before they were looked at
    record.write_text(json.dumps(seen), encoding="utf-8")
    modules, started = _seen(project, "nox", "-r", "-s", "tests")
    assert modules & (_NEEDLESS | _NEEDLESS_WITH_A_TRACE | {"lockhouse.storage.trees.tree"}) == set()
    assert len(started) <= 1


def test_a_warm_environment_of_tox_imports_nothing_that_it_does_not_use(
    project: ProjectFolder, index: PackageIndex
) -> None:
    _locked(project, index)
    project.write("tox.ini", "[testenv:tests]\nrunner = lockhouse\nlockhouse_environment = tests\npackage = skip\n")
    project.run("tox", "run", "-e", "tests", check=True)
    modules, started = _seen(project, "tox", "run", "-e", "tests")
    needless = _NEEDLESS | _NEEDLESS_WITH_A_TRACE | {"lockhouse.tox.commands", "lockhouse.tox.packager"}
    assert modules & (needless - {"packaging.dependency_groups", "packaging.pylock"}) == set()
    assert "lockhouse.trace.trace" in modules
    assert started == []


def test_a_run_of_tox_without_locked_environments_imports_no_more_than_our_hooks(project: ProjectFolder) -> None:
    project.write("tox.ini", "[testenv:tests]\nrunner = virtualenv\npackage = skip\n")
    project.run("tox", "run", "-e", "tests", check=True)
    modules, _ = _seen(project, "tox", "run", "-e", "tests")
    ours = {name.removeprefix("lockhouse.tox.") for name in modules if name.startswith("lockhouse.")}
    assert ours == {"lockhouse.tox", "hooks", "misspelt", "names", "states"}


def test_a_plugin_is_found_without_the_machinery_that_reads_metadata(tmp_path: Path) -> None:
    info = tmp_path / "site" / "other_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    path = [str(tmp_path / "gone"), str(tmp_path / "site")]
    assert distributions(path) is not None
    (info / "entry_points.txt").write_text("[console_scripts]\nother = other:main\n", encoding="utf-8")
    own = tmp_path / "site" / "lockhouse-1.0.dist-info"
    own.mkdir()
    (own / "entry_points.txt").write_text("[lockhouse]\nnox = lockhouse.nox\n", encoding="utf-8")
    assert distributions(path) is not None
    (info / "entry_points.txt").write_text("[lockhouse]\nother = other\n", encoding="utf-8")
    assert distributions(path) is None
    (info / "entry_points.txt").unlink()
    assert distributions(path) is not None
    (tmp_path / "site" / "lockhouse-rules.egg-info").mkdir()
    (tmp_path / "site" / "lockhouse-rules.egg-info" / "entry_points.txt").write_text("[lockhouse]\n", encoding="utf-8")
    assert distributions(path) is None, "our name is only the beginning of its name"
    for name in ("EGG-INFO", "other-1.0.DIST-INFO"):  # of an egg in the path itself; of an old tool
        metadata = tmp_path / name.lower() / name
        metadata.mkdir(parents=True)
        (metadata / "entry_points.txt").write_text("[lockhouse]\nother = other\n", encoding="utf-8")
        assert distributions([str(metadata.parent)]) is None, name
    archive = tmp_path / "packages.zip"
    archive.write_bytes(b"")
    assert distributions([str(archive)]) is None, "nobody knows what is in it"


def test_a_folder_of_packages_is_listed_once_in_a_process_and_again_where_anything_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    read = os.listdir

    def noting(folder: str) -> list[str]:
        listed.append(folder)
        return read(folder)

    monkeypatch.setattr(os, "listdir", noting)
    (tmp_path / "other-1.0.dist-info").mkdir()
    path = [str(tmp_path)]
    assert [distributions(path), distributions(path)] == [["other-1.0.dist-info"]] * 2
    assert len(listed) == 2, "what changed a moment ago may change once more, and keep its time"
    monkeypatch.setattr("lockhouse.trace.program._SETTLED_AFTER", -10_000_000_000)
    os.utime(tmp_path, ns=(1, 1))  # so that another time stands there, however quick this is
    assert [distributions(path), distributions(path)] == [["other-1.0.dist-info"]] * 2
    assert len(listed) == 3
    (tmp_path / "a_plugin-1.0.dist-info").mkdir()
    (tmp_path / "a_plugin-1.0.dist-info/entry_points.txt").write_text("[lockhouse]\nother = other\n", encoding="utf-8")
    assert distributions(path) is None


def test_what_depends_on_the_working_directory_is_looked_at_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [""])
    monkeypatch.chdir(tmp_path)
    before = program()
    (tmp_path / "other-1.0.dist-info").mkdir()
    assert program() != before


def test_no_plugin_is_installed_here(tmp_path: Path) -> None:
    assert not Plugins({}, root=tmp_path).foreign
