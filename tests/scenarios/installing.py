"""What the tests of installs share: one environment, declared once, and run by each frontend."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.storage.receipts import RECEIPT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.testing import ProjectFolder, Result

#: What the test command prints: where it stands in no output, no test ran.
RAN = "THE TESTS RAN"

_NOXFILE = """
import lockhouse.nox as lockhouse

@lockhouse.session(environment="tests", venv_backend="uv")
def tests(session):
    session.run("python", "probe.py")
"""

_TOX = """
[tox]
env_list = tests
[testenv]
runner = lockhouse
package = skip
lockhouse_environment = tests
commands = python probe.py
"""


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """One way to bring the environment ``tests`` in line with its lock, and to run the tests in it."""

    name: str
    command: tuple[str, ...]
    folder: str
    environ: Mapping[str, str] = field(default_factory=dict)

    def run(self, project: ProjectFolder, *more: str, **options: object) -> Result:
        return project.run(*self.command, *more, **options)  # type: ignore[arg-type]

    def succeed(self, project: ProjectFolder, *more: str) -> Result:
        result = self.run(project, *more, check=True)
        assert self.name == "cli" or RAN in result.output, result
        return result

    def refuse(self, project: ProjectFolder, *more: str, code: str) -> Result:
        """Run it, and see that it stops with an error of ours before any test ran."""
        result = self.run(project, *more)
        assert result.returncode != 0, result
        assert f"error[{code}]" in result.output, result
        assert RAN not in result.output, result
        assert "Traceback" not in result.output, result
        return result

    def root(self, project: ProjectFolder) -> Path:
        return project.path / self.folder

    def python(self, project: ProjectFolder) -> Path:
        return python_of(self.root(project))

    def forget(self, project: ProjectFolder) -> None:
        """Remove the environment, and what the tool remembers of it."""
        for folder in (self.folder, ".nox", ".tox"):
            shutil.rmtree(project.path / folder, ignore_errors=True)


# without a Python named, the newest one of the machine would be looked for, which takes seconds
CLI = Frontend(
    name="cli",
    command=("lockhouse", "sync", "tests", "--into", ".venv", "--python", sys.executable),
    folder=".venv",
)
NOX = Frontend(name="nox", command=("nox", "-r"), folder=".nox/tests")
TOX = Frontend(name="tox", command=("tox", "run"), folder=".tox/tests")

each_frontend = pytest.mark.parametrize("frontend", [CLI, NOX, TOX], ids=lambda frontend: frontend.name)
each_tool = pytest.mark.parametrize("frontend", [NOX, TOX], ids=lambda frontend: frontend.name)
each_installer = pytest.mark.parametrize("installer", ["uv", "pip"])


def declare(project: ProjectFolder, *requirements: str, extra: str = "", **settings: str) -> None:
    """Declare the environment ``tests`` in ``pyproject.toml``, and have it run by nox and tox.

    :param requirements: its requirements
    :param extra: more lines of its table, or more tables
    :param settings: settings of its table that are strings
    """
    lines = ["[tool.lockhouse.environments.tests]", f"requirements = {list(requirements)!r}"]
    lines += [f'{key} = "{value}"' for key, value in {"python": ">=3.8", **settings}.items()]
    project.write("pyproject.toml", "\n".join([*lines, extra, ""]))
    write_tools(project)


def write_tools(project: ProjectFolder, *, python: str | None = None) -> None:
    """Have the environment ``tests`` run by nox and tox.

    :param python: the interpreter that the nox session names
    """
    keywords = "" if python is None else f", python={python!r}"
    project.write("noxfile.py", _NOXFILE.replace('"uv"', f'"uv"{keywords}'))
    project.write("tox.ini", _TOX)
    project.write("probe.py", f"print({RAN!r})\n")


def make_base(folder: Path) -> Path:
    """Make a Python whose modules are links to those of a real one, and that has packages of its own: none."""
    real = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    library = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (library / "site-packages").mkdir(parents=True)
    for path in Path(sysconfig.get_path("stdlib")).iterdir():
        if path.name != "site-packages":
            (library / path.name).symlink_to(path)
    (folder / "bin").mkdir()
    python = folder / "bin" / library.name
    shutil.copy2(real, python)
    return python


def lock(project: ProjectFolder, *arguments: str) -> Result:
    return project.run("lockhouse", "lock", *arguments, check=True)


def lock_path(project: ProjectFolder) -> Path:
    """Give the one lock file that holds the hashes of packages."""
    found = [*(project / "locks").glob("pylock.*.toml"), *(project / "locks").glob("*-requirements.txt")]
    assert len(found) == 1, found
    return found[0]


def python_of(environment: Path) -> Path:
    return next(path for path in (environment / "bin/python", environment / "Scripts/python.exe") if path.exists())


def site_packages(environment: Path) -> list[Path]:
    """Give everything below the folders for packages."""
    return [path for folder in environment.glob("[Ll]ib/**/site-packages") for path in folder.iterdir()]


def installed(environment: Path, *, with_pip: bool = False) -> dict[str, str]:
    """Give name → version of all distributions, as their folders are named.

    :param with_pip: count pip as well, which some tools seed environments with
    """
    stems = (path.name.removesuffix(".dist-info") for path in site_packages(environment) if path.suffix == ".dist-info")
    found = {name: version for name, _, version in (stem.partition("-") for stem in stems)}
    return {name: version for name, version in found.items() if with_pip or name != "pip"}


def nothing_of(environment: Path, *names: str) -> bool:
    """Tell whether neither a module nor a distribution of these names is there."""
    found = [path.name for path in site_packages(environment)]
    return not any(entry.startswith(name) for entry in found for name in names)


def has_receipt(environment: Path) -> bool:
    return (environment / RECEIPT_NAME).exists()


def store_files(cache: Path) -> list[Path]:
    """Give the files of the store, without what tools keep in it for themselves."""
    return [path for path in (cache / "v1" / "files").rglob("*") if path.is_file()]


def flip_digit(path: Path, digest: str) -> str:
    """Change one digit of a digest in a file; give the digest that stands there now."""
    other = ("0" if digest[7] != "0" else "1").join((digest[:7], digest[8:]))
    text = path.read_text("utf-8")
    assert text.count(digest) == 1
    path.write_bytes(text.replace(digest, other).encode())
    return other


def files_below(*folders: Path) -> Iterable[Path]:
    return (path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
