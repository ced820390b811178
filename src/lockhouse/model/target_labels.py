"""From a label such as ``cp312-manylinux_2_28_x86_64`` to an idea of an interpreter that is not here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags, mac_platforms

from lockhouse.errors import InvalidSettingError
from lockhouse.model.target import Target, cpython_markers

if TYPE_CHECKING:
    from collections.abc import Iterator

_LABEL = re.compile(r"cp3(?P<minor>\d{1,2})(?P<free>t?)-(?P<platform>[a-z0-9_]+)")
_LINUX = re.compile(r"(?P<libc>manylinux|musllinux)_(?P<major>\d+)_(?P<minor>\d+)_(?P<machine>[a-z0-9_]+)")
_LEGACY = re.compile(r"(?P<alias>manylinux1|manylinux2010|manylinux2014)_(?P<machine>[a-z0-9_]+)")
_MAC = re.compile(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<machine>arm64|x86_64)")

#: What ``platform.machine()`` says on Windows, by platform tag.
_WINDOWS = {"win_amd64": "AMD64", "win_arm64": "ARM64", "win32": "x86"}

#: glibc → the older name of that manylinux tag (PEP 513, PEP 571, PEP 599).
_OLDER_NAMES = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}

#: The oldest glibc minor that has a tag: 2.5 on x86, 2.17 elsewhere (PEP 513, PEP 599).
_OLDEST_X86 = 5
_OLDEST = 17

_EXAMPLES = "cp312-manylinux_2_28_x86_64, cp313-musllinux_1_2_aarch64, cp313-macosx_11_0_arm64, cp313-win_amd64"


def imagined_target(label: str) -> Target:
    """Imagine a CPython from the label of a target: its Python and the best platform tag that it takes.

    Its patch level is imagined to be the last one of its minor version. All older tags of the platform are taken as
    well, as the platform itself would.

    :param label: ``cp312-manylinux_2_28_x86_64``, ``cp313-macosx_11_0_arm64``, ``cp313t-win_amd64``
    :raises InvalidSettingError: it is no such label
    """
    match = _LABEL.fullmatch(label)
    known = None if match is None else _platform(match["platform"])
    if match is None or known is None:
        raise InvalidSettingError(
            f'"{label}" names no target',
            why="a target is a CPython and the newest platform tag that it takes, joined by a hyphen",
            fix=f"write it like one of these: {_EXAMPLES}",
        )
    sys_platform, machine, platforms = known
    version = (3, int(match["minor"]))
    abi = f"cp3{match['minor']}{match['free']}"
    own = cpython_tags(version, abis=[abi], platforms=platforms)
    rest = compatible_tags(version, f"cp3{match['minor']}", platforms)
    return Target(
        executable="",
        markers=cpython_markers(f"3.{match['minor']}", sys_platform, machine=machine),
        tags=tuple(dict.fromkeys(str(tag) for tag in (*own, *rest))),
        prefix="",
        purelib="",
        platlib="",
        scripts="",
    )


def manylinux_tags(machine: str, newest: tuple[int, int]) -> Iterator[str]:
    """Give the platform tags of a Linux with glibc, best first (PEP 600).

    :param machine: the machine, as a tag spells it
    :param newest: version of the glibc that is there
    """
    major, minor = newest
    oldest = _OLDEST_X86 if machine in {"x86_64", "i686"} else _OLDEST
    for lower in range(minor, oldest - 1, -1):
        yield f"manylinux_{major}_{lower}_{machine}"
        if (major, lower) in _OLDER_NAMES:
            yield f"{_OLDER_NAMES[major, lower]}_{machine}"


def musllinux_tags(machine: str, newest: tuple[int, int]) -> Iterator[str]:
    """Give the platform tags of a Linux with musl, best first (PEP 656).

    :param machine: the machine, as a tag spells it
    :param newest: version of the musl that is there
    """
    major, minor = newest
    yield from (f"musllinux_{major}_{lower}_{machine}" for lower in range(minor, -1, -1))


def _platform(tag: str) -> tuple[str, str, list[str]] | None:
    """Give ``sys_platform``, machine and all platform tags that go with one of them."""
    if tag in _WINDOWS:
        return "win32", _WINDOWS[tag], [tag]
    if match := _MAC.fullmatch(tag):
        version = (int(match["major"]), int(match["minor"]))
        return "darwin", match["machine"], list(mac_platforms(version, match["machine"]))
    if match := _LINUX.fullmatch(tag):
        version, machine = (int(match["major"]), int(match["minor"])), match["machine"]
        tags = manylinux_tags if match["libc"] == "manylinux" else musllinux_tags
        return "linux", machine, [f"linux_{machine}", *tags(machine, version)]
    if match := _LEGACY.fullmatch(tag):
        glibc = next(version for version, alias in _OLDER_NAMES.items() if alias == match["alias"])
        return "linux", match["machine"], [f"linux_{match['machine']}", *manylinux_tags(match["machine"], glibc)]
    return None
