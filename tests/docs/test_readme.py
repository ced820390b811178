"""What the README says of the use of Lockhouse is done as it stands, against an index of the tests' own."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import DOCS, PYTEST

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

README = DOCS.parent / "README.md"

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not part of this copy")

MINOR = ".".join(map(str, sys.version_info[:2]))


def block(language: str) -> str:
    """Give the one block of a language in the part on the use."""
    part = README.read_text(encoding="utf-8").partition("## Use it")[2].partition("\n## ")[0]
    (found,) = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", part)
    return str(found)


def fill(index: PackageIndex) -> None:
    """Serve what was real when the README was written."""
    index.add_wheel(
        "pytest",
        "9.1.1",
        requires=["iniconfig", "packaging", "pluggy", "pygments", 'colorama; sys_platform == "win32"'],
        modules={"pytest.py": PYTEST},
        entry_points={"console_scripts": {"pytest": "pytest:main"}},
    )
    index.add_wheel("pytest", "8.4.2", requires=["iniconfig"])
    index.add_wheel("hypothesis", "6.168.3", requires=["sortedcontainers"])
    index.add_wheel("colorama", "0.4.6")
    for name in ("iniconfig", "packaging", "pluggy", "pygments", "sortedcontainers"):
        index.add_wheel(name, "1.0")


def test_the_use_works_as_shown_in_a_folder_that_holds_nothing_else(
    project: ProjectFolder, index: PackageIndex
) -> None:
    fill(index)
    project.write("pyproject.toml", block("toml"))
    project.write("noxfile.py", block("python"))
    project.write("tox.ini", block("ini"))
    project.write("tests/test_it.py", "def test_it():\n    pass\n")
    locked = project.run("lockhouse", "lock", check=True)
    shown = [line for line in block("console").splitlines()[1:] if not line.startswith(("$", "  …"))]
    assert shown
    assert set(shown) <= set(locked.lines)
    assert "1 passed" in project.run("nox", "-s", f"tests-{MINOR}", check=True).stdout
    assert "1 passed" in project.run("tox", check=True).stdout

    project.replace("pyproject.toml", '"pytest>=8"', '"pytest>=8,<9"')
    error = block("text")
    assert error in project.run("nox", "-s", f"tests-{MINOR}").stderr
    assert error in project.run("tox").stdout
    project.run(*error.rpartition("fix: ")[2].split(), check=True)
    project.run("lockhouse", "check", check=True)
