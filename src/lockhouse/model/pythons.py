"""Python versions and bounds, as declarations say them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import InvalidSettingError
from lockhouse.model.canonical import bounds_if_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.version import Version

#: The newest minor release of CPython 3 that an open bound such as ``>=3.11`` is checked for.
NEWEST_MINOR = 14

_VERSION = re.compile(r"^(?P<impl>[a-zA-Z]+)?-?(?P<version>3(?:\.\d+){0,2})(?P<free>t)?(?:-(?P<rest>.+))?$")

#: The bounds that nearly all projects have: what they allow can be seen.
_PLAIN_BOUNDS = re.compile(r"(?:<(?:4|3\.(?P<above>\d+))(?:\.0)*,)?>=3\.(?P<least>\d+)(?:\.0)*|==3\.(?P<only>\d+)\.\*")


def version_of_python(text: str) -> str | None:
    """Read the version from a Python as nox and tox name it.

    :param text: ``3.12``, ``python3.12``, ``py312``, ``pypy3.10``, ``3.13t``
    :return: ``3.12``, or None where the text names no version (``python3``, a path)
    """
    compact = re.fullmatch(r"(?:py|cpython|pypy|graalpy)3(\d+)t?", text)
    if compact:
        return f"3.{compact[1]}"
    match = _VERSION.match(text)
    if match is None or match["version"] == "3":
        return None
    return match["version"]


def is_plain_cpython(text: str) -> bool:
    """Tell whether a Python, as nox and tox name it, is CPython as it is commonly built.

    :param text: ``3.12``, ``python3.12``, ``py312``; not ``pypy3.10``, nor ``3.13t`` (without the global lock)
    """
    return re.fullmatch(r"(?:py|python|cpython)?-?3(?:\.?\d+){0,2}(?:-.+)?", text) is not None


def minor_of(version: str) -> str:
    """Cut a version to major and minor.

    :param version: ``3.12`` or ``3.12.4``
    """
    return ".".join(version.split(".")[:2])


def by_version(version: str) -> tuple[int, ...]:
    """Give what sorts versions of Python.

    :param version: ``3.12`` or ``3.12.4``
    """
    return tuple(map(int, version.split(".")))


def canonical_bounds(text: str, *, place: str) -> str:
    """Read Python bounds, and spell them in the one canonical way.

    :param text: a specifier set (``>=3.11,<3.14``), or one version (``3.12``), which means that minor version alone
    :param place: where it was declared, for the message
    :raises InvalidSettingError: it is neither
    """
    version = version_of_python(text)
    if version is not None and not text.startswith(("<", ">", "=", "!", "~")):
        return f"=={minor_of(version)}.*"
    plain = bounds_if_plain(text)
    if plain is not None:
        return plain
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - much to import

    try:
        bounds = SpecifierSet(text)
    except InvalidSpecifier:
        raise InvalidSettingError(
            f"{place}: {text!r} is not a bound on Python versions",
            why='expected a specifier set such as ">=3.11" or a version such as "3.12"',
            fix='write for instance ">=3.11"',
        ) from None
    return str(bounds)


def bounds_of(versions: Iterable[str]) -> str:
    """Give the bounds of a universal lock that serves all these versions: from the lowest one upwards.

    :param versions: versions such as ``3.11``; not empty
    """
    return f">={min((minor_of(version) for version in versions), key=by_version)}"


def lower_bound(bounds: str) -> Version | None:
    """Give the lowest version that the bounds name, or None where they have no lower end.

    :param bounds: a specifier set
    """
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - much to import
    from packaging.version import Version  # noqa: PLC0415 - likewise

    lows = [
        Version(specifier.version.removesuffix(".*"))
        for specifier in SpecifierSet(bounds)
        if specifier.operator in {">=", ">", "==", "~=", "==="}
    ]
    return max(lows, default=None)


def union_of_bounds(one: str, other: str) -> str:
    """Join two bounds into one that covers both: the same, or everything from the lower one upwards.

    :param one: a specifier set
    :param other: a specifier set
    """
    if one == other:
        return one
    lows = [lower_bound(one), lower_bound(other)]
    known = [low for low in lows if low is not None]
    return f">={min(known)}" if len(known) == len(lows) else ""


def covers(bounds: str, declared: str) -> bool:
    """Tell, without looking at single versions, whether bounds allow all that is declared.

    A no means that it takes a closer look: it is not always one.

    :param bounds: the bounds of a lock, a specifier set
    :param declared: the declared bounds, a specifier set
    """
    if bounds == declared or not bounds:
        return True
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - much to import
    from packaging.version import Version  # noqa: PLC0415 - likewise

    (low, *others), least = SpecifierSet(bounds), lower_bound(declared)
    return not others and low.operator == ">=" and least is not None and least >= Version(low.version)


def minors_within(bounds: str, listed: Iterable[str] = ()) -> tuple[str, ...]:
    """List the minor versions that a lock of these bounds must serve.

    :param bounds: a specifier set
    :param listed: versions that the environment names; where there are any, only these count
    :return: minor versions such as ``3.11``, ascending
    """
    chosen = sorted({minor_of(version) for version in listed}, key=by_version)
    if chosen:
        return tuple(chosen)
    plain = _PLAIN_BOUNDS.fullmatch(bounds)
    if plain is not None:
        least = int(plain["only"] or plain["least"])
        beyond = [max(NEWEST_MINOR, least) + 1]
        beyond += [int(plain["above"])] if plain["above"] else []
        beyond += [least + 1] if plain["only"] else []
        return tuple(f"3.{minor}" for minor in range(least, min(beyond)))
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - much to import

    specifiers = SpecifierSet(bounds)
    low = lower_bound(bounds)
    newest = max(NEWEST_MINOR, low.minor if low is not None else 0)
    return tuple(
        f"3.{minor}"
        for minor in range(newest + 1)
        if any(specifiers.contains(f"3.{minor}.{micro}", prereleases=True) for micro in (0, 50))
    )
