"""A project in a folder of a larger repository, and links in it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, installed, lock

from .making import commit, git, installed_file, needs_links, write_project

if TYPE_CHECKING:
    from pathlib import Path

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


@needs_links
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


DYNAMIC = """\
[project]
name = "demo"
dynamic = ["version"]
requires-python = ">=3.11"
[tool.setuptools]
package-dir = {"" = "src"}
[tool.lockhouse.environments.tests]
project = "wheel"
"""


@pytest.mark.parametrize("system", ["", '[build-system]\nrequires = ["setuptools"]\n'], ids=["legacy", "build-system"])
def test_a_version_from_version_control_that_setup_py_alone_asks_for(
    system: str, index: PackageIndex, project: ProjectFolder
) -> None:
    for wheel in installed_wheels("setuptools", "setuptools-scm"):
        index.add(wheel)
    project.write("pyproject.toml", system + DYNAMIC)
    script = 'from setuptools import setup\nsetup(use_scm_version=True, setup_requires=["setuptools_scm"])\n'
    project.write("setup.py", script)
    project.write("src/demo/__init__.py", "")
    project.write(".gitignore", ".venv/\n*.egg-info/\n")
    git(project, "init", "-q")
    commit(project)
    lock(project)
    commit(project)
    git(project, "tag", "v1.0")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0"}
    assert "nothing to do" in CLI.succeed(project).output
    assert "tests: fresh" in project.run("lockhouse", "check", check=True).output
    git(project, "tag", "v2.0", "-m", "later")
    git(project, "tag", "-d", "v1.0")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "2.0"}


def test_a_build_that_runs_git_itself(index: PackageIndex, project: ProjectFolder) -> None:
    for wheel in installed_wheels("setuptools"):
        index.add(wheel)
    settings = '[build-system]\nrequires = ["setuptools"]\n' + DYNAMIC
    project.write("pyproject.toml", settings)
    project.write(
        "setup.py",
        "import subprocess\nfrom setuptools import setup\n"
        'told = subprocess.run(["git", "describe", "--tags"], capture_output=True, text=True).stdout.strip()\n'
        'setup(version=told.lstrip("v") or "0")\n',
    )
    project.write("src/demo/__init__.py", "")
    project.write(".gitignore", ".venv/\n*.egg-info/\n")
    git(project, "init", "-q")
    lock(project)
    commit(project)
    git(project, "tag", "v1.0")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "0"}
    project.write("pyproject.toml", settings + "build-scm = true\n")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0"}
    git(project, "tag", "-d", "v1.0")
    git(project, "tag", "v2.0")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "2.0"}
    project.write("pyproject.toml", settings + "build-scm = false\n")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "0"}


@pytest.mark.parametrize("how", ["submodule", "clone"])
def test_what_git_ignores_in_a_repository_within_the_project_does_not_count(
    how: str, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    builds = write_project(index, project, tmp_path / "builds.log")
    project.write(".gitignore", ".venv/\n")
    upstream = type(project)(tmp_path / "upstream", project.environ)
    upstream.write("code.py", "code = 1\n")
    upstream.write(".gitignore", "*.log\nmade/\n")
    git(upstream, "init", "-q")
    commit(upstream)
    git(project, "init", "-q")
    add = ["-c", "protocol.file.allow=always", "submodule", "add"] if how == "submodule" else ["clone"]
    git(project, *add, "-q", str(upstream.path), "src/demo/vendored")
    if how == "submodule":
        commit(project)
    project.write("src/demo/vendored/run.log", "one")
    lock(project)
    CLI.succeed(project)
    assert "nothing to do" in CLI.succeed(project).output
    assert builds.taken() == ["wheel"]
    environment = CLI.root(project)
    assert installed_file(environment, "demo/vendored/code.py").is_file()
    assert not installed_file(environment, "demo/vendored/run.log").exists()
    project.write("src/demo/vendored/run.log", "two")
    project.write("src/demo/vendored/more.log", "more")
    project.write("src/demo/vendored/made/code.py", "made = 1\n")
    assert "nothing to do" in CLI.succeed(project).output
    project.write("src/demo/vendored/untracked.py", "new = 1\n")
    CLI.succeed(project)
    assert installed_file(environment, "demo/vendored/untracked.py").is_file()
    project.write("src/demo/vendored/.gitignore", "*.log\n")
    CLI.succeed(project)
    assert installed_file(environment, "demo/vendored/made/code.py").is_file()
    (exclude,) = (path for path in project.path.rglob("info/exclude") if "vendored" in path.as_posix())
    exclude.write_text("made/\n")
    CLI.succeed(project)
    assert not installed_file(environment, "demo/vendored/made/code.py").exists()
