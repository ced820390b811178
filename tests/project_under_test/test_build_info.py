"""``lockhouse build-info``: which wheel of the project an environment would get, what decides it, and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, lock
from tests.workspaces.making import write_repository

from .making import Builds, add_backend, commit, edit, git, write_project

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

SCHEMA = Path(__file__).parents[2] / "docs/reference/build-info.schema.json"
COMMAND = ("lockhouse", "build-info", "tests", "--in", ".venv")


@pytest.fixture
def builds(index: PackageIndex, project: ProjectFolder, tmp_path: Path) -> Builds:
    return write_project(index, project, tmp_path / "builds.log")


def info(project: ProjectFolder) -> dict[str, Any]:
    record = json.loads(project.run(*COMMAND, "--json", check=True).stdout)
    jsonschema.validate(record, json.loads(SCHEMA.read_text("utf-8")))
    (environment,) = record["environments"]
    (found,) = environment["projects"]
    return dict(found)


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


def test_each_part_that_moved_is_named_and_nothing_is_built(
    index: PackageIndex, project: ProjectFolder, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("pyproject.toml", project.read("pyproject.toml") + 'build-env = ["FLAVOUR"]\n')
    for name in ("gone", "one", "two", "three"):
        project.write(f"src/demo/{name}.py", "")
    lock(project)
    CLI.succeed(project)
    first = info(project)
    assert (first["state"], first["changes"], first["mode"]) == ("installed", [], "wheel")
    assert first["wheel"] == "demo-1.0-py3-none-any.whl"
    assert first["key"]["interpreter"] not in {"", "pure"}  # nothing is known of this backend
    assert first["key"]["variables"] == ["FLAVOUR (not set)"]
    assert (first["key"]["scm"], first["key"]["through-sdist"]) == (None, False)
    assert first["key"]["files"] == 7
    builds.taken()

    for name in ("__init__", "one", "two", "three"):
        project.write(f"src/demo/{name}.py", "answer = 2\n")
    (project / "src/demo/gone.py").unlink()
    project.write("src/demo/new.py", "")
    monkeypatch.setenv("FLAVOUR", "mint")
    before = state_of(project.path)
    edited = info(project)
    assert (edited["state"], edited["wheel"]) == ("to-build", None)
    assert edited["changes"] == [
        "src/demo/new.py was added",
        "src/demo/gone.py is gone",
        *(f"src/demo/{name}.py was edited" for name in ("__init__", "one", "three", "two")),
        "the variable FLAVOUR changed",
    ]
    assert edited["key"]["source"] != first["key"]["source"]
    assert edited["key"]["build-lock"] == first["key"]["build-lock"]
    assert edited["key"]["variables"] == ["FLAVOUR"]
    said = project.run(*COMMAND, check=True).stdout.splitlines()
    assert said[:2] == ["tests (.venv): demo (wheel) has to be built", "  because src/demo/new.py was added"]
    assert "  wheel: none is kept" in said
    assert f"  source: {edited['key']['source'][:12]}, 7 files" in said
    assert state_of(project.path) == before
    assert builds.taken() == []

    CLI.succeed(project)
    assert info(project)["state"] == "installed"
    add_backend(index, builds.log, "2.0")
    lock(project, "--upgrade")
    moved = info(project)
    assert moved["state"] == "to-build"
    assert "what it is built with changed in the lock" in moved["changes"]
    assert moved["key"]["build-lock"] != edited["key"]["build-lock"]


def test_a_wheel_that_was_built_for_another_environment_is_kept(
    project: ProjectFolder, builds: Builds, tmp_path: Path
) -> None:
    lock(project)
    CLI.succeed(project)
    shutil.copytree(project / ".venv", tmp_path / "old", symlinks=True)
    project.write("src/demo/__init__.py", "answer = 2\n")
    CLI.succeed(project)
    command = ("lockhouse", "build-info", "tests", "--in", str(tmp_path / "old"))
    told = project.run(*command, check=True).stdout.splitlines()
    assert told[0] == f"tests ({tmp_path / 'old'}): demo (wheel) is built, and not installed yet"
    assert told[1:3] == ["  because src/demo/__init__.py was edited", "  wheel: demo-1.0-py3-none-any.whl"]
    assert builds.taken() == ["wheel", "wheel"]


def test_the_state_of_version_control_where_the_version_comes_from_it(
    index: PackageIndex, project: ProjectFolder
) -> None:
    for wheel in installed_wheels("setuptools", "setuptools-scm"):
        index.add(wheel)
    project.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["setuptools", "setuptools-scm"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "demo"\ndynamic = ["version"]\nrequires-python = ">=3.11"\n[tool.setuptools_scm]\n'
        '[tool.lockhouse.environments.tests]\nproject = "wheel"\n',
    )
    project.write("src/demo/__init__.py", "")
    project.write(".gitignore", "*.egg-info/\n__pycache__/\n.venv/\n")
    git(project, "init", "-q")
    lock(project)
    commit(project)
    git(project, "tag", "v3.0")
    CLI.succeed(project)
    first = info(project)
    assert first["state"] == "installed"
    assert first["key"]["scm"]
    git(project, "tag", "v4.0")
    tagged = info(project)
    assert tagged["changes"] == ["the commit, its branch or its tags changed"]
    assert (tagged["state"], tagged["key"]["scm"] != first["key"]["scm"]) == ("to-build", True)


@pytest.mark.usefixtures("builds")
def test_what_has_no_wheel_to_choose(project: ProjectFolder) -> None:
    more = '[tool.lockhouse.environments.edit]\nproject = "editable"\nlock = "tests"\n'
    none = '[tool.lockhouse.environments.bare]\nproject = "none"\n'
    project.write("pyproject.toml", f'{project.read("pyproject.toml")}rebuild = "always"\n{more}{none}')
    lock(project)
    missing = project.run("lockhouse", "build-info")
    assert missing.returncode == 2, missing
    assert "no environment was found" in missing.stderr
    CLI.succeed(project)
    edit(project)
    project.run("lockhouse", "sync", "bare", "--into", ".venv-bare", check=True)
    always = info(project)
    assert (always["state"], always["changes"]) == ("to-build", ['rebuild = "always" has it built before each run'])
    folders = ("--in", ".venv-edit", "--in", ".venv-bare")
    editable, bare = json.loads(project.run("lockhouse", "build-info", "--json", *folders, check=True).stdout)[
        "environments"
    ]
    (own,) = editable["projects"]
    assert (own["state"], own["mode"], own["key"]) == ("installed", "editable", None)
    assert (bare["projects"], bare["error"]) == ([], None)
    text = project.run("lockhouse", "build-info", "bare", *folders[2:], check=True).stdout
    assert text == "bare (.venv-bare): the project is not installed by Lockhouse\n"
    (project / "locks/pylock.tests.toml").write_text("nonsense")
    broken = project.run(*COMMAND)
    assert broken.returncode == 3, broken
    assert 'environment "tests"' in broken.stderr
    (row,) = json.loads(project.run(*COMMAND, "--json").stdout)["environments"]
    assert (row["projects"], row["error"]["code"]) == ([], "lock-invalid")


def test_other_projects_of_the_repository_are_told_of_too(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    repository = write_repository(index, project, tmp_path / "builds.log")
    lock(repository.app)
    CLI.succeed(repository.app)
    repository.lib.write("src/lib/new.py", "")
    repository.builds.taken()
    record = json.loads(repository.app.run(*COMMAND, "--json", check=True).stdout)
    jsonschema.validate(record, json.loads(SCHEMA.read_text("utf-8")))
    (environment,) = record["environments"]
    found = {each["project"]: (each["path"], each["state"], each["changes"]) for each in environment["projects"]}
    assert found == {
        "app": (".", "installed", []),
        "lib": ("../lib", "to-build", ["src/lib/new.py was added"]),
        "third": ("../third", "installed", []),
    }
    assert next(iter(found)) == "app"
    said = repository.app.run(*COMMAND, check=True).stdout.splitlines()
    assert [line for line in said if not line.startswith("  ")] == [
        "tests (.venv): app (wheel) is installed as it is now",
        "tests (.venv): lib (wheel) in ../lib has to be built",
        "tests (.venv): third (wheel) in ../third is installed as it is now",
    ]
    assert repository.builds.taken() == []
