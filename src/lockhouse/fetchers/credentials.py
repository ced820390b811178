"""Which user and password go with a request. They go to the host that they were given for, and to no other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from lockhouse.errors import InvalidSettingError
from lockhouse.model.indexes import strip_userinfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.model.indexes import IndexOptions

#: User and password.
Credentials: TypeAlias = tuple[str, str]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSource:
    """Finds credentials: in the address, in that of a configured index on the same origin, in netrc, in the keyring.

    :ivar indexes: the configured indexes, with their credentials
    :ivar environ: the user's environment variables; ``NETRC`` names another netrc file
    """

    indexes: IndexOptions
    environ: Mapping[str, str]

    def of(self, url: str) -> Credentials | None:
        """Give the credentials to send with the first request, or None.

        :param url: the address, with or without a user part
        :raises InvalidSettingError: the netrc file cannot be read
        """
        return _in_address(url) or self._of_index(url) or self._of_netrc(url)

    def of_keyring(self, url: str) -> Credentials | None:
        """Ask the keyring, where the user allowed it; for after a request was refused.

        :param url: the address, with or without a user part
        """
        if not self.indexes.keyring:
            return None
        from unearth.auth import get_keyring_auth  # noqa: PLC0415 - for speed: rarely needed

        known = self.of(url)
        user = known[0] if known else None
        host = urlsplit(strip_userinfo(url)).netloc
        index = self._index_for(url)
        places = [host] if index is None else [strip_userinfo(index), host]
        return next((found for place in places if (found := get_keyring_auth(place, user))), None)

    def _of_index(self, url: str) -> Credentials | None:
        index = self._index_for(url)
        return None if index is None else _in_address(index)

    def _index_for(self, url: str) -> str | None:
        """Give the address of the index or page on the same origin whose path is the most alike."""
        wanted = _origin(url)
        addresses = [*(index.url for index in self.indexes.indexes), *self.indexes.find_links]
        candidates = [address for address in addresses if "://" in address and _origin(address) == wanted]
        with_credentials = [address for address in candidates if _in_address(address)]
        return max(with_credentials or candidates, key=lambda address: _likeness(address, url), default=None)

    def _of_netrc(self, url: str) -> Credentials | None:
        from netrc import NetrcParseError, netrc  # noqa: PLC0415 - for speed: only requests need it

        host = urlsplit(url).hostname
        for place in self._netrc_files():
            try:
                found = netrc(place).authenticators(host or "")
            except OSError:  # absent, or not for this user to read: as every other tool takes it
                continue
            except (NetrcParseError, UnicodeDecodeError) as error:
                line = getattr(error, "lineno", None)
                raise InvalidSettingError(
                    f"{place} cannot be read",
                    why="it is no netrc file" if line is None else f"its line {line} is not of the netrc form",
                    fix=f"mend {place}, or let NETRC name another file",
                ) from None  # the parser's message quotes the line, which may hold a password
            return None if found is None else (found[0], found[2] or "")
        return None

    def _netrc_files(self) -> list[Path]:
        if given := self.environ.get("NETRC"):
            return [Path(os.path.expanduser(given))]  # noqa: PTH111 - that of pathlib raises where there is no such user
        home = Path(self.environ.get("HOME") or self.environ.get("USERPROFILE") or Path.home())
        return [home / ".netrc", home / "_netrc"]


def _in_address(url: str) -> Credentials | None:
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at:
        return None
    user, _, password = userinfo.partition(":")
    return unquote(user), unquote(password)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _likeness(one: str, other: str) -> int:
    """Count the parts that two paths begin with alike."""
    pairs = zip(urlsplit(one).path.split("/"), urlsplit(other).path.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
