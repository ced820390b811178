"""A project under test whose build requirements come from the index, and what is looked at of its builds."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing.packages import BACKEND_NAME, backend_source

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder, Result

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows asks for rights to make links")

#: The backend as a distribution, so that a build has a requirement; each build leaves a line in ``log``.
_BACKEND = """
import os, sys
import {name} as base
from {name} import *

def _note(what):
    with open({log!r}, "a") as file:
        file.write(what + "\\n")

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _note("wheel")
    return base.build_wheel(wheel_directory)

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _note("editable")
    return base.build_editable(wheel_directory)

def build_sdist(sdist_directory, config_settings=None):
    _note("sdist")
    return base.build_sdist(sdist_directory)
"""

PYPROJECT = """\
[build-system]
requires = ["noting-backend>=1"]
build-backend = "noting_backend"

[project]
name = "demo"
version = "1.0"
requires-python = ">=3.8"
dependencies = ["a"]

[tool.lockhouse.environments.tests]
project = "{mode}"
"""

#: A project that a real backend builds.
HATCHLING = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
[tool.lockhouse.environments.tests]
project = "wheel"
"""


#: The source of a module ``_native``.
EXTENSION = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(1); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", "", -1, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
"""


class Builds:
    """The builds that were made of a project."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def taken(self) -> list[str]:
        """Give what was built since this was last asked."""
        made = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return made


def write_project(index: PackageIndex, project: ProjectFolder, log: Path, mode: str = "wheel") -> Builds:
    """Write a project with one module, one dependency and one build requirement, all on the index."""
    index.add_wheel("a", "1.0")
    add_backend(index, log, "1.0")
    project.write("pyproject.toml", PYPROJECT.format(mode=mode))
    project.write("src/demo/__init__.py", "answer = 1\n")
    return Builds(log)


def add_backend(index: PackageIndex, log: Path, version: str) -> None:
    modules = {
        "noting_backend.py": _BACKEND.format(name=BACKEND_NAME, log=str(log)),
        f"{BACKEND_NAME}.py": backend_source(),
    }
    index.add_wheel("noting-backend", version, modules=modules)


def git(project: ProjectFolder, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=project.path, capture_output=True, text=True, check=True)
    return done.stdout


def commit(project: ProjectFolder, message: str = "a commit") -> None:
    git(project, "add", "-A")
    git(project, "commit", "-q", "--allow-empty", "-m", message)


def installed_file(environment: Path, name: str) -> Path:
    (folder,) = environment.glob("[Ll]ib/**/site-packages")
    return folder / name


def edit(project: ProjectFolder) -> Result:
    arguments = ("sync", "edit", "--into", ".venv-edit", "--python", sys.executable)
    return project.run("lockhouse", *arguments, check=True)


def says(project: ProjectFolder, folder: str, expression: str) -> str:
    code = f"import demo; print({expression})"
    return project.run(project / folder / "bin/python", "-c", code, check=True, cwd=project.path.parent).stdout.strip()
