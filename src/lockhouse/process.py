"""The one place that starts processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.errors import BackendFailedError, BackendNotFoundError
from lockhouse.interfaces import Command, CommandResult

if TYPE_CHECKING:
    from threading import Event

#: Seconds between two looks whether the user gave up.
_LOOK = 0.1


def run_command(command: Command, *, given_up: Event | None = None) -> CommandResult:
    """Run a command with no standard input, and capture what it prints.

    On Ctrl-C the child is ended before the interrupt goes on; with it the group of processes that it leads, if any.

    :param command: what to run
    :param given_up: tells whether the user gave up where no signal arrives: in a thread
    :raises BackendNotFoundError: the program is not there, or may not be run
    :raises BackendFailedError: it took longer than its limit
    :raises KeyboardInterrupt: the user gave up
    """
    if given_up is not None and given_up.is_set():
        raise KeyboardInterrupt
    try:
        process = subprocess.Popen(
            command.argv,
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise BackendNotFoundError(f"{command.argv[0]} cannot be started", why=error.strerror or str(error)) from error
    with process:
        try:
            stdout, stderr = _wait(process, command, given_up)
        except BaseException:
            _end(process)
            raise
    return CommandResult(
        returncode=process.returncode,
        stdout=stdout.decode("utf-8", "replace"),
        stderr=stderr.decode("utf-8", "replace"),
    )


def _wait(process: subprocess.Popen[bytes], command: Command, given_up: Event | None) -> tuple[bytes, bytes]:
    end = None if command.timeout is None else time.monotonic() + command.timeout
    while True:
        left = None if end is None else end - time.monotonic()
        if given_up is not None:
            left = _LOOK if left is None else min(left, _LOOK)
        try:
            return process.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            if given_up is not None and given_up.is_set():
                raise KeyboardInterrupt from None
            if end is not None and time.monotonic() >= end:
                raise BackendFailedError(
                    f"{command.argv[0]} did not end within {command.timeout:g} seconds", why=" ".join(command.argv)
                ) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix" and process.poll() is None:
        with suppress(OSError):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
    process.kill()
