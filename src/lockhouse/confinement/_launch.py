"""Runs a program with no network: a script of its own, started by path, that imports nothing of Lockhouse.

Usage: ``_launch.py namespace|plain PROGRAM ARGUMENTS...``; the program takes the place of this process.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1

#: Exit code that says that there can be no namespace.
IMPOSSIBLE = 125


def main(arguments: list[str]) -> None:
    """Prepare this process, and become the program."""
    mode, program, *rest = arguments
    os.umask(0o022)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that whoever ends this ends all that it started
    if mode == "namespace":
        try:
            _leave_the_network()
        except OSError as error:
            print(f"no network namespace can be made: {error}", file=sys.stderr)  # noqa: T201 - a script
            sys.exit(IMPOSSIBLE)
    if sys.platform.startswith("linux"):
        _libc().prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    os.execv(program, [program, *rest])  # noqa: S606 - this is what the script is for


def _leave_the_network() -> None:
    user, group = os.getuid(), os.getgid()
    libc = _libc()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        import ctypes  # noqa: PLC0415 - a script that should start fast

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    _raise_loopback()


def _libc() -> Any:
    import ctypes  # noqa: PLC0415 - a script that should start fast

    return ctypes.CDLL(None, use_errno=True)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs as much as the rest of the script
        file.write(text)


def _raise_loopback() -> None:
    """Have the loopback work, which leads nowhere from here: a backend may talk to itself."""
    import fcntl  # noqa: PLC0415 - Linux only
    import socket  # noqa: PLC0415 - likewise
    import struct  # noqa: PLC0415 - likewise

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        asked = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(sock, _SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


if __name__ == "__main__":
    main(sys.argv[1:])
