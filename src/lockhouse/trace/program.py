"""Which program gives the answers: another Lockhouse, Python or plugin may decide otherwise."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_DISTRIBUTION = "lockhouse"


def program() -> str | None:
    """Name this Python, and all distributions that it can import from.

    :return: None where there may be a plugin that is not part of Lockhouse: it is asked each time
    """
    found = distributions(sys.path)
    return None if found is None else "\n".join((sys.version, sys.prefix, *found))


def distributions(path: Iterable[str]) -> list[str] | None:
    """List the distributions of a path, without the machinery that reads metadata.

    :param path: where packages lie, as in ``sys.path``
    :return: names of their metadata, sorted; None where one of them may be a plugin, or nobody can tell
    """
    found = []
    for entry in dict.fromkeys(path):
        try:
            names = os.listdir(entry or ".")  # noqa: PTH208 - pathlib takes long to import
        except FileNotFoundError:
            continue
        except OSError:  # an archive, perhaps
            return None
        for name in names:
            kind = name.lower()  # as the machinery does
            if kind.endswith((".dist-info", ".egg-info")):
                if not _is_own(name) and _may_be_plugin(f"{entry or '.'}/{name}"):
                    return None
                found.append(name)
            elif kind == "egg-info" or kind.endswith((".egg", ".egg-link")):  # the first stands in an unpacked egg
                return None
    return sorted(found)


def _is_own(metadata: str) -> bool:
    name, _, version = metadata.partition("-")
    return name == OWN_DISTRIBUTION and version[:1].isdigit()


def _may_be_plugin(metadata: str) -> bool:
    try:
        with open(f"{metadata}/entry_points.txt", "rb", buffering=0) as file:  # noqa: PTH123 - likewise
            return b"lockhouse" in file.read()
    except OSError:
        return False
