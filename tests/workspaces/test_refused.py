"""What cannot be a project of the repository, and what is said of it."""

from __future__ import annotations

import shutil
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.project_under_test.making import git
from tests.scenarios.frontends import verdict
from tests.scenarios.installing import CLI, lock, lock_path

from .making import Repository, with_pip, write_repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder, Result


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "builds.log"


def replaced(project: ProjectFolder, old: str, new: str) -> Path:
    project.replace("pyproject.toml", old, new)
    return project / "pyproject.toml"


def appended(project: ProjectFolder, text: str) -> Path:
    return project.write("pyproject.toml", project.read("pyproject.toml") + text)


#: What is done to the repository, and the fact, the reason and the fix that are told then.
HOSTILE: dict[str, tuple[str, Callable[[Repository], object], str, str, str]] = {
    "a missing folder": (
        "sources",
        lambda made: replaced(made.app, "../lib", "../nowhere"),
        "error[invalid-requirement]: [tool.uv.sources.lib] (pyproject.toml:10): '../nowhere' is not a requirement",
        "there is no such file or directory",
        "correct the path at [tool.uv.sources.lib] (pyproject.toml:10)",
    ),
    "a missing folder below": (
        "file",
        lambda made: replaced(made.lib, "file:../third", "file:../nowhere"),
        "project dependencies (../lib/pyproject.toml:8): '../nowhere' is not a requirement",
        "there is no such file or directory",
        "correct the path at project dependencies (../lib/pyproject.toml:8)",
    ),
    "no project": (
        "sources",
        lambda made: (made.lib / "pyproject.toml").unlink(),
        "project dependencies (pyproject.toml:8): ../lib holds no project",
        "neither pyproject.toml nor setup.py is there",
        "correct the path of lib",
    ),
    "another name": (
        "sources",
        lambda made: replaced(made.lib, 'name = "lib"', 'name = "library"'),
        '[tool.uv.sources.lib] (pyproject.toml:10): ../lib is the project "library", not "lib"',
        "without a source of its own name, library would be taken from an index",
        "write library instead of lib, there and in the requirements, or correct the path",
    ),
    "another name in the requirement alone": (
        "file",
        lambda made: replaced(made.lib, 'name = "lib"', 'name = "library"'),
        'project dependencies (pyproject.toml:8): ../lib is the project "library", not "lib"',
        '"lib @ ../lib" names it so',
        "write library, or correct the path of lib",
    ),
    "a misspelt source": (
        "sources",
        lambda made: replaced(made.app, "lib = { path", "lbi = { path"),
        '[tool.uv.sources.lbi] (pyproject.toml:10): ../lib is the project "lib", not "lbi"',
        "without a source of its own name, lib would be taken from an index",
        "write lib instead of lbi, there and in the requirements, or correct the path",
    ),
    "a cycle": (
        "file",
        lambda made: replaced(made.third, "'c'", "'c', 'lib @ file:../lib'"),
        "project dependencies (../third/pyproject.toml:8): projects of the repository require each other",
        "lib → third → lib",
        "take lib out of the dependencies of third",
    ),
    "a cycle through the project under test": (
        "sources",
        lambda made: (
            replaced(made.third, "'c'", "'c', 'app'"),
            appended(made.third, '[tool.uv.sources]\napp = { path = "../app" }\n'),
        ),
        "project dependencies (../third/pyproject.toml:8): projects of the repository require each other",
        "app → lib → third → app",
        "take app out of the dependencies of third",
    ),
    "two places": (
        "sources",
        lambda made: (
            made.folder.write("packages/other/pyproject.toml", made.third.read("pyproject.toml")),
            replaced(made.app, "'lib'", "'lib', 'third'"),
            appended(made.app, '[tool.uv.sources.third]\npath = "../other"\n'),
        ),
        "third is asked for from two places",
        "project dependencies (pyproject.toml:8): ../other",
        "let all projects of the repository name the same folder",
    ),
    "a condition": (
        "sources",
        lambda made: replaced(made.app, '"../lib" }', '"../lib", marker = "os_name == \'nt\'" }'),
        "[tool.uv.sources.lib] (pyproject.toml:10): lib has a local source under a condition",
        "one environment installs a project of the repository from one place",
        'write lib = { path = "../lib" }, and put the condition into the requirement',
    ),
    "no member": (
        "workspace",
        lambda made: replaced(made.folder, "packages/*", "packages/[at]*"),
        "[tool.uv.sources.lib] (pyproject.toml:10): lib is no member of the workspace",
        "it has app, third",
        "add its folder to members in [tool.uv.workspace], or name it by its path",
    ),
    "no workspace": (
        "workspace",
        lambda made: (made.folder / "pyproject.toml").unlink(),
        "[tool.uv.sources.lib] (pyproject.toml:10): lib is no member of the workspace",
        "no pyproject.toml of this folder or above has [tool.uv.workspace] with it as a member",
        "add its folder to members in [tool.uv.workspace], or name it by its path",
    ),
    "a source that is none": (
        "sources",
        lambda made: replaced(
            made.app, '[tool.uv.sources]\nlib = { path = "../lib" }', '[tool.uv.sources]\nlib = "../lib"'
        ),
        "[tool.uv.sources.lib] (pyproject.toml:10): that is no source of lib",
        "it is no table with one of git, index, path, url, workspace",
        'write lib = { path = "../lib" }',
    ),
    "an address": (
        "sources",
        lambda made: replaced(
            made.app,
            'lib = { path = "../lib" }',
            'lib = { git = "https://me:hush@code.example/lib", tag = "v1", subdirectory = "python" }',
        ),
        "[tool.uv.sources.lib] (pyproject.toml:10): the source of lib is an address",
        "without it, what an index has under this name would be locked",
        'write it into the requirement: "lib @ git+https://****@code.example/lib@v1#subdirectory=python"',
    ),
    "two members of one name": (
        "workspace",
        lambda made: made.folder.write("packages/other/pyproject.toml", made.lib.read("pyproject.toml")),
        "[tool.uv.sources.lib] (pyproject.toml:10): two members of the workspace have the name lib",
        "packages/lib and packages/other",
        "rename one of them, or name the one that is meant by its path",
    ),
    "no version": (
        "sources",
        lambda made: replaced(made.lib, 'version = "1.0"', 'version = "one"'),
        "error[invalid-requirement]: [project.version] (../lib/pyproject.toml:6): 'one' is no version",
        "a version is numbers with dots between them, as PEP 440 says",
        'write for instance version = "1.0"',
    ),
    "no bounds": (
        "sources",
        lambda made: replaced(made.lib, '">=3.8"', '"new"'),
        "error[invalid-setting]: requires-python (../lib/pyproject.toml:7)",
        'expected a specifier set such as ">=3.11" or a version such as "3.12"',
        'write for instance ">=3.11"',
    ),
    "a build requirement": (
        "sources",
        lambda made: replaced(made.lib, '"noting-backend>=1"', '"noting-backend>=1", "third"'),
        "[build-system] requires (../lib/pyproject.toml:2): the build requirement third is a folder of the repository",
        "what a build is made with is locked with hashes, which a folder has not",
        "take third from an index for builds, or have the backend in the project: backend-path",
    ),
    "broken files": (
        "sources",
        lambda made: made.lib.write("pyproject.toml", "[project\n"),
        "error[config]: ../lib/pyproject.toml:1 is not valid TOML",
        "Expected ']' at the end of a table declaration",
        "mend ../lib/pyproject.toml:1",
    ),
}


_TELLS_ITS_VERSION = """
from noting_backend import *

with open("pyproject.toml") as file:
    text = file.read()
with open("pyproject.toml", "w") as file:
    file.write(text.replace('dynamic = ["version"]', 'version = "1.5"'))
"""


def told(result: Result) -> list[str]:
    return [line.strip() for line in result.stderr.splitlines()]


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_told_what_is_wrong_with_a_project_and_what_mends_it(
    case: str, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    spelling, do, what, why, fix = HOSTILE[case]
    made = write_repository(index, project, log, spelling=spelling)
    do(made)
    for command in (("lock",), ("check",)):
        result = made.app.run("lockhouse", *command)
        assert result.returncode == 2, result
        assert what in told(result)[0]
        assert any(line.startswith(f"why: {why}") for line in told(result)), result
        assert f"fix: {fix}" in told(result), result
        assert str(project.path) not in result.output


def test_a_folder_outside_of_the_repository_is_refused_unless_allowed_by_name(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    git(made.app, "init", "-q")
    refused = made.app.run("lockhouse", "lock")
    assert refused.returncode == 2, refused
    assert "project dependencies (pyproject.toml:8): ../lib is outside of the repository" in refused.stderr
    assert 'allow it by name: allow-unhashed = ["lib"]' in refused.stderr
    appended(made.app, 'allow-unhashed = ["lib", "third"]\n')
    lock(made.app)
    CLI.succeed(made.app)
    assert sorted(made.builds.taken()) == ["wheel"] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_that_leads_out_of_the_repository_is_refused_as_well(
    index: PackageIndex, project: ProjectFolder, log: Path, tmp_path: Path
) -> None:
    made = write_repository(index, project, log)
    git(project, "init", "-q")
    outside = tmp_path / "elsewhere/third"
    shutil.copytree(made.third.path, outside)
    shutil.rmtree(made.third.path)
    made.third.path.symlink_to(outside)
    refused = made.app.run("lockhouse", "lock")
    assert refused.returncode == 2, refused
    assert "project dependencies (../lib/pyproject.toml:8): ../third is outside of the repository" in refused.stderr
    appended(made.app, 'allow-unhashed = ["third"]\n')
    lock(made.app)


def test_a_project_that_needs_a_newer_python_than_the_lock_is_for_is_stale(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    lock(made.app)
    replaced(made.third, 'requires-python = ">=3.8"', 'requires-python = ">=3.99"')
    (reason,) = verdict(made.app)["reasons"]
    assert (reason["code"], reason["package"]) == ("python-uncovered", "third")
    assert "third 1.0 is pinned, it requires Python >=3.99" in reason["message"]
    CLI.refuse(made.app, code="lock-stale")


def test_an_absolute_path_within_the_repository_stands_in_no_lock(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    git(project, "init", "-q")
    replaced(made.app, '"../lib"', f"'{made.lib.path}'")
    lock(made.app)
    text = lock_path(made.app).read_text("utf-8")
    assert str(project.path) not in text
    found = {package["name"]: package for package in tomllib.loads(text)["packages"]}
    assert found["lib"]["directory"] == {"path": "../../lib"}


def test_a_requirement_that_its_own_version_does_not_meet_is_not_locked(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    lock(made.app)
    replaced(made.app, "'lib'", "'lib>=2'")
    (reason,) = verdict(made.app)["reasons"]
    assert (reason["code"], reason["package"]) == ("requirement-unmet", "lib")
    assert '"lib>=2 @ ../lib" is declared, 1.0 is pinned' in reason["message"]
    refused = made.app.run("lockhouse", "lock")
    assert "error[lock-refused]" in refused.stderr
    replaced(made.lib, 'version = "1.0"', 'version = "2.0"')
    assert verdict(made.app)["verdict"] == "fresh"


def test_a_version_that_only_a_build_tells_is_held_against_what_is_declared(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    replaced(made.lib, 'version = "1.0"', 'dynamic = ["version"]')
    made.lib.write("own.py", _TELLS_ITS_VERSION)
    replaced(made.lib, 'build-backend = "noting_backend"', 'build-backend = "own"\nbackend-path = ["."]')
    replaced(made.app, "'lib'", "'lib>=2'")
    refused = made.app.run("lockhouse", "lock")
    assert "error[lock-refused]" in refused.stderr, refused
    assert '"lib>=2 @ ../lib" is declared, 1.5 is pinned' in refused.stderr
    replaced(made.app, "'lib>=2'", "'lib>=1'")
    lock(made.app)
    CLI.succeed(made.app)


def test_bounds_on_python_that_exclude_each_other_are_told_without_what_stood_in_for_it(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    replaced(made.lib, '">=3.8"', '">=3.13"')
    refused = made.app.run("lockhouse", "lock")
    assert "error[unsolvable]" in refused.stderr, refused
    assert 'loosen "lib @ ../lib" at pyproject.toml:8' in refused.stderr
    assert ".whl" not in refused.stderr


def test_a_backend_outside_of_its_project_is_an_error_of_ours(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    replaced(made.lib, 'build-backend = "noting_backend"', 'build-backend = "own"\nbackend-path = ["../app"]')
    refused = made.app.run("lockhouse", "lock")
    assert refused.returncode == 7, refused
    assert "error[build-failed]: lib cannot tell its build requirements" in refused.stderr
    assert "paths must be inside source tree" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("settings", ["", pytest.param(with_pip("pylock"), marks=pytest.mark.full)], ids=["uv", "pip"])
def test_a_version_that_goes_below_what_is_declared_is_stale(
    settings: str, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    """No input of the lock changed: which version a project has stands in its own files."""
    made = write_repository(index, project, log, settings=settings)
    replaced(made.app, "'lib'", "'lib>=1'")
    lock(made.app)
    replaced(made.lib, 'version = "1.0"', 'version = "0.9"')
    (reason,) = verdict(made.app)["reasons"]
    assert (reason["code"], reason["package"]) == ("requirement-unmet", "lib")
    assert '"lib>=1 @ ../lib" is declared, 0.9 is pinned' in reason["message"]
    assert "another Python" not in CLI.refuse(made.app, code="lock-stale").output
    replaced(made.lib, 'version = "0.9"', 'version = "1.1"')
    assert verdict(made.app)["verdict"] == "fresh"
    assert "unchanged" in lock(made.app).output


def test_a_lock_whose_folder_was_edited_is_stale(index: PackageIndex, project: ProjectFolder, log: Path) -> None:
    made = write_repository(index, project, log)
    lock(made.app)
    path = lock_path(made.app)
    path.write_bytes(path.read_bytes().replace(b'"../../third"', b'"../../../elsewhere"', 1))
    (reason,) = verdict(made.app)["reasons"]
    assert (reason["code"], reason["package"]) == ("direct-reference-changed", "third")
    assert "third is taken from ../third, the lock has third from ../../elsewhere" in reason["message"]
    CLI.refuse(made.app, code="lock-stale")


def test_a_project_that_is_a_package_of_an_index_in_the_lock_is_stale(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    """A source that was added since: what an index has of the name is not taken for the folder."""
    made = write_repository(index, project, log)
    index.add_wheel("third", "9.0")
    replaced(made.lib, '[tool.uv.sources]\nthird = { path = "../third" }\n', "")
    lock(made.app)
    assert "third-9.0" in lock_path(made.app).read_text("utf-8")
    appended(made.lib, '[tool.uv.sources]\nthird = { path = "../third" }\n')
    reasons = {(reason["code"], reason["package"]) for reason in verdict(made.app)["reasons"]}
    assert ("direct-reference-changed", "third") in reasons
    lock(made.app)
    assert "third-9.0" not in lock_path(made.app).read_text("utf-8")
