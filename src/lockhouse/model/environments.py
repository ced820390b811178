"""The marker environments that a universal lock is judged for.

Every declared Python on every common platform; and, because a requirement may hold on other machines, implementations,
platforms or patch levels only, what the markers themselves name. Each of these is varied alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from lockhouse.model.pythons import minor_of
from lockhouse.model.target import PLATFORMS, marker_environments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_OPERATOR = r"(?:===|==|~=|!=|<=|>=|<|>|not\s+in|in)"
_COMPARED = re.compile(
    rf"""(?P<name>[a-z_]+)\s*{_OPERATOR}\s*["'](?P<value>[^"']*)["']
    |["'](?P<first>[^"']*)["']\s*{_OPERATOR}\s*(?P<second>[a-z_]+)""",
    re.VERBOSE,
)

#: Implementations that markers tell apart: implementation_name → platform_python_implementation.
_IMPLEMENTATIONS = {"pypy": "PyPy", "graalpy": "GraalVM"}
#: Platforms besides the common ones: sys_platform → platform_system. All of them are POSIX ones.
_PLATFORMS = {
    "aix": "AIX",
    "android": "Android",
    "cygwin": "CYGWIN",
    "emscripten": "Emscripten",
    "ios": "iOS",
    "wasi": "WASI",
}
#: What the common platforms hold; a marker that compares nothing else, beside Python's version, is decided by them.
_COMMON = {
    "sys_platform": set(PLATFORMS),
    "os_name": {os_name for os_name, _, _ in PLATFORMS.values()},
    "platform_system": {system for _, system, _ in PLATFORMS.values()},
}
_PYTHON = {"python_version", "python_full_version"}
#: What nobody knows of a target before its interpreter is asked.
_UNKNOWN = {"python_full_version", "implementation_version", "platform_release", "platform_version"}
#: Machines, of which one that no marker names stands for all such.
_MACHINES = ("riscv64", "loongarch64", "sparc64")


def judged_environments(
    bounds: str, minors: Sequence[str], markers: Iterable[str], pythons: Iterable[str] = ()
) -> list[dict[str, str]]:
    """Imagine the environments that a universal lock is judged for.

    :param bounds: the declared Python bounds
    :param minors: the declared minor versions
    :param markers: texts of all markers that have a say, those of the pins too
    :param pythons: more Python bounds at whose ends something may change, those of the pins
    """
    named = _named(markers)
    common = marker_environments(minors)
    found = list(common)
    for base in common:
        found += ({**base, **change} for change in (*_machines(named), *_implementations(named)))
    for minor in minors:
        posix = next(iter(marker_environments([minor])))
        found += ({**posix, **change} for change in _platforms(named))
    found += _patch_levels(common, SpecifierSet(bounds), {*named.get("python_full_version", ()), *_ends(pythons)})
    return list({tuple(sorted(environment.items())): environment for environment in found}.values())


def decided_everywhere(marker: str) -> bool:
    """Tell whether :func:`judged_environments` has an environment for each way in which a marker can be true.

    :param marker: text of the marker
    """
    return all(
        name in _PYTHON or (name in _COMMON and values <= _COMMON[name]) for name, values in _named([marker]).items()
    )


def decided_on_target(marker: str) -> bool:
    """Tell whether one target decides a marker before its interpreter is asked.

    :param marker: text of the marker
    """
    return not _UNKNOWN & _named([marker]).keys()


def _named(markers: Iterable[str]) -> Mapping[str, set[str]]:
    """Collect what each variable is compared with."""
    found: dict[str, set[str]] = {}
    for text in dict.fromkeys(markers):
        for match in _COMPARED.finditer(text):
            name, value = match["name"] or match["second"], match["value"] or match["first"] or ""
            found.setdefault(name, set()).update(part for part in re.split(r"[\s,|]+", value) if part)
    return found


def _machines(named: Mapping[str, set[str]]) -> Iterator[dict[str, str]]:
    machines = named.get("platform_machine", set())
    if not machines:
        return
    unnamed = next((machine for machine in _MACHINES if machine not in machines), None)
    for machine in (*sorted(machines), *(() if unnamed is None else (unnamed,))):
        yield {"platform_machine": machine}


def _implementations(named: Mapping[str, set[str]]) -> Iterator[dict[str, str]]:
    mentioned = named.get("implementation_name", set()) | named.get("platform_python_implementation", set())
    if not mentioned:
        return
    for name, label in _IMPLEMENTATIONS.items():
        if name == "pypy" or mentioned & {name, label}:
            yield {"implementation_name": name, "platform_python_implementation": label}


def _platforms(named: Mapping[str, set[str]]) -> Iterator[dict[str, str]]:
    for platform, system in _PLATFORMS.items():
        if platform in named.get("sys_platform", ()) or system in named.get("platform_system", ()):
            yield {"sys_platform": platform, "platform_system": system}


def _patch_levels(
    common: Sequence[Mapping[str, str]], bounds: SpecifierSet, versions: Iterable[str]
) -> Iterator[dict[str, str]]:
    levels = {level for text in versions for level in neighbours(text) if bounds.contains(level)}
    for level in sorted(levels, key=Version):
        for base in common:
            if base["python_version"] == minor_of(level):
                yield {**base, "python_full_version": level, "implementation_version": level}


def neighbours(text: str) -> tuple[str, ...]:
    """Give a release of Python with the one before and the one after it, where these are of the same minor version.

    :param text: a version such as ``3.12.4``; what is none has no neighbours
    """
    try:
        version = Version(text.removesuffix(".*"))
    except InvalidVersion:
        return ()
    if version.major != 3:  # noqa: PLR2004 - there is no other Python
        return ()
    micros = (version.micro - 1, version.micro, version.micro + 1)
    return tuple(f"3.{version.minor}.{micro}" for micro in micros if micro >= 0)


def _ends(bounds: Iterable[str]) -> Iterator[str]:
    for text in dict.fromkeys(bounds):
        versions = [specifier.version.removesuffix(".*") for specifier in SpecifierSet(text)]
        yield from (version for version in versions if Version(version).micro)
