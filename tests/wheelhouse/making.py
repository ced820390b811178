"""What the tests of wheelhouses share: a project with wheels for several platforms, and its wheelhouse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lockhouse.testing import ProjectFolder
from tests.scenarios.installing import lock, write_tools

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, Result

LINUX = "cp311-manylinux_2_28_x86_64"
LINUX_312 = "cp312-manylinux_2_28_x86_64"
WINDOWS = "cp312-win_amd64"
MAC = "cp311-macosx_11_0_arm64"

PLATFORM_TAGS = (
    "cp311-cp311-manylinux_2_17_x86_64",
    "cp312-cp312-manylinux_2_28_x86_64",
    "cp313-cp313-manylinux_2_28_x86_64",
    "cp312-cp312-win_amd64",
    "cp311-cp311-macosx_11_0_arm64",
)

MANIFEST = "lockhouse-wheelhouse.json"


def fill(index: PackageIndex) -> None:
    """Add packages: pure ones, one with a wheel a platform, one for Windows only."""
    index.add_wheel("demo", "1.0", requires=["native", "winonly; sys_platform == 'win32'"])
    index.add_wheel("demo", "2.0")
    for tag in PLATFORM_TAGS:
        index.add_wheel("native", "1.0", tag=tag)
    index.add_wheel("winonly", "1.0")


def locked(index: PackageIndex, project: ProjectFolder, *, extra: str = "", top: str = "") -> None:
    """Declare and lock the environment ``tests``."""
    fill(index)
    project.write(
        "pyproject.toml",
        f"""
        {top}
        [tool.lockhouse.environments.tests]
        requirements = ["demo<2"]
        python = ">=3.11,<3.14"
        {extra}
        """,
    )
    write_tools(project)
    lock(project)


def build(project: ProjectFolder, *arguments: str | Path, check: bool = True) -> Result:
    return project.run("lockhouse", "wheelhouse", "build", *arguments, check=check)


def manifest_of(folder: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    return made


def wheels_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.whl"))


def other_machine(project: ProjectFolder, folder: Path) -> ProjectFolder:
    """Give a copy of the project on a machine with a store, a HOME and a folder of its own, and no index."""
    other = ProjectFolder(folder / "project")
    for name in ("pyproject.toml", "noxfile.py", "tox.ini", "probe.py"):
        other.write(name, (project / name).read_bytes())
    for path in (project / "locks").iterdir():
        other.write(f"locks/{path.name}", path.read_bytes())
    for key, name in {
        "HOME": "home",
        "XDG_CACHE_HOME": "home/.cache",
        "LOCKHOUSE_CACHE_DIR": "store",
        "UV_CACHE_DIR": "uv",
        "PIP_CACHE_DIR": "pip",
    }.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        other.environ[key] = str(folder / name)
    return other
