"""Projects of one repository: each is built from its own build lock, once per content, wherever it is needed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import ProjectFolder
from tests.builds.looking import builds_of, receipt_of
from tests.project_under_test.making import commit, git, installed_file
from tests.scenarios.frontends import verdict
from tests.scenarios.installing import (
    CLI,
    NOX,
    RAN,
    TOX,
    Frontend,
    each_frontend,
    has_receipt,
    installed,
    lock,
    lock_path,
)  # fmt: skip

from .making import SPELLINGS, with_pip, write_repository

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex

#: The kinds of locks, and the settings that make them.
KINDS = {
    f"{resolver}-{lock_format}": with_pip(lock_format) if resolver == "pip" else f'format = "{lock_format}"\n'
    for resolver in ("uv", "pip")
    for lock_format in ("pylock", "requirements")
}
#: Each spelling with each kind; by default each spelling and each kind at least once.
SPELLED = [
    pytest.param(spelling, kind, id=f"{spelling}-{kind}", marks=() if row % len(KINDS) == column else pytest.mark.full)
    for row, spelling in enumerate(SPELLINGS)
    for column, kind in enumerate(KINDS)
]
ALL = {"a": "1.0", "b": "1.0", "c": "1.0", "app": "1.0", "lib": "1.0", "third": "1.0"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "builds.log"


def answers(frontend: Frontend, project: ProjectFolder) -> str:
    """Run the tests of the application, and give what was imported there."""
    if frontend is CLI:
        frontend.succeed(project)
        shown = project.run(frontend.python(project), "probe.py", check=True)
    else:
        shown = frontend.succeed(project)
    return shown.line_with(RAN).partition(RAN)[2].strip()


@pytest.mark.parametrize(("spelling", "kind"), SPELLED)
def test_each_spelling_is_locked_without_a_place_and_built_once(
    spelling: str, kind: str, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    settings = KINDS[kind]
    made = write_repository(index, project, log, spelling=spelling, settings=settings)
    lock(made.app)
    assert made.builds.taken() == [], "no resolver builds them"
    for path in made.app.path.joinpath("locks").iterdir():
        text = path.read_text("utf-8")
        assert str(project.path) not in text
        assert "file:" not in text
        assert "tmp" not in text
    build_locks = builds_of(made.app)
    for name in ("app", "lib", "third"):
        assert build_locks[name]["requires"] == ["noting-backend>=1"]
        assert [each["version"] for each in build_locks[name]["packages"]] == ["1.0"]
    assert verdict(made.app)["verdict"] == "fresh"
    assert answers(CLI, made.app) == "1 1 1"
    assert made.builds.taken() == ["wheel"] * 3
    assert installed(CLI.root(made.app)) == ALL
    assert {proof["name"] for proof in receipt_of(CLI.root(made.app))["built"]} == {"app", "lib", "third"}
    index.requests.clear()
    assert "nothing to do" in CLI.succeed(made.app).output
    assert index.requests.paths == []
    assert "unchanged" in lock(made.app).output
    assert made.builds.taken() == []


def test_nox_tox_and_the_command_line_share_the_builds_and_see_each_edit(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    project.write(".gitignore", ".nox\n.tox\n.venv\n__pycache__\n")
    git(project, "init", "-q")
    commit(project)
    lock(made.app)
    for frontend in (CLI, NOX, TOX):
        assert answers(frontend, made.app) == "1 1 1"
    assert sorted(made.builds.taken()) == ["wheel"] * 3
    for frontend in (CLI, NOX, TOX):
        assert answers(frontend, made.app) == "1 1 1"
    assert made.builds.taken() == []
    made.lib.write("src/lib/__init__.py", "answer = 2\n")
    for frontend in (CLI, NOX, TOX):
        assert answers(frontend, made.app) == "1 2 1"
    assert made.builds.taken() == ["wheel"]
    made.third.write("src/third/__init__.py", "answer = 3\n")
    told = CLI.succeed(made.app, "-v").output
    assert "the source of third changed since it was installed: src/third/__init__.py was edited" in told
    for frontend in (CLI, NOX, TOX):
        assert answers(frontend, made.app) == "1 2 3"
    assert made.builds.taken() == ["wheel"]
    made.third.write("src/third/__init__.py", "answer = 1\n")
    assert answers(TOX, made.app) == "1 2 1"
    assert made.builds.taken() == []  # it was built before


@each_frontend
def test_an_editable_one_shows_each_edit_by_itself(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    made.app.replace("pyproject.toml", '{ path = "../lib" }', '{ path = "../lib", editable = true }')
    lock(made.app)
    assert answers(frontend, made.app) == "1 1 1"
    assert sorted(made.builds.taken()) == ["editable", "wheel", "wheel"]
    made.lib.write("src/lib/__init__.py", "answer = 2\n")
    assert answers(frontend, made.app) == "1 2 1"
    assert made.builds.taken() == []
    made.lib.replace("pyproject.toml", 'version = "1.0"', 'version = "1.1"')
    assert answers(frontend, made.app) == "1 2 1"
    assert made.builds.taken() == ["editable"]
    assert installed(frontend.root(made.app))["lib"] == "1.1"


def test_a_clone_elsewhere_is_fresh_and_locks_the_same(
    index: PackageIndex, project: ProjectFolder, log: Path, tmp_path: Path
) -> None:
    made = write_repository(index, project, log)
    clone = ProjectFolder(tmp_path / "else where" / "clone", project.environ)
    shutil.copytree(project.path, clone.path, dirs_exist_ok=True)
    app = ProjectFolder(clone / "packages/app", project.environ)
    lock(made.app)
    lock(app)
    assert lock_path(app).read_bytes() == lock_path(made.app).read_bytes()
    assert verdict(app)["verdict"] == "fresh"
    assert answers(CLI, made.app) == answers(CLI, app) == "1 1 1"
    assert made.builds.taken() == ["wheel"] * 3, "they share their wheels"


def test_its_own_environment_and_that_of_another_project_share_a_wheel(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    environment = '[tool.lockhouse.environments.tests]\nproject = "wheel"\n'
    made.third.write("pyproject.toml", made.third.read("pyproject.toml") + environment)
    lock(made.app)
    lock(made.third)
    CLI.succeed(made.app)
    assert sorted(made.builds.taken()) == ["wheel"] * 3
    CLI.succeed(made.third)
    assert made.builds.taken() == []
    assert installed_file(CLI.root(made.third), "third/__init__.py").exists()


@each_frontend
def test_a_dependency_that_is_not_locked_is_told_by_the_check_with_its_place(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    index.add_wheel("new", "1.0")
    lock(made.app)
    answers(frontend, made.app)
    made.third.replace("pyproject.toml", "'c'", "'c', 'new>=1'")
    (reason,) = verdict(made.app)["reasons"]
    assert (reason["code"], reason["package"]) == ("closure-incomplete", "new")
    assert (reason["file"], reason["line"]) == ("../third/pyproject.toml", 8)
    assert 'third 1.0 requires "new>=1", the lock has no new' in reason["message"]
    refused = frontend.refuse(made.app, code="lock-stale")
    assert "fix: lockhouse lock tests" in refused.output
    lock(made.app)
    assert answers(frontend, made.app) == "1 1 1"
    assert installed(frontend.root(made.app)) == {**ALL, "new": "1.0"}


def test_what_only_a_build_tells_is_missed_before_the_tests(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    index.add_wheel("new", "1.0")
    made.third.replace("pyproject.toml", "dependencies = ['c']", 'dynamic = ["dependencies"]')
    made.third.write("dependencies.txt", "c\n")
    lock(made.app)
    assert answers(NOX, made.app) == "1 1 1"
    made.third.write("dependencies.txt", "c\nnew>=1\n")
    assert verdict(made.app)["verdict"] == "fresh"
    refused = NOX.refuse(made.app, code="lock-stale")
    assert 'third 1.0 requires "new>=1", the lock has no new' in refused.output
    assert "fix: lockhouse lock tests" in refused.output
    assert has_receipt(NOX.root(made.app)), "nothing was touched"
    lock(made.app)
    assert answers(NOX, made.app) == "1 1 1"
    assert installed(NOX.root(made.app)) == {**ALL, "new": "1.0"}


def test_a_changed_build_requirement_of_a_library_is_stale(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    lock(made.app)
    made.lib.replace("pyproject.toml", "noting-backend>=1", "noting-backend>=2")
    (reason,) = verdict(made.app)["reasons"]
    assert (reason["code"], reason["package"]) == ("build-requires-changed", "noting-backend")
    assert (reason["file"], reason["line"]) == ("../lib/pyproject.toml", 2)
    assert 'lib is built with "noting-backend>=2", noting-backend 1.0 is pinned' in reason["message"]
