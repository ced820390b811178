"""The command line: arguments, rendering, exit codes. A thin frontend."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` takes longer to import than a quick check may
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :param arguments: the words after the program's name; those of this process when not given
    :return: the exit code
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    _escape_what_cannot_be_shown()
    if words == ["check"]:
        try:
            if _says_fresh():
                return 0
        except BrokenPipeError:
            return _unread()
    from lockhouse.cli.arguments import parser  # noqa: PLC0415 - not for the quickest answer
    from lockhouse.cli.console import Console  # noqa: PLC0415 - likewise
    from lockhouse.errors import EXIT_INTERRUPTED, LockhouseError  # noqa: PLC0415 - likewise

    options = parser().parse_args(words)
    console = Console(quiet=options.quiet, verbose=options.verbose)
    try:
        code: int = options.command(options, console)
        sys.stdout.flush()
    except LockhouseError as error:
        console.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        console.warning("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return _unread()
    return code


def _escape_what_cannot_be_shown() -> None:
    """Have the answers show a character that their encoding lacks as its number, as Python does for messages."""
    escape = getattr(sys.stdout, "reconfigure", None)  # somebody may have put another kind of stream there
    if escape is not None and sys.stdout.errors == "strict":
        escape(errors="backslashreplace")


def _unread() -> int:
    """Leave where whoever read our output has gone; there is nobody left to tell."""
    sys.stderr.close()
    return 1


def _says_fresh() -> bool:
    """Say that all locks are fresh, where nothing changed since that was found out; else say nothing."""
    from lockhouse.operations.unchanged import fresh_locks  # noqa: PLC0415 - only for a check

    try:
        root = os.getcwd()  # noqa: PTH109 - pathlib takes long to import
    except OSError:  # it was removed; who opens the project says so
        return False
    lines = fresh_locks(root, os.environ)
    if lines is None:
        return False
    from lockhouse.cli.colours import styled  # noqa: PLC0415 - likewise

    *environments, summary = lines
    print("\n".join((*(styled(line, "good", sys.stdout) for line in environments), summary)), flush=True)
    return True
