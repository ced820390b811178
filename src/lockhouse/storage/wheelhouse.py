"""Wheelhouses on disk: a folder or an archive with wheels, lists of requirements, and a manifest."""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import (
    HashMismatchError,
    InvalidSettingError,
    StoreError,
    WheelhouseInvalidError,
    WheelhouseMismatchError,
)
from lockhouse.model.wheelhouse import (
    MANIFEST_NAME,
    MANIFEST_VERSION,
    Contents,
    Manifest,
    WheelhouseFile,
    held_against,
    problems_of,
)
from lockhouse.storage.archive_writing import Unlike, members_of, write_archive
from lockhouse.storage.archives import MEND, Member, largest_content, read_archive
from lockhouse.storage.files import disk_errors
from lockhouse.storage.links import Placer
from lockhouse.storage.unfinished import NewFolder, is_replaceable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhouse.interfaces import Progress
    from lockhouse.storage.archive_writing import Written

_LARGEST_MANIFEST = 16 << 20
_READ_SIZE = 1 << 17
_PIN = "#sha256="
#: What is meant as a pin and spelled in another way.
_SLIP = re.compile(r"#(?:sha-?256\s*[:@ -]?\s*)?(?P<digest>[0-9a-f]{64})$|#sha-?256(?![0-9a-f=])", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NAME = "name a folder or an archive that lockhouse wheelhouse build wrote"
_READ = "see that this user may read it, and that the disk is well"


# -- manifest -----------------------------------------------------------------------------------------------------


def sealed(manifest: Manifest) -> Manifest:
    """Fill in the ``check`` of a manifest: over everything else that it says.

    :param manifest: a manifest
    """
    return replace(manifest, check=hashlib.sha256(_render(replace(manifest, check=""))).hexdigest())


def manifest_bytes(manifest: Manifest) -> bytes:
    """Write a manifest down in the one way that counts.

    :param manifest: its ``check`` is filled in
    """
    return _render(sealed(manifest))


def _render(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def _parse(data: bytes, path: Path) -> Manifest:
    """Read a manifest, and believe nothing of it that is not so written.

    :raises WheelhouseInvalidError: it is damaged, of a newer version, or says what no manifest may say
    """
    try:
        version = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("version", msgspec.Raw(b"null"))
        if msgspec.json.decode(version) != MANIFEST_VERSION:
            raise WheelhouseInvalidError(
                f"{path}: the manifest is of another version",
                why=f"this Lockhouse knows version {MANIFEST_VERSION}, it says {bytes(version).decode()}",
                fix="upgrade Lockhouse",
            )
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WheelhouseInvalidError(f"{path}: the manifest cannot be read", why=str(error), fix=MEND) from error
    if problems := tuple(problems_of(manifest)):
        raise WheelhouseInvalidError(f"{path}: the manifest is refused", why=problems, fix=MEND)
    if manifest_bytes(manifest) != data:
        why = "it is not as Lockhouse wrote it: its own check does not fit"
        raise WheelhouseInvalidError(f"{path}: the manifest is damaged", why=why, fix=MEND)
    return manifest


# -- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Wheelhouse:
    """A wheelhouse that is there: a folder or an archive.

    :ivar path: where
    :ivar manifest: what it says of itself
    :ivar is_pinned: whether it is known from elsewhere that its manifest is the right one
    """

    path: Path
    manifest: Manifest
    is_pinned: bool = False

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder."""
        return self.path.is_dir()

    def members(self) -> Iterator[Member]:
        """Hand out all that is in it but the manifest; each is to be read before the next one is asked for.

        :raises WheelhouseInvalidError: it cannot be read, or holds what is no plain file
        """
        if self.is_folder:
            yield from _folder_members(self.path)
            return
        with closing(read_archive(self.path)) as members:
            next(members)  # the manifest, read before
            yield from members


def open_wheelhouse(path: Path) -> Wheelhouse:
    """Open a wheelhouse. Its manifest is read and believed in nothing but what is in it.

    :param path: the folder or the archive; ``#sha256=DIGEST`` at its end names the one manifest that it may have
    :raises WheelhouseInvalidError: it is none, or is damaged
    :raises WheelhouseMismatchError: it has another manifest
    :raises InvalidSettingError: what is to be its digest is none
    """
    place, marker, pin = str(path).partition(_PIN)
    if marker and not _DIGEST.fullmatch(pin):  # a variable that is empty must not take the pin away
        raise InvalidSettingError(
            f'"{path}" ends with no digest',
            why=f'after "{_PIN}" are to follow 64 hexadecimal digits, found is "{pin}"',
            fix=f"write {place}{_PIN}DIGEST, with the digest that its build printed",
        )
    slip = None if marker else _SLIP.search(place)
    if slip is not None:
        bare = place[: slip.start()]
        raise InvalidSettingError(
            f'"{path}" pins the wheelhouse in a way that is not understood',
            why=f'found is "{place[slip.start() :]}", a pin is written "{_PIN}DIGEST"',
            fix=f"write {bare}{_PIN}{slip['digest'] or 'DIGEST'}",
        )
    wheelhouse = _open(Path(place))
    if pin and wheelhouse.manifest.check != pin.lower():
        raise WheelhouseMismatchError(
            f"{place} is another wheelhouse than the one that was asked for",
            why=[f"expected sha256:{pin}", f"found    sha256:{wheelhouse.manifest.check}"],
            fix="take it again from where it was built; if it was built anew, name the digest that this printed",
        )
    return replace(wheelhouse, is_pinned=bool(pin))


def _open(path: Path) -> Wheelhouse:
    with disk_errors(path):
        is_there = path.exists()
    if not is_there:
        raise WheelhouseInvalidError(
            f"{path} is not there", why="it is to be a folder or an archive with a manifest", fix=_NAME
        )
    if path.is_dir():
        return Wheelhouse(path=path, manifest=_parse(_manifest_in(path), path))
    wheelhouse = Wheelhouse(path=path, manifest=_parse(_first_member(path), path))
    if sum(file.size for file in wheelhouse.manifest.files) > largest_content(path):
        raise WheelhouseInvalidError(f"{path} is refused", why="it would unpack to many times its own size", fix=MEND)
    return wheelhouse


def _first_member(path: Path) -> bytes:
    with closing(read_archive(path)) as members:
        first = next(members, None)
        if first is None or first.name != MANIFEST_NAME:
            found = "nothing" if first is None else repr(first.name)
            raise WheelhouseInvalidError(
                f"{path} is no wheelhouse",
                why=f"{MANIFEST_NAME} comes first in the archive of one; found is {found}",
                fix=_NAME,
            )
        _require_small(first.size, path)
        return b"".join(first.chunks)


def _manifest_in(path: Path) -> bytes:
    manifest = path / MANIFEST_NAME
    if not manifest.is_file():
        raise WheelhouseInvalidError(f"{path} is no wheelhouse", why=f"it has no {MANIFEST_NAME}", fix=_NAME)
    try:
        _require_small(manifest.stat().st_size, path)
        return manifest.read_bytes().replace(b"\r\n", b"\n")
    except OSError as error:
        raise WheelhouseInvalidError(
            f"{manifest} cannot be read", why=error.strerror or str(error), fix=_READ
        ) from error


def _require_small(size: int, path: Path) -> None:
    if size > _LARGEST_MANIFEST:
        raise WheelhouseInvalidError(f"{path}: the manifest is refused", why=f"it is {size} bytes long", fix=MEND)


def _folder_members(path: Path) -> Iterator[Member]:
    with disk_errors(path):
        entries = sorted(path.iterdir())
    for entry in entries:
        if entry.name != MANIFEST_NAME:
            size = entry.stat().st_size if entry.is_file() else -1
            yield Member(name=entry.name, size=size, chunks=_chunks(entry))


def _chunks(path: Path) -> Iterator[bytes]:
    if not path.is_file():  # a pipe would keep us waiting
        raise WheelhouseInvalidError(f"{path} is no plain file", fix="take it out of the folder")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_READ_SIZE):
                yield chunk
    except OSError as error:
        raise WheelhouseInvalidError(f"{path} cannot be read", why=error.strerror or str(error), fix=_READ) from error


def contents_of(wheelhouse: Wheelhouse, progress: Progress) -> Contents:
    """Read all of a wheelhouse, and hold it against its manifest.

    :param wheelhouse: the wheelhouse
    :param progress: shows how far it is
    :raises WheelhouseInvalidError: it cannot be read, or holds what is no plain file
    """
    listed = {file.name: file for file in wheelhouse.manifest.files}
    found: dict[str, bool] = {}
    for member in wheelhouse.members():
        file = listed.get(member.name)
        if file is None or member.name in found:
            found[member.name if file is None else f"{member.name} (a second time)"] = False
            continue
        progress.start(file.name, file.size)
        found[file.name] = member.size == file.size and _digest(member, file, progress) == file.hash
        progress.finish(file.name)
    return held_against(wheelhouse.manifest, found)


def _digest(member: Member, file: WheelhouseFile, progress: Progress) -> str:
    algorithm = file.hash.partition(":")[0]
    hasher = hashlib.new(algorithm)
    for chunk in member.chunks:
        hasher.update(chunk)
        progress.advance(file.name, len(chunk))
    return f"{algorithm}:{hasher.hexdigest()}"


# -- writing ------------------------------------------------------------------------------------------------------


def save_archive(path: Path, manifest: Manifest, contents: Mapping[str, bytes | Path], progress: Progress) -> None:
    """Write a wheelhouse as an archive, whole or not at all.

    :param path: the archive; one that is there is replaced
    :param manifest: its manifest
    :param contents: name → bytes, or the verified file of the store, of all that the manifest lists
    :param progress: shows how far it is
    :raises HashMismatchError: a file of the store was changed meanwhile
    :raises StoreError: the disk fails
    """
    files: list[tuple[str, bytes | str, str]] = [(MANIFEST_NAME, manifest_bytes(manifest), "")]
    for file in manifest.files:
        content = contents[file.name]
        files.append((file.name, content if isinstance(content, bytes) else str(content), file.hash))
    with disk_errors(path):
        try:
            write_archive(path, _watched(members_of(files), progress))
        except Unlike as error:
            raise HashMismatchError(
                f"{error} was damaged in the store while it was read",
                why="its bytes are not those of its hash",
                fix="run again: the damaged file is removed, and is fetched anew",
            ) from error


def _watched(members: Iterable[Written], progress: Progress) -> Iterator[Written]:
    for name, size, file in members:
        progress.start(name, size)
        yield name, size, file
        progress.advance(name, size)
        progress.finish(name)


def require_replaceable(path: Path) -> None:
    """Refuse to put a wheelhouse where something else is.

    :param path: the folder to be
    :raises StoreError: it is there, is not empty, and is no wheelhouse
    """
    with disk_errors(path):
        if is_replaceable(path, MANIFEST_NAME):
            return
    raise StoreError(
        f"{path} is no wheelhouse, and is not empty", why="it would be replaced", fix="name another folder"
    )


def save_folder(path: Path, manifest: Manifest, contents: Mapping[str, bytes | Path], progress: Progress) -> None:
    """Write a wheelhouse as a folder, whole or not at all. Files of the store are linked where that is safe.

    :param path: the folder; it must be absent, empty, or a wheelhouse, which is replaced
    :param manifest: its manifest
    :param contents: name → bytes, or the verified file of the store, of all that the manifest lists
    :param progress: shows how far it is
    :raises StoreError: the disk fails, or something else is there
    """
    require_replaceable(path)
    placer = Placer()
    with disk_errors(path), NewFolder(path) as name:
        folder = Path(name)
        for file in manifest.files:
            progress.start(file.name, file.size)
            content = contents[file.name]
            if isinstance(content, bytes):
                (folder / file.name).write_bytes(content)
            else:
                placer.place(content, folder / file.name)
            progress.advance(file.name, file.size)
            progress.finish(file.name)
        (folder / MANIFEST_NAME).write_bytes(manifest_bytes(manifest))


def unpack(wheelhouse: Wheelhouse, path: Path, progress: Progress) -> None:
    """Write what an archive holds into a new folder; all of it as the manifest says, or nothing at all.

    :param wheelhouse: the archive
    :param path: the folder; it must be absent or empty
    :param progress: shows how far it is
    :raises WheelhouseInvalidError: the archive is damaged, or holds what it may not hold; nothing is left of it
    :raises StoreError: the disk fails, or something else is there
    """
    with disk_errors(path):
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise StoreError(f"{path} is there, and is not empty", fix="name a new folder")
    listed = {file.name: file for file in wheelhouse.manifest.files}
    with disk_errors(path), NewFolder(path) as name:
        folder = Path(name)
        for member in wheelhouse.members():
            file = listed.pop(member.name, None)
            if file is None or member.size != file.size:
                raise WheelhouseInvalidError(
                    f"{wheelhouse.path} is refused",
                    why=f"{member.name!r} stands in it, and is not so in its manifest",
                    fix=MEND,
                )
            progress.start(file.name, file.size)
            _unpack_one(member, file, folder, progress, wheelhouse.path)
            progress.finish(file.name)
        if listed:
            why = [f"{name} is in the manifest, and is not there" for name in sorted(listed)]
            raise WheelhouseInvalidError(f"{wheelhouse.path} is not complete", why=why, fix=MEND)
        (folder / MANIFEST_NAME).write_bytes(manifest_bytes(wheelhouse.manifest))


def _unpack_one(member: Member, file: WheelhouseFile, folder: Path, progress: Progress, archive: Path) -> None:
    algorithm, _, digest = file.hash.partition(":")
    hasher = hashlib.new(algorithm)
    with (folder / file.name).open("xb") as target:
        for chunk in member.chunks:
            hasher.update(chunk)
            target.write(chunk)
            progress.advance(file.name, len(chunk))
    if hasher.hexdigest() != digest:
        raise WheelhouseInvalidError(
            f"{archive}: {file.name} is damaged",
            why=[f"expected {file.hash}", f"found    {algorithm}:{hasher.hexdigest()}"],
            fix=MEND,
        )
