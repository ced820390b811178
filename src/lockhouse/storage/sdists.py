"""Sdists: unpacked without trust in what they hold, and asked how they want to be built."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

from packaging.version import Version

from lockhouse.errors import BuildFailedError
from lockhouse.model.build_system import LEGACY_BACKEND, BuildSystem

if TYPE_CHECKING:
    from pathlib import Path


_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)


def unpack_sdist(path: Path, folder: Path, *, subdirectory: str | None = None) -> Path:
    """Unpack a verified sdist.

    Its hash says that it is the locked file, not that it is harmless: members that would lie outside of the folder,
    links that lead out of it and devices are refused.

    :param path: the file
    :param folder: where to; it is there, and empty
    :param subdirectory: the project's folder inside of the archive, where it is not its root
    :return: the project's folder
    :raises BuildFailedError: it is no sdist, or holds what none may hold
    """
    try:
        if path.name.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:  # takes ".." and roots out of names by itself
                archive.extractall(folder)  # noqa: S202 - as above
        else:
            with tarfile.open(path) as archive_:
                archive_.extractall(folder, filter="data")
    except (OSError, EOFError, ValueError, TypeError, RuntimeError, *_DAMAGED) as error:
        raise BuildFailedError(f"{path.name} cannot be unpacked", why=str(error) or type(error).__name__) from error
    found = sorted(folder.iterdir())
    root = found[0] if len(found) == 1 and found[0].is_dir() else folder
    project = root if subdirectory is None else root / subdirectory
    if not is_project(project):
        raise BuildFailedError(f"{path.name} is no sdist", why="it has neither pyproject.toml nor setup.py")
    return project


def is_project(folder: Path) -> bool:
    """Tell whether a folder holds what a build starts from.

    :param folder: the folder
    """
    return (folder / "pyproject.toml").is_file() or (folder / "setup.py").is_file()


def static_requires(project: Path) -> tuple[str, ...] | None:
    """Give the dependencies that an sdist promises its wheels to have (PEP 643); None where it promises nothing.

    :param project: its folder
    """
    from packaging.metadata import parse_email  # noqa: PLC0415 - only where something is built

    try:
        raw, _ = parse_email((project / "PKG-INFO").read_bytes())
        old = Version(raw.get("metadata_version", "1.0")) < Version("2.2")
    except (OSError, ValueError):
        return None
    if old or "requires-dist" in {field.lower() for field in raw.get("dynamic", ())}:
        return None
    return tuple(raw.get("requires_dist", ()))


def read_build_system(project: Path, *, label: str) -> BuildSystem:
    """Read how a project wants to be built (PEP 517, PEP 518).

    :param project: its folder
    :param label: name and version of the package, for messages
    :raises BuildFailedError: its ``pyproject.toml`` breaks the rules
    """
    import tomllib  # noqa: PLC0415 - only where something is built

    file = project / "pyproject.toml"
    if not file.is_file():
        return BuildSystem()
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("build-system")
        if table is None:
            return BuildSystem()
        requires, paths = tuple(table["requires"]), tuple(table.get("backend-path", ()))
        backend = table.get("build-backend", LEGACY_BACKEND)
        if not all(isinstance(item, str) for item in (*requires, *paths, backend)):
            raise TypeError("a string was expected")  # noqa: TRY301 - the one way to say it
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BuildFailedError(
            f"{label}: [build-system] of its pyproject.toml cannot be used", why=f"{type(error).__name__}: {error}"
        ) from error
    return BuildSystem(requires=requires, backend=backend, backend_path=paths)
