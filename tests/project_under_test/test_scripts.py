"""Scripts of a build that ask the interpreter, and files that metadata is read from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, lock

from .making import installed_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.10"
dynamic = ["entry-points"]
[tool.setuptools.dynamic]
entry-points = {file = ["entry_points.txt"]}
[tool.lockhouse.environments.tests]
project = "MODE"
"""
SETUP = """\
import sys
from setuptools import setup
setup(packages=["demo"], package_dir={"demo": "new" if sys.version_info >= (3, RUNNING) else "old"})
"""


@pytest.fixture
def project(index: PackageIndex, project: ProjectFolder) -> ProjectFolder:
    for wheel in installed_wheels("setuptools"):
        index.add(wheel)
    project.write("entry_points.txt", "[some.group]\none = demo\n")
    return project


def test_a_script_that_asks_the_interpreter_is_asked_for_each(
    project: ProjectFolder, require_python: Callable[[str], Path]
) -> None:
    older = require_python(f"3.{sys.version_info.minor - 1}")
    project.write("pyproject.toml", PYPROJECT.replace("MODE", "wheel"))
    project.write("setup.py", SETUP.replace("RUNNING", str(sys.version_info.minor)))
    for name in ("old", "new"):
        project.write(f"{name}/__init__.py", f"is_ = '{name}'\n")
    lock(project)
    for python, name in ((sys.executable, "new"), (older, "old")):
        project.run("lockhouse", "sync", "tests", "--into", f".venv-{name}", "--python", python, check=True)
        assert installed_file(project / f".venv-{name}", "demo/__init__.py").read_text() == f"is_ = '{name}'\n"


def test_an_editable_project_follows_the_files_that_its_metadata_is_read_from(project: ProjectFolder) -> None:
    project.write("pyproject.toml", PYPROJECT.replace("MODE", "editable"))
    project.write("src/demo/__init__.py", "")
    lock(project)
    CLI.succeed(project)
    project.write("entry_points.txt", "[some.group]\ntwo = demo\n")
    CLI.succeed(project)
    assert "two" in installed_file(CLI.root(project), "demo-1.0.dist-info/entry_points.txt").read_text()
    assert "nothing to do" in CLI.succeed(project).output
