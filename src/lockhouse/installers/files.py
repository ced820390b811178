"""How an install request is written down for a tool, and what of it is there already."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.backends.environ import file_address
from lockhouse.errors import BackendFailedError, LockhouseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import InstallRequest, StoredFile
    from lockhouse.model.target import Target

_ENDINGS = (".dist-info", ".egg-info", ".egg-link")


def hashed_lines(files: Iterable[StoredFile]) -> list[str]:
    """Give the lines of a requirements file that names exactly these files, each by its hash and its folder.

    A file is named by version and found in its folder, not by its path: an installation by path would leave a
    ``direct_url.json`` with a path of this machine in the environment.

    :param files: verified files
    """
    links = {f"--find-links {file_address(file.path.absolute().parent)}" for file in files}
    pins = [f"{file.name}=={file.version} --hash={file.algorithm}:{file.digest}" for file in files]
    return [*sorted(links), *sorted(pins)]


def names_to_remove(request: InstallRequest) -> list[NormalizedName]:
    """Give the distributions that have to go first, of those that are there.

    What is to be installed goes first too: the same version with other bytes would look installed to a tool.

    :param request: the request
    """
    unwanted = {*request.remove, *(file.name for file in request.files)}
    return sorted(unwanted & installed_names(request.target))


def remove_all(
    names: Iterable[NormalizedName], target: Target, uninstall: Callable[[list[NormalizedName]], None]
) -> None:
    """Remove distributions until no metadata of them is left.

    A run that was killed can leave metadata that no tool removes, or two versions of one distribution, of which a tool
    may remove one at a time, and with it the record of the other. What a tool cannot remove, or passes over, loses its
    metadata here: its files are known to nobody any more, and those that matter are written anew.

    :param names: the distributions; none of them need be there
    :param target: the interpreter of the environment
    :param uninstall: has the tool remove distributions that are there; raises where it fails
    :raises BackendFailedError: metadata cannot be deleted
    :raises LockhouseError: the tool failed, and that got nothing further
    """
    wanted = set(names)
    while True:
        _discard(entry for entry in _metadata_of(target, wanted) if not _is_removable(entry))
        entries = _metadata_of(target, wanted)
        if not entries:
            return
        try:
            uninstall(sorted({_name_of(entry) for entry in entries}))
        except LockhouseError:
            if _metadata_of(target, wanted) == entries and all(map(_is_removable, entries)):
                raise
            continue
        if _metadata_of(target, wanted) == entries:
            _discard(entries)


def installed_names(target: Target) -> set[NormalizedName]:
    """List the distributions of an environment without starting its interpreter.

    :param target: the interpreter of the environment
    """
    return {_name_of(entry) for entry in _metadata(target)}


def _metadata(target: Target) -> list[Path]:
    folders = [Path(folder) for folder in sorted({target.purelib, target.platlib}) if Path(folder).is_dir()]
    return sorted(entry for folder in folders for entry in folder.iterdir() if entry.suffix.lower() in _ENDINGS)


def _metadata_of(target: Target, names: set[NormalizedName]) -> list[Path]:
    return [entry for entry in _metadata(target) if _name_of(entry) in names]


def _name_of(entry: Path) -> NormalizedName:
    # NAME-VERSION.dist-info; but NAME.egg-info, NAME-VERSION.egg-info and NAME-VERSION-py3.8.egg-info
    stem = entry.stem
    return canonicalize_name(
        stem.rpartition("-")[0] if entry.suffix.lower() == ".dist-info" else stem.partition("-")[0]
    )


def _is_removable(entry: Path) -> bool:
    """Tell whether metadata says what belongs to the distribution, so that uv and pip can remove it."""
    if entry.name.startswith("~"):  # pip renames so what it is about to delete
        return False
    if entry.suffix != entry.suffix.lower():  # no tool writes it so, and few find it
        return False
    if entry.suffix == ".dist-info":
        record = entry / "RECORD"
        return (entry / "METADATA").is_file() and record.is_file() and record.stat().st_size > 0
    # an .egg-info that is a file comes from distutils, which noted nothing
    return entry.suffix == ".egg-link" or (entry / "top_level.txt").is_file()


def _discard(entries: Iterable[Path]) -> None:
    for entry in entries:
        try:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        except OSError as error:
            raise BackendFailedError(
                f"{entry.name} cannot be deleted",
                why=[error.strerror or str(error), f"it lies in {entry.parent}"],
                fix="delete it, or remove the environment, then run again",
            ) from error
