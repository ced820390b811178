from __future__ import annotations

import pytest

from lockhouse.config.nearest import nearest

NAMES = ["tests", "docs", "lint", "type-check", "coverage"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("tset", "tests"),
        ("tsts", "tests"),
        ("TESTS", "tests"),
        ("test", "tests"),
        ("unit-tests", "tests"),
        ("dosc", "docs"),
        ("ilnt", "lint"),
        ("typecheck", "type-check"),
        ("cov", None),
        ("unit", None),
        ("x", None),
        ("", None),
    ],
)
def test_the_name_that_was_meant(wrong: str, right: str | None) -> None:
    assert nearest(wrong, NAMES) == right


def test_swapped_letters_are_nearer_than_a_common_start() -> None:
    assert nearest("lockhouse_lcok", ["lockhouse_environment", "lockhouse_lock"]) == "lockhouse_lock"


def test_there_may_be_no_names() -> None:
    assert nearest("tests", []) is None
