"""The quickest look at an environment: whether all on the disk is as its receipt says.

It builds no values and gives no reasons. What it cannot tell for certain counts as touched; then drift is looked for.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256

from lockhouse.model.canonical import SEED, normalized

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

#: Name of the receipt in the root of an environment.
RECEIPT_NAME = "lockhouse-receipt.json"


def is_untouched(
    prefix: str, folders: Iterable[str], *, interpreter: dict[str, object], ignore: Collection[str], names: str
) -> bool:
    """Tell whether an environment is to the file as its receipt says.

    :param prefix: the environment's root
    :param folders: its folders of packages
    :param interpreter: the identity of its interpreter now, as a receipt has it
    :param ignore: names that somebody else takes care of
    :param names: what :func:`names_digest` gave when all was in order
    """
    try:
        with open(f"{prefix}/{RECEIPT_NAME}", "rb") as file:  # noqa: PTH123 - for each run: no objects
            receipt = json.loads(file.read())
        seeded = {SEED} - {row[0] for row in receipt["packages"]}
        listed = _names_in(folders)
        return (
            receipt["interpreter"] == interpreter
            and _digest_of(listed) == names
            and _metadata(listed, {*ignore, *seeded}) == _expected(receipt["packages"], ignore)
            and all(
                times_digest(f"{prefix}/{folder}", paths.split("\n") if paths else ()) == digest
                for name, folder, _, _, digest, paths, _ in receipt["files"]
                if name not in ignore
            )
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):  # damaged: as if absent
        return False


def times_digest(folder: str, paths: Iterable[str]) -> str:
    """Give a digest over the sizes and times of files.

    :param folder: the folder that the paths are relative to
    :param paths: the files, with forward slashes
    """
    # of every file of an environment before every run: no objects, no joins, one look each
    seen = []
    look = os.stat
    for path in paths:
        try:
            status = look(f"{folder}/{path}")
        except (OSError, ValueError):  # a ValueError is a path that no file can have
            seen.append("-")
        else:
            seen.append(f"{status.st_size} {status.st_mtime_ns}")
    return sha256("\n".join(seen).encode()).hexdigest()


def _expected(packages: Iterable[list[Any]], ignore: Collection[str]) -> list[tuple[str, int, int]]:
    rows = [(info, size, mtime_ns) for name, _, _, info, size, mtime_ns in packages if name not in ignore]
    return sorted(rows)


def names_digest(folders: Iterable[str]) -> str:
    """Give a digest over the names of all that lies at the top of folders, byte code left out.

    :param folders: an environment's folders of packages
    :raises OSError: one cannot be listed
    """
    return _digest_of(_names_in(folders))


def _names_in(folders: Iterable[str]) -> dict[str, list[str]]:
    return {folder: sorted(os.listdir(folder)) for folder in folders}  # noqa: PTH208 - likewise


def _digest_of(listed: dict[str, list[str]]) -> str:
    text = "//".join("/".join(name for name in names if name != "__pycache__") for names in listed.values())
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _metadata(listed: dict[str, list[str]], ignore: Collection[str]) -> list[tuple[str, int, int]]:
    """List the metadata of all distributions; of one in two folders, too, so that it counts as touched."""
    found = []
    for folder, names in listed.items():
        for entry in names:
            stem, dot, ending = entry.rpartition(".")
            ending = ending.lower()
            if not dot or ending not in {"dist-info", "egg-info", "egg-link"}:
                continue
            if normalized(stem.partition("-")[0]) in ignore:
                continue
            record = "RECORD" if ending == "dist-info" else "PKG-INFO"
            status = os.stat(f"{folder}/{entry}/{record}")  # noqa: PTH116 - likewise
            found.append((entry, status.st_size, status.st_mtime_ns))
    return sorted(found)
