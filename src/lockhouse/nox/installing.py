"""Tells the commands that install packages from those that prepare something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONDA = frozenset({"install", "update", "upgrade", "remove", "uninstall"})
_POETRY = frozenset({"install", "add", "remove", "sync", "update"})

#: Program → the words that have it change an environment.
_VERBS: Mapping[str, frozenset[str]] = {
    "pip": frozenset({"install", "uninstall"}),
    "pip-sync": frozenset({""}),
    "uv": frozenset({"install", "uninstall", "sync", "add", "remove"}),
    "conda": _CONDA,
    "mamba": _CONDA,
    "micromamba": _CONDA,
    "poetry": _POETRY,
    "pdm": _POETRY,
}

# /usr/bin/pip3.11, C:\tools\uv.exe
_PROGRAM = re.compile(r"(?:.*[/\\])?(?P<name>[a-z-]+?)(?:[0-9.]*)(?:\.exe)?", re.IGNORECASE | re.DOTALL)


def installs(command: Sequence[object]) -> bool:
    """Tell whether a command installs or removes packages.

    :param command: its words, the program first; ``python -m pip`` counts as ``pip``
    """
    program, *words = [str(word) for word in command] or [""]
    if _name(program) in {"python", "pypy", "py"} and "-m" in words:
        program, *words = words[words.index("-m") + 1 :] or [""]
    verbs = _VERBS.get(_name(program), frozenset())
    return not verbs.isdisjoint({"", *words})


def _name(program: str) -> str:
    match = _PROGRAM.fullmatch(program)
    return match["name"].lower() if match else ""
