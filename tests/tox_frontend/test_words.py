"""What tox runs and commands say, in real runs."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

MINOR = ".".join(map(str, sys.version_info[:2]))
PY = f"py{MINOR.replace('.', '')}"


@pytest.fixture
def demo(index: PackageIndex) -> PackageIndex:
    index.add_wheel("demo", "1.0", requires=["other"])
    index.add_wheel("demo", "2.0")
    index.add_wheel("other", "1.0")
    return index


def write(project: ProjectFolder, deps: str, *, env_list: str = PY, more: str = "") -> None:
    project.write(
        "tox.ini",
        f"[tox]\nenv_list = {env_list}\nno_package = true\n\n"
        f"[testenv]\nrunner = lockhouse\ndeps = {deps}\ncommands = python -c pass\n{more}\n",
    )


@pytest.mark.usefixtures("demo")
def test_a_run_says_once_what_it_installed_and_removed_and_nothing_where_it_did_nothing(
    project: ProjectFolder,
) -> None:
    write(project, "demo<2")
    project.run("tox", "lock", check=True)
    first = project.run("tox", check=True)
    # virtualenv may have brought setuptools, which is not locked
    assert re.fullmatch(rf"{PY}: 2 installed,( 1 removed .*,)? from locks/pylock\.py\.toml", first.lines[0]), first
    assert "because" not in first.output
    again = project.run("tox", check=True)
    assert "locks/" not in again.output
    write(project, "demo>=2")
    project.run("tox", "lock", check=True)
    changed = project.run("tox", "-v", check=True)
    said = [line for line in changed.lines if "from locks/" in line]
    assert [line.partition(": ")[2] for line in said] == [
        "1 installed, 1 removed (other 1.0), from locks/pylock.py.toml"
    ], changed
    assert "because" in changed.output
