"""The marker environments that a universal lock is judged for.

Every declared Python on every common platform, newer ones where markers name them; and, because a requirement may hold
on other machines, implementations, platforms or patch levels only, what the markers themselves name, and one that none
of them names: all combinations of what one of them names.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from lockhouse.model.pythons import is_version, levels_within, minor_of, minors_within, neighbours
from lockhouse.model.target import PLATFORMS, marker_environments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_OPERATOR = r"(?:===|==|~=|!=|<=|>=|<|>|not\s+in|in)"
_COMPARED = re.compile(
    rf"""(?P<name>[a-z_]+)\s*{_OPERATOR}\s*["'](?P<value>[^"']*)["']
    |["'](?P<first>[^"']*)["']\s*{_OPERATOR}\s*(?P<second>[a-z_]+)""",
    re.VERBOSE,
)
_PYTHON_COMPARED = re.compile(
    rf"""python_(?:full_)?version\s*(?P<operator>{_OPERATOR})\s*["'](?P<value>[^"']*)["']
    |["'](?P<first>[^"']*)["']\s*{_OPERATOR}\s*python_(?:full_)?version""",
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
#: Platforms of which one that no marker names stands for all such POSIX ones: (sys_platform, platform_system).
_OTHER_PLATFORMS = (("freebsd14", "FreeBSD"), ("openbsd7", "OpenBSD"), ("netbsd10", "NetBSD"), ("sunos5", "SunOS"))
#: Likewise what is neither a POSIX platform nor Windows: (os_name and sys_platform, platform_system).
_OTHER_SYSTEMS = (("java", "Java"), ("riscos", "RISCOS"), ("ce", "CE"))
#: Likewise implementations; the first one is at hand everywhere.
_ALL_IMPLEMENTATIONS = (
    ("cpython", "CPython"),
    *_IMPLEMENTATIONS.items(),
    ("jython", "Jython"),
    ("ironpython", "IronPython"),
)
#: What a variable may be compared with so that the imagined environments have each case; None for anything.
_KNOWN: Mapping[str, set[str] | None] = {
    "python_version": None,
    "python_full_version": None,
    "platform_machine": None,
    "implementation_name": {"cpython", *_IMPLEMENTATIONS},
    "platform_python_implementation": {"CPython", *_IMPLEMENTATIONS.values()},
    "sys_platform": {*PLATFORMS, *_PLATFORMS},
    "os_name": {os_name for os_name, _, _ in PLATFORMS.values()},
    "platform_system": {*(system for _, system, _ in PLATFORMS.values()), *_PLATFORMS.values()},
}
#: What nobody knows of a target before its interpreter is asked.
_UNKNOWN = {"python_full_version", "implementation_version", "platform_release", "platform_version"}
#: What tells platforms and implementations apart.
_NAMES = (
    "sys_platform", "platform_system", "os_name", "implementation_name", "platform_python_implementation",
)  # fmt: skip
#: Machines, of which one that no marker names stands for all such.
_MACHINES = ("riscv64", "loongarch64", "sparc64")


def judged_environments(
    bounds: str, listed: Sequence[str], markers: Iterable[str], pythons: Iterable[str] = ()
) -> list[dict[str, str]]:
    """Imagine the environments that a universal lock is judged for.

    :param bounds: the declared Python bounds
    :param listed: the versions that are declared one by one; where there are any, only these count
    :param markers: texts of all markers that have a say, those of the pins too
    :param pythons: more Python bounds at whose ends something may change, those of the pins
    :return: the environments; none where no Python meets the bounds
    """
    allowed, texts = SpecifierSet(bounds), list(dict.fromkeys(markers))
    minors = minors_within(bounds, listed)
    if minors and not listed:
        named_minors = (minor for minor in _minors(texts) if minor not in minors)
        minors += tuple(minor for minor in dict.fromkeys(named_minors) if levels_within(allowed, minor))
    common = [_allowed(environment, allowed) for environment in marker_environments(minors)]
    found, groups = list(common), _groups(texts)
    taken = {value for named in groups for name in _NAMES for value in named.get(name, ())}
    for named in (*groups, {"python_full_version": set(_ends(pythons))}):
        others = [{**base, **change} for base in common[:: len(PLATFORMS)] for change in _platforms(named, taken)]
        ends = named.get("python_full_version", set())
        levels = [level for text in (*ends, *_ends([bounds] if ends else ())) for level in _neighbours(text, allowed)]
        for base in (*common, *others):
            changes = product(_machines(named), _implementations(named, taken), _patch_levels(base, levels))
            found += ({**base, **machine, **implementation, **level} for machine, implementation, level in changes)
    return list({tuple(sorted(environment.items())): environment for environment in found}.values())


def _groups(markers: Iterable[str]) -> list[Mapping[str, set[str]]]:
    """Give what each marker compares its variables with, once for all markers that have the same variables."""
    groups: dict[frozenset[str], dict[str, set[str]]] = {}
    for text in markers:
        named = _named(text)
        group = groups.setdefault(frozenset(named), {})
        for name, values in named.items():
            group.setdefault(name, set()).update(values)
    return list(groups.values())


def _minors(markers: Iterable[str]) -> Iterator[str]:
    """Give the minor versions of Python by which markers change: those that they name, and where it matters the next.

    They may be newer than any that is known, and the major version a newer one.
    """
    for match in (match for text in markers for match in _PYTHON_COMPARED.finditer(text)):
        for part in re.split(r"[\s,|]+", match["value"] or match["first"] or ""):
            plain = part.removesuffix(".*")
            if not is_version(plain):
                continue
            version = Version(plain)
            yield f"{version.major}.{version.minor}"
            if match["operator"] not in {"<", ">="} or version.micro:  # it tells the minor version from those after it
                yield f"{version.major}.{version.minor + 1}"
            if match["operator"] == "~=" or part != plain:
                yield f"{version.major + 1}.0"


def decided_everywhere(marker: str) -> bool:
    """Tell whether :func:`judged_environments` has an environment for each way in which a marker can be true.

    :param marker: text of the marker
    """
    return all(
        name in _KNOWN and ((known := _KNOWN[name]) is None or values <= known)
        for name, values in _named(marker).items()
    )


def decided_on_target(marker: str) -> bool:
    """Tell whether one target decides a marker before its interpreter is asked.

    :param marker: text of the marker
    """
    return not _UNKNOWN & _named(marker).keys()


def _named(marker: str) -> dict[str, set[str]]:
    """Collect what each variable of a marker is compared with."""
    found: dict[str, set[str]] = {}
    for match in _COMPARED.finditer(marker):
        name, value = match["name"] or match["second"], match["value"] or match["first"] or ""
        found.setdefault(name, set()).update(part for part in re.split(r"[\s,|]+", value) if part)
    return found


def _machines(named: Mapping[str, set[str]]) -> list[dict[str, str]]:
    machines = named.get("platform_machine", set())
    unnamed = [machine for machine in _MACHINES if machine not in machines][:1] if machines else []
    return [{}, *({"platform_machine": machine} for machine in (*sorted(machines), *unnamed))]


def _implementations(named: Mapping[str, set[str]], taken: set[str]) -> list[dict[str, str]]:
    mentioned = named.get("implementation_name", set()) | named.get("platform_python_implementation", set())
    if not mentioned:
        return [{}]
    others = [pair for pair in _IMPLEMENTATIONS.items() if mentioned & set(pair) or pair[0] == "pypy"]
    others += _unnamed(_ALL_IMPLEMENTATIONS, taken)
    pairs = dict.fromkeys(pair for pair in others if pair != _ALL_IMPLEMENTATIONS[0])
    return [{}, *({"implementation_name": name, "platform_python_implementation": label} for name, label in pairs)]


def _platforms(named: Mapping[str, set[str]], taken: set[str]) -> Iterator[dict[str, str]]:
    """Give the platforms besides the common ones that markers tell apart.

    :param named: what the markers compare their variables with
    :param taken: names of platforms that any marker says, which stand for no unnamed one
    """
    mentioned = named.get("sys_platform", set()) | named.get("platform_system", set())
    pairs = [pair for pair in _PLATFORMS.items() if mentioned & set(pair)]
    common = [(platform, system) for platform, (os_name, system, _) in PLATFORMS.items() if os_name == "posix"]
    if not _unnamed(common, mentioned):
        pairs += _unnamed(_OTHER_PLATFORMS, taken)
    yield from ({"os_name": "posix", "sys_platform": platform, "platform_system": system} for platform, system in pairs)
    if "posix" in named.get("os_name", ()):
        for name, system in _unnamed(_OTHER_SYSTEMS, taken):
            yield {"os_name": name, "sys_platform": name, "platform_system": system}


def _unnamed(pairs: Iterable[tuple[str, str]], named: set[str]) -> list[tuple[str, str]]:
    """Give the first pair of which nothing is named: whatever it is, the markers treat all such in one way."""
    return [pair for pair in pairs if not named & set(pair)][:1]


def _patch_levels(base: Mapping[str, str], levels: Iterable[str]) -> list[dict[str, str]]:
    own = sorted({level for level in levels if minor_of(level) == base["python_version"]}, key=Version)
    return [{}, *map(_level, own)]


def _neighbours(text: str, bounds: SpecifierSet) -> Iterator[str]:
    return (level for level in neighbours(text) if bounds.contains(level))


def _allowed(environment: dict[str, str], bounds: SpecifierSet) -> dict[str, str]:
    """Give the last patch level that bounds allow to an environment that is imagined for a minor version."""
    levels = levels_within(bounds, environment["python_version"])
    return {**environment, **_level(levels[-1])} if levels else environment


def _level(level: str) -> dict[str, str]:
    return {"python_full_version": level, "implementation_version": level}


def _ends(bounds: Iterable[str]) -> Iterator[str]:
    for text in dict.fromkeys(bounds):
        versions = [specifier.version.removesuffix(".*") for specifier in SpecifierSet(text)]
        yield from (version for version in versions if is_version(version) and Version(version).micro)
