"""In which ways a user can give credentials for an index: one wording for every message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from lockhouse.model.indexes import IndexOptions

_OTHERS = (
    "a variable in its address",
    "~/.netrc",
    "the keyring (UV_KEYRING_PROVIDER=subprocess)",
    "its address in your own configuration of pip or uv",
)


def variable_of(name: str) -> str:
    """Give the beginning of the variables that hold the credentials of an index (uv's rule).

    :param name: its name
    :return: such as ``UV_INDEX_PRIVATE``
    """
    return f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"


def ways_in(host: str, indexes: IndexOptions) -> str:
    """Say how credentials for a host can be given, as the how-to on private indexes does.

    :param host: host and port, empty where it is not known
    :param indexes: the options in effect
    """
    names = dict.fromkeys(
        index.name
        for index in indexes.indexes
        if index.name and host in {"", urlsplit(index.url).netloc.rpartition("@")[2]}
    )
    named = [f"{variable_of(name)}_USERNAME and {variable_of(name)}_PASSWORD" for name in names]
    last = [] if named else ["UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD, for an index with a name"]
    ways = [*named, *_OTHERS, *last]
    return f"{', '.join(ways[:-1])}, or {ways[-1]}"
