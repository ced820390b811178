"""Wheels that were built here, each beside the record that proves it.

::

    ROOT/v1/built/<first two digits>/<key>/<wheel>
    ROOT/v1/built/<first two digits>/<key>/provenance.json

The key is a digest of all that decides the wheel. A wheel is visible only together with its record.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename

from lockhouse.errors import StoreError
from lockhouse.model.provenance import Provenance
from lockhouse.storage.files import disk_errors, file_lock, sweep_abandoned
from lockhouse.storage.store import ELSEWHERE
from lockhouse.storage.unfinished import PARTIAL_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lockhouse.storage.store import Store

RECORD_NAME = "provenance.json"

#: Seconds to wait for another process that builds the same.
_PATIENCE = 4 * 3600


class BuiltWheels:
    """The store's room for built wheels.

    :param store: the store
    :param room: the folder for them; wheels of projects have one of their own, for each edit makes another one
    """

    def __init__(self, store: Store, room: str = "built") -> None:
        self._store = store
        self._room = store.temporary.parent / room

    def find(self, key: str) -> tuple[Path, Provenance] | None:
        """Find a built wheel, and read all of it to see that it is the one that its record names.

        One that was damaged, or has no readable record, is removed: it is built again.

        :param key: hex digest of all that decides it
        :return: the wheel and its record, or None where there is none that can be trusted
        :raises StoreError: the disk fails
        """
        folder = self._folder(key)
        with disk_errors(folder):
            try:
                record = _read(folder / RECORD_NAME)
                wheel = folder / record.wheel_name
                if f"sha256:{_digest(wheel)}" == record.wheel:
                    with suppress(OSError):  # a store that nobody may write to
                        os.utime(folder)  # pruning asks when it was last used
                    return wheel, record
            except FileNotFoundError:
                if not folder.is_dir():
                    return None
            except (ValueError, TypeError, KeyError, AttributeError):
                pass
            shutil.rmtree(folder, ignore_errors=True)
        return None

    def record(self, key: str) -> Provenance | None:
        """Give the record of a wheel that is kept; nothing of the wheel is read, and nothing is written or removed.

        :param key: hex digest of all that decides it
        :return: None where there is none that can be read
        """
        folder = self._folder(key)
        try:
            record = _read(folder / RECORD_NAME)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return record if (folder / record.wheel_name).is_file() else None

    def add(self, key: str, wheel: Path, record: Provenance) -> Path:
        """Keep a wheel with its record; they become visible at once, or not at all.

        :param key: hex digest of all that decides it
        :param wheel: the wheel, anywhere
        :param record: what proves it
        :return: its place
        :raises StoreError: the disk fails
        """
        folder = self._folder(key)
        partial = self._store.temporary / f"{os.urandom(16).hex()}{PARTIAL_SUFFIX}"
        with disk_errors(folder):
            partial.mkdir(parents=True)
            try:
                shutil.copyfile(wheel, partial / wheel.name)
                (partial / RECORD_NAME).write_text(json.dumps(asdict(record), indent=1, sort_keys=True), "utf-8")
                _flush(partial / wheel.name)
                folder.parent.mkdir(parents=True, exist_ok=True)
                partial.rename(folder)
            except OSError:
                if not (folder / RECORD_NAME).is_file():  # else another process was first
                    raise
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        found = self.find(key)
        if found is None:
            raise StoreError(f"{wheel.name} was damaged while it was stored", fix="run again")
        return found[0]

    def lock(self, key: str, *, what: str, timeout: float = _PATIENCE) -> AbstractContextManager[None]:
        """Hold the right to build; others wait. Who is killed lets go.

        :param key: hex digest of all that decides the wheel
        :param what: what is being built, for the message
        :param timeout: seconds to wait for another process
        :raises StoreBusyError: another process held it for longer
        """
        place = self._store.temporary.parent / "locks" / f"build-{key}"
        return file_lock(place, timeout=timeout, what=what, otherwise=ELSEWHERE)

    def all(self) -> Iterator[tuple[str, Path, Provenance | None]]:
        """List what is there, unread: key, the wheel, and its record; without one that can be read, its folder."""
        for folder in sorted(self._room.glob("*/*")):
            try:
                record = _read(folder / RECORD_NAME)
            except (OSError, ValueError, TypeError, KeyError, AttributeError):
                yield folder.name, folder, None
            else:
                yield folder.name, folder / record.wheel_name, record

    def remove(self, key: str) -> None:
        """Remove a wheel with its record. Whoever builds the same must be kept from it meanwhile: see :meth:`lock`.

        :param key: hex digest of all that decides it
        """
        shutil.rmtree(self._folder(key), ignore_errors=True)

    def _folder(self, key: str) -> Path:
        return self._room / key[:2] / key

    def forget_unused(self, seconds: float) -> None:
        """Remove wheels that nobody asked for in so long.

        :param seconds: how long
        """
        with suppress(OSError):
            for folder in list(self._room.iterdir()):
                sweep_abandoned(folder, suffix="", older_than=seconds)


def _read(path: Path) -> Provenance:
    try:
        data = json.loads(path.read_bytes())
    except RecursionError as error:
        raise ValueError("it is no record") from error
    found = {each.name: data[each.name] for each in fields(Provenance)}
    parse_wheel_filename(found["wheel_name"])  # so that it is one, and no way out of the folder
    if (
        not all(isinstance(value, str) and value.isprintable() for value in found.values())
        or "/" in found["wheel_name"]
    ):
        raise ValueError("it is no record")
    return Provenance(**found)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    with path.open("r+b") as file:  # Windows flushes only what may be written
        os.fsync(file.fileno())
