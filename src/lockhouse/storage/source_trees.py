"""What stands for the content of a directory that is installed editable."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Files that decide what an editable install puts into an environment.
BUILD_FILES = (
    "pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in", "CMakeLists.txt", "Cargo.toml",
    "meson.build", "meson.options", "meson_options.txt", "hatch.toml", "hatch_build.py", "pdm_build.py",
)  # fmt: skip

#: All modules at the top of a project, as :attr:`DeclaredBuild.files` has it.
_MODULES = "*.py"

#: How the identity of a directory begins that is installed editable.
_EDITABLE = "editable:"

#: Names of files that metadata is read from by ``dynamic``, such as ``requirements.txt`` and ``entry_points.txt``.
_METADATA = (".in", ".txt")


def source_identity(directory: Path, named: Iterable[str] = ()) -> str:
    """Say what stands for the content of a directory that is installed editable.

    Such an install shows every edit of the code by itself; its place, its build files, the text files at its top
    (metadata may be read from them) and the names of what can be imported from it decide.

    :param directory: the directory
    :param named: what else decides, as :attr:`DeclaredBuild.files` has it
    """
    place = str(directory.resolve())
    digest = hashlib.sha256(place.encode("utf-8", "surrogateescape"))
    for name in (*BUILD_FILES, *_metadata_files(directory), *_named_files(directory, named)):
        try:
            digest.update(f"\0{name}\0".encode("utf-8", "surrogateescape") + (directory / name).read_bytes())
        except (OSError, ValueError):  # a ValueError is a path that no file can have
            continue
    digest.update("\0".join(_importable(directory)).encode("utf-8", "surrogateescape"))
    # ascii: an identity is a line of text, and a name need be neither
    return f"{_EDITABLE}{digest.hexdigest()}:{place.encode('unicode_escape', 'surrogateescape').decode('ascii')}"


def is_editable(identity: str) -> bool:
    """Tell whether an identity is of a directory that is installed editable.

    :param identity: what stands for the content of a project
    """
    return identity.startswith(_EDITABLE)


def edited_folder(identity: str) -> str:
    """Give the directory that an identity of :func:`source_identity` is of; empty where it does not say.

    :param identity: what stands for the content of a project
    """
    _, _, place = identity.partition("\n")[0].removeprefix(_EDITABLE).partition(":")
    return place.encode("ascii", "replace").decode("unicode_escape", "replace") if is_editable(identity) else ""


def _metadata_files(directory: Path) -> list[str]:
    try:
        names = os.listdir(directory)  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []
    return sorted(name for name in names if name.endswith(_METADATA) and name not in BUILD_FILES)


def _named_files(directory: Path, named: Iterable[str]) -> Iterator[str]:
    for path in named:
        if path == _MODULES:
            yield from sorted(found.name for found in directory.glob(path))
        elif os.path.isdir(directory / path):  # noqa: PTH112 - the method fails for a path that no file can have
            yield from sorted(os.path.relpath(found, directory) for found in (directory / path).rglob("*.py"))
        else:
            yield path


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
