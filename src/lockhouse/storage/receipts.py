"""Receipts on disk: one JSON file in the environment that it is about."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lockhouse.model.provenance import Provenance
from lockhouse.model.receipt import (
    RECEIPT_VERSION,
    InstalledFiles,
    InstalledPackage,
    InstalledSource,
    InterpreterIdentity,
    Receipt,
)
from lockhouse.storage.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

#: Name of the receipt in the root of an environment.
RECEIPT_NAME = "lockhouse-receipt.json"


def read_receipt(environment: Path) -> Receipt | None:
    """Read the receipt of an environment.

    :param environment: the environment's root
    :return: the receipt; None where there is none, or one that is damaged or of another version: the environment then
        counts as never synced
    """
    try:
        data = json.loads((environment / RECEIPT_NAME).read_bytes())
        return _from_dict(data) if data["version"] == RECEIPT_VERSION else None
    except (OSError, ValueError, KeyError, TypeError):
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
    """
    (environment / RECEIPT_NAME).unlink(missing_ok=True)


def _to_dict(receipt: Receipt) -> dict[str, Any]:
    return {
        "version": RECEIPT_VERSION,
        "environment": receipt.environment,
        "lock_digest": receipt.lock_digest,
        "inputs_digest": receipt.inputs_digest,
        "target": receipt.target,
        "interpreter": {key: getattr(receipt.interpreter, key) for key in InterpreterIdentity.__slots__},
        "installer": receipt.installer,
        "packages": [[getattr(package, key) for key in _PACKAGE_KEYS] for package in receipt.packages],
        "sources": [[getattr(source, key) for key in _SOURCE_KEYS] for source in receipt.sources],
        # one string a package: thousands of short ones would take longer to read than the files to look at
        "files": [[*(getattr(files, key) for key in _FILES_KEYS), "\n".join(files.paths)] for files in receipt.files],
        "skip_project": receipt.skip_project,
        "built": [asdict(record) for record in receipt.built],
    }


def _from_dict(data: dict[str, Any]) -> Receipt:
    return Receipt(
        environment=data["environment"],
        lock_digest=data["lock_digest"],
        inputs_digest=data["inputs_digest"],
        target=data["target"],
        interpreter=InterpreterIdentity(**data["interpreter"]),
        installer=data["installer"],
        packages=tuple(InstalledPackage(**dict(zip(_PACKAGE_KEYS, row, strict=True))) for row in data["packages"]),
        sources=tuple(InstalledSource(**dict(zip(_SOURCE_KEYS, row, strict=True))) for row in data["sources"]),
        files=tuple(_files_from(row) for row in data["files"]),
        skip_project=data["skip_project"],
        built=tuple(Provenance(**record) for record in data["built"]),
    )


def _files_from(row: list[str]) -> InstalledFiles:
    *known, paths = row
    values: dict[str, Any] = dict(zip(_FILES_KEYS, known, strict=True))
    return InstalledFiles(**values, paths=tuple(paths.split("\n")) if paths else ())


_PACKAGE_KEYS = ("name", "version", "artifact", "dist_info", "record_size", "record_mtime_ns")
_FILES_KEYS = ("name", "folder", "dist_info", "record", "digest")
_SOURCE_KEYS = ("name", "path", "editable", "identity")
