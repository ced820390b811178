"""Scripts of a build that ask the interpreter, and files that metadata is read from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, installed, lock

from .making import HATCHLING, installed_file

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
ALWAYS = """\
dynamic = ["description"]
[tool.lockhouse.environments.tests]
project = "editable"
rebuild = "always"
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


HOOK = """\
import pathlib, sys
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        pathlib.Path(self.root, "src/demo/made.py").write_text(f"PYTHON = {sys.version_info[:2]}\\n")
"""
HOOKED = """\
[tool.hatch.build.hooks.custom]
path = "scripts/hook.py"
"""
IN_TREE = """\
import pathlib, sys
from hatchling.build import *
from hatchling import build
def build_wheel(*given, **named):
    pathlib.Path("src/demo/made.py").write_text(f"PYTHON = {sys.version_info[:2]}\\n")
    return build.build_wheel(*given, **named)
"""


@pytest.mark.parametrize(
    "more",
    [
        {"pyproject.toml": HATCHLING + HOOKED, "scripts/hook.py": HOOK},
        {"pyproject.toml": HATCHLING, "hatch.toml": HOOKED.replace("tool.hatch.", ""), "scripts/hook.py": HOOK},
        {
            "pyproject.toml": HATCHLING.replace('"hatchling.build"', '"own"\nbackend-path = ["tools"]'),
            "tools/own.py": IN_TREE,
        },
    ],
    ids=["hook", "hook in hatch.toml", "backend-path"],
)
def test_code_of_the_project_that_is_named_is_run_for_each_interpreter(
    more: dict[str, str], index: PackageIndex, project: ProjectFolder, require_python: Callable[[str], Path]
) -> None:
    minor = sys.version_info.minor
    newer = require_python(f"3.{minor + 1}")
    for wheel in installed_wheels("hatchling", "editables"):
        index.add(wheel)
    for name, text in more.items():
        project.write(name, text)
    project.write("src/demo/__init__.py", "")
    lock(project)
    for python, version in ((sys.executable, minor), (newer, minor + 1)):
        project.run("lockhouse", "sync", "tests", "--into", f".venv-{version}", "--python", python, check=True)
        made = installed_file(project / f".venv-{version}", "demo/made.py").read_text()
        assert made == f"PYTHON = (3, {version})\n"


def test_a_project_none_of_whose_code_is_run_is_built_once_for_all_interpreters(
    index: PackageIndex, project: ProjectFolder, require_python: Callable[[str], Path]
) -> None:
    newer = require_python(f"3.{sys.version_info.minor + 1}")
    for wheel in installed_wheels("hatchling", "editables"):
        index.add(wheel)
    project.write("pyproject.toml", HATCHLING)
    project.write("src/demo/__init__.py", "")
    lock(project)
    said = [
        project.run("lockhouse", "sync", "tests", "--into", f".venv-{name}", "--python", python, check=True).output
        for name, python in (("this", sys.executable), ("newer", newer))
    ]
    assert ["built demo" in each for each in said] == [True, False]
    told = project.run("lockhouse", "build-info", "--in", ".venv-newer", check=True).stdout
    assert "interpreter: any, for the wheel is pure" in told


def test_an_editable_project_follows_the_files_that_are_named(index: PackageIndex, project: ProjectFolder) -> None:
    settings = PYPROJECT.replace("MODE", "editable").replace("entry_points.txt", "conf/points.conf")
    project.write("pyproject.toml", settings)
    project.write("conf/points.conf", "[some.group]\none = demo\n")
    project.write("src/demo/__init__.py", "")
    lock(project)
    CLI.succeed(project)
    project.write("conf/points.conf", "[some.group]\ntwo = demo\n")
    CLI.succeed(project)
    assert "two" in installed_file(CLI.root(project), "demo-1.0.dist-info/entry_points.txt").read_text()
    assert "nothing to do" in CLI.succeed(project).output

    for wheel in installed_wheels("hatchling", "editables"):
        index.add(wheel)
    hatchling = HATCHLING.replace('version = "1.0"', 'dynamic = ["version"]').replace('"wheel"', '"editable"')
    project.write("pyproject.toml", hatchling + '[tool.hatch.version]\npath = "src/demo/about.py"\n' + HOOKED)
    project.write("scripts/hook.py", HOOK)
    project.write("src/demo/about.py", '__version__ = "1.0"\n')
    lock(project)
    CLI.succeed(project)
    project.write("src/demo/about.py", '__version__ = "2.0"\n')
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "2.0"}
    project.write("scripts/hook.py", HOOK.replace("PYTHON", "INTERPRETER"))
    CLI.succeed(project)
    assert "INTERPRETER" in project.read("src/demo/made.py")
    assert "nothing to do" in CLI.succeed(project).output


def test_an_editable_project_follows_its_own_backend(index: PackageIndex, project: ProjectFolder) -> None:
    for wheel in installed_wheels("hatchling", "editables"):
        index.add(wheel)
    own = '"own.backend"\nbackend-path = ["tools"]'
    project.write("pyproject.toml", HATCHLING.replace('"hatchling.build"', own).replace('"wheel"', '"editable"'))
    backend = "from hatchling.build import *\nfrom . import below\n"
    project.write("tools/own/__init__.py", "")
    project.write("tools/own/backend.py", backend)
    project.write("tools/own/below.py", "")
    project.write("src/demo/__init__.py", "")
    lock(project)
    CLI.succeed(project)
    assert "nothing to do" in CLI.succeed(project).output
    project.write("tools/own/below.py", "one = 1\n")
    assert "(editable)" in CLI.succeed(project).output
    assert "nothing to do" in CLI.succeed(project).output


def test_what_no_file_names_is_read_anew_where_an_editable_project_is_always_built(project: ProjectFolder) -> None:
    project.write("pyproject.toml", PYPROJECT.replace("MODE", "editable").partition("dynamic =")[0] + ALWAYS)
    project.write("setup.py", 'from setuptools import setup\nsetup(description=open("said/words").read())\n')
    project.write("said/words", "one")
    project.write("src/demo/__init__.py", "")
    lock(project)
    CLI.succeed(project)
    project.write("said/words", "two")
    CLI.succeed(project)
    assert "Summary: two" in installed_file(CLI.root(project), "demo-1.0.dist-info/METADATA").read_text()


def test_an_editable_project_follows_the_files_that_its_metadata_is_read_from(project: ProjectFolder) -> None:
    project.write("pyproject.toml", PYPROJECT.replace("MODE", "editable"))
    project.write("src/demo/__init__.py", "")
    lock(project)
    CLI.succeed(project)
    project.write("entry_points.txt", "[some.group]\ntwo = demo\n")
    CLI.succeed(project)
    assert "two" in installed_file(CLI.root(project), "demo-1.0.dist-info/entry_points.txt").read_text()
    assert "nothing to do" in CLI.succeed(project).output
