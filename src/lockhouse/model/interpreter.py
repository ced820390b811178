"""Which interpreter an environment has. It stands by itself, so that the quick answer loads nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterIdentity:
    """What tells one build of an interpreter from another without starting it.

    :ivar executable: real path of the base interpreter, links resolved
    :ivar size: its length in bytes
    :ivar mtime_ns: its time of last change, in nanoseconds
    :ivar version: its version, to the micro
    :ivar system_packages: whether the environment sees the packages of the base interpreter, too
    """

    executable: str
    size: int
    mtime_ns: int
    version: str
    system_packages: bool = False
