"""Streams bytes from an address, with the credentials, proxies and certificates of the user's own set-up."""

from __future__ import annotations

from lockhouse.fetchers.fetcher import Download, Fetcher
from lockhouse.fetchers.listing import FoundFile

__all__ = ["Download", "Fetcher", "FoundFile"]
