"""Reading what old packages say of their dependencies, and markers that only locks may hold."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from lockhouse.model.closure import applies, parse_requirement, walk
from lockhouse.model.target import marker_environments
from tests.model.making import declared, pin

LINUX = marker_environments(["3.12"])[0]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("a (>=1.*)", "a>=1"),
        ("a[x] (>=1.*,<2) ; extra == 'y'", 'a[x]<2,>=1; extra == "y"'),
        ("a (banana)", "a"),
        ("a[x] !!! ; os_name == 'nt'", 'a[x]; os_name == "nt"'),
        ("a>=1,!=1.2.*", "a!=1.2.*,>=1"),
    ],
)
def test_what_the_standard_does_not_allow_is_read_as_resolvers_read_it(line: str, read: str) -> None:
    assert str(parse_requirement(line)) == read


def test_what_names_nothing_is_nothing() -> None:
    assert parse_requirement("!!!") is None


def test_a_dependency_that_only_old_spelling_names_is_reached() -> None:
    found = walk([declared("a").requirement], [pin("a", "1", "b (>=0.*)"), pin("b", "1")], LINUX)
    assert set(found.reached) == {"a", "b"}
    assert not found.unreached


def test_markers_of_extras_and_groups_in_a_lock_are_false_where_none_is_asked_for() -> None:
    assert not applies(Marker("'x' in extras"), LINUX)
    assert not applies(Marker("'test' in dependency_groups"), LINUX)
