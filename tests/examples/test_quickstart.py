"""The quickstart, run for real by nox and tox; only what it installs comes from an index of the tests' own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, backend_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.testing import PackageIndex, ProjectFolder

EXAMPLE = Path(__file__).parents[2] / "examples/quickstart"
PYTHONS = ("3.11", "3.12", "3.13")

# stands for the real one, which needs more packages than a test should serve
PYTEST = """
import sys
import teatime
def main():
    print("on", "%d.%d" % sys.version_info[:2], teatime.drawing_time("green"))
"""
HUMANIZE = """
def precisedelta(delta):
    return f"{delta.seconds // 60} minutes"
"""

pytestmark = pytest.mark.skipif(not EXAMPLE.is_dir(), reason="the examples are not part of this copy")


@pytest.fixture
def quickstart(
    project: ProjectFolder,
    index: PackageIndex,
    path_with_pythons: Mapping[str, Path],  # noqa: ARG001 - nox and tox look for them there
    require_python: Callable[[str], Path],
) -> ProjectFolder:
    for python in PYTHONS:
        require_python(python)
    index.add_wheel("humanize", "4.16.0", modules={"humanize.py": HUMANIZE})
    index.add_wheel(
        "pytest",
        "9.1.1",
        requires=["iniconfig", "colorama; sys_platform == 'win32'"],
        modules={"pytest.py": PYTEST},
        entry_points={"console_scripts": {"pytest": "pytest:main"}},
    )
    index.add_wheel("iniconfig", "2.0")
    index.add_wheel("colorama", "0.4")
    shutil.copytree(EXAMPLE, project.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("locks", ".nox", ".tox"))
    pyproject = project.read("pyproject.toml")
    project.replace("pyproject.toml", pyproject[: pyproject.index("[project]")], BUILD_SYSTEM)
    project.write(f"{BACKEND_NAME}.py", backend_source())
    return project


def test_one_lock_serves_nox_and_tox_on_three_pythons(quickstart: ProjectFolder, index: PackageIndex) -> None:
    quickstart.run("lockhouse", "lock", check=True)
    assert [path.name for path in (quickstart / "locks").iterdir()] == ["pylock.tests.toml"]
    lock = quickstart.read("locks/pylock.tests.toml")
    assert "sys_platform == 'win32'" in lock

    nox = quickstart.run("nox", check=True, timeout=300)
    asked = len(index.requests)
    tox = quickstart.run("tox", check=True, timeout=300)
    for python in PYTHONS:
        assert f"on {python} 2 minutes" in nox.stdout
        assert f"on {python} 2 minutes" in tox.stdout
    assert len(index.requests) == asked, "tox installs what nox had stored"
    assert quickstart.read("locks/pylock.tests.toml") == lock


def test_without_its_lock_nothing_runs(quickstart: ProjectFolder) -> None:
    for tool in ("nox", "tox"):
        result = quickstart.run(tool, timeout=300)
        assert result.returncode != 0
        assert "error[lock-missing]" in result.output
        assert "fix: lockhouse lock tests" in result.output
        assert "2 minutes" not in result.output
