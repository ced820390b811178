from __future__ import annotations

import pytest

from lockhouse.config.probable import probable_requirement


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pytest = 8", "pytest==8"),
        ("pytest 8.1", "pytest==8.1"),
        ("pytest ==", "pytest"),
        ("pytest=>8", "pytest>=8"),
        ("pytest =< 8", "pytest<=8"),
        ("pytest >> 8", "pytest>8"),
        ("pytest >=8 <9", "pytest>=8,<9"),
        ("pytest>=8.*", "pytest>=8"),
        ("pytest==8.x", "pytest==8.*"),
        ("pytest ^8.1", "pytest>=8.1,<9"),
        ("pytest^0.3.1", "pytest>=0.3.1,<0.4"),
        ("pytest ~8.1", "pytest~=8.1"),
        ("pytest~8", "pytest==8.*"),
        ("pytest[cov", "pytest[cov]"),
        ("pytest[cov >= 8", "pytest[cov]>=8"),
        ("pytest ; python_version > 3.8", 'pytest; python_version > "3.8"'),
        ("pytest = 8 ; sys_platform == 'win32'", "pytest==8; sys_platform == 'win32'"),
    ],
)
def test_slips_of_the_pen(written: str, meant: str) -> None:
    assert probable_requirement(written) == meant


@pytest.mark.parametrize("written", ["", "--hash", "alpha beta", "alpha==latest", "https//x.example/a", "^x", ";"])
def test_where_nothing_is_near_nothing_is_said(written: str) -> None:
    assert probable_requirement(written) is None
