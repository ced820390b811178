"""Archives of plain files, written so that the same files give the same bytes.

Times, modes and owners are fixed. What the compression makes of them depends on its library alone. Nothing is imported
but what the one kind of archive needs.
"""

from __future__ import annotations

import hashlib
import io
import os

from lockhouse.storage.unfinished import NewFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Any

    #: Name, length and bytes of a file; they are read before the next one is asked for.
    Written = tuple[str, int, IO[bytes]]

#: How the names of archives end.
SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip")

#: Memory of that size is used again; a larger piece is asked of the system each time: that takes longer than hashing.
_READ_SIZE = 1 << 17
#: 1980-01-01, the first moment that a zip file can name.
_EPOCH = 315532800
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644
_REGULAR = 0o100000


class Unlike(Exception):  # noqa: N818 - told as an error of our tree, or by going another way
    """The bytes of a file are not those of its hash; its name is given."""


def suffix_of(path: str | os.PathLike[str]) -> str | None:
    """Give the ending that says what kind of archive a path is, or None where it is none that is known.

    :param path: the path
    """
    name = os.path.basename(path).lower()  # noqa: PTH119 - pathlib takes long to import
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)


def is_writable(path: str) -> bool:
    """Tell whether a path names an archive that can be written here.

    :param path: the path
    """
    suffix = suffix_of(path)
    if suffix == ".tar.zst":
        from lockhouse.errors import InvalidSettingError  # noqa: PLC0415 - this kind of archive only

        try:
            zstd()
        except InvalidSettingError:
            return False
    return suffix is not None and not os.path.isdir(path)  # noqa: PTH112 - pathlib takes long to import


def members_of(files: Iterable[tuple[str, bytes | str, str]]) -> Iterator[Written]:
    """Open files one by one, to be written, and hold what was read of each against its hash.

    :param files: name in the archive, content or path, and ``algorithm:digest`` of each
    :raises Unlike: the bytes of a file are not those of its hash
    :raises OSError: one cannot be read
    """
    for name, content, expected in files:
        if isinstance(content, bytes):
            yield name, len(content), io.BytesIO(content)
            continue
        algorithm, _, digest = expected.partition(":")
        with _Hashed(content, algorithm) as file:
            yield name, os.fstat(file.fileno()).st_size, file
            if file.hasher.hexdigest() != digest:
                raise Unlike(name)


class _Hashed(io.FileIO):
    """A file that takes the hash of what is read of it."""

    def __init__(self, path: str, algorithm: str) -> None:
        super().__init__(path)
        self.hasher = hashlib.new(algorithm)

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self.hasher.update(data)
        return data


def write_archive(path: str | os.PathLike[str], members: Iterable[Written]) -> None:
    """Write an archive, whole or not at all.

    :param path: the archive, whose ending is known; one that is there is replaced
    :param members: what it is to hold, in this order
    :raises InvalidSettingError: what it needs is not installed
    :raises OSError: the disk fails
    """
    suffix = suffix_of(path) or ""
    with NewFile(path) as file:
        (_write_zip if suffix == ".zip" else _write_tar)(file, suffix, members)


def _write_tar(file: IO[bytes], suffix: str, members: Iterable[Written]) -> None:
    import tarfile  # noqa: PLC0415 - it takes long to import

    compressed = _compressed(file, suffix)
    with compressed, tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for name, size, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = size, _EPOCH, _MODE
            archive.addfile(info, content)


def _write_zip(file: IO[bytes], suffix: str, members: Iterable[Written]) -> None:  # noqa: ARG001
    import zipfile  # noqa: PLC0415 - likewise

    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, size, content in members:
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.create_system = 3  # unix, so that the mode counts, whatever system writes it
            info.external_attr = (_REGULAR | _MODE) << 16
            info.file_size = size
            with archive.open(info, "w") as target:
                while chunk := content.read(_READ_SIZE):
                    target.write(chunk)


def _compressed(file: IO[bytes], suffix: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - loaded already

    if suffix == ".tar.gz":
        return import_module("gzip").GzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0)
    if suffix == ".tar.bz2":
        return import_module("bz2").BZ2File(file, "wb")
    if suffix == ".tar.xz":
        return import_module("lzma").LZMAFile(file, "wb", preset=0)
    return zstd().ZstdFile(file, "wb")


def zstd() -> Any:
    """Give the module for zstd: that of Python 3.14, or the one that has the same face for older ones.

    :raises InvalidSettingError: there is none
    """
    from importlib import import_module  # noqa: PLC0415 - only for such archives

    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    from lockhouse.errors import InvalidSettingError  # noqa: PLC0415 - errors only

    raise InvalidSettingError(
        "archives that end with .tar.zst cannot be used here",
        why="Python has zstd since 3.14; for an older one it takes the package backports.zstd",
        fix='pip install "lockhouse[zstd]", or take another kind of archive',
    )
