"""The command line: arguments, rendering, exit codes. A thin frontend."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lockhouse.cli.arguments import parser
from lockhouse.errors import EXIT_INTERRUPTED, LockhouseError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :param arguments: the words after the program's name; those of this process when not given
    :return: the exit code
    """
    from lockhouse.cli.console import Console  # noqa: PLC0415 - arguments that are wrong need none

    options = parser().parse_args(arguments)
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
        # whoever read our output has gone; there is nobody left to tell
        sys.stderr.close()
        return 1
    return code
