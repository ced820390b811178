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
    """Give a folder of plugins that each run in the project finds."""
    made = Site(tmp_path / "site")
    project.environ.update(PYTHONPATH=str(made.folder), NOTES=str(tmp_path / "notes"))
    return made


@pytest.fixture
def notes(tmp_path: Path) -> Callable[[], list[Any]]:
    """Give a function that gives what the plugins noted since it was last called."""

    def taken() -> list[Any]:
        path = tmp_path / "notes"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    return taken
