"""One environment declared in three places: the same inputs give the same lock, others an error that shows both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import ProjectFolder
from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, backend_source

from .frontends import declare, pins, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex

LOCK = "locks/pylock.tests.toml"

PROJECT = f"""\
{BUILD_SYSTEM}
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["runtime"]
optional-dependencies = {{ cli = ["coloured>=1"] }}

[dependency-groups]
base = ["helper"]
test = ["runner>=1", {{ include-group = "base" }}]
"""

PLACES = {
    "pyproject": {
        "pyproject.toml": """
[tool.lockhouse.environments.tests]
requirements = ["Alpha >= 1"]
groups = ["test"]
extras = ["cli"]
constraint-files = ["constraints.txt"]
project = "editable"
""",
    },
    "nox": {
        "noxfile.py": """
import lockhouse.nox as lockhouse

@lockhouse.session(
    requirements=["alpha>=1"],
    groups=["test"],
    extras=["cli"],
    constraint_files=["constraints.txt"],
    project="editable",
)
def tests(session):
    pass
""",
    },
    "tox.ini": {
        "tox.ini": """
[testenv:tests]
runner = lockhouse
deps =
    # whoever reads this
    alpha>=1
dependency_groups = test
extras = cli
constraints = constraints.txt
package = editable
""",
    },
    "tox.toml": {
        "tox.toml": """
[env.tests]
runner = "lockhouse"
deps = ["alpha >=1"]
dependency_groups = ["test"]
extras = ["cli"]
constraints = ["constraints.txt"]
package = "editable"
""",
    },
    "tool.tox": {
        "pyproject.toml": """
[tool.tox.env.tests]
runner = "lockhouse"
deps = ["alpha>=1"]
dependency_groups = ["test"]
extras = ["cli"]
constraints = ["constraints.txt"]
package = "editable"
""",
    },
}


@pytest.fixture
def stocked(index: PackageIndex) -> PackageIndex:
    for name in ("coloured", "helper", "runner", "runtime"):
        index.add_wheel(name, "1.0", requires=["shared"])
    index.add_wheel("alpha", "1.0")
    for version in ("1.0", "2.0"):
        index.add_wheel("shared", version)
    return index


def write(project: ProjectFolder, place: str) -> None:
    files = PLACES[place]
    project.write("constraints.txt", "shared < 2\n")
    project.write(f"{BACKEND_NAME}.py", backend_source())
    project.write("pyproject.toml", PROJECT + files.get("pyproject.toml", ""))
    for name, text in files.items():
        if name != "pyproject.toml":
            project.write(name, text)


@pytest.mark.usefixtures("stocked")
def test_every_place_gives_the_same_bytes(tmp_path: Path) -> None:
    locks = {}
    for place in PLACES:
        project = ProjectFolder(tmp_path / place)
        write(project, place)
        command = ("tox", "lock", "-e", "tests") if "tox" in place else ("lockhouse", "lock", "tests")
        project.run(*command, check=True)
        locks[place] = (project / LOCK).read_bytes()
    assert locks == dict.fromkeys(PLACES, locks["pyproject"])
    assert pins(project) == [
        *("alpha==1.0", "coloured==1.0", "helper==1.0", "runner==1.0", "runtime==1.0", "shared==1.0"),
    ]


@pytest.mark.usefixtures("stocked")
def test_a_lock_of_one_place_is_fresh_for_all_the_others(project: ProjectFolder) -> None:
    write(project, "pyproject")
    for place in ("nox", "tox.ini"):
        project.write(next(iter(PLACES[place])), next(iter(PLACES[place].values())))
    result = project.run("lockhouse", "lock", check=True)
    assert result.lines[0] == "locks/pylock.tests.toml: locked, 6 packages"
    assert [path.name for path in (project / "locks").iterdir()] == ["pylock.tests.toml"]
    assert project.run("lockhouse", "check", check=True).lines[0] == "tests: fresh"
    assert project.run("tox", "lock-check", check=True).lines[0] == "tests: fresh"


NOXFILE = """
import lockhouse.nox as lockhouse

@lockhouse.session({inputs}, venv_backend="uv")
def tests(session):
    open("ran.txt", "w")
"""
TOX_INI = """
[testenv:tests]
runner = lockhouse
deps = {inputs}
package = skip
commands = python -c "open('ran.txt', 'w')"
"""


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (("lockhouse", "lock"), 2),
        (("lockhouse", "check"), 2),
        (("lockhouse", "list"), 2),
        (("nox", "-s", "tests"), 1),
    ],
    ids=str,
)
def test_a_session_and_a_table_that_differ_are_both_shown(
    project: ProjectFolder, command: tuple[str, ...], exit_code: int
) -> None:
    declare(project, 'requirements = ["alpha>=1"]')
    project.write("noxfile.py", NOXFILE.format(inputs='requirements=["alpha>=2"]'))
    result = project.run(*command)
    assert result.returncode == exit_code, result
    assert "error[environment-conflict]" in result.stderr
    assert "pyproject.toml:6" in result.stderr
    assert "noxfile.py:3" in result.stderr
    assert "  fix: " in result.stderr
    assert not (project / "ran.txt").exists()
    assert not (project / "locks").exists()


@pytest.mark.parametrize("command", [("lockhouse", "lock"), ("tox", "run", "-e", "tests"), ("tox", "lock")], ids=str)
def test_a_tox_environment_and_a_table_that_differ_are_both_shown(
    project: ProjectFolder, command: tuple[str, ...]
) -> None:
    declare(project, 'requirements = ["alpha>=1"]')
    project.write("tox.ini", TOX_INI.format(inputs="alpha>=2"))
    result = project.run(*command)
    assert result.returncode, result
    assert "error[environment-conflict]" in result.output
    assert "pyproject.toml:6" in result.output
    assert 'tox environment "tests" (tox.ini' in result.output
    assert "Traceback" not in result.output
    assert not (project / "ran.txt").exists()
    assert not (project / "locks").exists()


def test_a_session_and_a_tox_environment_that_differ_are_both_shown(project: ProjectFolder) -> None:
    project.write("pyproject.toml", PROJECT)
    project.write("noxfile.py", NOXFILE.format(inputs='requirements=["alpha>=1"]'))
    project.write("tox.ini", TOX_INI.format(inputs="alpha>=2"))
    result = project.run("lockhouse", "lock")
    assert result.returncode == 2, result
    assert "error[environment-conflict]" in result.stderr
    assert "noxfile.py:3" in result.stderr
    assert "tox.ini" in result.stderr
    assert "alpha>=1" in result.stderr
    assert "alpha>=2" in result.stderr


@pytest.mark.parametrize(
    ("table", "wrong", "nearest"),
    [
        ("tool.lockhouse", 'resolvr = "uv"', "resolver"),
        ("tool.lockhouse.environments.tests", 'requirments = ["alpha"]', "requirements"),
        ("tool.lockhouse", 'lockdirectory = "l"', "lock-directory"),
    ],
)
def test_an_unknown_key_of_pyproject_names_the_nearest(
    project: ProjectFolder, table: str, wrong: str, nearest: str
) -> None:
    project.write("pyproject.toml", f"{PROJECT}\n[{table}]\n{wrong}\n")
    result = project.run("lockhouse", "check")
    assert result.returncode == 2, result
    assert "error[invalid-setting]" in result.stderr
    assert "pyproject.toml:18" in result.stderr
    assert f'"{nearest}"' in result.stderr or f"'{nearest}'" in result.stderr or f"`{nearest}`" in result.stderr


@pytest.mark.parametrize("command", [("lockhouse", "check"), ("nox", "-s", "tests")], ids=str)
def test_an_unknown_keyword_of_a_session_names_the_nearest(project: ProjectFolder, command: tuple[str, ...]) -> None:
    project.write("pyproject.toml", PROJECT)
    project.write("noxfile.py", NOXFILE.format(inputs='grops=["test"]'))
    result = project.run(*command)
    assert result.returncode == (2 if command[0] == "lockhouse" else 1), result
    assert "error[invalid-setting]" in result.stderr
    assert "noxfile.py:3" in result.stderr
    assert "write groups= instead of grops=" in result.stderr
    assert not (project / "ran.txt").exists()


@pytest.mark.parametrize("command", [("lockhouse", "check"), ("tox", "run", "-e", "tests")], ids=str)
def test_an_unknown_key_of_ours_in_tox_names_the_nearest(project: ProjectFolder, command: tuple[str, ...]) -> None:
    project.write("pyproject.toml", PROJECT)
    project.write("tox.ini", TOX_INI.format(inputs="alpha") + "lockhouse_resolvr = pip\n")
    result = project.run(*command)
    assert result.returncode, result
    assert "error[invalid-setting]" in result.output
    assert "lockhouse_resolvr" in result.output
    assert "lockhouse_resolver" in result.output
    assert not (project / "ran.txt").exists()


@pytest.mark.usefixtures("stocked")
def test_environments_with_the_same_inputs_share_a_lock_by_its_name(project: ProjectFolder) -> None:
    shared = '\nrequirements = ["alpha"]\nlock = "common"\n'
    text = f"{PROJECT}\n[tool.lockhouse.environments.one]{shared}\n[tool.lockhouse.environments.two]{shared}"
    project.write("pyproject.toml", text)
    project.run("lockhouse", "lock", check=True)
    assert [path.name for path in (project / "locks").iterdir()] == ["pylock.common.toml"]
    assert verdict(project, "two")["verdict"] == "fresh"

    # it has the same name still, but other inputs
    project.write("pyproject.toml", text.replace('["alpha"]', '["alpha", "helper"]', 1))
    result = project.run("lockhouse", "lock")
    assert result.returncode == 2, result
    assert "error[environment-conflict]" in result.stderr
    assert "[tool.lockhouse.environments.one]" in result.stderr
    assert "[tool.lockhouse.environments.two]" in result.stderr


@pytest.mark.parametrize(
    ("noxfiles", "words"),
    [
        (None, "why: looked at pyproject.toml, noxfile.py and the tox configuration\n"),
        ("[]", "why: looked at pyproject.toml and the tox configuration; [tool.lockhouse] noxfiles lists none\n"),
        ('["ci.py"]', "why: looked at pyproject.toml, ci.py and the tox configuration\n"),
    ],
)
def test_where_nothing_is_declared_the_listed_noxfiles_are_named(
    project: ProjectFolder, noxfiles: str | None, words: str
) -> None:
    project.write("noxfile.py", "")
    project.write("ci.py", "")
    project.write("pyproject.toml", "" if noxfiles is None else f"[tool.lockhouse]\nnoxfiles = {noxfiles}\n")
    for command in (("check",), ("lock", "tests")):
        result = project.run("lockhouse", *command)
        assert result.returncode == 2, result
        assert words in result.stderr
        assert ("noxfile.py" in result.stderr) == (noxfiles is None)
