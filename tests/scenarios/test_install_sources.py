"""What is built from a directory: what it requires is held against the lock, and old code never stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .installing import CLI, declare, has_receipt, installed, lock

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

LIBRARY = '[project]\nname = "local"\nversion = "0.1"\ndependencies = [{}]\n'
ALLOWED = 'allow-unhashed = ["local"]'


def write_library(project: ProjectFolder, dependencies: str = "", code: str = "answer = 42\n") -> None:
    type(project)(project.path / "local").write_package(LIBRARY.format(dependencies), {"local.py": code})


def test_a_directory_that_requires_what_the_lock_lacks_is_found(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    index.add_wheel("new", "1.0")
    write_library(project)
    declare(project, "demo", "./local", extra=ALLOWED)
    lock(project)
    CLI.succeed(project)
    write_library(project, '"new>=1"')
    refused = CLI.refuse(project, code="lock-stale")
    assert 'local 0.1 requires "new>=1", the lock has no new' in refused.output
    assert has_receipt(CLI.root(project)), "its files say it, so nothing was touched"
    lock(project, "--upgrade-package", "local")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0", "local": "0.1", "new": "1.0"}


def test_a_permission_that_is_withdrawn_is_noticed(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    write_library(project)
    declare(project, "demo", "./local", extra=ALLOWED)
    lock(project)
    CLI.succeed(project)
    declare(project, "demo", "./local")
    refused = CLI.refuse(project, code="unverifiable-artifact")
    assert "no hash can cover local" in refused.output


@pytest.mark.parametrize("place", ["src/demo/__init__.py", "src/demo/build/deep.py", "src/demo/dist/deep.py"])
def test_an_edit_anywhere_in_a_project_that_is_installed_as_a_wheel_is_seen(
    place: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("a", "1.0")
    pyproject = '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.11"\ndependencies = ["a"]\n'
    pyproject += '[tool.lockhouse.environments.tests]\nproject = "wheel"\n'
    project.write_package(pyproject, {"src/demo/__init__.py": "", place: "answer = 1\n"})
    lock(project)
    CLI.succeed(project)
    project.write(place, "answer = 2\n")
    CLI.succeed(project)
    folder = next(CLI.root(project).rglob("site-packages"))
    assert (folder / place.removeprefix("src/")).read_text() == "answer = 2\n"
    project.write(".coverage", "data")
    project.write("build/product.txt", "data")
    assert "nothing to do" in CLI.succeed(project).output


def test_what_applies_to_this_machine_only_is_installed_or_refused(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("a", "1.0")
    index.add_wheel("b", "1.0")
    declare(project, "a")
    lock(project)
    CLI.succeed(project)
    declare(project, "a", "b; platform_python_implementation == 'CPython' and python_full_version < '3.99.1'")
    CLI.refuse(project, code="lock-stale")
    lock(project)
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"a": "1.0", "b": "1.0"}
