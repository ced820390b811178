from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .making import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import ProjectFolder


@pytest.fixture
def site(tmp_path: Path, project: ProjectFolder) -> Site:
    """Give the place where plugins are put that each run in the project finds."""
    project.environ["NOTES"] = str(tmp_path / "notes")
    return Site(tmp_path / "site", project)


@pytest.fixture
def notes(tmp_path: Path) -> Callable[[], list[Any]]:
    """Give a function that gives what the plugins noted since it was last called."""

    def taken() -> list[Any]:
        path = tmp_path / "notes"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    return taken
