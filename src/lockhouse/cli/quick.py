"""The quickest answers: those that a trace gives, without a parser of arguments, a project or a console."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` takes longer to import than a quick answer may
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Unwritten(Exception):  # noqa: N818 - it becomes an error where it is caught
    """An answer that cannot be written to stdout; its cause says why."""


def put(text: str, *, end: str = "\n", flush: bool = False) -> None:
    """Write to stdout; all answers go through here.

    :param text: the answer, or a part of it
    :param end: what follows it
    :param flush: write what was held back, too
    :raises BrokenPipeError: whoever reads the answer has gone
    :raises Unwritten: it cannot be written
    """
    try:
        print(text, end=end, flush=flush)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritten from error


def answers(words: Sequence[str]) -> bool:
    """Answer, where a trace says that nothing changed since this was answered before; else do nothing.

    :param words: the words after the program's name
    :return: whether it is answered; the exit code is 0 then
    :raises BrokenPipeError: whoever reads the answer has gone
    :raises Unwritten: the answer cannot be written
    :raises KeyboardInterrupt: the user gave up
    """
    if list(words) == ["check"]:
        return _says_fresh()
    return list(words[:2]) == ["wheelhouse", "build"] and _gives_wheelhouse(words[2:])


def _root() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib takes long to import
    except OSError:  # it was removed; who opens the project says so
        return None


def _says_fresh() -> bool:
    """Say that all locks are fresh, where nothing changed since that was found out."""
    from lockhouse.operations.unchanged import fresh_locks  # noqa: PLC0415 - only for a check

    root = _root()
    lines = None if root is None else fresh_locks(root, os.environ)
    if lines is None:
        return False
    from lockhouse.cli.colours import styled  # noqa: PLC0415 - likewise

    *environments, summary = lines
    put("\n".join((*(styled(line, "good", sys.stdout) for line in environments), summary)), flush=True)
    return True


def _gives_wheelhouse(words: Sequence[str]) -> bool:
    """Make a wheelhouse, where nothing changed since one was made."""
    environments: list[str] = []
    options: dict[str, list[str]] = {"--output": [], "--archive": [], "--target": []}
    quiet = False
    left = iter(words)
    for word in left:
        name, separator, value = word.partition("=")
        if name in options:
            options[name].append(value if separator else next(left, ""))
        elif word in {"-q", "--quiet"}:
            quiet = True
        elif word.startswith("-"):
            return False
        else:
            environments.append(word)
    paths = options["--output"] + options["--archive"]
    root = _root()
    if root is None or len(paths) != 1 or not paths[0] or paths[0].startswith("-"):
        return False
    from lockhouse.operations.wheelhouse_again import subject_of, wheelhouse_again  # noqa: PLC0415 - only here

    told = wheelhouse_again(
        subject_of(root, environments, options["--target"]),
        paths[0],
        archive=bool(options["--archive"]),
        environ=os.environ,
        patient=quiet or not sys.stderr.isatty(),
    )
    if told is None:
        return False
    if not quiet:
        _inform(_shown(paths[0]), told)
    return True


def _shown(path: str) -> str:
    """Spell a path as the long way does."""
    if os.name == "nt" or path.startswith("//") or not {"", "."}.isdisjoint(path.lstrip("/").split("/")):
        from pathlib import Path  # noqa: PLC0415 - it takes long to import

        return str(Path(path))
    return path


def _inform(path: str, told: Sequence[str]) -> None:
    """Say what was made, as the long way does."""
    first, *rest = told
    text = "\n".join((f"{path}: {first}", *rest))
    if "://" in text or any(part in text for part in _what_may_be_secret(os.environ)):
        from lockhouse.cli.console import Console  # noqa: PLC0415 - it takes long to import, and hides what is secret

        Console().info(text)
        return
    print(text, file=sys.stderr)


def _what_may_be_secret(environ: Mapping[str, str]) -> Iterator[str]:
    """Give more than what is secret in variables: all parts of all addresses."""
    from lockhouse.model.variables import INDEX_PREFIXES  # noqa: PLC0415 - likewise

    for name, value in environ.items():
        if name.upper().startswith(INDEX_PREFIXES) and (
            "://" in value or name.upper().endswith(("_PASSWORD", "_TOKEN"))
        ):
            parts = value
            for mark in "/:@?&=%":
                parts = parts.replace(mark, " ")
            yield from parts.split()
