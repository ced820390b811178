"""Keeping a build from the network: by the strongest means that the system has, and by telling what was tried."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.interfaces import Command
from lockhouse.model.provenance import NETWORK_ALLOWED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.interfaces import CommandRunner

_LAUNCHER = Path(__file__).with_name("_launch.py")
_WATCH = Path(__file__).with_name("_watch.py")
_WATCH_MODULE = "_lockhouse_watch"


class Network(StrEnum):
    """How a build was kept from the network. The values stand in provenance records."""

    NAMESPACE = "denied by a network namespace"
    WATCHED = "denied by an audit hook"
    ALLOWED = NETWORK_ALLOWED


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Something that a build did to reach the network.

    :ivar what: in words, with the address where it is known
    :ivar certain: whether it was surely meant for another machine; what may have been harmless counts only where the
        build failed
    """

    what: str
    certain: bool


def strongest(run: CommandRunner, environ: Mapping[str, str]) -> Network:
    """Say by what means this system can deny the network to a process.

    A network namespace of its own leaves a process no way out at all. Without it there is but a hook in the
    interpreter, which sees what Python code does, and not what other programs do.

    :param run: starts processes
    :param environ: the environment of the trial
    """
    if not sys.platform.startswith("linux"):
        return Network.WATCHED
    trial = Command(argv=(sys.executable, "-I", "-S", "-c", ""), env=environ)
    tried = run(confined(trial, Network.NAMESPACE))
    return Network.NAMESPACE if tried.returncode == 0 else Network.WATCHED


def confined(command: Command, network: Network) -> Command:
    """Give the command that runs another one with this network.

    On POSIX it gets the usual file mode mask and leads a group of processes, and on Linux it ends when we are killed.

    :param command: what to run; its program is an absolute path
    :param network: how it is kept from the network
    """
    if os.name != "posix":
        return command
    mode = "namespace" if network is Network.NAMESPACE else "plain"
    return replace(command, argv=(sys.executable, "-I", "-S", "-B", str(_LAUNCHER), mode, *command.argv))


def watch(site_packages: Path, log: Path, network: Network) -> None:
    """Have every Python of an environment tell what it tries to reach, and refuse to reach it.

    :param site_packages: of the environment
    :param log: the file that attempts are written to
    :param network: how the environment is kept from the network besides
    """
    # within a namespace the loopback leads nowhere, so that a backend that talks to itself may go on
    free = network is Network.NAMESPACE or os.name == "nt"
    shutil.copyfile(_WATCH, site_packages / f"{_WATCH_MODULE}.py")
    start = f"import {_WATCH_MODULE}; {_WATCH_MODULE}.start({str(log)!r}, {free})\n"
    (site_packages / f"{_WATCH_MODULE}.pth").write_text(start, encoding="utf-8")


def attempts(log: Path) -> tuple[Attempt, ...]:
    """Read what was tried, each thing once.

    :param log: the file that :func:`watch` was given
    """
    if not log.is_file():
        return ()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(dict.fromkeys(attempt for line in lines if (attempt := _attempt(line)) is not None))


def _attempt(line: str) -> Attempt | None:
    """Read one line, unless the build itself wrote into the file, or was ended while it was written."""
    try:
        what, certain = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return None
    return Attempt(what=str(what), certain=bool(certain))
