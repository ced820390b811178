"""Installing from a wheelhouse: on another machine, with no index, by every frontend and by plain pip."""

from __future__ import annotations

import shutil
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import build_wheel
from tests.scenarios.installing import (
    CLI,
    NOX,
    TOX,
    Frontend,
    declare,
    each_frontend,
    has_receipt,
    installed,
    lock,
    nothing_of,
    python_of,
)

from .making import LINUX, LINUX_312, WINDOWS, build, locked, manifest_of, other_machine

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the wheels of these tests are for Linux")

HERE = f"cp3{sys.version_info.minor}-manylinux_2_28_x86_64"
NAMES = ("house", "house.tar.gz")


@pytest.fixture
def built(index: PackageIndex, project: ProjectFolder, tmp_path: Path) -> ProjectFolder:
    """Give the project on another machine, with its wheelhouse as a folder and as an archive; the index is gone."""
    locked(index, project)
    build(project, "--output", "house", "--target", HERE)
    build(project, "--archive", "house.tar.gz", "--target", HERE)
    other = other_machine(project, tmp_path / "other")
    shutil.copytree(project / "house", other / "house")
    shutil.copy(project / "house.tar.gz", other / "house.tar.gz")
    index.requests.clear()
    return other


@each_frontend
@pytest.mark.parametrize("name", NAMES)
def test_every_frontend_installs_from_it_without_a_request(
    frontend: Frontend, name: str, built: ProjectFolder, index: PackageIndex
) -> None:
    built.environ["LOCKHOUSE_WHEELHOUSE"] = name
    frontend.succeed(built)
    assert installed(frontend.root(built)) == {"demo": "1.0", "native": "1.0"}
    assert index.requests.paths == []


def test_each_place_can_name_it(built: ProjectFolder, index: PackageIndex) -> None:
    index.stop()
    CLI.succeed(built, "--wheelhouse", str(built / "house"))
    built.replace("noxfile.py", 'environment="tests"', 'environment="tests", wheelhouse="house.tar.gz"')
    NOX.succeed(built)
    built.replace("tox.ini", "package = skip\n", "package = skip\nlockhouse_wheelhouse = house\n")
    shutil.rmtree(built.path.parent / "store")
    TOX.succeed(built)
    shutil.rmtree(built.path.parent / "store")
    built.write("pyproject.toml", '[tool.lockhouse]\nwheelhouse = "house"\n' + built.read("pyproject.toml"))
    CLI.forget(built)
    CLI.succeed(built)


def test_plain_pip_installs_from_it(built: ProjectFolder, index: PackageIndex) -> None:
    index.stop()
    built.run("lockhouse", "wheelhouse", "unpack", "house.tar.gz", "--into", "unpacked", check=True)
    folder = built / "unpacked"
    built.run(sys.executable, "-m", "venv", ".one", check=True)
    built.run(
        python_of(built / ".one"), "-m", "pip", "install", "--no-index", "--find-links", ".", "--require-hashes",
        "-r", "requirements-tests.txt", cwd=folder, check=True,
    )  # fmt: skip
    assert installed(built / ".one").items() >= {"demo": "1.0", "native": "1.0"}.items()
    built.run(sys.executable, "-m", "venv", ".two", check=True)
    built.run(
        python_of(built / ".two"), "-m", "pip", "install", "--force-reinstall", "--no-index", "--no-deps",
        *sorted(map(str, folder.glob("*.whl"))), check=True,
    )  # fmt: skip
    assert installed(built / ".two").items() >= {"demo": "1.0", "native": "1.0"}.items()


# -- refused ------------------------------------------------------------------------------------------------------


@each_frontend
def test_one_of_another_lock_is_refused_with_both_named(
    frontend: Frontend, built: ProjectFolder, index: PackageIndex
) -> None:
    path = built / "locks/pylock.tests.toml"
    digest = manifest_of(built / "house")["environments"][0]["digest"]
    path.write_text(path.read_text("utf-8") + "\n# another\n", "utf-8")
    built.environ["LOCKHOUSE_WHEELHOUSE"] = "house"
    result = frontend.refuse(built, code="wheelhouse-mismatch")
    assert f"sha256:{digest}" in result.output
    assert "asked for is locks/pylock.tests.toml, sha256:" in result.output
    assert index.requests.paths == []


def test_one_without_the_target_is_refused_with_both_named(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    locked(index, project)
    build(project, "--output", "house", "--target", WINDOWS)
    other = other_machine(project, tmp_path / "other")
    result = CLI.refuse(other, "--wheelhouse", str(project / "house"), code="wheelhouse-mismatch")
    assert f"tests on {WINDOWS}" in result.output
    assert f'what environment "tests" needs on cp3{sys.version_info.minor}-manylinux' in result.output
    assert "native 1.0" in result.output
    assert not has_receipt(other / ".venv")


@pytest.mark.parametrize("name", NAMES)
def test_bytes_that_are_not_those_of_the_lock_are_never_installed(
    name: str, built: ProjectFolder, index: PackageIndex
) -> None:
    evil = build_wheel("demo", "1.0", modules={"demo.py": "evil = True\n"}, requires=["native"]).data
    (built / "house/demo-1.0-py3-none-any.whl").write_bytes(evil)
    if name != "house":
        _archive_of(built / "house", built / name)
    result = CLI.refuse(built, "--wheelhouse", str(built / name), code="hash-mismatch")
    assert "demo 1.0" in result.output
    assert nothing_of(built / ".venv", "demo")
    assert index.requests.paths == []


def test_a_file_that_was_removed_is_named_and_looked_for_nowhere(built: ProjectFolder, index: PackageIndex) -> None:
    (built / "house/demo-1.0-py3-none-any.whl").unlink()
    result = CLI.refuse(built, "--wheelhouse", "house", code="artifact-unavailable")
    assert "demo-1.0-py3-none-any.whl is in its manifest, and is not there" in result.output
    assert index.requests.paths == []


def test_one_that_is_not_there_is_an_error(built: ProjectFolder, index: PackageIndex) -> None:
    built.environ["LOCKHOUSE_WHEELHOUSE"] = "gone"
    CLI.refuse(built, code="wheelhouse-invalid")
    assert index.requests.paths == []


def test_nothing_to_do_needs_no_wheelhouse(built: ProjectFolder) -> None:
    CLI.succeed(built, "--wheelhouse", "house")
    shutil.rmtree(built / "house")
    assert "nothing to do" in CLI.succeed(built, "--wheelhouse", "house").output


# -- the project itself -------------------------------------------------------------------------------------------


def test_the_project_is_built_with_locked_build_requirements_alone(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    index.add_wheel("backend", "1.0", modules={"backend_marker.py": ""})
    project.write_package(
        """
        [project]
        name = "mine"
        version = "1.0"
        [tool.lockhouse.environments.tests]
        project = "editable"
        python = ">=3.8"
        """,
        {"src/mine/__init__.py": ""},
    )
    project.replace("pyproject.toml", "requires = []", 'requires = ["backend"]')
    lock(project)
    build(project, "--archive", "house.tar.gz", "--target", LINUX, "--target", LINUX_312)
    other = other_machine_of(project, tmp_path)
    index.requests.clear()
    CLI.succeed(other, "--wheelhouse", str(project / "house.tar.gz"))
    assert installed(CLI.root(other)) == {"mine": "1.0"}
    assert index.requests.paths == []


def other_machine_of(project: ProjectFolder, tmp_path: Path) -> ProjectFolder:
    for name in ("noxfile.py", "tox.ini", "probe.py"):
        project.write(name, "")
    other = other_machine(project, tmp_path / "other")
    shutil.copytree(project / "src", other / "src")
    for path in project.path.glob("*.py"):
        other.write(path.name, path.read_bytes())
    return other


def test_requirements_without_a_record_need_no_index(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo", format="requirements")
    lock(project)
    build(project, "--archive", "house.zip", "--target", HERE)
    other = other_machine(project, tmp_path / "other")
    index.requests.clear()
    CLI.succeed(other, "--wheelhouse", str(project / "house.zip"))
    assert installed(CLI.root(other)) == {"demo": "1.0"}
    assert index.requests.paths == []


def _archive_of(folder: Path, path: Path) -> None:
    path.unlink()
    names = ["lockhouse-wheelhouse.json", *sorted(p.name for p in folder.iterdir() if p.suffix != ".json")]
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.add(folder / name, name)
