"""Edits of inputs, locks and plugins, and what the real command line, nox and tox say of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.freshness import ReasonCode

from .edits import EDITS, FRESH, MISSING, STALE, Edit
from .locked_project import KINDS, RAN, Kind, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockhouse.testing import Result

    from .locked_project import Answer, Case

#: nox and tox, as they are told to run the environment "tests", which is kept from one run to the next.
TOOLS = {"nox": ("nox", "-r", "-s", "tests"), "tox": ("tox", "run", "-e", "tests")}


def cases() -> Iterator[object]:
    """Give each edit with each kind of lock and the tools to run it with.

    Each edit with one kind in turn, and with one tool where its code is new, is for every run; the rest is heavy.
    """
    seen: set[str] = set()
    for position, (name, edit) in enumerate(EDITS.items()):
        kinds = [kind for kind in KINDS if edit.serves(kind)]
        for kind in kinds:
            rest = tuple(TOOLS)
            if kind is kinds[position % len(kinds)]:
                verdict, reasons = edit.expected(kind)
                codes = {code for code, _ in reasons} or {verdict}
                chosen = rest[len(seen) % 2 :][:1] if codes - seen else ()
                seen |= codes
                yield pytest.param(edit, kind, chosen, id="-".join((name, str(kind), "check", *chosen)))
                rest = tuple(tool for tool in TOOLS if tool not in chosen)
            yield pytest.param(edit, kind, rest, id="-".join((name, str(kind), *rest)), marks=pytest.mark.full)


def test_the_table_holds_every_code_more_than_once() -> None:
    assert len(EDITS) >= 60
    told = Counter(code for edit in EDITS.values() for code, _ in edit.reasons)
    # nothing is built here: what needs a build lock is tried in the tests of builds and of the project under test
    elsewhere = {ReasonCode.RECORD_MISSING, ReasonCode.BUILD_UNLOCKED, ReasonCode.BUILD_REQUIRES_CHANGED}
    assert {code for code in ReasonCode if told[code] < 2} <= elsewhere


@pytest.mark.parametrize(("edit", "kind", "tools"), list(cases()))
def test_the_command_line_nox_and_tox_say_what_the_content_is(
    in_place: Callable[[Kind], Case], edit: Edit, kind: Kind, tools: tuple[str, ...]
) -> None:
    case = in_place(kind)
    edit.change(case)
    answer = check(case.project)
    assert (answer.verdict, answer.reasons) == edit.expected(kind), answer.record
    for tool in tools:
        result = case.project.run(*TOOLS[tool])
        assert "Traceback" not in result.output, result
        if answer.verdict == FRESH or not edit.stops_tools:
            assert result.returncode == 0, result
            assert RAN in result.output, result
        else:
            stopped(result, answer)


def test_bounds_that_no_python_meets_stop_every_tool(in_place: Callable[[Kind], Case]) -> None:
    case = in_place(KINDS[0])
    case.setting('python = ">=9.9"')
    for tool in (("lockhouse", "check", "tests"), ("lockhouse", "lock", "tests"), *TOOLS.values()):
        result = case.project.run(*tool)
        assert result.returncode != 0, result
        assert "Traceback" not in result.output, result
        assert RAN not in result.output, result
        assert "error[invalid-setting]" in result.output, result
        assert "no Python meets '>=9.9'" in result.output, result
        assert "fix: " in result.output, result


def stopped(result: Result, answer: Answer) -> None:
    """Require that the tests did not run, and that every reason of the verdict is said, with the way out."""
    assert result.returncode != 0, result
    assert RAN not in result.output, result
    code = {MISSING: "lock-missing", STALE: "lock-stale"}.get(answer.verdict, answer.verdict)
    assert f"error[{code}]" in result.output, result
    assert "fix: " in result.output, result
    for message in answer.messages:
        assert message in result.output, (message, result)
