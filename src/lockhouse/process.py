"""The one place that starts processes."""

from __future__ import annotations

import subprocess

from lockhouse.errors import BackendFailedError, BackendNotFoundError
from lockhouse.interfaces import Command, CommandResult


def run_command(command: Command) -> CommandResult:
    """Run a command with no standard input, and capture what it prints.

    On Ctrl-C the child is ended before the interrupt goes on.

    :param command: what to run
    :raises BackendNotFoundError: the program is not there, or may not be run
    :raises BackendFailedError: it took longer than its limit
    """
    try:
        done = subprocess.run(
            command.argv,
            env=dict(command.env),
            cwd=command.cwd,
            timeout=command.timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise BackendNotFoundError(f"{command.argv[0]} cannot be started", why=error.strerror or str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise BackendFailedError(
            f"{command.argv[0]} did not end within {error.timeout:g} seconds", why=" ".join(command.argv)
        ) from error
    return CommandResult(
        returncode=done.returncode,
        stdout=done.stdout.decode("utf-8", "replace"),
        stderr=done.stderr.decode("utf-8", "replace"),
    )
