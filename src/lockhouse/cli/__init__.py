"""The command line: arguments, rendering, exit codes. A thin frontend."""

from __future__ import annotations

import os
import sys

from lockhouse.cli.quick import Unwritten, answers, put

TYPE_CHECKING = False  # `typing` takes longer to import than a quick check may
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :param arguments: the words after the program's name; those of this process when not given
    :return: the exit code
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    _open_what_is_closed()
    _escape_what_cannot_be_shown()
    try:
        try:
            code = 0 if answers(words) else _run(words)
        except SystemExit:  # help was asked for, or the words are wrong
            put("", end="", flush=True)
            raise
        put("", end="", flush=True)
    except KeyboardInterrupt as interrupt:
        return _ended(interrupt)
    except BrokenPipeError:
        return _unread()
    except Unwritten as error:
        return _unwritten(error)
    return code


def _run(words: Sequence[str]) -> int:
    from lockhouse.cli.arguments import parser  # noqa: PLC0415 - not for the quickest answer
    from lockhouse.cli.console import Console  # noqa: PLC0415 - likewise
    from lockhouse.errors import LockhouseError  # noqa: PLC0415 - likewise

    options = parser(words).parse_args(words)
    _end_by_sigterm_as_by_ctrl_c()
    console = Console(quiet=options.quiet, verbose=options.verbose)
    try:
        code: int = options.command(options, console)
    except LockhouseError as error:
        console.error(error)
        return error.exit_code
    return code


def _open_what_is_closed() -> None:
    """Have a stream that was closed lead nowhere; else the next file that is opened takes its place."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            stream = open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib takes long to import
            os.set_inheritable(stream.fileno(), True)  # noqa: FBT003 - it takes no keyword
            setattr(sys, name, stream)


def _escape_what_cannot_be_shown() -> None:
    """Have the answers show a character that their encoding lacks as its number, as Python does for messages."""
    escape = getattr(sys.stdout, "reconfigure", None)  # somebody may have put another kind of stream there
    if escape is not None and sys.stdout.errors == "strict":
        escape(errors="backslashreplace")


class _Terminated(KeyboardInterrupt):
    """Somebody ended this process, as systems for CI do; what it began is taken back as after Ctrl-C."""


def _end_by_sigterm_as_by_ctrl_c() -> None:
    import signal  # noqa: PLC0415 - not for the quickest answer
    import threading  # noqa: PLC0415 - likewise

    def end(*_: object) -> None:
        raise _Terminated

    if threading.current_thread() is threading.main_thread():  # only there a handler can be set
        signal.signal(signal.SIGTERM, end)


def _ended(by: KeyboardInterrupt) -> int:
    from lockhouse.cli.console import Console  # noqa: PLC0415 - not for the quickest answer
    from lockhouse.errors import EXIT_INTERRUPTED, EXIT_TERMINATED  # noqa: PLC0415 - likewise

    terminated = isinstance(by, _Terminated)
    Console().warning("terminated" if terminated else "interrupted")
    return EXIT_TERMINATED if terminated else EXIT_INTERRUPTED


def _unwritten(by: Unwritten) -> int:
    """Say that the answer was lost: whoever reads the exit code alone must not take it for one."""
    from lockhouse.cli.console import Console  # noqa: PLC0415 - not for the quickest answer
    from lockhouse.errors import StoreError  # noqa: PLC0415 - likewise

    error = StoreError(
        "the answer cannot be written to stdout",
        why=getattr(by.__cause__, "strerror", None) or str(by.__cause__),
        fix="make room where it goes, or send it elsewhere",
    )
    error.__cause__ = by.__cause__
    Console().error(error)
    _give_up_stdout()
    return error.exit_code


def _unread() -> int:
    """Leave where whoever read our output has gone; there is nobody left to tell."""
    _give_up_stdout()
    sys.stderr.close()
    return 1


def _give_up_stdout() -> None:
    """Have stdout lead nowhere: Python tries again to write what was held back when it ends."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib takes long to import
