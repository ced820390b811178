"""The seal of a stored file: a time of change that no file has by itself.

A file gets it when its bytes were seen to be those of its hash, in the moment in which it gets its place. Whoever
writes to it afterwards, through a link as well, moves its time, and breaks the seal. So a sealed file need not be read
again to be linked. What the disk itself does to it, or a program that puts the time back, the seal does not tell: that
is found by its hash, where it is verified or installed.

Nothing here imports more than a start of Python has loaded already.
"""

from __future__ import annotations

import os

#: A moment of 1980, in nanoseconds of the epoch: no clock shows it, and no archive, which count in whole seconds (ours,
#: and those of who builds reproducibly, have the first second of that year). A file system that cannot hold it has
#: no sealed files, and all are read.
_SEAL = 315_532_800_707_070_700


def seal(path: str | os.PathLike[str]) -> None:
    """Seal a file.

    :param path: the file, which just got its place; its hash was seen to be right
    :raises OSError: the disk fails
    """
    os.utime(path, ns=(_SEAL, _SEAL))


def is_sealed(status: os.stat_result) -> bool:
    """Tell whether nobody wrote to a file since it was sealed.

    :param status: what the system says of it
    """
    return status.st_mtime_ns == _SEAL
