"""``lockhouse.nox.session`` in the place of ``nox.session``: all of nox's own arguments work as they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .installing import declare, installed, lock, nothing_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

_NOXFILE = """
import nox
import lockhouse.nox as lockhouse

nox.options.default_venv_backend = "uv"

@lockhouse.session(requirements=["demo"], tags=["quick"])
def plain(session):
    session.run("python", "-c", "import demo; print('plain', demo.__version__)", *session.posargs)

@lockhouse.session(
    name="renamed", requirements=["demo"], requires=["plain"], default=False, reuse_venv=True,
    venv_params=["--system-site-packages"], venv_backend="virtualenv", download_python="never",
)
def other(session):
    '''What it is for.'''
    session.run("python", "-c", "import demo; print('renamed', demo.__version__)")

@lockhouse.session(requirements=["demo=={version}"])
@nox.parametrize("version", ["1.0", "2.0"])
def matrix(session, version):
    session.run("python", "-c", f"import demo; assert demo.__version__ == {version!r}; print('matrix', {version!r})")

@lockhouse.session(requirements=["demo"], python=["3.11", "3.12"], venv_backend="venv")
def pythons(session):
    session.run("python", "-c", "import demo, sys; print('pythons', *sys.version_info[:2])")
"""


@pytest.fixture
def noxed(index: PackageIndex, project: ProjectFolder) -> ProjectFolder:
    index.add_wheel("demo", "1.0")
    index.add_wheel("demo", "2.0")
    project.write("pyproject.toml", '[project]\nname = "own"\nversion = "1"\nrequires-python = ">=3.11"\n')
    project.write("noxfile.py", _NOXFILE)
    lock(project)
    return project


def test_every_argument_of_nox_works(noxed: ProjectFolder, path_with_pythons: Mapping[str, Path]) -> None:
    listed = noxed.run("nox", "--list", check=True).stdout
    assert "* plain" in listed
    assert "- renamed -> What it is for." in listed
    assert "* matrix(version='1.0')" in listed
    assert "* pythons-3.12" in listed
    tagged = noxed.run("nox", "-t", "quick", "--", "-v", check=True)
    assert "plain 2.0" in tagged.stdout
    assert not (noxed / ".nox/matrix-version-1-0").exists()

    result = noxed.run(
        "nox", "-s", "renamed", "matrix", *(["pythons"] if "3.12" in path_with_pythons else []), check=True
    )
    assert {"plain 2.0", "renamed 2.0", "matrix 1.0", "matrix 2.0"} <= set(result.lines)
    if "3.12" in path_with_pythons:
        assert {"pythons 3 11", "pythons 3 12"} <= set(result.lines)
    assert "include-system-site-packages = true" in noxed.read(".nox/renamed/pyvenv.cfg")


def test_install_only_installs_and_runs_nothing(noxed: ProjectFolder) -> None:
    result = noxed.run("nox", "-s", "plain", "--install-only", check=True)
    assert "plain 2.0" not in result.output
    assert installed(noxed / ".nox/plain") == {"demo": "2.0"}
    reused = noxed.run("nox", "-s", "plain", "-R", check=True)
    assert "plain 2.0" in reused.output


def test_a_session_without_an_environment_of_its_own_is_refused(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    result = project.run("nox", "--force-venv-backend", "none")
    assert result.returncode == 1
    assert "error[interpreter]" in result.output
    assert "fix: " in result.output


def test_a_missing_lock_stops_before_anything_is_installed(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    result = project.run("nox")
    assert result.returncode == 1
    assert "error[lock-missing]" in result.output
    assert "fix: lockhouse lock tests" in result.output
    assert nothing_of(project / ".nox/tests", "demo")
    assert not (project / "locks").exists()


_THEIRS = """

import nox_uv

@nox_uv.session(venv_backend="uv", uv_sync_locked=False, uv_no_install_project=True)
def theirs(session):
    session.run("python", "-c", "print('theirs')")
"""


def test_it_works_with_nox_uv_beside_it(noxed: ProjectFolder) -> None:
    noxed.write("noxfile.py", noxed.read("noxfile.py") + _THEIRS)
    result = noxed.run("nox", "-s", "plain", "theirs", check=True)
    assert {"plain 2.0", "theirs"} <= set(result.lines)
