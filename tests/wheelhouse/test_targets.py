"""One command, one universal lock, targets of three systems and three Pythons: complete, or what is missing where."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

from tests.scenarios.installing import lock

from .making import build

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

PYTHONS = ("cp311", "cp312", "cp313")
PLATFORMS = {
    "manylinux_2_28_x86_64": "manylinux_2_17_x86_64",
    "win_amd64": "win_amd64",
    "macosx_14_0_arm64": "macosx_11_0_arm64",
}
TARGETS = [f"{python}-{platform}" for python in PYTHONS for platform in PLATFORMS]


def test_nine_targets_from_one_lock_are_complete_and_one_missing_wheel_is_named_for_its_target(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    for python in PYTHONS:
        for tag in PLATFORMS.values():
            index.add_wheel("native", "1.0", tag=f"{python}-{python}-{tag}")
    index.add_wheel("stable", "1.0", tag="cp311-abi3-win_amd64")
    index.add_wheel("backport", "1.0")
    index.add_wheel(
        "demo", "1.0", requires=["native", "stable; sys_platform == 'win32'", "backport; python_version < '3.12'"]
    )
    project.write(
        "pyproject.toml",
        """
        [tool.lockhouse.environments.tests]
        requirements = ["demo"]
        python = ">=3.11,<3.14"
        """,
    )
    lock(project)
    assert len(list((project / "locks").iterdir())) == 1
    build(project, "--archive", "house.tar.xz", *(word for target in TARGETS for word in ("--target", target)))

    said = project.run("lockhouse", "wheelhouse", "verify", "house.tar.xz", check=True)
    for target in TARGETS:
        count = 2 + ("win" in target) + ("cp311" in target)
        assert f"tests on {target}: complete, {count} wheels" in said.lines

    for removed, lacking in {
        "native-1.0-cp312-cp312-macosx_11_0_arm64.whl": ["cp312-macosx_14_0_arm64"],
        "stable-1.0-cp311-abi3-win_amd64.whl": [target for target in TARGETS if "win" in target],
    }.items():
        without = _without(project / "house.tar.xz", removed, tmp_path / "less.tar.xz")
        told = project.run("lockhouse", "wheelhouse", "verify", without)
        assert told.returncode == 1
        assert [line for line in told.lines if "incomplete" in line] == [f"tests on {t}: incomplete" for t in lacking]
        assert told.lines.count(f"  missing {removed}") == len(lacking)
        record = json.loads(project.run("lockhouse", "wheelhouse", "verify", without, "--format", "json").stdout)
        assert record["incomplete"] == [
            {"environment": "tests", "target": target, "files": [removed]} for target in lacking
        ]
        assert (record["missing"], record["damaged"], record["extra"]) == ([removed], [], [])


def _without(archive: Path, name: str, target: Path) -> Path:
    """Copy an archive, but for one of its members."""
    with tarfile.open(archive) as source, tarfile.open(target, "w:xz") as copy:
        for member in source.getmembers():
            if member.name != name:
                copy.addfile(member, source.extractfile(member))
    return target
