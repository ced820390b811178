"""Names and requirements in their canonical spelling, as far as that follows from the text alone.

Nearly all requirements are a name, a bound or two and perhaps a condition. They are spelled here without the parser of
the whole grammar, which takes longer to import than everything else that a check does; what is less plain is left to
``packaging``. Where both can read a text, they agree.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

#: The tool that environments are seeded with. It stays unless the lock names it.
SEED = "pip"

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VERSION = r"[0-9]+(?:\.[0-9]+)*"
_BLANK = r"[ \t]*"
_BOUND = rf"(?:[<>]=?{_BLANK}{_VERSION}|[=!]={_BLANK}{_VERSION}(?:\.\*)?|~={_BLANK}{_VERSION}\.[0-9]+)"
_BOUNDS = rf"{_BOUND}(?:{_BLANK},{_BLANK}{_BOUND})*"
_EXTRAS = rf"\[{_BLANK}({_NAME}(?:{_BLANK},{_BLANK}{_NAME})*){_BLANK}\]"
_PLAIN = rf"({_NAME}){_BLANK}(?:{_EXTRAS})?{_BLANK}({_BOUNDS})?"
_VARIABLE = (
    "python_version|python_full_version|os_name|sys_platform|platform_(?:machine|system|release|version)"
    "|platform_python_implementation|implementation_(?:name|version)"
)
_CONDITION = rf"({_VARIABLE}){_BLANK}([<>]=?|[=!]=){_BLANK}(?:'([A-Za-z0-9._-]*)'|\"([A-Za-z0-9._-]*)\")"
_SEPARATORS = re.compile(r"[-_.]+")
_HEAD = r"[ \t]*([A-Za-z0-9._-]+)[ \t]*(?:\[([^\]]*)\])?"


def normalized(name: str) -> NormalizedName:
    """Give the normalised spelling of a name (PEP 503).

    :param name: the name of a package, an extra or a dependency group
    """
    return _SEPARATORS.sub("-", name).lower()  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def canonical_if_plain(text: str) -> str | None:
    """Spell a requirement as locks record it, where it is plain.

    :param text: a requirement as it is written
    :return: what :func:`lockhouse.model.spec.canonical_requirement` gives; None where that has to be asked, which holds
        for all that is no requirement
    """
    head, semicolon, condition = text.partition(";")
    match = re.fullmatch(_PLAIN, head.strip(" \t"))
    if match is None:
        return None
    bounds = _spelled_bounds(match[3] or "")
    marker = _plain_marker(condition.strip(" \t")) if semicolon else ""
    if bounds is None or marker is None:
        return None
    extras = sorted({normalized(extra.strip()) for extra in match[2].split(",")}) if match[2] else []
    listed = f"[{','.join(extras)}]" if extras else ""
    return f"{normalized(match[1])}{listed}{bounds}{marker}"


@lru_cache(maxsize=256)
def bounds_if_plain(text: str) -> str | None:
    """Spell a specifier set as ``packaging`` does, where it is plain.

    :param text: bounds on versions, such as ``>= 3.11, < 4``
    :return: such as ``<4,>=3.11``; None where ``packaging`` has to be asked, as for all that is no specifier set
    """
    return _spelled_bounds(text) if re.fullmatch(_BOUNDS, text) else None


def _spelled_bounds(text: str) -> str | None:
    bounds = sorted("".join(bound.split()) for bound in text.split(","))
    # of two bounds with one operator one may be left out
    return ",".join(bounds) if len({bound.rstrip("0123456789.*") for bound in bounds}) == len(bounds) else None


def _plain_marker(text: str) -> str | None:
    parts = [re.fullmatch(_CONDITION, part) for part in re.split(r"[ \t]+and[ \t]+", text)]
    spelled = [f'{part[1]} {part[2]} "{part[3] or part[4] or ""}"' for part in parts if part is not None]
    return f"; {' and '.join(spelled)}" if len(spelled) == len(parts) else None


def name_and_extras(text: str) -> tuple[NormalizedName, tuple[str, ...]]:
    """Give the normalised name and extras of a requirement.

    :param text: a requirement (PEP 508)
    :raises ValueError: it does not begin with a name
    """
    match = re.match(_HEAD, text)
    if match is None:
        msg = f"{text!r} is no requirement"
        raise ValueError(msg)
    extras = {normalized(extra.strip()) for extra in (match[2] or "").split(",")} - {""}
    return normalized(match[1]), tuple(sorted(extras))
