"""What stands in an environment's ``site-packages``, read without starting its interpreter."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.model.canonical import normalized
from lockhouse.model.receipt import DOUBLED, NO_RECORD, InstalledPackage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packaging.utils import NormalizedName


def installed_packages(folders: Iterable[Path]) -> tuple[InstalledPackage, ...]:
    """List the distributions in these folders.

    What conda installed is left out: it belongs to conda. A distribution without a RECORD has :data:`NO_RECORD` for
    its size: it is half removed, or was installed by a tool that leaves none. Where two stand under one name, that
    name has :data:`DOUBLED`.

    :param folders: ``purelib`` and ``platlib``; doubles and missing ones do no harm
    :return: sorted by name; ``artifact`` is empty, only a receipt knows it
    """
    found: dict[NormalizedName, InstalledPackage] = {}
    for folder in dict.fromkeys(folders):
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        conda = _belongs_to_conda(folder)
        for entry in entries:
            package = _read(entry)
            if package is None or (conda and _installed_by_conda(entry)):
                continue
            doubled = package.name in found and found[package.name].dist_info != package.dist_info
            found[package.name] = replace(package, record_size=DOUBLED) if doubled else package
    return tuple(sorted(found.values(), key=lambda package: package.name))


def _read(entry: os.DirEntry[str]) -> InstalledPackage | None:
    stem, dot, ending = entry.name.rpartition(".")
    ending = ending.lower()  # so does the machinery of Python
    if not dot or ending not in {"dist-info", "egg-info", "egg-link"}:
        return None
    name, _, rest = stem.partition("-")
    record = os.path.join(entry.path, "RECORD" if ending == "dist-info" else "PKG-INFO")  # noqa: PTH118
    try:
        status = os.stat(record)  # noqa: PTH116
        size, mtime_ns = status.st_size, status.st_mtime_ns
    except OSError:
        size, mtime_ns = NO_RECORD, 0
    return InstalledPackage(
        name=normalized(name),
        version=rest.partition("-py")[0] if ending == "egg-info" else rest,
        artifact="",
        dist_info=entry.name,
        record_size=size,
        record_mtime_ns=mtime_ns,
    )


def _belongs_to_conda(folder: Path) -> bool:
    return any((parent / "conda-meta").is_dir() for parent in folder.parents[:3])


def _installed_by_conda(entry: os.DirEntry[str]) -> bool:
    try:
        with open(os.path.join(entry.path, "INSTALLER"), "rb") as file:  # noqa: PTH118, PTH123
            return file.read(16).strip() == b"conda"
    except OSError:
        return False
