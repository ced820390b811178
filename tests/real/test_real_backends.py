"""Build backends that compile, from PyPI: locked, built with no network, edited, built again, and editable."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.builds.looking import builds_of
from tests.project_under_test.making import EXTENSION, commit, edit, says
from tests.scenarios.installing import CLI, lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from lockhouse.testing import ProjectFolder

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(sys.platform == "win32", reason="a compiler is needed, and the folders are those of POSIX"),
]


@dataclass(frozen=True, kw_only=True)
class Compiling:
    """How a project with an extension in C is built."""

    requires: tuple[str, ...]
    backend: str
    files: Mapping[str, str]
    tables: str = ""
    editable: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


_CMAKE = """\
cmake_minimum_required(VERSION 3.15...4.0)
project(demo LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
python_add_library(_native MODULE native.c WITH_SOABI)
install(TARGETS _native DESTINATION demo)
"""

_MESON = """\
project('demo', 'c', version: '1.0')
py = import('python').find_installation(pure: false)
py.install_sources('src/demo/__init__.py', subdir: 'demo')
py.extension_module('_native', 'native.c', install: true, subdir: 'demo')
"""

SCIKIT_BUILD = Compiling(
    requires=("scikit-build-core", "cmake", "ninja"),
    backend="scikit_build_core.build",
    files={"CMakeLists.txt": _CMAKE, "native.c": EXTENSION},
)
MESON = Compiling(
    requires=("meson-python", "ninja"), backend="mesonpy", files={"meson.build": _MESON, "native.c": EXTENSION}
)


def write(project: ProjectFolder, compiling: Compiling) -> None:
    project.write(
        "pyproject.toml",
        f"[build-system]\nrequires = {list(compiling.requires)!r}\nbuild-backend = {compiling.backend!r}\n"
        '[project]\nname = "demo"\nversion = "1.0"\n'
        f'requires-python = ">=3.{sys.version_info.minor}"\n{compiling.tables}'
        '[tool.lockhouse.environments.tests]\nproject = "wheel"\n'
        '[tool.lockhouse.environments.edit]\nproject = "editable"\nlock = "tests"\n',
    )
    project.write("src/demo/__init__.py", "answer = 1\n")
    for name, text in compiling.files.items():
        project.write(name, text)
    project.run("git", "init", "-q", check=True)
    project.write(".gitignore", "__pycache__/\n.tox/\n.venv*/\nbuild/\n")


NATIVE = "__import__('demo._native')._native.answer()"


@pytest.mark.parametrize("compiling", [SCIKIT_BUILD, MESON], ids=["scikit-build-core", "meson-python"])
def test_a_wheel_with_compiled_code(compiling: Compiling, project: ProjectFolder) -> None:
    write(project, compiling)
    lock(project)
    assert {*compiling.requires} <= {each["name"] for each in builds_of(project)["demo"]["packages"]}
    first = CLI.succeed(project)
    assert "built demo 1.0 from its source; the network was denied" in first.output
    assert says(project, ".venv", NATIVE) == "1"
    assert "nothing to do" in CLI.succeed(project).output
    project.replace("native.c", "FromLong(1)", "FromLong(2)")
    assert "built demo" in CLI.succeed(project).output
    assert says(project, ".venv", NATIVE) == "2"
    project.replace("src/demo/__init__.py", "answer = 1", "answer = 2")
    assert "built demo" in CLI.succeed(project).output
    assert says(project, ".venv", "demo.answer") == "2"
    assert "nothing to do" in CLI.succeed(project).output
    assert not (project / "build").exists()


@pytest.mark.parametrize("in_git", [True, False], ids=["git", "no-git"])
def test_the_sdist_of_meson_python_holds_the_code_that_one_sees(in_git: bool, project: ProjectFolder) -> None:
    write(project, MESON)
    if not in_git:
        shutil.rmtree(project / ".git")
    probe = "import demo, demo._native; print('answers', demo.answer, demo._native.answer())"
    project.write("tox.ini", f'[testenv:built]\nrunner = lockhouse\npackage = sdist\ncommands = python -c "{probe}"\n')
    project.run("tox", "lock", check=True)
    if in_git:
        commit(project)
    assert "answers 1 1" in project.run("tox", "run", "-e", "built", check=True).stdout
    project.replace("native.c", "FromLong(1)", "FromLong(2)")
    project.replace("src/demo/__init__.py", "answer = 1", "answer = 2")
    assert "answers 2 2" in project.run("tox", "run", "-e", "built", check=True).stdout


def test_scikit_build_core_editable(project: ProjectFolder) -> None:
    write(project, SCIKIT_BUILD)
    lock(project)
    assert "(editable)" in edit(project).output
    assert says(project, ".venv-edit", NATIVE) == "1"
    project.replace("src/demo/__init__.py", "answer = 1", "answer = 2")
    assert "nothing to do" in edit(project).output
    assert says(project, ".venv-edit", "demo.answer") == "2"


def test_meson_python_editable_with_a_ninja_that_stays(
    project: ProjectFolder, leave_out: Callable[[str], NoReturn]
) -> None:
    ninja = shutil.which("ninja")
    if ninja is None:
        leave_out("no ninja is installed here")
    write(project, MESON)
    lock(project)
    refused = project.run("lockhouse", "sync", "edit", "--into", ".venv-edit", "--python", sys.executable)
    assert refused.returncode == 7, refused
    assert (
        "error[build-failed]: demo cannot be installed editable: it would need its build environment" in refused.stderr
    )
    assert "_demo_editable_loader.py of its editable wheel names env/bin/ninja" in refused.stderr
    assert "fix: name a ninja that stays, such as build-variables" in refused.stderr
    told = f'[tool.lockhouse.build-variables.demo]\nNINJA = "{ninja}"\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + told)
    lock(project)
    assert "(editable)" in edit(project).output
    assert says(project, ".venv-edit", NATIVE) == "1"
    project.replace("native.c", "FromLong(1)", "FromLong(2)")
    project.replace("src/demo/__init__.py", "answer = 1", "answer = 2")
    assert "nothing to do" in edit(project).output
    assert says(project, ".venv-edit", NATIVE) == "2"
    assert says(project, ".venv-edit", "demo.answer") == "2"
    project.replace("meson.build", "'1.0'", "'1.0', meson_version: '>=1.0'")
    assert "(editable)" in edit(project).output
    assert says(project, ".venv-edit", NATIVE) == "2"


_CARGO = """\
[package]
name = "demo"
version = "1.0.0"
edition = "2021"
[[bin]]
name = "say-answer"
path = "rust/main.rs"
"""
MATURIN = Compiling(
    requires=("maturin",),
    backend="maturin",
    files={"Cargo.toml": _CARGO, "rust/main.rs": 'fn main() { println!("1"); }\n'},
    tables='[tool.maturin]\nbindings = "bin"\npython-source = "src"\n'
    '[tool.lockhouse]\nbuild-env = ["CARGO_HOME", "RUSTUP_HOME"]\n',
)


def answer_of(project: ProjectFolder, folder: str) -> str:
    return project.run(project / folder / "bin/say-answer", check=True).stdout.strip()


def test_maturin_with_a_crate_that_needs_no_other(
    project: ProjectFolder,
    outside_environ: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    leave_out: Callable[[str], NoReturn],
) -> None:
    if shutil.which("cargo") is None:
        leave_out("maturin needs a toolchain of Rust")
    for name, folder in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")):
        monkeypatch.setenv(name, outside_environ.get(name) or f"{outside_environ['HOME']}/{folder}")
    write(project, MATURIN)
    project.write(".gitignore", project.read(".gitignore") + "target/\n")
    lock(project)
    assert "built demo 1.0" in CLI.succeed(project).output
    assert answer_of(project, ".venv") == "1"
    assert "nothing to do" in CLI.succeed(project).output
    project.replace("rust/main.rs", '"1"', '"2"')
    assert "built demo" in CLI.succeed(project).output
    assert answer_of(project, ".venv") == "2"
    assert "nothing to do" in CLI.succeed(project).output
    assert "(editable)" in edit(project).output
    project.replace("src/demo/__init__.py", "answer = 1", "answer = 2")
    assert "nothing to do" in edit(project).output
    assert says(project, ".venv-edit", "demo.answer") == "2"
