"""A locked session that another session calls as a function: one environment never holds the lock of two."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

MINOR = ".".join(map(str, sys.version_info[:2]))

SHOWN = """
def shown(session):
    session.run("python", "-c", "import importlib.metadata as m; print('demo', m.version('demo'))")
"""


@pytest.fixture
def nested(index: PackageIndex, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    monkeypatch.setenv("NOX_DEFAULT_VENV_BACKEND", "uv")
    index.add_wheel("demo", "1.0")
    index.add_wheel("demo", "2.0")
    project.write_package(f'[project]\nname = "mine"\nversion = "1"\nrequires-python = ">={MINOR}"\n', {"mine.py": ""})
    return project


def write(project: ProjectFolder, outer: str, inner: str, *, body: str = "other(session)") -> None:
    project.write(
        "noxfile.py",
        f"import nox\nimport lockhouse.nox as lockhouse\n{SHOWN}\n"
        f"{outer}\ndef tests(session):\n    {body}\n    shown(session)\n\n"
        f"{inner}\ndef other(session):\n    shown(session)\n    session.log('other ran')\n",
    )
    project.run("lockhouse", "lock", check=True)


OLD = '@lockhouse.session(requirements=["demo<2"])'
NEW = '@lockhouse.session(requirements=["demo>=2"])'


def test_a_session_that_calls_one_with_another_lock_is_refused(nested: ProjectFolder) -> None:
    write(nested, OLD, NEW)
    for options in ((), ("-R",), ("-v",)):
        result = nested.run("nox", "-s", "tests", *options)
        assert result.returncode == 1, result
        assert "error[unlocked-install]" in result.stderr
        assert 'nox session "tests" calls the session "other" as a function' in result.stderr
        assert 'session.notify("other")' in result.stderr
        assert "demo 2.0" not in result.output
        assert "Traceback" not in result.output
    verified = nested.run("lockhouse", "verify", check=True)
    assert "tests" in verified.stdout
    write(nested, OLD, NEW, body='session.notify("other")')  # as the message says
    result = nested.run("nox", "-s", "tests", check=True)
    assert [line for line in result.lines if line.startswith("demo ")] == ["demo 1.0", "demo 2.0"]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ('@lockhouse.session(environment="one")', '@lockhouse.session(environment="one")'),
        (OLD.replace(")", ', lock="one")'), OLD.replace(")", ', lock="one", on_install="allow")')),
    ],
)
def test_a_session_that_calls_one_with_its_own_lock_goes_on(nested: ProjectFolder, outer: str, inner: str) -> None:
    nested.write(
        "pyproject.toml",
        f"[tool.lockhouse]\npython = '>={MINOR}'\n[tool.lockhouse.environments.one]\nrequirements = ['demo<2']\n",
    )
    write(nested, outer, inner)
    result = nested.run("nox", "-s", "tests", check=True)
    assert result.stdout.count("demo 1.0") == 2
    assert result.stderr.count("1 installed") == 1
    assert "other ran" in result.stderr


def test_a_session_that_calls_one_with_another_mode_of_the_project_is_refused(nested: ProjectFolder) -> None:
    inner = OLD.replace(")", ', lock="tests", project="wheel")')
    write(nested, OLD.replace(")", ', project="dependencies")'), inner)
    result = nested.run("nox", "-s", "tests")
    assert result.returncode == 1, result
    assert 'would have project="wheel"' in result.stderr
    assert "other ran" not in result.output


def test_in_each_body_counts_what_its_own_session_says_of_installs(nested: ProjectFolder) -> None:
    allows = OLD.replace(")", ', lock="tests", on_install="allow")')
    refuses = OLD.replace(")", ', lock="tests", on_install="refuse")')
    for outer, inner, code in ((allows, refuses, 1), (refuses, allows, 0)):
        write(nested, outer, inner)
        nested.replace("noxfile.py", "session.log('other ran')", "session.install('demo>=2')")
        result = nested.run("nox", "-s", "tests")
        assert result.returncode == code, result
        assert ("error[unlocked-install]" in result.stderr) == bool(code)
    write(nested, refuses, allows, body="other(session); session.install('demo>=2')")
    result = nested.run("nox", "-s", "tests")
    assert result.returncode == 1, result
    assert "other ran" in result.stderr
    assert "error[unlocked-install]" in result.stderr


def test_a_session_that_is_called_in_another_folder_is_that_of_its_noxfile(nested: ProjectFolder) -> None:
    nested.write("sub/pyproject.toml", "[tool.lockhouse]\nresolver = 'nobody'\n")
    write(nested, "@nox.session", NEW, body='session.chdir("sub"); other(session)')
    result = nested.run("nox", "-s", "tests", check=True)
    assert result.stdout.count("demo 2.0") == 2
    result = nested.run("nox", "-s", "tests", "-R", check=True)
    assert "other ran" in result.stderr
