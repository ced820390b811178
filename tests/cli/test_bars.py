"""The bar over work that has no size: what goes on is named, each with its time."""

from __future__ import annotations

import re

from lockhouse.cli.bars import Bars


def words_of(bars: Bars) -> str:
    return re.sub(r"\d+ s\b", "N s", bars.words())


def test_builds_in_flight_are_named_with_their_times() -> None:
    bars = Bars("Building 6 packages")
    for number in range(6):
        bars.start(f"p{number} 1.0", None)
    assert words_of(bars) == "p0 1.0 N s, p1 1.0 N s, p2 1.0 N s, p3 1.0 N s, and 2 more"
    for number in range(4):
        bars.finish(f"p{number} 1.0")
    assert words_of(bars) == "p4 1.0 N s, p5 1.0 N s"
    bars.finish("p4 1.0")
    assert words_of(bars) == "p5 1.0 N s"
    bars.finish("p5 1.0")
    assert not bars.words()


def test_what_stands_in_the_title_is_not_said_again() -> None:
    bars = Bars("Building p0 1.0")
    bars.start("p0 1.0", None)
    assert not bars.words()


def test_files_with_a_size_have_a_bar_and_no_times() -> None:
    bars = Bars("Fetching")
    bars.start("a.whl", 10)
    bars.start("b.whl", 10)
    assert not bars.words()
