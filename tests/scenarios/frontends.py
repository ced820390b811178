"""One environment, "tests", used through each of the three frontends by real processes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lockhouse.testing import ProjectFolder, Result

#: What the test command of each frontend leaves behind.
TRACE = "ran.txt"

_TEST = f"open('{TRACE}', 'w')"

NOXFILE = f"""\
import lockhouse.nox as lockhouse


@lockhouse.session(environment="tests", venv_backend="uv")
def tests(session):
    session.run("python", "-c", "{_TEST}")
"""

TOX_INI = f"""\
[tox]
env_list = tests

[testenv:tests]
runner = lockhouse
lockhouse_environment = tests
package = skip
commands = python -c "{_TEST}"
"""


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """One way to run the test command in the environment "tests".

    :ivar name: ``cli``, ``nox`` or ``tox``
    """

    name: str

    def set_up(self, project: ProjectFolder) -> None:
        """Write what this frontend needs beside the ``pyproject.toml`` that declares "tests"."""
        if self.name == "nox":
            project.write("noxfile.py", NOXFILE)
        if self.name == "tox":
            project.write("tox.ini", TOX_INI)

    def start(self, project: ProjectFolder, *options: str, env: Mapping[str, str | None] | None = None) -> Result:
        """Bring the environment in line and run the test command in it.

        :param options: for the frontend's own command
        :param env: variables besides those of the project
        """
        (project / TRACE).unlink(missing_ok=True)
        if self.name == "nox":
            return project.run("nox", "-s", "tests", *options, env=env)
        if self.name == "tox":
            return project.run("tox", "run", "-e", "tests", *options, env=env)
        result = project.run(
            "lockhouse", "sync", "tests", "--into", ".venv", "--python", sys.executable, *options, env=env
        )
        return result if result.returncode else project.run(self.python(project), "-c", _TEST, env=env)

    def ran(self, project: ProjectFolder) -> bool:
        """Tell whether the test command of the latest start ran."""
        return (project / TRACE).exists()

    def python(self, project: ProjectFolder) -> Path:
        """Give the interpreter of the environment."""
        folder = project / {"cli": ".venv", "nox": ".nox/tests", "tox": ".tox/tests"}[self.name]
        return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


FRONTENDS = tuple(Frontend(name=name) for name in ("cli", "nox", "tox"))


def declare(project: ProjectFolder, *inputs: str, more: str = "", python: str | None = ">=3.11") -> None:
    """Write a ``pyproject.toml`` that declares the environment "tests".

    :param inputs: lines of its table
    :param more: the rest of the file
    :param python: ``requires-python`` of the project
    """
    bounds = [] if python is None else [f'requires-python = "{python}"']
    project.write(
        "pyproject.toml",
        "\n".join(
            [
                *("[project]", 'name = "demo"', 'version = "1.0"', *bounds),
                *("", "[tool.lockhouse.environments.tests]", *inputs, "", more),
            ]
        ),
    )


def lock(project: ProjectFolder, *options: str, env: Mapping[str, str | None] | None = None) -> Result:
    """Lock with the command line; it must succeed."""
    return project.run("lockhouse", "lock", *options, check=True, env=env)


def pins(project: ProjectFolder, name: str = "locks/pylock.tests.toml") -> list[str]:
    """Give the pins of a lock, ``name==version``, sorted."""
    import tomllib  # noqa: PLC0415 - one use

    packages = tomllib.loads(project.read(name)).get("packages", [])
    return sorted(f"{package['name']}=={package.get('version', '?')}" for package in packages)


def verdict(project: ProjectFolder, name: str = "tests") -> dict[str, Any]:
    """Give the verdict of ``lockhouse check --json`` on one environment; the exit code must agree with it."""
    result = project.run("lockhouse", "check", name, "--json")
    assert result.returncode in {0, 1}, result
    (record,) = json.loads(result.stdout)["environments"]
    assert (record["verdict"] == "fresh") == (result.returncode == 0), result
    answer: dict[str, Any] = record
    return answer


def reasons(record: Mapping[str, Any]) -> set[tuple[str, str | None]]:
    """Give code and package of each reason of a verdict."""
    return {(reason["code"], reason["package"]) for reason in record.get("reasons", ())}


def tree_of(folder: Path, *, without: Iterable[str] = ()) -> dict[str, str]:
    """Give the digest of every file below a folder, and the name of every folder.

    :param without: names of files and folders to leave out, at any depth
    """
    left_out = set(without)
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
        if not left_out & set(path.relative_to(folder).parts)
    }
