"""Archives of plain files, read so that nobody is harmed.

What is read is never extracted by the library underneath: members are handed out one by one, as a name, a length and
bytes. A member that is no plain file ends the reading, and so does an archive that unpacks to far more than it is.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self, cast

from lockhouse.errors import InvalidSettingError, LockhouseError, WheelhouseInvalidError
from lockhouse.storage.archive_writing import SUFFIXES, suffix_of, zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path


#: What to do about an archive that cannot be used.
MEND = "build it anew, or take it again from where it was built"

_READ_SIZE = 1 << 17
#: Wheels are compressed already: archives of them grow to about their own size, and never to that many times of it.
_LARGEST_RATIO = 20
_FREE_SIZE = 64 << 20
_LARGEST_HEADER = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of an archive, to be read before the next one is asked for.

    :ivar name: its name as the archive has it
    :ivar size: its length in bytes
    :ivar chunks: its bytes
    """

    name: str
    size: int
    chunks: Iterator[bytes]


def require_writable(path: Path) -> None:
    """Refuse a path that names no archive which can be written here, before anything long starts.

    :param path: the archive to be
    :raises InvalidSettingError: its ending is not known, or what it needs is not installed
    """
    suffix = suffix_of(path)
    if suffix is None:
        raise InvalidSettingError(
            f"{path} is no archive that can be written",
            why=f"its name ends with none of {', '.join(SUFFIXES)}",
            fix="give it one of these endings, or write a folder with --output",
        )
    if path.is_dir():
        raise InvalidSettingError(
            f"{path} is no archive that can be written",
            why="there is a folder of this name",
            fix=f"name a file, such as {path / f'wheelhouse{suffix}'}, or write a folder with --output",
        )
    if suffix == ".tar.zst":
        zstd()


_DECOMPRESSORS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".tar.gz": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    ".tar.bz2": lambda file: bz2.BZ2File(file, "rb"),
    ".tar.xz": lambda file: lzma.LZMAFile(file, "rb"),  # noqa: SIM115 - who asks closes it
    ".tar.zst": lambda file: zstd().ZstdFile(file, "rb"),
}


def read_archive(path: Path) -> Generator[Member]:
    """Hand out the members of an archive; each must be read before the next one is asked for.

    :param path: the archive
    :raises WheelhouseInvalidError: it is damaged, holds something that is no plain file, or unpacks to far too much
    :raises InvalidSettingError: what is needed to read it is not installed
    """
    suffix = suffix_of(path)
    if suffix is None:
        raise WheelhouseInvalidError(
            f"{path} is no archive that is known",
            why=f"its name ends with none of {', '.join(SUFFIXES)}",
            fix="name a folder or an archive that lockhouse wheelhouse build wrote",
        )
    with _damage(path), path.open("rb") as file:
        limit = largest_content(path)
        if suffix == ".zip":
            yield from _zip_members(file, path, limit)
        else:
            with _DECOMPRESSORS[suffix](file) as stream:
                yield from _tar_members(_Limited(stream, limit, path), path)


def largest_content(path: Path) -> int:
    """Give the number of bytes beyond which what an archive unpacks to is refused.

    :param path: the archive
    """
    return _LARGEST_RATIO * path.stat().st_size + _FREE_SIZE


class _Limited(io.RawIOBase):
    """A stream that ends with an error where it gives far more than the archive can hold in earnest."""

    def __init__(self, stream: IO[bytes], limit: int, path: Path) -> None:
        super().__init__()
        self._stream, self._left, self._path = stream, limit, path

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _bomb(self._path)
        return data


class _Header(tarfile.TarInfo):
    """A header that is refused before the library acts upon it: long names and attributes are read into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.type in {tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME}:
            if header.size > _LARGEST_HEADER:
                raise _Refused(f"a header of it is {header.size} bytes long")
        elif header.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or header.name.endswith("/"):
            raise _Refused(f"{header.name!r} is {_TAR_KINDS.get(header.type, 'no plain file')}")
        return header


_TAR_KINDS = {
    tarfile.DIRTYPE: "a folder",
    tarfile.SYMTYPE: "a link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}


class _Refused(Exception):  # noqa: N818 - told as an error of our tree
    """Why an archive is not read on."""


def _tar_members(stream: _Limited, path: Path) -> Iterator[Member]:
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|", tarinfo=_Header) as archive:
        for info in archive:
            if not info.isreg() or info.issparse():
                raise _Refused(f"{info.name!r} is no plain file")
            file = archive.extractfile(info)
            if file is not None:
                yield Member(name=info.name, size=info.size, chunks=_chunks(file, path))


def _zip_members(file: IO[bytes], path: Path, limit: int) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or kind not in {0, stat.S_IFREG}:
                raise _Refused(f"{info.filename!r} is no plain file")
            if info.filename != info.orig_filename:
                raise _Refused(f"{info.orig_filename!r} is no plain name")
            limit -= info.file_size
            if limit < 0:
                raise _bomb(path)
            with archive.open(info) as content:
                yield Member(name=info.filename, size=info.file_size, chunks=_chunks(content, path))


def _chunks(file: IO[bytes], path: Path) -> Iterator[bytes]:
    with _damage(path):
        while chunk := file.read(_READ_SIZE):
            yield chunk


def _bomb(path: Path) -> WheelhouseInvalidError:
    return WheelhouseInvalidError(
        f"{path} is refused",
        why=f"it unpacks to more than {_LARGEST_RATIO} times its own size: no wheels do that",
        fix=MEND,
    )


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Tell in our words what the libraries find; they have no common word for a damaged archive."""
    try:
        yield
    except (LockhouseError, MemoryError):
        raise
    except _Refused as error:
        raise WheelhouseInvalidError(f"{path} is refused", why=str(error), fix=MEND) from error
    except FileNotFoundError as error:
        raise WheelhouseInvalidError(f"{path} is not there", fix=MEND) from error
    except (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, OSError, *_BROKEN) as error:
        raise WheelhouseInvalidError(
            f"{path} cannot be read", why=str(error) or type(error).__name__, fix=MEND
        ) from error
    except Exception as error:
        if type(error).__name__ != "ZstdError":  # of a module that need not be there
            raise
        raise WheelhouseInvalidError(f"{path} cannot be read", why=str(error), fix=MEND) from error


#: What the libraries raise besides for bytes that make no sense: encrypted or unknown zip members, numbers too large.
_BROKEN = (EOFError, ValueError, RuntimeError, OverflowError)
