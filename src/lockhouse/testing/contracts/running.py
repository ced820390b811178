"""What the suites share: a runner that keeps what it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.process import run_command

if TYPE_CHECKING:
    from lockhouse.interfaces import Command, CommandResult


class RecordingRunner:
    """Runs commands for real.

    :ivar commands: what was run, in order
    """

    def __init__(self) -> None:
        """Start with none."""
        self.commands: list[Command] = []

    def __call__(self, command: Command) -> CommandResult:
        """Run one."""
        self.commands.append(command)
        return run_command(command)

    @property
    def arguments(self) -> list[str]:
        """Give all arguments of all commands: what other users of the machine could read."""
        return [argument for command in self.commands for argument in command.argv]
