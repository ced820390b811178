"""The difference between recorded and declared inputs."""

from __future__ import annotations

from dataclasses import replace

from lockhouse.model.input_changes import InputChange, changed_inputs
from lockhouse.model.spec import LockInputs

BEFORE = LockInputs(
    requirements=("a>=1", "b", "c[x]<2"),
    constraints=("a<9",),
    requires_python=">=3.11",
    pythons=("3.11", "3.12"),
    indexes={"default": "https://one.example/simple", "extra": ["https://two.example", "https://three.example"]},
    resolver="uv",
    fingerprints={"plugin": {"key": "1"}},
)


def lines(now: LockInputs) -> list[str]:
    return [line for change in changed_inputs(BEFORE, now) for line in change.lines()]


def test_equal_inputs_have_no_difference() -> None:
    assert changed_inputs(BEFORE, replace(BEFORE)) == ()


def test_what_concerns_one_package_stands_together() -> None:
    now = replace(BEFORE, requirements=("a>=2", "aa", "b", "c<2"), constraints=())
    assert lines(now) == ["- a>=1", "+ a>=2", "+ aa", "- c[x]<2", "+ c<2", "- constraint: a<9"]


def test_every_input_is_told_by_its_name() -> None:
    now = replace(
        BEFORE,
        requires_python=">=3.10",
        pythons=("3.10",),
        prereleases=True,
        exclude_newer="2026-01-01T00:00:00Z",
        resolver="pip",
        fingerprints={"plugin": {"key": "2"}, "other": {"a": "b"}},
    )
    assert lines(now) == [
        "- requires-python: >=3.11",
        "+ requires-python: >=3.10",
        "- pythons: 3.11, 3.12",
        "+ pythons: 3.10",
        "- resolver: uv",
        "+ resolver: pip",
        "- fingerprints: plugin.key = 1",
        "+ fingerprints: other.a = b",
        "+ fingerprints: plugin.key = 2",
        "+ prereleases: true",
        "+ exclude-newer: 2026-01-01T00:00:00Z",
    ]


def test_the_order_of_indexes_is_a_difference() -> None:
    now = replace(BEFORE, indexes={**BEFORE.indexes, "extra": ["https://three.example", "https://two.example"]})
    assert changed_inputs(BEFORE, now) == (
        InputChange(
            name="indexes",
            recorded=("extra = https://two.example, https://three.example",),
            declared=("extra = https://three.example, https://two.example",),
        ),
    )
