"""Files and folders that are being written: under names of their own, until they take the place of what was there.

Nothing here imports more than a start of Python has loaded already.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO

#: How the name of a file or folder ends that is not finished yet.
PARTIAL_SUFFIX = ".partial"

_REPLACE_ATTEMPTS = 20
_REPLACE_PAUSE = 0.05


def partial_beside(path: str) -> str:
    """Give an unused name in the same folder, by which it is seen what would have become of it.

    :param path: what is being made
    """
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{os.urandom(8).hex()}{PARTIAL_SUFFIX}")  # noqa: PTH118 - pathlib takes long to import


def replace(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Rename a file over another one in one step.

    On Windows this fails for as long as another process (a virus scanner, say) has the target open: it is tried again
    for a second.

    :param source: the finished file, in the same file system
    :param target: the name that it gets
    :raises OSError: it cannot be renamed
    """
    if sys.platform == "win32":
        import time  # noqa: PLC0415 - not elsewhere

        for _ in range(_REPLACE_ATTEMPTS):
            try:
                os.replace(source, target)  # noqa: PTH105 - likewise
            except PermissionError:
                time.sleep(_REPLACE_PAUSE)
            else:
                return
    os.replace(source, target)  # noqa: PTH105 - likewise


class NewFile:
    """An unfinished file, which takes the place of a path where all goes well, and is gone where not.

    Entering opens it for writing.

    :param path: the file to be; one that is there is replaced
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._partial = partial_beside(self._path)

    def __enter__(self) -> IO[bytes]:
        """Make it.

        :raises OSError: the disk fails
        """
        os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)  # noqa: PTH103, PTH120 - likewise
        self._file = open(self._partial, "xb")  # noqa: PTH123 - likewise
        return self._file

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Put it in its place, or remove it.

        :raises OSError: the disk fails
        """
        try:
            with self._file as file:
                if error is None:
                    file.flush()
                    os.fsync(file.fileno())
            if error is None:
                replace(self._partial, self._path)
        finally:
            if os.path.exists(self._partial):  # noqa: PTH110 - likewise
                os.unlink(self._partial)  # noqa: PTH108 - likewise


class NewFolder:
    """An unfinished folder, which takes the place of a path where all goes well, and is gone where not.

    Entering gives its path. Where the path is a link, what it points to is replaced.

    :param path: the folder to be
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.path.realpath(path)
        self._partial = partial_beside(self._path)

    def __enter__(self) -> str:
        """Make it.

        :raises OSError: the disk fails
        """
        os.makedirs(os.path.dirname(self._path), exist_ok=True)  # noqa: PTH103, PTH120 - likewise
        os.mkdir(self._partial)  # noqa: PTH102 - likewise
        return self._partial

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Put it in its place, or remove it.

        :raises OSError: the disk fails
        """
        if error is not None:
            remove_folder(self._partial)
            return
        try:
            former = f"{self._partial}.former"
            is_replaced = os.path.exists(self._path)  # noqa: PTH110 - likewise
            if is_replaced:
                os.rename(self._path, former)  # noqa: PTH104 - likewise
            os.rename(self._partial, self._path)  # noqa: PTH104 - likewise
        except BaseException:
            remove_folder(self._partial)
            raise
        if is_replaced:
            remove_folder(former)


def is_replaceable(path: str | os.PathLike[str], sign: str) -> bool:
    """Tell whether a new folder may take the place of a path: nothing is there, nothing is in it, or it is of its kind.

    :param path: the folder to be
    :param sign: the file by which a folder of its kind is known
    :raises OSError: it cannot be read
    """
    if os.path.isfile(os.path.join(path, sign)):  # noqa: PTH113, PTH118 - likewise
        return True
    try:
        return not os.listdir(path)  # noqa: PTH208 - likewise
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False


def remove_folder(path: str) -> None:
    """Remove a folder with all that is in it, as far as it goes.

    :param path: the folder
    """
    import shutil  # noqa: PLC0415 - it takes long to import, and in most runs there is nothing to remove

    shutil.rmtree(path, ignore_errors=True)
