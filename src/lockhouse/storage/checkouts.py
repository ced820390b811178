"""Repositories at a commit, each as one file: a bundle of git that holds what the commit reaches, and no credentials.

::

    ROOT/v1/checkouts/<first two digits>/<key>/<commit>.<sha256>.bundle

The key is a digest of the address, as a lock gives it, the commit, and the locked version: that may come from tags, and
those may come later. The name of the file says which bytes it must have.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.storage.files import disk_errors, file_lock
from lockhouse.storage.store import ELSEWHERE
from lockhouse.storage.unfinished import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lockhouse.storage.store import Store

_SUFFIX = ".bundle"

#: Seconds to wait for another process that fetches the same.
_PATIENCE = 3600


class StoredCheckouts:
    """The store's room for repositories.

    :param store: the store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._room = store.temporary.parent / "checkouts"

    @staticmethod
    def key(url: str, commit: str, version: str | None) -> str:
        """Give what a repository at a commit is known by.

        :param url: address of the repository, as a lock gives it
        :param commit: the full commit
        :param version: the version that is locked, or None
        """
        return hashlib.sha256(json.dumps([url, commit, version]).encode()).hexdigest()

    def find(self, key: str) -> Path | None:
        """Find a bundle, and read all of it to see that it is whole. One that was damaged is removed.

        :param key: of :meth:`key`
        :raises StoreError: the disk fails
        """
        folder = self._room / key[:2] / key
        with disk_errors(folder):
            for bundle in sorted(folder.glob(f"*{_SUFFIX}")):
                if _digest(bundle) == bundle.stem.rpartition(".")[2]:
                    with suppress(OSError):  # a store that nobody may write to
                        os.utime(folder)  # pruning asks when it was last used
                    return bundle
                bundle.unlink(missing_ok=True)
        return None

    def add(self, key: str, commit: str, bundle: Path) -> Path:
        """Keep a bundle; it becomes visible at once, or not at all.

        :param key: of :meth:`key`
        :param commit: the full commit
        :param bundle: a file in the store's folder for what is being written
        :return: its place
        :raises StoreError: the disk fails
        """
        folder = self._room / key[:2] / key
        with disk_errors(folder):
            place = folder / f"{commit}.{_digest(bundle)}{_SUFFIX}"
            folder.mkdir(parents=True, exist_ok=True)
            replace(bundle, place)
        return place

    def lock(self, key: str, *, what: str, timeout: float = _PATIENCE) -> AbstractContextManager[None]:
        """Hold the right to fetch; others wait. Who is killed lets go.

        :param key: of :meth:`key`
        :param what: what is fetched, for the message
        :param timeout: seconds to wait for another process
        :raises StoreBusyError: another process held it for longer
        """
        place = self._store.temporary.parent / "locks" / f"checkout-{key}"
        return file_lock(place, timeout=timeout, what=what, otherwise=ELSEWHERE)

    def all(self) -> Iterator[tuple[str, Path, str, str]]:
        """List what is there, unread: key, bundle, commit, and the sha256 that it must have."""
        for bundle in sorted(self._room.glob(f"*/*/*{_SUFFIX}")):
            commit, _, digest = bundle.stem.rpartition(".")
            yield bundle.parent.name, bundle, commit, digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
