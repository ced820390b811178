"""What the tests with real packages from PyPI share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What it may take to reach PyPI from here: taken over from the environment that the tests were started with.
_WAY_OUT = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def pypi(outside_environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the way to PyPI; everything else stays isolated."""
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.delenv(name)
    for name in _WAY_OUT:
        for spelling in (name, name.lower()):
            if spelling in outside_environ:
                monkeypatch.setenv(spelling, outside_environ[spelling])
