"""What an editable wheel may not rest on: the environment that it was built in, which is gone after the build."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from lockhouse.errors import BuildFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.operations.build_room import BuildRoom

#: The backend that rebuilds at each import, with a program that it finds by this variable.
_REBUILDS, _ITS_VARIABLE = "mesonpy", "NINJA"

_ENOUGH = 60


def require_self_reliant(wheel: Path, room: BuildRoom) -> None:
    """Refuse an editable wheel that names files of the room that it was built in: it could not be imported.

    :param wheel: the wheel
    :param room: where it was built
    :raises BuildFailedError: it names such files
    """
    room_path = str(room.place).encode()
    with zipfile.ZipFile(wheel) as archive:
        for name in filter(_is_run, archive.namelist()):
            _, found, rest = archive.read(name).partition(room_path)
            if found:
                named = rest[1:_ENOUGH].split(b"'")[0].split(b'"')[0].decode("utf-8", "replace")
                raise _gone(room, name, named)


def _is_run(name: str) -> bool:
    """Tell whether Python runs a file of a wheel; compiled code may tell where it was compiled, and needs it not."""
    return name.endswith((".py", ".pth"))


def _gone(room: BuildRoom, name: str, named: str) -> BuildFailedError:
    fix = 'install it as a wheel: project = "wheel"'
    if room.system.backend == _REBUILDS:
        told = f'{{ {room.name} = {{ {_ITS_VARIABLE} = "/usr/bin/ninja" }} }}'
        fix = f"name a ninja that stays, such as build-variables = {told} in [tool.lockhouse]; or {fix}"
    return BuildFailedError(
        f"{room.label} cannot be installed editable: it would need its build environment whenever it is imported",
        why=[f"{name} of its editable wheel names {named}", "what a build is made with is gone after the build"],
        fix=fix,
    )
