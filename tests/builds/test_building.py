"""Packages that have only an sdist: locked with what builds them, built once, installed like any other."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

from tests.scenarios.installing import CLI, Frontend, declare, installed, lock, lock_path

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


def builds_of(project: ProjectFolder) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = tomllib.loads(lock_path(project).read_text("utf-8"))["tool"]["lockhouse"][
        "builds"
    ]
    return found


def test_a_package_with_only_an_sdist_is_locked_built_and_installed(
    index: PackageIndex, project: ProjectFolder, frontend: Frontend
) -> None:
    index.add_sdist("source", "1.0", requires=["friend"])
    index.add_wheel("friend", "2.0")
    declare(project, "source")
    lock(project)
    assert builds_of(project) == {"source==1.0": {"requires": []}}
    frontend.succeed(project)
    assert installed(frontend.root(project)) == {"source": "1.0", "friend": "2.0"}
