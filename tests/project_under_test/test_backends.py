"""Real build backends: locked, built with no network, installed, edited, built again, and left alone when unchanged."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.builds.looking import builds_of
from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, installed, lock

from .making import EXTENSION, commit, edit, git, installed_file, says

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


@dataclass(frozen=True, kw_only=True)
class Backend:
    """How a project is built, and what it needs besides one module."""

    requires: tuple[str, ...]
    name: str
    project: str = 'version = "1.0"\ndependencies = ["a"]'
    more: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    version: str = "1.0"
    in_git: bool = False
    reads_module: bool = False
    compiled: bool = False


BACKENDS = {
    "setuptools": Backend(requires=("setuptools",), name="setuptools.build_meta"),
    "setuptools-dynamic": Backend(
        requires=("setuptools",),
        name="setuptools.build_meta",
        project='dynamic = ["version", "dependencies"]',
        more='[tool.setuptools.dynamic]\nversion = {attr = "demo.VERSION"}\ndependencies = {file = ["needs.txt"]}\n',
        files={"needs.txt": "a\n"},
        version="2.0",
        reads_module=True,
    ),
    "setuptools-scm": Backend(
        requires=("setuptools", "setuptools-scm"),
        name="setuptools.build_meta",
        project='dynamic = ["version"]\ndependencies = ["a"]',
        more="[tool.setuptools_scm]\n",
        version="3.0",
        in_git=True,
    ),
    "setuptools-extension": Backend(
        requires=("setuptools",),
        name="setuptools.build_meta",
        files={
            "setup.py": "from setuptools import Extension, setup\n"
            'setup(ext_modules=[Extension("demo._native", ["native.c"])])\n',
            "native.c": EXTENSION,
        },
        compiled=True,
    ),
    "hatchling": Backend(requires=("hatchling",), name="hatchling.build"),
    "hatch-vcs": Backend(
        requires=("hatchling", "hatch-vcs"),
        name="hatchling.build",
        project='dynamic = ["version"]\ndependencies = ["a"]',
        more='[tool.hatch.version]\nsource = "vcs"\n',
        version="3.0",
        in_git=True,
    ),
    "flit-core": Backend(
        requires=("flit-core",),
        name="flit_core.buildapi",
        project='version = "1.0"\ndescription = "words"\ndependencies = ["a"]',
    ),
    "pdm-backend": Backend(requires=("pdm-backend",), name="pdm.backend"),
    "poetry-core": Backend(requires=("poetry-core",), name="poetry.core.masonry.api"),
}


#: Those that the usual run of the tests has.
QUICK = {"setuptools-scm", "setuptools-extension", "hatchling", "flit-core"}


def write(index: PackageIndex, project: ProjectFolder, backend: Backend) -> None:
    index.add_wheel("a", "1.0")
    for wheel in installed_wheels(*backend.requires, *(["editables"] if "hatchling" in backend.requires else [])):
        index.add(wheel)
    project.write(
        "pyproject.toml",
        f"[build-system]\nrequires = {list(backend.requires)!r}\nbuild-backend = {backend.name!r}\n"
        f'[project]\nname = "demo"\nrequires-python = ">=3.{sys.version_info.minor}"\n{backend.project}\n{backend.more}'
        '[tool.lockhouse.environments.tests]\nproject = "wheel"\n'
        '[tool.lockhouse.environments.edit]\nproject = "editable"\nlock = "tests"\n',
    )
    project.write("src/demo/__init__.py", 'VERSION = "2.0"\nanswer = 1\n')
    for name, text in backend.files.items():
        project.write(name, text)
    git(project, "init", "-q")
    project.write(".gitignore", "*.egg-info/\n__pycache__/\n.venv*/\n*.so\nbuild/\n")
    if backend.in_git:
        commit(project)
        git(project, "tag", "v3.0")


@pytest.mark.skipif(sys.platform == "win32", reason="a compiler is needed, and the folders are those of POSIX")
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.full) for name in BACKENDS]
)
def test_a_real_backend(name: str, index: PackageIndex, project: ProjectFolder) -> None:
    backend = BACKENDS[name]
    write(index, project, backend)
    lock(project)
    assert {*backend.requires} <= {each["name"] for each in builds_of(project)["demo"]["packages"]}
    lock(project)
    if backend.in_git:  # the lock is a new file, and git tracks it from now on
        commit(project)
        git(project, "tag", "-f", "v3.0")
    first = CLI.succeed(project)
    assert "built demo" in first.output
    assert installed(CLI.root(project)) == {"a": "1.0", "demo": backend.version}
    if backend.compiled:
        assert says(project, ".venv", "__import__('demo._native')._native.answer()") == "1"
        project.replace("native.c", "FromLong(1)", "FromLong(2)")
        CLI.succeed(project)
        assert says(project, ".venv", "__import__('demo._native')._native.answer()") == "2"
    assert "nothing to do" in CLI.succeed(project).output
    project.replace("src/demo/__init__.py", "answer = 1", "answer = 2")
    assert "built demo" in CLI.succeed(project).output
    assert says(project, ".venv", "demo.answer") == "2"
    assert "nothing to do" in CLI.succeed(project).output
    assert not (project / "build").exists()
    assert not list((project / "src").glob("**/*.so"))
    if backend.in_git:
        assert installed(CLI.root(project))["demo"].startswith("3.1")
        commit(project)
        git(project, "tag", "v4.0")
        CLI.succeed(project)
        assert installed(CLI.root(project))["demo"] == "4.0"
        assert "nothing to do" in CLI.succeed(project).output

    assert "(editable)" in edit(project).output
    assert says(project, ".venv-edit", "demo.answer") == "2"
    project.replace("src/demo/__init__.py", "answer = 2", "answer = 3")
    assert ("built demo 2.0 (editable)" if backend.reads_module else "nothing to do") in edit(project).output
    assert says(project, ".venv-edit", "demo.answer") == "3"
    project.replace("pyproject.toml", "[tool.lockhouse.environments.tests]", _SCRIPT)
    assert "(editable)" in edit(project).output
    assert (project / ".venv-edit/bin/say").exists()
    assert installed_file(project / ".venv-edit", f"demo-{editable_version(project)}.dist-info").is_dir()


_SCRIPT = '[project.scripts]\nsay = "demo:VERSION.lower"\n[tool.lockhouse.environments.tests]'


def editable_version(project: ProjectFolder) -> str:
    return installed(project / ".venv-edit")["demo"]


def test_an_editable_project_stays_so_and_follows_its_folder(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    write(index, project, BACKENDS["hatchling"])
    lock(project)
    edit(project)
    index.add_wheel("b", "1.0")
    project.replace("pyproject.toml", 'lock = "tests"', 'requirements = ["b"]')
    lock(project)
    edit(project)
    assert installed(project / ".venv-edit") == {"a": "1.0", "b": "1.0", "demo": "1.0"}
    assert says(project, ".venv-edit", "demo.__file__") == str(project / "src/demo/__init__.py")
    other = type(project)(tmp_path / "elsewhere" / "moved", project.environ)
    other.path.rmdir()
    project.path.rename(other.path)
    told = other.run("lockhouse", "verify", "edit", "--in", ".venv-edit").line_with("why[source-changed]")
    assert told.endswith(f"it was installed from {project.path}, and now lies in {other.path}")
    moved = edit(other)
    assert "(editable)" in moved.output
    assert says(other, ".venv-edit", "demo.__file__") == str(other / "src/demo/__init__.py")
