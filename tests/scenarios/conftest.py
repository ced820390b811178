from __future__ import annotations

import pytest

from .frontends import FRONTENDS, Frontend


@pytest.fixture(params=FRONTENDS, ids=lambda frontend: frontend.name)
def frontend(request: pytest.FixtureRequest) -> Frontend:
    """Give each of the three frontends in turn; ``set_up`` has to be called once the project is written."""
    chosen: Frontend = request.param
    return chosen
