"""The PEP 751 format: ``pylock.<name>.toml``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lockhouse.errors import LockInvalidError
from lockhouse.model.lock import Lock
from lockhouse.model.unparsed import why_unparsed
from lockhouse.storage.lockfiles.packages import package_from, package_to_dict
from lockhouse.storage.lockfiles.record import record_from_dict, record_to_dict, with_edges

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_toml(lock: Lock, directory: str) -> bytes:
    """Give the body of the file.

    :param lock: the lock
    :param directory: folder of the file relative to the project, with forward slashes
    """
    import tomli_w  # noqa: PLC0415

    document: dict[str, Any] = {"lock-version": "1.0"}
    if lock.environments:
        document["environments"] = list(lock.environments)
    document["requires-python"] = lock.requires_python
    document["created-by"] = "lockhouse"
    document["packages"] = [package_to_dict(package, directory) for package in lock.packages]
    if lock.record is not None:
        document["tool"] = {"lockhouse": record_to_dict(lock, lock.record, directory)}
    return tomli_w.dumps(document).encode()


def from_document(document: Mapping[str, Any], place: str, directory: str) -> Lock:
    """Read a parsed file.

    :param document: what the file holds
    :param place: the file, for messages
    :param directory: folder of the file relative to the project, with forward slashes
    :raises LockInvalidError: it breaks a rule of PEP 751, or is of a newer version
    """
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError  # noqa: PLC0415

    try:
        pylock = Pylock.from_dict(document)
    except PylockUnsupportedVersionError as error:
        raise LockInvalidError(
            f"{place}: the format is newer than this Lockhouse", why=str(error), fix="upgrade Lockhouse"
        ) from error
    except (PylockValidationError, RecursionError) as error:
        why = str(error) if isinstance(error, PylockValidationError) else why_unparsed(error)
        raise LockInvalidError(f"{place} breaks a rule of the pylock format (PEP 751)", why=why) from error
    packages = tuple(package_from(package, directory) for package in pylock.packages)
    lock = Lock(
        requires_python=str(pylock.requires_python or ""),
        environments=tuple(map(str, pylock.environments or ())),
        packages=packages,
    )
    table = dict(pylock.tool or {}).get("lockhouse")
    if table is None:
        return lock
    record, edges = record_from_dict(table, place, directory)
    return replace(lock, packages=tuple(with_edges(packages, edges)), record=record)
