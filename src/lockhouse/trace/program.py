"""Which program gives the answers: another Lockhouse, Python or plugin may decide otherwise."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_DISTRIBUTION = "lockhouse"

#: A folder that was changed so shortly ago is listed again: some file systems count in two seconds.
_SETTLED_AFTER = 2_000_000_000

#: What this process found in a folder, by its path and what tells whether anything came or went there since.
_KNOWN: dict[tuple[str, int, int, int], list[str] | None] = {}


def program() -> str | None:
    """Name this Python, and all distributions that it can import from.

    :return: None where there may be a plugin that is not part of Lockhouse: it is asked each time
    """
    found = distributions(sys.path)
    return None if found is None else "\n".join((sys.version, sys.prefix, *found))


def distributions(path: Iterable[str]) -> list[str] | None:
    """List the distributions of a path, without the machinery that reads metadata.

    A folder is listed once in a process, and again where anything came, went or was renamed in it: an installer does
    not write into metadata that is there.

    :param path: where packages lie, as in ``sys.path``
    :return: names of their metadata, sorted; None where one of them may be a plugin, or nobody can tell
    """
    found: list[str] = []
    for entry in dict.fromkeys(path):
        try:
            here = _known(entry or ".")
        except FileNotFoundError:
            continue
        except OSError:  # an archive, perhaps
            return None
        if here is None:
            return None
        found += here
    return sorted(found)


def _known(folder: str) -> list[str] | None:
    status = os.stat(folder)  # noqa: PTH116 - pathlib takes long to import
    key = folder, status.st_ino, status.st_mtime_ns, status.st_ctime_ns
    if not os.path.isabs(folder) or max(key[2:]) + _SETTLED_AFTER > time.time_ns():  # noqa: PTH117 - likewise
        return _listed(folder)
    if key not in _KNOWN:
        _KNOWN[key] = _listed(folder)
    return _KNOWN[key]


def _listed(folder: str) -> list[str] | None:
    found = []
    for name in os.listdir(folder):  # noqa: PTH208 - likewise
        kind = name.lower()  # as the machinery does
        if kind.endswith((".dist-info", ".egg-info")):
            if not _is_own(name) and _may_be_plugin(f"{folder}/{name}"):
                return None
            found.append(name)
        elif kind == "egg-info" or kind.endswith((".egg", ".egg-link")):  # the first stands in an unpacked egg
            return None
    return found


def _is_own(metadata: str) -> bool:
    name, _, version = metadata.partition("-")
    return name == OWN_DISTRIBUTION and version[:1].isdigit()


def _may_be_plugin(metadata: str) -> bool:
    try:
        with open(f"{metadata}/entry_points.txt", "rb", buffering=0) as file:  # noqa: PTH123 - likewise
            return b"lockhouse" in file.read()
    except OSError:
        return False
