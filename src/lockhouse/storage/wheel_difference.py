"""How two wheels of one name differ, for people."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def wheel_differences(one: Path, other: Path) -> Iterator[str]:
    """Say how two wheels differ: a fact a line, none where they have the same bytes.

    :param one: a wheel
    :param other: another one
    """
    if one.name != other.name:
        yield f"one is {one.name}, the other {other.name}"
        return
    if one.read_bytes() == other.read_bytes():
        return
    told = False
    for line in _members(one, other):
        told = True
        yield line
    if not told:
        yield "the files in them are the same; their times, modes, order or compression are not"


def _members(one: Path, other: Path) -> Iterator[str]:
    with zipfile.ZipFile(one) as first, zipfile.ZipFile(other) as second:
        ours, theirs = set(first.namelist()), set(second.namelist())
        yield from (f"{name} is in one of them alone" for name in sorted(ours ^ theirs))
        differing = [name for name in sorted(ours & theirs) if first.read(name) != second.read(name)]
        consequence = [name for name in differing if name.endswith(".dist-info/RECORD")]
        yield from (f"{name} has other content" for name in differing if name not in consequence or differing == [name])
