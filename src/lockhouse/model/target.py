"""Where something is to be installed: an interpreter, or an idea of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.model.pythons import LAST_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Platforms that a universal lock is checked for: sys_platform → (os_name, platform_system, platform_machine).
PLATFORMS: Mapping[str, tuple[str, str, str]] = {
    "linux": ("posix", "Linux", "x86_64"),
    "darwin": ("posix", "Darwin", "arm64"),
    "win32": ("nt", "Windows", "AMD64"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An interpreter as selection sees it.

    :ivar executable: path of the interpreter; empty for an idea of one, and so are the paths below
    :ivar markers: the marker environment (PEP 508)
    :ivar tags: the wheel tags that it accepts, best first, each ``interpreter-abi-platform``
    :ivar prefix: ``sys.prefix``, the environment's root
    :ivar purelib: its ``site-packages`` for pure packages
    :ivar platlib: its ``site-packages`` for packages with compiled code
    :ivar scripts: its folder for scripts
    """

    executable: str
    markers: Mapping[str, str]
    tags: tuple[str, ...]
    prefix: str
    purelib: str
    platlib: str
    scripts: str

    @property
    def label(self) -> str:
        """Give a short name such as ``cp312-linux-x86_64``."""
        return target_label(self.markers)

    @property
    def python(self) -> str:
        """Give the version, to the micro."""
        return self.markers["python_full_version"]

    @property
    def wheel_label(self) -> str:
        """Give the name that says which wheels it takes, such as ``cp312-manylinux_2_28_x86_64``."""
        tags = [tag.split("-", 2) for tag in self.tags]
        interpreter, abi, platform = next((tag for tag in tags if not tag[2].startswith("linux_")), tags[0])
        free_threaded = "t" if abi == f"{interpreter}t" else ""
        return f"{interpreter}{free_threaded}-{platform}"


def target_label(markers: Mapping[str, str]) -> str:
    """Name a target by its implementation, Python and platform.

    :param markers: a marker environment
    """
    implementation = markers.get("implementation_name", "cpython")
    prefix = {"cpython": "cp", "pypy": "pp"}.get(implementation, implementation)
    major, minor = markers["python_version"].split(".")[:2]
    machine = re.sub(r"[^a-z0-9_]+", "_", markers.get("platform_machine", "").lower())
    return f"{prefix}{major}{minor}-{markers['sys_platform']}-{machine}".rstrip("-")


def is_imagined(markers: Mapping[str, str]) -> bool:
    """Tell whether a marker environment is that of no real interpreter: its patch level stands for the last one.

    :param markers: a marker environment
    """
    return markers["python_full_version"].endswith(f".{LAST_LEVEL}")


def marker_environments(minors: Iterable[str]) -> list[dict[str, str]]:
    """Imagine the environments that a universal lock must serve: each minor version on each platform.

    :param minors: minor versions such as ``3.12``
    """
    return [
        cpython_markers(minor, sys_platform, machine=machine)
        for minor in minors
        for sys_platform, (_, _, machine) in PLATFORMS.items()
    ]


def cpython_markers(minor: str, sys_platform: str, *, machine: str) -> dict[str, str]:
    """Imagine the marker environment of a CPython whose last patch level is installed.

    :param minor: a minor version such as ``3.12``
    :param sys_platform: one of :data:`PLATFORMS`
    :param machine: what ``platform.machine()`` says there
    """
    os_name, system, _ = PLATFORMS[sys_platform]
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{minor}.{LAST_LEVEL}",
        "os_name": os_name,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "python_full_version": f"{minor}.{LAST_LEVEL}",
        "python_version": minor,
        "sys_platform": sys_platform,
    }
