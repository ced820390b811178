"""Answers as annotations: workflow commands that GitHub Actions puts beside the lines that they name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.model.freshness import WarningCode
from lockhouse.project.answers import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.cli.console import Console
    from lockhouse.model.freshness import OrphanLock
    from lockhouse.model.spec import Origin
    from lockhouse.project.answers import Answer


def show(answers: Sequence[Answer], console: Console, *, root: Path, orphans: Sequence[OrphanLock] = ()) -> None:
    """Print an annotation a reason, and the summary.

    :param answers: one an environment
    :param console: where to
    :param root: the project's folder, which the places are relative to
    :param orphans: locks that no environment uses
    """
    for answer in answers:
        for line in _annotations(answer, root):
            console.answer(line)
    for orphan in orphans:
        place = place_of(orphan.files[0], root), None
        lines = [str(orphan), f"fix: {orphan.fix}"]
        console.answer(annotation(WarningCode.ORPHAN_LOCK, lines, file=place, level="warning"))
    console.answer(summary(answers, orphans))


def _annotations(answer: Answer, root: Path) -> Iterable[str]:
    if answer.error is not None:
        parts = [answer.error.what, *(f"why: {line}" for line in answer.error.why)]
        yield annotation(answer.error.code, [*parts, *_fix(answer)], file=_file(answer.origin, answer, root))
    elif not answer.good:
        changes = [line for change in answer.changes for line in change.lines()]
        for number, why in enumerate(answer.whys):
            more = ["", *changes] if changes and not number else []  # once an environment
            parts = [f"{answer.title}: {why}", *_fix(answer), *more]
            yield annotation(why.code, parts, file=_file(why.origin, answer, root))


def _fix(answer: Answer) -> list[str]:
    return [f"fix: {answer.fix}"] if answer.fix else []


def annotation(code: str, lines: Iterable[str], *, file: tuple[str, int | None] | None, level: str = "error") -> str:
    """Give the workflow command of one annotation.

    :param code: what stands in its title
    :param lines: its message
    :param file: the file that it belongs to, and the line, as far as they are known
    :param level: ``error`` or ``warning``
    """
    properties = {"file": None, "line": None, "title": f"lockhouse[{code}]"}
    if file is not None:
        properties |= {"file": file[0], "line": None if file[1] is None else str(file[1])}
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value is not None)
    return f"::{level} {told}::{_data(chr(10).join(lines))}"


def place_of(file: str, root: Path) -> str:
    """Give a file as the runner wants it: relative to the checkout.

    :param file: its path, relative to the project
    :param root: the project's folder
    """
    path = Path(os.path.abspath(root / file))  # noqa: PTH100 - links stay, as in the checkout
    for base in (os.environ.get("GITHUB_WORKSPACE"), Path.cwd()):
        if base and path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.as_posix()


def _file(origin: Origin | None, answer: Answer, root: Path) -> tuple[str, int | None] | None:
    """Give the place of a reason; of one without a place, that of the lock, or else of the declaration."""
    if origin is not None and origin.file is not None:
        return place_of(origin.file, root), origin.line
    if answer.place is not None and (root / answer.place).is_file():
        return place_of(answer.place, root), None
    if answer.origin is not None and answer.origin.file is not None:
        return place_of(answer.origin.file, root), answer.origin.line
    return None


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
