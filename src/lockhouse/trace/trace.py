"""The file of a trace: text, a line a question."""

from __future__ import annotations

from hashlib import sha256

from lockhouse.trace.looks import answered
from lockhouse.trace.program import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.trace.looks import Looks

#: The version of the form, and of what is decided by it; any other counts as no trace.
_HEAD = "lockhouse trace 5"
_SAID = "said"


def render(subject: str, said: Iterable[str], looks: Looks, environ: Mapping[str, str]) -> bytes | None:
    """Write a trace.

    :param subject: what was asked; a trace answers nothing else
    :param said: the answer: lines for who asks again
    :param looks: what it was decided by
    :param environ: the variables
    :return: None where it cannot be relied on: something changed meanwhile, or there may be plugins
    """
    rows, which = looks.seen(environ), program()
    if rows is None or which is None:
        return None
    lines = [*(f"{_SAID} {line}" for line in said), *(f"{kind} {name}" for kind, name, _ in rows)]
    if any("\n" in line or "\r" in line for line in lines):
        return None
    digest = _digest(subject, which, lines, [answer for _, _, answer in rows])
    try:
        return "\n".join((_HEAD, digest, *lines, "")).encode()
    except UnicodeEncodeError:  # a name that is no text
        return None


def said(path: str, subject: str, environ: Mapping[str, str]) -> list[str] | None:
    """Read a trace, and answer its questions anew.

    :param path: its file
    :param subject: what is asked
    :param environ: the variables
    :return: the answer that was given, where everything that it was decided by is the same; else None
    """
    try:
        with open(path, encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - pathlib takes long to import
            head, digest, *lines, end = file.read().split("\n")
    except (OSError, ValueError):  # absent, no text, or too short
        return None
    if head != _HEAD or end:
        return None
    parted = [line.partition(" ") for line in lines]
    questions = [(kind, name) for kind, _, name in parted if kind != _SAID]
    which = program()
    if which is None:
        return None
    answers = [answer for _, _, answer in answered(questions, environ)]
    if _digest(subject, which, lines, answers) != digest:
        return None
    return [line for kind, _, line in parted if kind == _SAID]


def _digest(subject: str, which: str, lines: Iterable[str], answers: Iterable[str]) -> str:
    digest = sha256()
    for part in (_HEAD, subject, which, "\n".join(lines), *answers):
        data = part.encode("utf-8", "surrogateescape")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()
