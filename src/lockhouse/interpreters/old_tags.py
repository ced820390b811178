"""The wheel tags of Python 3.8, where ``packaging`` does not import, from what the interpreter says of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lockhouse.model.target_labels import manylinux_tags, musllinux_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def tags_of_38(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the tags of a Python 3.8, best first.

    :param facts: what the probe printed
    """
    from packaging.tags import compatible_tags, cpython_tags, generic_tags  # noqa: PLC0415 - only for old targets

    platforms = list(_platforms(facts))
    if facts["implementation"] == "cpython":
        abis = ["cp38d", "cp38"] if facts["debug"] else ["cp38"]
        own = cpython_tags((3, 8), abis=abis, platforms=platforms)
        rest = compatible_tags((3, 8), "cp38", platforms)
    else:
        short = {"pypy": "pp"}.get(facts["implementation"], facts["implementation"])
        own = generic_tags(f"{short}38", _generic_abis(facts["extension_suffix"]), platforms)
        rest = compatible_tags((3, 8), "pp3" if short == "pp" else None, platforms)
    return tuple(dict.fromkeys(str(tag) for tag in (*own, *rest)))


def _generic_abis(extension_suffix: str) -> list[str]:
    # ".pypy38-pp73-x86_64-linux-gnu.so" → "pypy38_pp73"
    parts = extension_suffix.split(".")
    return [_normal("-".join(parts[1].split("-")[:2]))] if len(parts) > 2 else []  # noqa: PLR2004 - ".abi.so"


def _normal(text: str) -> str:
    return re.sub(r"[.\- ]", "_", text)


def _platforms(facts: Mapping[str, Any]) -> Iterator[str]:
    platform = _normal(facts["platform"])
    if platform.startswith("macosx"):
        from packaging.tags import mac_platforms  # noqa: PLC0415 - only for old targets

        major, minor = (int(part) for part in facts["mac_version"].split(".")[:2])
        yield from mac_platforms((major, minor), "i386" if facts["bits32"] else facts["mac_machine"])
    elif platform.startswith("linux"):
        yield from _linux(platform.removeprefix("linux_"), facts)
    else:
        yield platform


def _linux(machine: str, facts: Mapping[str, Any]) -> Iterator[str]:
    if facts["bits32"]:
        machine = {"x86_64": "i686", "aarch64": "armv8l"}.get(machine, machine)
    machines = ["armv8l", "armv7l"] if machine == "armv8l" else [machine]
    yield from (f"linux_{each}" for each in machines)
    for each in machines:
        if facts["glibc"]:
            yield from manylinux_tags(each, _version(facts["glibc"]))
        elif facts["musl"]:
            yield from musllinux_tags(each, _version(facts["musl"]))


def _version(text: str) -> tuple[int, int]:
    major, minor = (int(part) for part in text.split(".")[:2])
    return major, minor
