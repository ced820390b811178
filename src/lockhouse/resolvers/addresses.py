"""Addresses as the tools print them, and as a lock may hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lockhouse.model.indexes import recordable_url, strip_userinfo

if TYPE_CHECKING:
    from lockhouse.model.indexes import IndexOptions


class IndexAddresses:
    """Finds the configured index that a printed address belongs to."""

    def __init__(self, indexes: IndexOptions) -> None:
        """Remember the indexes.

        :param indexes: the indexes that the tool was given
        """
        self._known = {_bare(index.url): index.public_url for index in indexes.indexes}

    def public_of(self, address: str) -> str | None:
        """Give the address of an index as a lock may hold it; None for the tool's own default, or no index.

        :param address: the address of the index, or of one of its pages, as a tool prints it
        """
        wanted = _bare(address)
        fits = [root for root in self._known if wanted == root or wanted.startswith(f"{root}/")]
        return self._known[max(fits, key=len)] if fits else None


def _bare(url: str) -> str:
    return strip_userinfo(url).rstrip("/")


def repository_address(url: str, secrets: tuple[str, ...]) -> str:
    """Give the address of a repository without a secret; the user that ssh logs in as belongs to the address.

    :param url: as it was given
    :param secrets: strings known to be secret
    """
    parts = urlsplit(url)
    if parts.scheme.endswith("ssh") and parts.password is None:
        return url
    return recordable_url(url, secrets)
