"""What stands for the content of a directory that something is installed from."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

#: Files that decide what an editable install puts into an environment.
BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")

#: Names of files that metadata is read from by ``dynamic``, such as ``requirements.txt`` and ``entry_points.txt``.
_METADATA = (".in", ".txt")

#: Where build backends put their products, in the root of a project only: below it they may be packages.
_PRODUCTS = {"build", "dist", "node_modules"}


def source_identity(directory: Path, *, editable: bool, leave_out: str = "") -> str:
    """Say what stands for the content of a directory.

    An editable install shows every edit of the code by itself; its place, its build files, the text files at its top
    (metadata may be read from them) and the names of what can be imported from it decide. Anything else was built from
    the files, and any file that was touched since counts as a change: rather a build too many than old code under
    test. Hidden folders, virtual environments, the usual places of build products and the data of coverage do not
    count.

    :param directory: the directory
    :param editable: whether it is installed editable
    :param leave_out: one more folder that does not count, relative to the directory, with forward slashes
    """
    digest = hashlib.sha256(str(directory.resolve()).encode("utf-8", "surrogateescape"))
    if editable:
        for name in (*BUILD_FILES, *_metadata_files(directory)):
            try:
                digest.update(f"\0{name}\0".encode("utf-8", "surrogateescape") + (directory / name).read_bytes())
            except OSError:
                continue
        digest.update("\0".join(_importable(directory)).encode("utf-8", "surrogateescape"))
        return f"editable:{digest.hexdigest()}"
    skipped = {os.path.join(directory, name) for name in (*_PRODUCTS, *filter(None, [leave_out]))}  # noqa: PTH118
    for line in sorted(_files(str(directory), {os.path.normpath(path) for path in skipped})):
        digest.update(line.encode("utf-8", "surrogateescape"))
    return f"tree:{digest.hexdigest()}"


def _metadata_files(directory: Path) -> list[str]:
    try:
        names = os.listdir(directory)  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []
    return sorted(name for name in names if name.endswith(_METADATA) and name not in BUILD_FILES)


def _importable(directory: Path) -> Iterator[str]:
    """List the modules and packages at the top of a project: some backends link to each of them by name."""
    for folder in ("", "src"):
        try:
            entries = list(os.scandir(directory / folder))
        except OSError:
            continue
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(".py") or os.path.lexists(f"{entry.path}/__init__.py"):
                yield f"{folder}/{entry.name}"


def _files(folder: str, skipped: Collection[str]) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    if any(entry.name == "pyvenv.cfg" for entry in entries):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            hidden = entry.name.startswith(".") or entry.name == "__pycache__" or entry.name.endswith(".egg-info")
            if not hidden and os.path.normpath(entry.path) not in skipped:
                yield from _files(entry.path, skipped)
        elif not entry.name.endswith((".pyc", ".pyo")) and not entry.name.startswith(".coverage"):
            status = entry.stat(follow_symlinks=False)
            yield f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ino}\0{status.st_mode}\n"
