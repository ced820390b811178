"""Edits of inputs, locks and plugins, and what the real command line, nox and tox say of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.freshness import ReasonCode

from .edits import EDITS, FRESH, MISSING, Edit
from .locked_project import KINDS, RAN, Kind, check, copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lockhouse.testing import ProjectFolder

#: nox and tox, as they are told to run the environment "tests".
TOOLS = {"nox": ("nox", "-s", "tests"), "tox": ("tox", "run", "-e", "tests")}


def serving(edit: Edit) -> list[Kind]:
    return [kind for kind in KINDS if edit.serves(kind)]


def by_command_line() -> Iterator[object]:
    """Give each edit with one kind of lock in turn; the others are heavy."""
    for position, (name, edit) in enumerate(EDITS.items()):
        kinds = serving(edit)
        for kind in kinds:
            chosen = kind is kinds[position % len(kinds)]
            yield pytest.param(edit, kind, id=f"{name}-{kind}", marks=() if chosen else pytest.mark.full)


def by_tool() -> Iterator[object]:
    """Give one edit for each code and each tool in turn; the others are heavy."""
    seen: Counter[str] = Counter()
    for position, (name, edit) in enumerate(EDITS.items()):
        kinds = serving(edit)
        for kind in kinds:
            verdict, reasons = edit.expected(kind)
            code = next(iter(sorted(code for code, _ in reasons)), verdict)
            for tool in TOOLS:
                chosen = kind is kinds[position % len(kinds)] and tool == tuple(TOOLS)[len(seen) % 2] and not seen[code]
                yield pytest.param(
                    edit, kind, tool, id=f"{name}-{kind}-{tool}", marks=() if chosen else pytest.mark.full
                )
                seen[code] += chosen


def test_the_table_holds_every_code_more_than_once() -> None:
    assert len(EDITS) >= 60
    told = Counter(code for edit in EDITS.values() for code, _ in edit.reasons)
    # the project has no sdists: what needs a build lock is tried in the tests of builds
    assert {code for code in ReasonCode if told[code] < 2} <= {ReasonCode.RECORD_MISSING, ReasonCode.BUILD_UNLOCKED}


@pytest.mark.parametrize(("edit", "kind"), list(by_command_line()))
def test_the_command_line_says_what_the_content_is(
    template: Callable[[Kind], ProjectFolder], tmp_path: Path, edit: Edit, kind: Kind
) -> None:
    case = copied(template(kind), tmp_path / "project", kind)
    edit.change(case)
    answer = check(case.project)
    assert (answer.verdict, answer.reasons) == edit.expected(kind), answer.record


@pytest.mark.parametrize(("edit", "kind", "tool"), list(by_tool()))
def test_nox_and_tox_run_on_a_fresh_lock_alone(
    template: Callable[[Kind], ProjectFolder], tmp_path: Path, edit: Edit, kind: Kind, tool: str
) -> None:
    case = copied(template(kind), tmp_path / "project", kind)
    edit.change(case)
    verdict, reasons = edit.expected(kind)
    result = case.project.run(*TOOLS[tool], env=template(kind).environ)
    assert "Traceback" not in result.output, result
    if verdict == FRESH or not edit.stops_tools:
        assert result.returncode == 0, result
        assert RAN in result.output
        return
    assert result.returncode != 0, result
    assert RAN not in result.output
    code = {MISSING: "lock-missing"}.get(verdict, "lock-stale" if reasons else verdict)
    assert f"error[{code}]" in result.output, result
    assert "fix: " in result.output, result
