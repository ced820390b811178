"""Answers as text for people: grouped by environment, a reason a line, a summary at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.cli.answers import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.cli.answers import Answer
    from lockhouse.cli.console import Console
    from lockhouse.model.freshness import OrphanLock


def show(answers: Sequence[Answer], console: Console, *, orphans: Sequence[OrphanLock] = ()) -> None:
    """Print the answers. Errors go to standard error, where all errors go.

    :param answers: one an environment
    :param console: where to
    :param orphans: locks that no environment uses
    """
    for answer in answers:
        if answer.error is not None:
            console.error(answer.error)
        elif answer.good:
            _show_good(answer, console)
        else:
            _show_bad(answer, console)
    for orphan in orphans:
        _show_orphan(orphan, console)
    if not console.quiet:
        console.answer(summary(answers, orphans))


def _show_orphan(orphan: OrphanLock, console: Console) -> None:
    from lockhouse.model.freshness import WarningCode  # noqa: PLC0415 - what is fresh needs no reasons

    console.answer(f"{orphan.files[0]}: orphan", "warning")
    console.answer(f"  why[{WarningCode.ORPHAN_LOCK}]: {orphan}")
    console.answer(f"  fix: {orphan.fix}")


def _show_good(answer: Answer, console: Console) -> None:
    if not console.quiet:
        console.answer(f"{answer.title}: {answer.state}", "good")
    for note in answer.notes:
        console.detail(f"  {note}")


def _show_bad(answer: Answer, console: Console) -> None:
    console.answer(f"{answer.title}: {answer.state}", "error")
    for why in answer.whys:
        console.answer(f"  why[{why.code}]: {why}")
    if answer.changes:
        console.answer(f"  inputs in {answer.place} (-) and as declared now (+):")
        for line in (line for change in answer.changes for line in change.lines()):
            console.answer(f"    {line}", "removed" if line.startswith("-") else "added")
    for note in answer.notes:
        console.answer(f"  note: {note}")
    if answer.fix:
        console.answer(f"  fix: {answer.fix}")
