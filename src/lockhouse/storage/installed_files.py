"""The files of installed packages: whether they are those that were installed.

The quick way looks at sizes and times, and reads nothing. Where these differ, or where everything is to be looked at,
the content is held against the hashes of the package's ``RECORD``.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.model.canonical import SEED
from lockhouse.model.drift import FileChange
from lockhouse.model.receipt import InstalledFiles
from lockhouse.storage.files import disk_errors
from lockhouse.storage.untouched import times_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from lockhouse.model.receipt import InstalledPackage, Receipt

#: Endings of what Python would import or run of its own accord.
_IMPORTABLE = (".py", ".pyc", ".pth", ".so", ".pyd")
#: What setuptools once put whole packages into: a folder or an archive, which a ``.pth`` brings into the path.
_EGG = ".egg"
#: How the names begin that pip gives what it is about to delete.
_LEFT_BY_PIP = "~"
_CACHE = "__pycache__"
#: What metadata decides at run time: version and requirements, and what programs load as plugins. The second counts
#: also where it is missing: it can be put there.
_METADATA, _ENTRY_POINTS = "METADATA", "entry_points.txt"
#: What virtualenv and uv put into every environment that they make, and what an old setuptools leaves there. Python
#: runs all of it at its start, so it must be what it was.
_SEEDED = ("_virtualenv.py", "_virtualenv.pth", "distutils-precedence.pth")
#: The algorithms of a RECORD that vouch for a file.
_STRONG = frozenset({"sha256", "sha384", "sha512"})


def files_of(prefix: Path, folders: Iterable[Path], package: InstalledPackage) -> InstalledFiles | None:
    """Take down the files of a package as they are now.

    :param prefix: the environment's root
    :param folders: its folders of packages
    :param package: one of its packages
    :return: None for one that has no ``RECORD``
    """
    for folder in folders:
        try:
            record = (folder / package.dist_info / "RECORD").read_bytes()
        except OSError:
            continue
        rows = _recorded(record)
        watched = {path for path, _ in rows if _is_watched(path, package.dist_info)}
        paths = tuple(sorted({*watched, f"{package.dist_info}/{_ENTRY_POINTS}"}))
        own = f"{package.dist_info}/RECORD"
        unhashed = sorted(
            path for path, digest in rows if not _is_strong(digest) and path != own and f"{_CACHE}/" not in path
        )
        return InstalledFiles(
            name=package.name,
            folder=folder.relative_to(prefix).as_posix(),
            dist_info=package.dist_info,
            record=hashlib.sha256(record).hexdigest(),
            paths=paths,
            digest=times_digest(str(folder), paths),
            unhashed=tuple((path, _sha256(folder / path)) for path in unhashed),
        )
    return None


def seeded_files(prefix: Path, folders: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """Take down what the environment was seeded with, and no package owns: path in the environment, and sha256.

    Of its programs the names alone are taken down: they differ with the tool that made it.

    :param prefix: the environment's root
    :param folders: its folders of packages
    """
    found = [(path, "") for path in _programs_of_nobody(prefix, folders)]
    for folder in folders:
        hashes = {name: digest for name in _SEEDED if (digest := _sha256(folder / name))}
        own = _owned_paths(folders) if hashes else ()
        unowned = [name for name in hashes if os.path.join(os.path.realpath(folder), name) not in own]  # noqa: PTH118
        found += [((folder / name).relative_to(prefix).as_posix(), hashes[name]) for name in unowned]
    return tuple(sorted(found))


def looks_untouched(prefix: Path, files: InstalledFiles) -> bool:
    """Tell whether sizes and times of a package's files are as they were.

    :param prefix: the environment's root
    :param files: what was taken down
    """
    return times_digest(os.path.join(prefix, files.folder), files.paths) == files.digest  # noqa: PTH118 - speed


def with_known_times(
    prefix: Path, installed: Iterable[InstalledPackage], receipt: Receipt
) -> tuple[InstalledPackage, ...]:
    """Give a package whose RECORD has another time, and the content that was taken down, the time of the receipt.

    :param prefix: the environment's root
    :param installed: what is there
    :param receipt: what was taken down
    """
    known = {package.name: package for package in receipt.packages}
    files = {each.name: each for each in receipt.files}
    return tuple(
        replace(package, record_mtime_ns=known[package.name].record_mtime_ns)
        if package.name in files and _is_retimed(prefix, package, known[package.name], files[package.name])
        else package
        for package in installed
    )


def _is_retimed(prefix: Path, package: InstalledPackage, known: InstalledPackage, files: InstalledFiles) -> bool:
    if package.record_mtime_ns == known.record_mtime_ns:
        return False
    if replace(package, record_mtime_ns=known.record_mtime_ns, artifact=known.artifact) != known:
        return False
    try:
        record = (prefix / files.folder / files.dist_info / "RECORD").read_bytes()
    except OSError:
        return False
    return hashlib.sha256(record).hexdigest() == files.record


def changes_of(prefix: Path, files: InstalledFiles) -> tuple[FileChange, ...]:
    """Hold the content of all files of a package against its ``RECORD``, and that against what was taken down.

    :param prefix: the environment's root
    :param files: what was taken down
    """
    folder = prefix / files.folder
    record_path = f"{files.dist_info}/RECORD"
    try:
        record = (folder / record_path).read_bytes()
    except OSError:
        return (FileChange(path=f"{files.folder}/{record_path}", missing=True),)
    if hashlib.sha256(record).hexdigest() != files.record:
        return (FileChange(path=f"{files.folder}/{record_path}", missing=False),)
    rows = _recorded(record)
    found = [_change(folder, path, digest) for path, digest in rows if _is_strong(digest)]
    found += [
        FileChange(path=path, missing=not now)
        for path, digest in files.unhashed
        if (now := _sha256(folder / path)) != digest
    ]
    entry_points = f"{files.dist_info}/{_ENTRY_POINTS}"
    if os.path.lexists(folder / entry_points) and entry_points not in {path for path, _ in rows}:
        found.append(FileChange(path=entry_points, missing=False, added=True))
    return tuple(
        replace(change, path=os.path.normpath(f"{files.folder}/{change.path}").replace(os.sep, "/"))
        for change in found
        if change is not None
    )


def files_of_nobody(
    prefix: Path,
    folders: Iterable[Path],
    seeded: Iterable[tuple[str, str]] = (),
    *,
    tops: Collection[str] | None = None,
) -> tuple[str, ...]:
    """List what Python would import or run, and no package's ``RECORD`` names; relative to the environment, sorted.

    A folder at the top of which nobody owns anything is listed itself, its files are not. Programs that were not there
    when the environment was made are listed only where all is looked at. Of a whole Python, and of conda, nothing is
    listed: an administrator, or another installer, put there what they need.

    :param prefix: the environment's root
    :param folders: its folders of packages
    :param seeded: what :func:`seeded_files` took down
    :param tops: what to look at of all that lies at the top of these folders; None for all
    """
    if not _is_virtual(prefix):
        return ()  # others put something there, too
    expected = {path: digest for path, digest in seeded if digest}
    # all or none: the one file imports the other
    known = expected if all(_sha256(prefix / path) == digest for path, digest in expected.items()) else {}
    found = set(() if tops is not None else _programs_of_nobody(prefix, folders)) - {path for path, _ in seeded}
    owned_paths = _owned_paths(folders)
    for folder in folders:
        real = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118 - with a slash at its end
        owned = {path.removeprefix(real) for path in owned_paths if path.startswith(real)}
        owned_tops = {path.partition(os.sep)[0] for path in owned}
        for path in _importable(folder, owned, tops):
            inside = os.path.relpath(path, folder)
            top = inside.partition(os.sep)[0]
            relative = os.path.relpath(folder / (inside if top in owned_tops else top), prefix).replace(os.sep, "/")
            if inside not in owned and relative not in known:
                found.add(relative)
    return tuple(sorted(found))


def unknown_at_top(folders: Iterable[Path], receipt: Receipt, present: Iterable[str]) -> frozenset[str]:
    """Name what lies at the top of folders of packages, could be imported, and belongs to nothing that was installed.

    Whether it belongs to something else is for :func:`files_of_nobody` to say. The folders are listed, nothing is read.

    :param folders: the environment's folders of packages
    :param receipt: what was installed
    :param present: names of the distributions that are there
    """
    known = {SEED} & {*present}
    known |= {path.partition("/")[0] for files in receipt.files for path in files.paths}
    known |= {path.rpartition("/")[2] for path, digest in receipt.seeded if digest}
    found: set[str] = set()
    for folder in folders:
        with suppress(OSError):
            found.update(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
    return frozenset(name for name in found - known if _may_be_imported(name))


def _is_virtual(prefix: Path) -> bool:
    return (prefix / "pyvenv.cfg").is_file() and not (prefix / "conda-meta").is_dir()


def _may_be_imported(top: str) -> bool:
    if top.endswith(_IMPORTABLE):
        return True
    return top != _CACHE and (top.endswith(_EGG) or "." not in top) and not top.startswith(_LEFT_BY_PIP)


def remove_file_of_nobody(path: Path) -> None:
    """Remove what :func:`files_of_nobody` listed; of a link to a folder, the link alone.

    :param path: the file, folder or link
    :raises StoreError: it cannot be removed
    """
    with disk_errors(path, otherwise=f"remove {path}"):
        if path.is_dir() and not path.is_symlink():
            import shutil  # noqa: PLC0415 - not on the quick way

            shutil.rmtree(path)
            return
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            if os.name != "nt" or not path.is_symlink():
                raise
            path.rmdir()  # so Windows removes a link to a folder


def _recorded(record: bytes) -> list[tuple[str, str]]:
    """List the paths of a RECORD and their hashes, empty for what has none; what cannot be read names nothing."""
    import csv  # noqa: PLC0415 - not on the quick way

    rows: list[tuple[str, str]] = []
    with suppress(csv.Error):  # a field beyond all measure
        for row in csv.reader(record.decode("utf-8", "replace").splitlines()):
            if row and "\n" not in row[0]:
                rows.append((row[0], row[1] if len(row) > 1 else ""))  # noqa: PERF401 - the rows before an error count
    return rows


def _is_strong(digest: str) -> bool:
    return digest.partition("=")[0] in _STRONG


def _sha256(path: Path) -> str:
    """Give the sha256 of a file, empty for one that cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""


def _is_watched(path: str, dist_info: str) -> bool:
    if path.startswith(f"{dist_info}/"):  # RECORD itself is looked at for every package; the rest is for people
        return path in {f"{dist_info}/{_METADATA}", f"{dist_info}/{_ENTRY_POINTS}"}
    return f"{_CACHE}/" not in path


def _change(folder: Path, path: str, recorded: str) -> FileChange | None:
    import base64  # noqa: PLC0415 - not on the quick way

    algorithm, _, expected = recorded.partition("=")
    try:
        content = (folder / path).read_bytes()
    except (OSError, ValueError):
        return FileChange(path=path, missing=True)
    found = base64.urlsafe_b64encode(hashlib.new(algorithm, content).digest()).rstrip(b"=").decode()
    return None if found == expected.rstrip("=") else FileChange(path=path, missing=False)


def _owned(folder: Path) -> Iterator[str]:
    for record in folder.glob("*.dist-info/RECORD"):
        with suppress(OSError):
            yield from (path for path, _ in _recorded(record.read_bytes()))
    for listing in folder.glob("*.egg-info/installed-files.txt"):
        with suppress(OSError):
            for line in listing.read_text("utf-8", "replace").splitlines():
                yield os.path.relpath(listing.parent / line, folder)


def _owned_paths(folders: Iterable[Path]) -> set[str]:
    """List what packages own, wherever it lies: a package in ``lib64`` may own modules in ``lib``."""
    return {
        os.path.normpath(os.path.join(real, path))  # noqa: PTH118 - of each file of an environment: no objects
        for folder, real in ((folder, os.path.realpath(folder)) for folder in folders)
        for path in _owned(folder)
    }


def _programs_of_nobody(prefix: Path, folders: Iterable[Path]) -> list[str]:
    """List the programs of an environment that no package's ``RECORD`` names, relative to it."""
    if not _is_virtual(prefix):
        return []
    place = "Scripts" if os.name == "nt" else "bin"
    try:
        programs = [entry.name for entry in os.scandir(prefix / place) if _is_program(entry)]
    except OSError:
        return []
    owned, real = _owned_paths(folders), os.path.realpath(prefix)
    return [f"{place}/{name}" for name in programs if os.path.join(real, place, name) not in owned]  # noqa: PTH118


def _is_program(entry: os.DirEntry[str]) -> bool:
    return not entry.is_dir() and (os.name == "nt" or os.access(entry.path, os.X_OK))


def _importable(folder: Path, owned: Collection[str], tops: Collection[str] | None) -> Iterator[str]:
    """List files that Python would import or run, and links to folders, which it would follow and we do not."""
    for place, below, files in os.walk(folder):
        names = files
        if place == os.fspath(folder):
            below[:], names = _at_top(below, tops), _at_top(files, tops)
        below[:] = [name for name in below if name != _CACHE and not name.endswith((".dist-info", ".egg-info"))]
        for name in below:
            path = os.path.join(place, name)  # noqa: PTH118 - os.walk gives text
            if name.isidentifier() and os.path.islink(path):  # noqa: PTH114 - likewise
                inside = os.path.relpath(path, folder) + os.sep
                if not any(each.startswith(inside) for each in owned):
                    yield path
        for name in names:
            if name.endswith((*_IMPORTABLE, _EGG)):
                yield os.path.join(place, name)  # noqa: PTH118 - os.walk gives text


def _at_top(names: Iterable[str], tops: Collection[str] | None) -> list[str]:
    """Leave out what was not asked for, and what pip was about to delete: no statement imports it."""
    left = (name for name in names if name.endswith(_IMPORTABLE) or not name.startswith(_LEFT_BY_PIP))
    return [name for name in left if tops is None or name in tops]
