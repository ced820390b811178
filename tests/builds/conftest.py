from __future__ import annotations

import pytest

from tests.scenarios.installing import CLI, NOX, TOX, Frontend


@pytest.fixture(params=[CLI, NOX, TOX], ids=lambda frontend: frontend.name)
def frontend(request: pytest.FixtureRequest) -> Frontend:
    """Give each of the three frontends in turn."""
    chosen: Frontend = request.param
    return chosen
