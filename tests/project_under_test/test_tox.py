"""Real tox with every kind of package: built from the build lock, once, and not at all where nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.testing.packages import BACKEND_NAME, backend_source
from tests.builds.looking import builds_of

from .making import add_backend, commit, git, installed_file, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder, Result

    from .making import Builds

INI = """
[tox]
env_list = tests
[testenv]
runner = lockhouse
package = {package}
{more}
commands = python -c "import demo; print('answer', demo.answer, 'at', demo.__file__)"
"""


@pytest.fixture
def builds(index: PackageIndex, project: ProjectFolder, tmp_path: Path) -> Builds:
    made = write_project(index, project, tmp_path / "builds.log")
    text = project.read("pyproject.toml")
    project.write("pyproject.toml", text.partition("[tool.lockhouse")[0])
    return made


def write_ini(project: ProjectFolder, package: str, more: str = "", end: str = "") -> None:
    project.write("tox.ini", INI.format(package=package, more=more) + end)


def refused(result: Result, code: str) -> Result:
    assert result.returncode != 0, result
    assert f"error[{code}]" in result.output, result
    assert "answer" not in result.output, result
    return result


MODES = {
    "wheel": ["wheel"],
    "sdist": ["sdist", "wheel"],
    "editable": ["editable"],
    "skip": [],
    "deps-only": [],
}


@pytest.mark.parametrize("package", MODES)
def test_each_kind_is_built_from_its_build_lock_and_only_where_something_changed(
    package: str, index: PackageIndex, project: ProjectFolder, builds: Builds, tmp_path: Path
) -> None:
    write_ini(project, package, "set_env = PYTHONPATH=src" if not MODES[package] else "package_env = .packages")
    project.run("tox", "lock", check=True)
    add_backend(index, tmp_path / "builds.log", "2.0")  # what is locked is used, not what is newest
    index.requests.clear()
    first = project.run("tox", check=True)
    assert "answer 1" in first.stdout
    assert builds.taken() == MODES[package]
    assert not any("2.0" in path for path in index.requests.paths), index.requests.paths
    second = project.run("tox", check=True)
    assert builds.taken() == []
    assert "built demo" not in second.stdout
    if MODES[package]:
        assert (f"at {project / 'src/demo'}" in second.stdout) is (package == "editable")
        project.run("lockhouse", "verify", check=True)
    project.write("src/demo/__init__.py", "answer = 2\n")
    assert "answer 2" in project.run("tox", check=True).stdout
    assert builds.taken() == ([] if package == "editable" else MODES[package])


def test_two_environments_with_different_packages_and_pythons_of_tox_uv_beside_them(
    project: ProjectFolder, builds: Builds
) -> None:
    show = INI.partition("commands")[2]
    end = (
        "[testenv:other]\npackage = editable\nlockhouse_lock = other\n"
        f"[testenv:theirs]\nrunner = uv-venv-runner\npackage = skip\nset_env = PYTHONPATH=src\ncommands{show}"
    )
    write_ini(project, "wheel", end=end)
    project.run("tox", "lock", check=True)
    both = project.run("tox", "run", "-e", "tests,other,theirs", check=True)
    assert both.stdout.count("answer 1") == 3
    assert sorted(builds.taken()) == ["editable", "wheel"]
    again = project.run("tox", "run", "-e", "tests,other", check=True)
    assert again.stdout.count("answer 1") == 2
    assert builds.taken() == []
    project.run("tox", "run", "-e", "tests", "--develop", check=True)  # for one run
    assert builds.taken() == ["editable"]
    project.run("tox", "run", "-e", "tests", check=True)
    assert builds.taken() == []  # the store has it


def test_an_unlisted_build_requirement_is_refused(project: ProjectFolder, builds: Builds, index: PackageIndex) -> None:
    index.add_wheel("unlisted", "1.0")
    project.replace("pyproject.toml", 'build-backend = "noting_backend"', 'build-backend = "own"\nbackend-path = ["."]')
    project.write("own.py", "from noting_backend import *\n")
    write_ini(project, "wheel")
    project.run("tox", "lock", check=True)
    hook = "def get_requires_for_build_wheel(config_settings=None):\n    return ['unlisted']\n"
    project.write("own.py", f"from noting_backend import *\n{hook}")
    result = refused(project.run("tox"), "build-failed")
    assert 'its build requires "unlisted"' in result.output
    project.write("own.py", "import unlisted\nfrom noting_backend import *\n")  # nobody says that it is needed
    unlisted = refused(project.run("tox"), "build-backend-missing")
    assert 'its build requirements do not bring "unlisted"' in unlisted.output
    assert builds.taken() == []


def test_what_would_get_into_the_build_beside_the_lock_is_refused(project: ProjectFolder, builds: Builds) -> None:
    write_ini(project, "wheel", end="[testenv:.pkg]\ndeps = a\n")
    project.run("tox", "lock", check=True)
    assert "build-system.requires" in refused(project.run("tox"), "config").output
    write_ini(project, "wheel", end="[testenv:.pkg]\nconfig_settings_build_wheel =\n  a = b\n")
    assert "config_settings_build_wheel" in refused(project.run("tox"), "config").output
    assert builds.taken() == []


def test_packages_from_elsewhere_and_packages_alone(
    project: ProjectFolder, builds: Builds, index: PackageIndex
) -> None:
    write_ini(project, "sdist")
    project.run("tox", "lock", check=True)
    project.run("tox", "run", "--pkg-only", check=True)
    (sdist,) = (project / ".tox/.pkg_lockhouse/dist").glob("*.tar.gz")
    assert builds.taken() == ["sdist"]
    own = project.run("tox", "run", "--installpkg", sdist, check=True)  # the wheel is built from the build lock
    assert "answer 1" in own.stdout
    assert builds.taken() == ["wheel"]
    assert [each["name"] for each in builds_of(project)["demo"]["packages"]] == ["noting-backend"]
    assert installed_file(project / ".tox/tests", "demo/__init__.py").exists()
    wheel = index.add_wheel("demo", "1.0", requires=["a", "missing>=1"], modules={"demo/__init__.py": "answer = 3\n"})
    path = wheel.write_to(project / "made")
    write_ini(project, "external", end="[testenv:.pkg_external]\npackage_glob = {tox_root}/made/*.whl\n")
    result = refused(project.run("tox"), "lock-stale")
    assert f'{path.name} requires in environment "tests"' in result.output
    assert 'it requires "missing>=1", which is not installed' in result.output


#: Packs what git has at HEAD, as meson does; the wheel is of what lies there.
PACKING = """
import pathlib, subprocess, sys
import {name} as base
from {name} import *

def build_sdist(sdist_directory, config_settings=None):
    target = pathlib.Path(sdist_directory, "demo-1.0.tar.gz")
    subprocess.run(["git", "archive", "--prefix=demo-1.0/", "-o", str(target), "HEAD"], check=True)
    return target.name
"""


@pytest.fixture
def packing(index: PackageIndex, project: ProjectFolder) -> ProjectFolder:
    """Give a project whose backend packs a commit."""
    modules = {"mesonpy.py": PACKING.format(name=BACKEND_NAME), f"{BACKEND_NAME}.py": backend_source()}
    index.add_wheel("meson-python", "1.0", modules=modules)
    index.add_wheel("setuptools-scm", "8.0")
    project.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["meson-python"]\nbuild-backend = "mesonpy"\n'
        '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.8"\n',
    )
    project.write("src/demo/__init__.py", "answer = 1\n")
    write_ini(project, "sdist")
    return project


def test_an_sdist_of_what_a_backend_packs_from_a_commit_holds_the_code_that_one_sees(packing: ProjectFolder) -> None:
    packing.run("tox", "lock", check=True)
    assert "answer 1" in packing.run("tox", check=True).stdout  # under no version control
    git(packing, "init", "-q")
    packing.write(".gitignore", ".tox/\nsrc/demo/made.py\n")
    commit(packing)
    packing.write("src/demo/__init__.py", "answer = 2\n")
    before = git(packing, "count-objects"), git(packing, "status", "--porcelain")
    assert "answer 2" in packing.run("tox", check=True).stdout
    assert (git(packing, "count-objects"), git(packing, "status", "--porcelain")) == before
    packing.write("src/demo/new.py", "answer = 3\n")
    packing.write("src/demo/made.py", "")  # ignored, and named
    packing.replace("pyproject.toml", '">=3.8"\n', '">=3.8"\n[tool.lockhouse]\nbuild-files = ["src/demo/made.py"]\n')
    packing.write("src/demo/__init__.py", "from demo.new import answer\nfrom demo import made\n")
    assert "answer 3" in packing.run("tox", check=True).stdout


def test_an_sdist_of_a_commit_whose_version_comes_from_version_control_needs_all_committed(
    packing: ProjectFolder,
) -> None:
    packing.replace("pyproject.toml", '["meson-python"]', '["meson-python", "setuptools-scm"]')
    packing.write(".gitignore", ".tox/\n")
    packing.run("tox", "lock", check=True)
    git(packing, "init", "-q")
    commit(packing)
    assert "answer 1" in packing.run("tox", check=True).stdout
    packing.write("src/demo/__init__.py", "answer = 2\n")
    assert "src/demo/__init__.py" in refused(packing.run("tox"), "build-failed").output
    commit(packing)
    assert "answer 2" in packing.run("tox", check=True).stdout


def test_an_sdist_that_git_is_needed_for(packing: ProjectFolder, tmp_path: Path) -> None:
    packing.run("tox", "lock", check=True)
    (tmp_path / "bin").mkdir()
    result = refused(packing.run("tox", env={"PATH": str(tmp_path / "bin")}), "build-failed")
    assert "the sdist of demo cannot be built without git" in result.output
    assert "fix: install git" in result.output
