from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from lockhouse.errors import InvalidSettingError
from lockhouse.model.pythons import NEWEST_MINOR, levels_within, lower_bound, minors_within, require_some_python

_VERSIONS = st.from_regex(r"[34](\.[0-9]{1,2}){0,2}", fullmatch=True)
_BOUNDS = st.lists(
    st.one_of(
        st.builds("".join, st.tuples(st.sampled_from([">=", "<", "!=", "<=", ">"]), _VERSIONS)),
        _VERSIONS.map(lambda version: f"=={version}.*"),
    ),
    max_size=3,
).map(",".join)


@given(_BOUNDS)
@example(">=3.11")
@example("<4,>=3.9")
@example("<3.14.0,>=3.11.0")
@example("<3.9,>=3.11")
@example("<3.20,>=3.18")
@example("==3.12.*")
@example("==3.19.*")
@example(">=3.19")
@example("==3.11.7")
@example(">=3.11.7,<3.11.9")
@example("!=3.11.50,>=3.11.49,<=3.11.51")
@example("<3.12.4,>3.11.6")
@example("<=3.11,>3.9.1")
@example("===3.11.7")
@example("===3.11")
@example("===anything")
@example("==4.*")
@example(">=9.9")
@example(">=3.14,!=3.14.*")
@example(">=3.1000000,!=3.1000000.0")
def test_the_minors_of_bounds_are_those_that_packaging_lets_through(text: str) -> None:
    bounds = SpecifierSet(text)
    low = lower_bound(text)
    newest = NEWEST_MINOR if low is None or low.major > 3 else max(NEWEST_MINOR, low.minor)
    first = 0 if low is None or low.major > 3 else min(low.minor, newest)
    allowed = {
        minor: [level for level in (f"3.{minor}.{micro}" for micro in range(120)) if bounds.contains(level)]
        for minor in range(first, newest + 1)
    }
    found = minors_within(str(bounds))
    if any(allowed.values()):
        assert found == tuple(f"3.{minor}" for minor, levels in allowed.items() if levels)
    else:
        assert all(minor_allowed(bounds, minor) for minor in found)
    for minor, levels in allowed.items():
        assert set(levels_within(bounds, f"3.{minor}")) <= set(levels)
        assert bool(levels_within(bounds, f"3.{minor}")) == bool(levels)


def minor_allowed(bounds: SpecifierSet, minor: str) -> bool:
    return any(bounds.contains(f"{minor}.{micro}") for micro in range(120))


@pytest.mark.parametrize(
    ("bounds", "levels"),
    [
        (">=3.11", ("3.11.0", "3.11.1", "3.11.50")),
        ("==3.11.7", ("3.11.7",)),
        (">=3.11.7,<3.11.10", ("3.11.7", "3.11.8", "3.11.9")),
        (">=3.11.3,!=3.11.7", ("3.11.3", "3.11.4", "3.11.6", "3.11.8", "3.11.50")),
        ("<=3.11", ("3.11.0",)),
        ("==3.11.0rc1", ("3.11.0rc1",)),
        ("<3.11", ()),
        ("===3.11", ()),
    ],
)
def test_the_levels_of_bounds_are_those_by_which_they_tell_releases_apart(bounds: str, levels: tuple[str, ...]) -> None:
    assert levels_within(SpecifierSet(bounds), "3.11") == levels


@pytest.mark.parametrize("bounds", [">=9.9", "==4.*", ">=3.11,<3.11", "===3.11", "===anything", "<3.9,>=3.11"])
def test_bounds_that_no_python_meets_are_refused(bounds: str) -> None:
    with pytest.raises(InvalidSettingError, match="no Python meets") as raised:
        require_some_python(bounds, place="[tool.lockhouse]")
    assert raised.value.why
    assert raised.value.fix


def test_listed_pythons_are_sorted_as_versions() -> None:
    assert minors_within(">=3.8", ["3.10.2", "3.9", "3.10"]) == ("3.9", "3.10")
