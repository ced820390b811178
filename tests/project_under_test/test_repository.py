"""A project in a folder of a larger repository, and links in it."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, installed, lock

from .making import commit, git, installed_file

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

PYPROJECT = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "demo"
dynamic = ["version"]
requires-python = ">=3.11"
[tool.hatch.version]
source = "vcs"
[tool.hatch.version.raw-options]
root = ".."
[tool.lockhouse.environments.tests]
project = "wheel"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_project_below_the_root_of_its_repository(index: PackageIndex, project: ProjectFolder) -> None:
    for wheel in installed_wheels("hatchling", "hatch-vcs", "editables"):
        index.add(wheel)
    git(project, "init", "-q")
    project.write(".gitignore", ".venv/\n*.secret\n")
    project.write("other/code.py", "one = 1\n")
    project.write("shared.py", "shared = 1\n")
    inner = type(project)(project / "inner", project.environ)
    inner.write("pyproject.toml", PYPROJECT)
    inner.write("src/demo/__init__.py", "answer = 1\n")
    (inner / "src/demo/shared.py").symlink_to("../../../shared.py")
    commit(project)
    lock(inner)
    commit(project)
    git(project, "tag", "v1.0")
    CLI.succeed(inner)
    assert installed(CLI.root(inner)) == {"demo": "1.0"}
    assert installed_file(CLI.root(inner), "demo/shared.py").read_text() == "shared = 1\n"
    project.write("other/new.py", "untracked, and not of the project")
    inner.write("src/demo/some.secret", "ignored by the file above")
    assert "nothing to do" in CLI.succeed(inner).output
    assert not installed_file(CLI.root(inner), "demo/some.secret").exists()
    project.write("other/code.py", "one = 2\n")  # tracked: the version says that the work tree was edited
    CLI.succeed(inner)
    assert installed(CLI.root(inner))["demo"].startswith("1.1.dev0")
    git(project, "checkout", "-q", "--", "other/code.py")
    CLI.succeed(inner)
    assert installed(CLI.root(inner))["demo"] == "1.0"
    project.write("shared.py", "shared = 2\n")
    CLI.succeed(inner)
    assert installed_file(CLI.root(inner), "demo/shared.py").read_text() == "shared = 2\n"
    assert not git(project, "stash", "list")
    assert git(project, "status", "--porcelain").split() == ["M", "shared.py", "??", "other/new.py"]


def test_a_repository_that_is_made_later_gives_the_version(index: PackageIndex, project: ProjectFolder) -> None:
    for wheel in installed_wheels("hatchling", "hatch-vcs", "editables"):
        index.add(wheel)
    project.write(".gitignore", ".venv/\n")
    project.write("pyproject.toml", PYPROJECT.replace('root = ".."', 'fallback_version = "0.1"'))
    project.write("src/demo/__init__.py", "answer = 1\n")
    lock(project)
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "0.1"}
    git(project, "init", "-q")
    commit(project)
    git(project, "tag", "v1.0")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0"}


def test_the_first_tag_of_a_repository_without_a_folder_for_them_is_noticed(
    index: PackageIndex, project: ProjectFolder
) -> None:
    for wheel in installed_wheels("hatchling", "hatch-vcs", "editables"):
        index.add(wheel)
    project.write(".gitignore", ".venv/\n")
    project.write("pyproject.toml", PYPROJECT.replace('root = ".."', 'fallback_version = "0.1"'))
    project.write("src/demo/__init__.py", "answer = 1\n")
    lock(project)
    git(project, "init", "-q")
    commit(project)
    git(project, "tag", "v1.0")
    CLI.succeed(project)
    git(project, "tag", "-d", "v1.0")
    shutil.rmtree(project / ".git/refs/tags")
    CLI.succeed(project)
    assert "dev" in installed(CLI.root(project))["demo"]
    assert "nothing to do" in CLI.succeed(project).output
    git(project, "tag", "v4.0")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "4.0"}
