"""Parameters whose values would give several locks one name."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockhouse.config.declared import DeclaredEnvironment
from lockhouse.config.settings import EnvironmentSettings
from lockhouse.model.spec import Origin
from lockhouse.nox.apart import with_lock_of_its_own
from lockhouse.nox.declaration import Siblings, Variant

if TYPE_CHECKING:
    from lockhouse.config.declared import FilledEnvironment
    from lockhouse.testing import PackageIndex, ProjectFolder

MINOR = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def matrix(index: PackageIndex, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    monkeypatch.setenv("NOX_DEFAULT_VENV_BACKEND", "uv")
    index.add_wheel("demo", "1.0")
    index.add_wheel("demo", "2.0")
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    return project


def write(project: ProjectFolder, values: str, *, lock: str = "") -> None:
    project.write(
        "noxfile.py",
        "import nox\nimport lockhouse.nox as lockhouse\n\n"
        f"@lockhouse.session(requirements=['demo{{v}}']{lock})\n@nox.parametrize('v', {values})\n"
        "def para(session, v):\n"
        "    session.run('python', '-c', 'import importlib.metadata as m; print(\"demo\", m.version(\"demo\"))')\n\n"
        "@lockhouse.session(requirements=['demo<2'])\ndef plain(session): session.log('plain ran')\n",
    )


def locks(project: ProjectFolder) -> list[str]:
    return sorted(path.name for path in (project / "locks").iterdir())


@pytest.mark.parametrize("options", ["", "resolver = 'pip'\nformat = 'requirements'\n"])
def test_ids_tell_the_locks_apart_that_the_values_do_not(matrix: ProjectFolder, options: str) -> None:
    write(matrix, "['<2', '>=2', '==1.0'], ids=['old', 'new', 'one']")
    if options:
        matrix.write("pyproject.toml", matrix.read("pyproject.toml") + options)
        matrix.replace("noxfile.py", "['demo{v}']", f"['demo{{v}}'], python='{MINOR}'")
    matrix.run("lockhouse", "lock", "para", check=True)
    for name in ("para--1-0", "para-new", "para-old"):  # the value where that says enough
        assert any(name in lock for lock in locks(matrix)), name
    result = matrix.run("nox", "-s", "para", check=True)
    assert [line for line in result.lines if line.startswith("demo ")] == ["demo 1.0", "demo 2.0", "demo 1.0"]
    assert matrix.run("lockhouse", "check", "para").returncode == 0
    matrix.run("nox", "-s", "para", "-R", check=True)


def test_without_ids_both_calls_are_named_everywhere_and_the_others_are_locked(matrix: ProjectFolder) -> None:
    write(matrix, "['<2', '>=2']")
    old, new = "para(v='<2')", "para(v='>=2')"
    for command in (("lock",), ("lock", old), ("check",), ("check", new), ("list",)):
        result = matrix.run("lockhouse", *command)
        assert result.returncode == 2, result
        assert "error[environment-conflict]" in result.stderr
        assert f'nox session "{old}"' in result.stderr
        assert f'nox session "{new}"' in result.stderr
        assert "with ids= in nox.parametrize" in result.stderr
    assert locks(matrix) == ["pylock.plain.toml"]
    records = json.loads(matrix.run("lockhouse", "lock", "--format", "json").stdout)["locks"]
    assert [(each["environment"], "error" in each) for each in records] == [(old, True), (new, True), ("plain", False)]
    assert "plain: fresh" in matrix.run("lockhouse", "check").stdout
    result = matrix.run("nox")
    assert result.stderr.count("error[environment-conflict]") == 2, result
    assert f'nox session "{new}"' in result.stderr
    assert "plain ran" in result.stderr


def test_a_lock_that_is_named_by_hand_is_not_renamed(matrix: ProjectFolder) -> None:
    write(matrix, "['<2', '>=2'], ids=['old', 'new']", lock=", lock='mine'")
    result = matrix.run("lockhouse", "lock")
    assert result.returncode == 2, result
    assert 'nox session "para(old)"' in result.stderr
    assert 'nox session "para(new)"' in result.stderr
    assert "or in lock=" in result.stderr


def test_environments_of_pyproject_with_one_lock_and_other_inputs_are_told_by_a_check(matrix: ProjectFolder) -> None:
    tables = "".join(
        f"[tool.lockhouse.environments.{name}]\nrequirements = ['{text}']\nlock = 'one'\n"
        for name, text in {"a": "demo<2", "b": "demo>=2"}.items()
    )
    matrix.write("pyproject.toml", matrix.read("pyproject.toml") + tables)
    for names in ((), ("a",), ("b",)):
        result = matrix.run("lockhouse", "check", *names)
        assert result.returncode == 2, result
        assert "error[environment-conflict]" in result.stderr
        assert "give one of them a lock of its own name" in result.stderr


def test_the_names_of_locks_are_found_out_once_for_all_calls_of_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def filled(declared: DeclaredEnvironment) -> FilledEnvironment:
        seen.append(declared.name)
        return original(declared)

    original = DeclaredEnvironment.filled
    monkeypatch.setattr(DeclaredEnvironment, "filled", filled)
    siblings = Siblings(
        Variant(name=f"t(v='{sign}{n}')", parameters={"v": f"{sign}{n}"}) for n in range(20) for sign in "<>"
    )
    for each in siblings:
        declared = DeclaredEnvironment(
            name=each.name,
            base="t",
            settings=EnvironmentSettings(requirements=("demo{v}",)),
            origin=Origin(source="here"),
            parameters=each.texts,
        )
        found = with_lock_of_its_own(declared, replace(each, siblings=siblings))
        assert found.settings.lock is None or found.settings.lock.startswith("t-v-")
    assert len(seen) == len(siblings)
