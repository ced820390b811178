"""The folder of the locks in a project whose packages setuptools looks for by itself, beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, lock

from .making import installed_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.testing import PackageIndex, ProjectFolder

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
[tool.lockhouse]
[tool.lockhouse.environments.tests]
project = "wheel"
"""


def have_packages_named(project: ProjectFolder) -> None:
    project.replace(
        "pyproject.toml", "[tool.lockhouse]\n", '[tool.setuptools]\npackages = ["demo"]\n[tool.lockhouse]\n'
    )


def have_locks_elsewhere(project: ProjectFolder) -> None:
    project.replace("pyproject.toml", "[tool.lockhouse]\n", '[tool.lockhouse]\nlock-directory = ".locks"\n')
    for path in (project / "locks").iterdir():
        path.unlink()
    (project / "locks").rmdir()


@pytest.mark.parametrize("mend", [have_packages_named, have_locks_elsewhere], ids=["packages", "lock-directory"])
def test_what_setuptools_refuses_is_told_with_edits_that_mend_it(
    mend: Callable[[ProjectFolder], None], index: PackageIndex, project: ProjectFolder
) -> None:
    for wheel in installed_wheels("setuptools"):
        index.add(wheel)
    project.write("pyproject.toml", PYPROJECT)
    project.write("demo/__init__.py", "answer = 1\n")
    lock(project)
    refused = CLI.refuse(project, code="build-failed")
    assert "Multiple top-level packages discovered in a flat-layout" in refused.output
    assert 'name the packages in pyproject.toml, such as packages = ["mine"] in [tool.setuptools]' in refused.output
    assert 'lock-directory = ".locks" in [tool.lockhouse]' in refused.output
    # it is what pip says of the same tree: the locks are files of the project
    by_pip = project.run("pip", "install", "--no-build-isolation", "--no-index", "--no-deps", "--target", "pip", ".")
    assert by_pip.returncode != 0
    assert "Multiple top-level packages discovered in a flat-layout" in by_pip.output
    mend(project)
    lock(project)
    CLI.succeed(project)
    assert installed_file(CLI.root(project), "demo/__init__.py").read_text() == "answer = 1\n"
    assert not installed_file(CLI.root(project), "locks").exists()
    assert "nothing to do" in CLI.succeed(project).output
