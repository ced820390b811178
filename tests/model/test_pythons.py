from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from lockhouse.model.pythons import NEWEST_MINOR, lower_bound, minors_within

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
def test_the_minors_of_bounds_are_those_that_packaging_lets_through(text: str) -> None:
    bounds = SpecifierSet(text)
    low = lower_bound(text)
    newest = max(NEWEST_MINOR, 0 if low is None else low.minor)
    minors = [f"3.{minor}" for minor in range(newest + 1)]
    assert minors_within(str(bounds)) == tuple(
        minor
        for minor in minors
        if bounds.contains(f"{minor}.0", prereleases=True) or bounds.contains(f"{minor}.50", prereleases=True)
    )


def test_listed_pythons_are_sorted_as_versions() -> None:
    assert minors_within(">=3.8", ["3.10.2", "3.9", "3.10"]) == ("3.9", "3.10")
