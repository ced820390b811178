"""Receipts on disk: one JSON file in the environment that it is about."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lockhouse.model.interpreter import InterpreterIdentity
from lockhouse.model.provenance import Provenance
from lockhouse.model.receipt import (
    RECEIPT_VERSION,
    InstalledFiles,
    InstalledPackage,
    InstalledSource,
    Receipt,
)
from lockhouse.storage.files import disk_errors, write_atomically
from lockhouse.storage.untouched import RECEIPT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["RECEIPT_NAME", "read_receipt", "remove_receipt", "write_receipt"]


def read_receipt(environment: Path) -> Receipt | None:
    """Read the receipt of an environment.

    :param environment: the environment's root
    :return: the receipt; None where there is none, or one that is damaged or of another version: the environment then
        counts as never synced
    """
    try:
        data = json.loads((environment / RECEIPT_NAME).read_bytes())
        return _from_dict(data) if data["version"] == RECEIPT_VERSION else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def write_receipt(environment: Path, receipt: Receipt) -> None:
    """Write the receipt of an environment, whole or not at all.

    :param environment: the environment's root
    :param receipt: what to write
    :raises StoreError: it cannot be written
    """
    text = json.dumps(_to_dict(receipt), indent=1, sort_keys=True)
    write_atomically(environment / RECEIPT_NAME, text.encode())


def remove_receipt(environment: Path) -> None:
    """Remove the receipt before anything in the environment changes, so that a killed install is not called good.

    :param environment: the environment's root
    :raises StoreError: it cannot be removed
    """
    receipt = environment / RECEIPT_NAME
    with disk_errors(receipt, otherwise=f"remove {receipt}"):
        receipt.unlink(missing_ok=True)


def _to_dict(receipt: Receipt) -> dict[str, Any]:
    return {
        "version": RECEIPT_VERSION,
        "environment": receipt.environment,
        "lock_digest": receipt.lock_digest,
        "target": receipt.target,
        "interpreter": {key: getattr(receipt.interpreter, key) for key in _INTERPRETER_KEYS},
        "installer": receipt.installer,
        "packages": [[getattr(package, key) for key in _PACKAGE_KEYS] for package in receipt.packages],
        "sources": [[getattr(source, key) for key in _SOURCE_KEYS] for source in receipt.sources],
        # one string a package: thousands of short ones would take longer to read than the files to look at
        "files": [
            [*(getattr(files, key) for key in _FILES_KEYS), "\n".join(files.paths), _lines(files.unhashed)]
            for files in receipt.files
        ],
        "seeded": _lines(receipt.seeded),
        "skip_project": receipt.skip_project,
        "built": [asdict(record) for record in receipt.built],
    }


def _from_dict(data: dict[str, Any]) -> Receipt:
    """Build a receipt.

    :raises TypeError: something has another type than we write
    """
    text, boolean = (str,), (bool,)
    return Receipt(
        environment=_checked(data["environment"], text),
        lock_digest=_checked(data["lock_digest"], text),
        target=_checked(data["target"], text),
        interpreter=InterpreterIdentity(
            **_row(_INTERPRETER_KEYS, map(data["interpreter"].__getitem__, _INTERPRETER_KEYS))
        ),
        installer=_checked(data["installer"], text),
        packages=tuple(InstalledPackage(**_row(_PACKAGE_KEYS, row)) for row in data["packages"]),
        sources=tuple(InstalledSource(**_row(_SOURCE_KEYS, row)) for row in data["sources"]),
        files=tuple(_files_from(row) for row in data["files"]),
        seeded=_pairs(data["seeded"]),
        skip_project=_checked(data["skip_project"], boolean),
        built=tuple(_provenance(record) for record in data["built"]),
    )


def _files_from(row: list[str]) -> InstalledFiles:
    *known, paths, unhashed = row
    values = _row(_FILES_KEYS, known)
    return InstalledFiles(**values, paths=tuple(paths.split("\n")) if paths else (), unhashed=_pairs(unhashed))


def _row(keys: Mapping[str, tuple[type, ...]], values: Iterable[object]) -> dict[str, Any]:
    return {key: _checked(value, keys[key]) for key, value in zip(keys, values, strict=True)}


def _checked(value: object, types: tuple[type, ...]) -> Any:
    if type(value) not in types:  # a bool is no int here
        raise TypeError(value)
    return value


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{digest} {path}" for path, digest in pairs)


def _pairs(lines: str) -> tuple[tuple[str, str], ...]:
    split = (line.partition(" ") for line in lines.split("\n") if line)
    return tuple((path, digest) for digest, _, path in split)


# the order of a row, and the types of its values
_INTERPRETER_KEYS = {
    "executable": (str,),
    "size": (int,),
    "mtime_ns": (int,),
    "version": (str,),
    "system_packages": (bool,),
}
_PACKAGE_KEYS = {
    "name": (str,),
    "version": (str,),
    "artifact": (str,),
    "dist_info": (str,),
    "record_size": (int,),
    "record_mtime_ns": (int,),
}
_FILES_KEYS = dict.fromkeys(("name", "folder", "dist_info", "record", "digest"), (str,))
_SOURCE_KEYS = {
    "name": (str,),
    "path": (str,),
    "editable": (bool,),
    "identity": (str,),
    "build_lock": (str,),
}


def _provenance(record: dict[str, Any]) -> Provenance:
    return Provenance(**{key: _checked(value, (str,)) for key, value in record.items()})
