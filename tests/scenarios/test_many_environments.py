"""What is wrong with one environment is said, and keeps nobody from the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder


@pytest.fixture
def three(project: ProjectFolder, index: PackageIndex) -> ProjectFolder:
    """Give a project with three locked environments; one broken, one stale."""
    index.add_wheel("demo", "1.0")
    table = '[tool.lockhouse.environments.{}]\nrequirements = ["demo"]\npython = ">=3.11"\n'
    text = "".join(map(table.format, ("broken", "good", "old")))
    project.write("pyproject.toml", text.encode())
    project.run("lockhouse", "lock", check=True)
    index.add_wheel("more", "1.0")
    before, _, after = text.rpartition('["demo"]')
    project.write("pyproject.toml", f'{before}["demo", "more"]{after}'.encode())
    project.write("locks/pylock.broken.toml", b"<<<<<<< ours\n")
    return project


def test_check_looks_at_every_lock(three: ProjectFolder) -> None:
    said = three.run("lockhouse", "check")
    assert said.returncode == 3, said
    assert said.lines[0] == "good: fresh"
    assert said.line_with("error[lock-invalid]")
    told = three.run("lockhouse", "check", "--json")
    assert told.returncode == 3, told
    records = json.loads(told.stdout)["environments"]
    assert records[0]["error"]["code"] == "lock-invalid"
    assert [record["verdict"] for record in records] == ["error", "fresh", "stale"]


def test_list_shows_every_environment(three: ProjectFolder) -> None:
    listed = three.run("lockhouse", "list")
    assert listed.returncode == 3, listed
    assert [line.split()[:2] for line in listed.lines][:2] == [["broken", "error"], ["good", "fresh"]]
    assert listed.line_with("error[lock-invalid]")


def test_a_name_to_upgrade_that_no_lock_has(three: ProjectFolder) -> None:
    result = three.run("lockhouse", "lock", "good", "-P", "demoo")
    assert result.returncode == 2, result
    assert "nothing was upgraded for demoo" in result.line_with("error[config]")
    assert "fix: --upgrade-package demo" in result.output
    assert three.run("lockhouse", "lock", "good", "-P", "Demo").returncode == 0


def test_no_lock_of_a_session_differs_from_another_by_case_alone(project: ProjectFolder) -> None:
    project.write("pyproject.toml", '[tool.lockhouse.environments.Tests]\nrequirements = []\npython = ">=3.11"\n')
    project.write(
        "noxfile.py",
        """
        import lockhouse.nox as lockhouse

        @lockhouse.session(python=["3.11"], requirements=["demo"])
        def tests(session):
            pass
        """,
    )
    result = project.run("lockhouse", "list")
    assert result.returncode == 2, result
    assert '"Tests" and "tests" would have one lock file' in result.line_with("error[environment-conflict]")
    assert 'nox session "tests"' in result.output


def test_tox_looks_at_every_lock_and_knows_the_names(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("demo", "1.0")
    project.write(
        "tox.ini",
        """
        [tox]
        env_list = broken, worse, good
        no_package = true
        [testenv]
        runner = lockhouse
        deps = demo
        lockhouse_python = >=3.11
        """,
    )
    project.run("tox", "lock", check=True)
    wrong = project.run("tox", "lock", "--upgrade-package", "demoo")
    assert wrong.returncode == 2, wrong
    assert "nothing was upgraded for demoo" in wrong.output
    project.write("locks/pylock.broken.toml", b"<<<<<<< ours\n")
    project.write("locks/pylock.worse.toml", b"<<<<<<< ours\n")
    checked = project.run("tox", "lock-check")
    assert checked.returncode == 3, checked
    assert checked.output.count("error[lock-invalid]") == 2
    assert project.run("tox", "lock").output.count("error[lock-invalid]") == 2
    assert "good: fresh" in checked.lines
