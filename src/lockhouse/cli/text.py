"""Answers as text for people: grouped by environment, a reason a line, a summary at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.project.answers import summary
from lockhouse.project.words import lines_of, lines_of_orphan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.cli.console import Console
    from lockhouse.model.freshness import OrphanLock
    from lockhouse.project.answers import Answer


def show(answers: Sequence[Answer], console: Console, *, orphans: Sequence[OrphanLock] = ()) -> None:
    """Print the answers. Errors go to standard error, where all errors go.

    :param answers: one an environment
    :param console: where to
    :param orphans: locks that no environment uses
    """
    for answer in answers:
        if answer.error is not None:
            console.error(answer.error)
            continue
        if not (answer.good and console.quiet):
            for line in lines_of(answer):
                console.answer(*line)
        if answer.good:
            for note in answer.notes:
                console.detail(f"  {note}")
    for line in (line for orphan in orphans for line in lines_of_orphan(orphan)):
        console.answer(*line)
    if not console.quiet:
        console.answer(summary(answers, orphans))
