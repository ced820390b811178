"""Runs that find no lock that fits, where to lock once more would not help: what is said instead, and that it helps."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder, Result

MINOR = ".".join(map(str, sys.version_info[:2]))
NEXT = f"3.{sys.version_info.minor + 1}"

SESSION = """
import lockhouse.nox as lockhouse

@lockhouse.session(requirements=["demo{bounds}"])
def tests(session):
    session.run("python", "-c", "import importlib.metadata as m; print('demo', m.version('demo'))")
"""


@pytest.fixture
def nox_project(index: PackageIndex, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    monkeypatch.setenv("NOX_DEFAULT_VENV_BACKEND", "uv")
    index.add_wheel("demo", "1.0")
    index.add_wheel("demo", "2.0")
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    return project


def fix_of(result: Result) -> str:
    assert result.returncode == 1, result
    return result.line_with("  fix: ").partition("fix: ")[2]


def paste(project: ProjectFolder, fix: str) -> Result:
    return project.run(*shlex.split(fix.partition("then run: ")[2] or fix))


@pytest.mark.parametrize("beside", [False, True])
def test_a_noxfile_of_another_name_can_be_locked(nox_project: ProjectFolder, beside: bool) -> None:
    nox_project.write("ci_nox.py", SESSION.format(bounds="<2"))
    if beside:
        nox_project.write("noxfile.py", SESSION.format(bounds=">=2"))
        nox_project.run("lockhouse", "lock", check=True)
    fix = fix_of(nox_project.run("nox", "-f", "ci_nox.py"))
    names = '["noxfile.py", "ci_nox.py"]' if beside else '["ci_nox.py"]'
    assert fix == f"write noxfiles = {names} into [tool.lockhouse] of pyproject.toml, then run: lockhouse lock tests"
    nox_project.write("pyproject.toml", f"{nox_project.read('pyproject.toml')}noxfiles = {names}\n")
    locked = paste(nox_project, fix)
    if beside:  # one name, other inputs: both places are named
        assert locked.returncode == 2, locked
        assert "error[environment-conflict]" in locked.stderr
        assert "(noxfile.py:3)" in locked.stderr
        assert "(ci_nox.py:3)" in locked.stderr
        nox_project.replace("ci_nox.py", "def tests", "def ci")
        locked = nox_project.run("lockhouse", "lock")
    assert locked.returncode == 0, locked
    assert "demo 1.0" in nox_project.run("nox", "-f", "ci_nox.py", check=True).stdout
    checked = nox_project.run("lockhouse", "check", "--strict", check=True)
    assert "orphan" not in checked.output
    assert "tests: fresh" in checked.stdout
    assert ("ci: fresh" in checked.stdout) is beside
    nox_project.replace("ci_nox.py", "<2", ">=2")
    assert nox_project.run("lockhouse", "check").returncode == 1  # no trace hides it


def test_a_noxfile_that_is_listed_and_not_there_is_an_error(nox_project: ProjectFolder) -> None:
    nox_project.write("pyproject.toml", f"{nox_project.read('pyproject.toml')}noxfiles = ['ci_nxo.py']\n")
    result = nox_project.run("lockhouse", "check")
    assert result.returncode == 2, result
    assert "names ci_nxo.py, which is not there" in result.stderr
    nox_project.replace("pyproject.toml", "ci_nxo.py", "sub/nox.py")
    assert "error[invalid-setting]" in nox_project.run("lockhouse", "check").stderr


def test_a_noxfile_in_another_folder_is_locked_where_it_lies(nox_project: ProjectFolder) -> None:
    nox_project.write("sub/pyproject.toml", nox_project.read("pyproject.toml"))
    nox_project.write("sub/noxfile.py", SESSION.format(bounds="<2"))
    fix = fix_of(nox_project.run("nox", "-f", "sub/noxfile.py"))
    assert fix == "lockhouse lock tests -C sub"
    assert paste(nox_project, fix).returncode == 0
    assert "demo 1.0" in nox_project.run("nox", "-f", "sub/noxfile.py", check=True).stdout


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("option", ["-P", "--force-python"])
def test_a_python_that_was_added_when_nox_was_started_has_to_be_declared(
    nox_project: ProjectFolder, resolver: str, option: str
) -> None:
    nox_project.write("pyproject.toml", f"[tool.lockhouse]\nresolver = '{resolver}'\n")
    nox_project.write("noxfile.py", SESSION.format(bounds="<2").replace("session(r", f"session(python=['{NEXT}'], r"))
    if resolver == "uv":
        nox_project.run("lockhouse", "lock", check=True)
    fix = fix_of(nox_project.run("nox", option, MINOR, "-s", f"tests-{MINOR}"))
    assert fix == f'add "{MINOR}" to python= of nox session "tests" (noxfile.py:3), then run: lockhouse lock tests'
    nox_project.replace("noxfile.py", f"['{NEXT}']", f"['{MINOR}', ]")  # of another size: byte code goes by that
    assert paste(nox_project, fix).returncode == 0
    assert "demo 1.0" in nox_project.run("nox", check=True).stdout


def test_a_python_that_was_added_is_not_blamed_for_what_is_declared_otherwise(nox_project: ProjectFolder) -> None:
    nox_project.write("noxfile.py", SESSION.format(bounds="<2").replace("session(r", f"session(python='{NEXT}', r"))
    nox_project.run("lockhouse", "lock", check=True)
    nox_project.replace("noxfile.py", "<2", ">=2")
    fix = fix_of(nox_project.run("nox", "-P", MINOR, "-s", f"tests-{MINOR}"))
    assert fix == "lockhouse lock tests"
