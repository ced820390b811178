from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.installing import CLI, NOX, TOX, Frontend

from .repositories import Repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[CLI, NOX, TOX], ids=lambda frontend: frontend.name)
def frontend(request: pytest.FixtureRequest) -> Frontend:
    """Give each of the three frontends in turn."""
    chosen: Frontend = request.param
    return chosen


@pytest.fixture
def far(tmp_path: Path) -> Repository:
    """Give an empty repository."""
    return Repository(tmp_path / "far")
