"""Tells what a build tries to reach, and refuses it: copied into build environments, so it keeps to Python 3.8."""

from __future__ import annotations

import json
import sys
from typing import Any

_FETCHING = {
    "curl": (),
    "wget": (),
    "git": ("clone", "fetch", "pull", "ls-remote", "submodule"),
    "pip": ("install", "download", "wheel"),
    "easy_install": (),
    "uv": ("pip", "sync", "add"),
}
_LOCAL = ("localhost", "127.0.0.1", "::1", "")


def start(log: str, loopback_is_free: bool) -> None:  # noqa: FBT001 - called from a .pth file
    """Begin to watch this interpreter.

    :param log: the file that attempts are written to, a JSON line each
    :param loopback_is_free: whether connections to this machine itself are let through
    """
    sys.addaudithook(_Watch(log, loopback_is_free))


class _Watch:
    def __init__(self, log: str, loopback_is_free: bool) -> None:  # noqa: FBT001 - as above
        self.log = log
        self.loopback_is_free = loopback_is_free

    def __call__(self, event: str, args: Any) -> None:
        if event in ("socket.connect", "socket.sendto"):
            self._address(args[1])
        elif event == "socket.getaddrinfo":
            self._name(args[0], args[1])
        elif event in ("socket.gethostbyname", "socket.gethostbyaddr"):
            self._name(args[0], None)
        elif event == "urllib.Request" and str(args[0]).startswith(("http:", "https:", "ftp:")):
            self._tell("it asks for " + _without_login(str(args[0])), certain=False)
        elif event in ("subprocess.Popen", "os.posix_spawn", "os.exec"):
            self._program(args[1])

    def _address(self, address: Any) -> None:
        if not isinstance(address, tuple) or len(address) < 2:  # noqa: PLR2004 - a socket of this machine's file system
            return
        host, port = _text(address[0]), address[1]
        local = host in _LOCAL or host.startswith("127.")
        self._tell("it connects to %s:%s" % ("[" + host + "]" if ":" in host else host, port), certain=not local)  # noqa: UP031
        if not (local and self.loopback_is_free):
            raise ConnectionRefusedError("the network is denied to this build")

    def _name(self, host: Any, port: Any) -> None:
        name = _text(host)
        if name in _LOCAL or not name.strip("0123456789.:"):
            return
        self._tell("it looks up %s" % name + ("" if port is None else ":%s" % _text(port)), certain=True)  # noqa: UP031
        raise OSError("the network is denied to this build")

    def _program(self, args: Any) -> None:
        words = args.split() if isinstance(args, str) else [_text(word) for word in args]
        for place, word in enumerate(words[:4]):
            name = word.replace("\\", "/").rpartition("/")[2].lower()
            name = name[:-4] if name.endswith(".exe") else name  # noqa: FURB188 - Python 3.8
            wanted = _FETCHING.get(name)
            if wanted is not None and (not wanted or any(verb in words[place + 1 : place + 6] for verb in wanted)):
                shown = " ".join(_without_login(each) for each in words[place:])
                self._tell("it runs " + shown, certain=False)
                return

    def _tell(self, what: str, *, certain: bool) -> None:
        with open(self.log, "a", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would slow down every start
            file.write(json.dumps([what, certain]) + "\n")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _without_login(text: str) -> str:
    scheme, mark, rest = text.partition("://")
    if not mark:
        return text
    place, slash, path = rest.partition("/")
    return scheme + mark + place.rpartition("@")[2] + slash + path
