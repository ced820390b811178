"""Mirrors: other places for what a lock has an address for, told by the user's environment, not by the lock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The environment variable: ``FROM=TO`` with the beginnings of addresses, several apart by spaces.
MIRRORS_VARIABLE = "LOCKHOUSE_MIRRORS"

_PAIR = re.compile(r"(?P<place>https?://\S+?)/?=(?P<mirror>(?:https?|file)://\S+?)/?")


def mirrors_in(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Read which places have which mirror, the longest one first.

    :param environ: the user's environment variables
    :raises InvalidSettingError: the variable cannot be read
    """
    found = []
    for word in environ.get(MIRRORS_VARIABLE, "").split():
        match = _PAIR.fullmatch(word)
        if match is None:
            raise InvalidSettingError(
                f"{MIRRORS_VARIABLE} cannot be read",
                why="expected is FROM=TO, with the beginnings of two addresses; several are set apart by spaces",
                fix=f"{MIRRORS_VARIABLE}=https://files.example/packages=https://mirror.example/packages",
            )
        found.append((match["place"], match["mirror"]))
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


def mirrored(url: str, mirrors: tuple[tuple[str, str], ...]) -> str:
    """Give the address at which a file is to be had here.

    :param url: the address that the lock has
    :param mirrors: of :func:`mirrors_in`
    """
    for place, mirror in mirrors:
        if url.startswith(f"{place}/"):
            return mirror + url.removeprefix(place)
    return url
