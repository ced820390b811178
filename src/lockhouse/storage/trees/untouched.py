"""The quickest look at a project: whether not one of its files was touched since it was looked at.

It builds no values, reads no file but the record, and starts nothing. What it cannot tell for certain counts as
touched; then :mod:`lockhouse.storage.trees.tree` looks at the content.
"""

from __future__ import annotations

import json
import os
from stat import S_ISLNK, S_ISREG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: The form of the record: any other is treated as no record.
FORM = 4

#: A file written so shortly before it was looked at is looked at again: some file systems count in two seconds.
SETTLED_AFTER = 2_000_000_000


def untouched_digest(root: str, place: str) -> str | None:
    """Give the digest of a project of which nothing was touched since it was looked at.

    :param root: the project's folder
    :param place: the file that says what was seen
    :return: None where something was touched, or nobody can tell
    """
    try:
        with open(place, "rb") as file:  # noqa: PTH123 - for each run: no objects
            record = json.loads(file.read())
        if record["version"] != FORM or record["newest"] + SETTLED_AFTER >= record["seen_at"]:
            return None
        top = f"{root}/"
        same = (
            _are_untouched("", record["deciding"])
            and _are_untouched("", record["scm_deciding"])
            and all(_is_folder_untouched(top + path, row[0]) for path, row in record["folders"].items())
            and _are_untouched(top, record["files"])
        )
        digest: str | None = record["digest"] if same else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):  # damaged: as if absent
        return None
    else:
        return digest


def status_of(path: str) -> os.stat_result:
    """Give what the system says of a file; a link to a file counts as the file, one that leads nowhere as itself.

    :param path: its absolute path
    :raises OSError: nothing is there
    """
    status = os.lstat(path)
    if S_ISLNK(status.st_mode):
        try:
            led_to = os.stat(path)  # noqa: PTH116 - likewise
        except OSError:
            return status
        return led_to if S_ISREG(led_to.st_mode) else status
    return status


def spelled(status: os.stat_result) -> str:
    """Spell what tells whether a file was touched: size, time of change of the content and of anything, inode, mode.

    :param status: what the system says of it
    """
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino} {status.st_mode}"


def _are_untouched(folder: str, files: Mapping[str, str | None]) -> bool:
    """Tell whether files are as they were, and still absent where they were."""
    look = os.lstat
    for path, row in files.items():
        try:
            status = look(folder + path)
            if row is None:
                return False
            if S_ISLNK(status.st_mode):
                status = status_of(folder + path)
            if spelled(status) != row.rpartition(" ")[0]:  # a digest stands behind
                return False
        except (FileNotFoundError, NotADirectoryError):
            if row is not None:
                return False
    return True


def _is_folder_untouched(path: str, row: str) -> bool:
    return spelled(os.stat(path)) == row  # noqa: PTH116 - of where a link leads
