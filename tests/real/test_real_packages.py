"""Real packages from PyPI, locked and installed by every resolver and every installer."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import ProjectFolder

pytestmark = pytest.mark.full

_PYPROJECT = """
[tool.lockhouse.environments.lab]
requirements = ["jupyterlab", "pytest"]
pythons = ["{python}"]
resolver = "{resolver}"
installer = "{installer}"
{cutoff}
"""

#: pip needs to be told by the index when each file was uploaded, which not every copy of PyPI tells in every answer.
_CUTOFF = {"uv": 'exclude-newer = "2026-10-31"', "pip": ""}


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_sixty_packages_lock_sync_and_agree(resolver: str, project: ProjectFolder) -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    declare(project, python, resolver, "uv")
    started = time.monotonic()
    (record,) = json.loads(project.run("lockhouse", "lock", "--json", check=True, timeout=900).stdout)["locks"]
    print(f"{resolver} locked {record['packages']} packages in {time.monotonic() - started:.1f} s")  # noqa: T201
    assert record["packages"] >= 60
    project.run("lockhouse", "check", check=True)

    environments = []
    for installer in ("uv", "pip"):
        declare(project, python, resolver, installer)
        folder = f"lab-{installer}"
        started = time.monotonic()
        done = project.run("lockhouse", "sync", "lab", "--into", folder, "--json", check=True, timeout=900)
        outcome = json.loads(done.stdout)
        print(f"  {installer} synced {len(outcome['installed'])} in {time.monotonic() - started:.1f} s")  # noqa: T201
        checked = project.run("pip", "--python", outcome["python"], "check", timeout=300)
        assert checked.returncode == 0, checked
        assert "No broken requirements found" in checked.stdout
        for module in ("jupyterlab", "pytest"):
            project.run(outcome["python"], "-m", module, "--version", check=True)
        listed = project.run("pip", "--python", outcome["python"], "list", "--format=json", check=True)
        environments.append({entry["name"].lower(): entry["version"] for entry in json.loads(listed.stdout)})
        assert len(outcome["installed"]) >= 60
    assert environments[0] == environments[1]


def declare(project: ProjectFolder, python: str, resolver: str, installer: str) -> None:
    text = _PYPROJECT.format(python=python, resolver=resolver, installer=installer, cutoff=_CUTOFF[resolver])
    project.write("pyproject.toml", text)
