"""A runner that answers from a script instead of starting anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.interfaces import Command, CommandResult
from lockhouse.model.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable


class ScriptedRunner:
    def __init__(self, answer: Callable[[tuple[str, ...]], str | None]) -> None:
        self._answer = answer
        self.commands: list[Command] = []

    def __call__(self, command: Command) -> CommandResult:
        """Give the scripted output; a command without one fails."""
        self.commands.append(command)
        stdout = self._answer(command.argv)
        return CommandResult(
            returncode=1 if stdout is None else 0, stdout=stdout or "", stderr="no such thing" if stdout is None else ""
        )


def target(version: str, prefix: str = "/nowhere") -> Target:
    return Target(
        executable="/nowhere/bin/python",
        markers={"python_full_version": version, "python_version": ".".join(version.split(".")[:2])},
        tags=(),
        prefix=prefix,
        purelib="/nowhere/lib",
        platlib="/nowhere/lib",
        scripts="/nowhere/bin",
    )
