"""What lies between projects of one repository, the rest of the lock, and the moment at which they are looked at."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.project import Project
from lockhouse.storage.trees.tree import ProjectTree
from tests.project_under_test.making import installed_file, write_project
from tests.scenarios.installing import CLI, RAN, TOX, installed, lock, lock_path

from .making import with_pip, write_repository

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.storage.trees.record import TreeRecord
    from lockhouse.testing import PackageIndex, ProjectFolder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "builds.log"


@pytest.mark.parametrize("settings", ["", pytest.param(with_pip("pylock"), marks=pytest.mark.full)], ids=["uv", "pip"])
def test_what_an_index_has_of_the_same_name_is_never_taken(
    settings: str, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log, settings=settings)
    for name in ("app", "lib", "third"):
        index.add_wheel(name, "9.0", modules={f"{name}.py": "stolen = True\n"})
    index.add_wheel("plugin", "1.0", requires=["lib>=1", "third[more]"])
    made.app.replace("pyproject.toml", "'lib'", "'plugin', 'lib'")
    lock(made.app)
    assert "9.0" not in lock_path(made.app).read_text("utf-8")
    CLI.succeed(made.app)
    assert installed(CLI.root(made.app))["lib"] == "1.0"
    assert "/9.0" not in "".join(index.requests.paths)
    index.add_wheel("plugin", "2.0", requires=["lib>=2"])
    made.app.replace("pyproject.toml", "'plugin'", "'plugin>=2'")
    refused = made.app.run("lockhouse", "lock")
    assert "error[unsolvable]" in refused.stderr, refused
    assert "../lib" in refused.stderr, "the folder is named, not what stood in for it"


def test_tox_builds_the_project_and_gets_the_others_from_the_lock(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    made = write_repository(index, project, log)
    made.app.write(
        "tox.ini",
        "[tox]\nenv_list = tests\n[testenv]\nrunner = lockhouse\npackage = wheel\ncommands = python probe.py\n",
    )
    made.app.write("pyproject.toml", made.app.read("pyproject.toml").partition("[tool.lockhouse")[0])
    (made.app / "noxfile.py").unlink()
    made.app.run("tox", "lock", check=True)
    assert f"{RAN} 1 1 1" in TOX.succeed(made.app).output
    assert sorted(made.builds.taken()) == ["wheel"] * 3
    made.third.write("src/third/__init__.py", "answer = 3\n")
    assert f"{RAN} 1 1 3" in TOX.succeed(made.app).output
    assert made.builds.taken() == ["wheel"]
    assert f"{RAN} 1 1 3" in TOX.succeed(made.app).output
    assert made.builds.taken() == []


@pytest.mark.parametrize("name", ["app", "lib"])
def test_an_edit_between_two_looks_is_not_taken_for_what_was_there_before(
    name: str, index: PackageIndex, project: ProjectFolder, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build has the edit. When it is taken back, the wheel without it is installed, not the one that is there."""
    made = write_repository(index, project, log)
    lock(made.app)
    place = project / f"packages/{name}/src/{name}/__init__.py"
    looked: list[Path] = []
    look = ProjectTree.look

    def edited_after(tree: ProjectTree) -> TreeRecord:
        seen = look(tree)
        looked.append(tree.root)
        if tree.root.name == name and looked.count(tree.root) == 1:
            place.write_text("answer = 2\n", "utf-8")
        return seen

    made.app.run(sys.executable, "-m", "venv", "--without-pip", ".venv", check=True)
    opened = Project.open(made.app.path)
    spec = opened.declarations.one("tests")
    with monkeypatch.context() as patch:
        patch.setattr(ProjectTree, "look", edited_after)
        opened.sync(spec, CLI.python(made.app))
    assert installed_file(CLI.root(made.app), f"{name}/__init__.py").read_text() == "answer = 2\n"
    assert "nothing to do" in CLI.succeed(made.app).output
    place.write_text("answer = 1\n", "utf-8")
    CLI.succeed(made.app)
    assert installed_file(CLI.root(made.app), f"{name}/__init__.py").read_text() == "answer = 1\n"


def test_what_the_project_requires_is_held_against_a_lock_that_another_hand_changed(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    """A project that is installed, and not built again, must have what it requires in the new lock, too."""
    write_project(index, project, log)
    warn = '[tool.lockhouse]\non-stale = "warn"\n\n[tool.lockhouse.env'
    project.replace("pyproject.toml", "[tool.lockhouse.env", warn)
    project.replace("pyproject.toml", 'dependencies = ["a"]', 'dynamic = ["dependencies"]')
    more = '\n[tool.setuptools.dynamic]\ndependencies = { file = ["requirements.txt"] }\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + more)
    project.write("requirements.txt", "a\n")
    project.write("dependencies.txt", "a\n")
    lock(project)
    CLI.succeed(project)
    project.write("requirements.txt", "")
    lock(project)
    project.write("requirements.txt", "a\n")
    refused = CLI.refuse(project, code="lock-stale")
    assert 'demo 1.0 requires "a", the lock has no a' in refused.output
    assert "a" in installed(CLI.root(project)), "nothing was touched"


def test_wheelhouses_refuse_folders_by_name(index: PackageIndex, project: ProjectFolder, log: Path) -> None:
    made = write_repository(index, project, log)
    lock(made.app)
    refused = made.app.run("lockhouse", "wheelhouse", "build", "tests", "--output", "wheels")
    assert refused.returncode != 0, refused
    assert "error[" in refused.stderr
    assert "lib" in refused.stderr
    assert not (made.app / "wheels").exists()
