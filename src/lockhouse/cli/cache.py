"""The commands about the store."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from lockhouse.cli.commands import print_json
from lockhouse.errors import EXIT_NO, EXIT_OK, ConfigError, InvalidSettingError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from lockhouse.cli.console import Console
    from lockhouse.storage.store import Store
    from lockhouse.storage.upkeep import StoredEntry

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_BYTES = {
    "": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
}  # fmt: skip


def path(options: argparse.Namespace, console: Console) -> int:  # noqa: ARG001 - all commands are alike
    """Print the folder of the store."""
    console.answer(str(_store().root))
    return EXIT_OK


def info(options: argparse.Namespace, console: Console) -> int:
    """Print how large the store is."""
    from lockhouse.project.words import quantity  # noqa: PLC0415 - only here
    from lockhouse.storage.upkeep import usage  # noqa: PLC0415 - only here

    found = usage(_store())
    if options.format == "json":
        record = {"files": found.files, "size": found.size, "unfinished": found.unfinished, "uv": found.installer}
        print_json(console, {"path": str(found.root), **record})
        return EXIT_OK
    console.answer(str(found.root))
    console.answer(f"  {quantity(found.files, 'file')}, {found.size:,} bytes")
    console.answer(f"  cache of the uv installer: {found.installer:,} bytes")
    if found.unfinished:
        console.answer(f"  unfinished: {found.unfinished:,} bytes")
    return EXIT_OK


def verify(options: argparse.Namespace, console: Console) -> int:
    """Read the whole store, and remove what is damaged."""
    from lockhouse.storage.upkeep import remove_damaged  # noqa: PLC0415 - only here

    with console.progress("Verifying") as progress:
        removed = remove_damaged(_store(), progress)
    if options.format == "json":
        print_json(console, {"removed": _records(removed)})
    else:
        for entry in removed:
            console.answer(f"damaged, removed: {entry.path.name} ({entry.algorithm}:{entry.digest})", "error")
        if not removed:
            console.info("every file has the bytes of its hash")
    return EXIT_NO if removed else EXIT_OK


def prune(options: argparse.Namespace, console: Console) -> int:
    """Remove files of the store."""
    from lockhouse.project.words import quantity  # noqa: PLC0415 - only here
    from lockhouse.storage.upkeep import digests_in, prune  # noqa: PLC0415 - only here

    if options.older_than is None and options.max_size is None and not options.unused_by:
        raise ConfigError(
            "nothing says what is to be removed",
            why="needed is one of --older-than, --max-size and --unused-by",
            fix="lockhouse cache prune --older-than 30d",
        )
    removed = prune(
        _store(),
        now=time.time(),
        older_than=None if options.older_than is None else _amount(options.older_than, _SECONDS),
        keep=digests_in(options.unused_by) if options.unused_by else None,
        largest=None if options.max_size is None else int(_amount(options.max_size, _BYTES)),
        dry_run=options.dry_run,
    )
    if options.format == "json":
        print_json(console, {"removed": _records(removed), "dry-run": options.dry_run})
        return EXIT_OK
    for entry in removed:
        console.detail(f"  {entry.path.name}, {entry.size:,} bytes")
    size = sum(entry.size for entry in removed)
    done = "would remove" if options.dry_run else "removed"
    console.answer(f"{done} {quantity(len(removed), 'file')}, {size:,} bytes")
    return EXIT_OK


def _store() -> Store:
    from lockhouse.storage.store import Store  # noqa: PLC0415 - only here

    return Store.at_default(os.environ)


def _records(entries: Sequence[StoredEntry]) -> list[dict[str, object]]:
    return [
        {"file": entry.path.name, "hash": f"{entry.algorithm}:{entry.digest}", "size": entry.size} for entry in entries
    ]


def _amount(text: str, units: Mapping[str, float]) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]*)", text)
    if match is None or match[2] not in units:
        named = ", ".join(unit for unit in units if unit)
        raise InvalidSettingError(f'"{text}" is no amount', why=f"expected is a number and one of {named}")
    return float(match[1]) * units[match[2]]
