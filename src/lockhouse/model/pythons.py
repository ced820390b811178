"""Python versions and bounds, as declarations say them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import InvalidSettingError
from lockhouse.model.canonical import bounds_if_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

#: The newest minor release of CPython 3 that an open bound such as ``>=3.11`` is checked for.
NEWEST_MINOR = 14

#: A patch level that stands for all that come after those that anybody names.
LAST_LEVEL = 50

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
        if specifier.operator in {">=", ">", "==", "~="}
        or (specifier.operator == "===" and is_version(specifier.version))
    ]
    return max(lows, default=None)


def is_version(text: str) -> bool:
    """Tell whether a text is a version, for ``===`` may be followed by anything.

    :param text: such as ``3.12.4``
    """
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - much to import

    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


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
    :return: minor versions such as ``3.11``, ascending; empty where no Python meets the bounds
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

    specifiers, low = SpecifierSet(bounds), lower_bound(bounds)
    usual = {*range(NEWEST_MINOR + 1), low.minor if low is not None and low.major == 3 else 0}  # noqa: PLR2004 - of Python 3
    named = {version.minor for version in _versions_in(specifiers) if version.major == 3}  # noqa: PLR2004 - likewise
    for minors in (usual, {minor + more for minor in named for more in (0, 1)}):
        found = tuple(f"3.{minor}" for minor in sorted(minors) if levels_within(specifiers, f"3.{minor}"))
        if found:
            return found
    return ()


def levels_within(bounds: SpecifierSet, minor: str) -> tuple[str, ...]:
    """List the patch levels of a minor version that tell what bounds allow of it.

    Those are the first one, those that the bounds name with their neighbours, and one that stands for all later ones.

    :param bounds: the bounds
    :param minor: a minor version such as ``3.12``
    :return: the levels that the bounds allow, ascending; empty where they allow none of the minor version
    """
    named = [version for version in _versions_in(bounds) if minor_of(version.base_version) == minor]
    levels = {f"{minor}.{micro}" for micro in (0, LAST_LEVEL)}
    levels |= {level for version in named for level in neighbours(str(version))}
    levels |= {str(version) for version in named if version.is_prerelease}
    from packaging.version import Version  # noqa: PLC0415 - much to import

    return tuple(level for level in sorted(levels, key=Version) if bounds.contains(level, prereleases=True))


def neighbours(text: str) -> tuple[str, ...]:
    """Give a release of Python with the one before and the one after it, where these are of the same minor version.

    :param text: a version such as ``3.12.4``; what is none has no neighbours
    """
    from packaging.version import Version  # noqa: PLC0415 - much to import

    if not is_version(plain := text.removesuffix(".*")):
        return ()
    version = Version(plain)
    micros = (version.micro - 1, version.micro, version.micro + 1)
    return tuple(f"{version.major}.{version.minor}.{micro}" for micro in micros if micro >= 0)


def require_some_python(bounds: str, *, place: str) -> str:
    """Refuse Python bounds that no Python meets: a lock for them would serve nothing, and nothing could make it stale.

    :param bounds: a specifier set
    :param place: where it was declared, for the message
    :return: the bounds
    :raises InvalidSettingError: no Python meets them
    """
    if minors_within(bounds):
        return bounds
    raise no_python_within(bounds, place=place)


def no_python_within(bounds: str, *, place: str) -> InvalidSettingError:
    """Give the error of bounds that no Python meets.

    :param bounds: a specifier set
    :param place: where it was declared
    """
    return InvalidSettingError(
        f"{place}: no Python meets {bounds!r}",
        why='expected bounds that some release of Python 3 is within, such as ">=3.11", "==3.12.*" or "==3.12.4"',
        fix='write for instance ">=3.11"',
    )


def _versions_in(bounds: SpecifierSet) -> list[Version]:
    from packaging.version import Version  # noqa: PLC0415 - much to import

    texts = (specifier.version.removesuffix(".*") for specifier in bounds)
    return [Version(text) for text in texts if is_version(text)]
