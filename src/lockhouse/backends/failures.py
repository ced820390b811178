"""What it means when a tool underneath could not talk to an index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.errors import BackendFailedError
from lockhouse.model.ways_in import ways_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.indexes import IndexOptions

_UNREACHABLE = re.compile(
    r"error sending request|tcp connect|dns error|timed out|connection (refused|reset|closed|broken)|client error"
    r" \(Connect|Could not connect|HTTP status server error|Failed to establish a new connection|Max retries exceeded"
    r"|Temporary failure in name resolution|Name or service not known|HTTP error 5\d\d|5\d\d Server Error"
    r"|too many 5\d\d error responses|invalid peer certificate|certificate verify failed|SSLError"
    r"|Network connectivity is disabled",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"40[13] \(?(Unauthorized|Forbidden|Client Error|Error)|HTTP error 40[13]|lack of valid authentication",
    re.IGNORECASE,
)
_HOSTS = (
    re.compile(r"https?://(?:[^/\s@]*@)?(\[[^]]+\](?::\d+)?|[^/\s:'\"`)]+(?::\d+)?)"),
    re.compile(r"host='([^']+)'(?:, port=(\d+))?"),
)


def unreachable(lines: Sequence[str], indexes: IndexOptions) -> BackendFailedError | None:
    """Tell whether a tool failed because an index could not be reached, and say so by its host.

    :param lines: what the tool said, with nothing secret
    :param indexes: the indexes that it was given
    """
    if not any(_UNREACHABLE.search(line) for line in lines):
        return None
    return BackendFailedError(
        f"{_place(lines, _UNREACHABLE, indexes)} cannot be reached",
        why=lines,
        fix="look at the network and at the address of the index, then run the command again",
    )


def refused(lines: Sequence[str], indexes: IndexOptions) -> BackendFailedError | None:
    """Tell whether a tool failed because an index asks for other credentials, and say so by its host.

    :param lines: what the tool said, with nothing secret
    :param indexes: the indexes that it was given
    """
    if not any(_REFUSED.search(line) for line in lines):
        return None
    host = _host(lines, _REFUSED)
    with_credentials = any(
        at and (not host or netloc == host)
        for netloc, at in (
            (_without_userinfo(index.url), "@" in urlsplit(index.url).netloc) for index in indexes.indexes
        )
    )
    ways = ways_in(host, indexes)
    if with_credentials:
        return BackendFailedError(
            f"{_place(lines, _REFUSED, indexes)} refuses access with the credentials that are configured for it",
            why=lines,
            fix=f"correct them, or give others by {ways}",
        )
    return BackendFailedError(
        f"{_place(lines, _REFUSED, indexes)} refuses access without credentials",
        why=[*lines, "no address and no variable has any for it, and ~/.netrc and the keyring have none that it takes"],
        fix=f"give valid credentials for it by {ways}",
    )


def _place(lines: Sequence[str], pattern: re.Pattern[str], indexes: IndexOptions) -> str:
    """Name the host: from a line that speaks of the failure, else by the indexes that were given."""
    if host := _host(lines, pattern):
        return f"the index at {host}"
    hosts = dict.fromkeys(_without_userinfo(index.url) for index in indexes.indexes)
    return f"the index at {' or '.join(hosts)}" if hosts else "the index"


def _host(lines: Sequence[str], pattern: re.Pattern[str]) -> str:
    """Give host and port from a line that speaks of the failure, empty where none does."""
    for line in filter(pattern.search, lines):
        for host in _HOSTS:
            if match := host.search(line):
                return ":".join(filter(None, match.groups()))
    return ""


def _without_userinfo(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
