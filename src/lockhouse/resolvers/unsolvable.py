"""Errors for requirements that have no solution: they name the declarations that the solver speaks of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.errors import BuildFailedError, ResolutionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.interfaces import ResolveRequest
    from lockhouse.model.spec import DeclaredRequirement, Origin

_ADDRESS = re.compile(r"\S+://\S+")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_OTHER_PYTHON = re.compile(
    r"Python version \([^)]*\) does not satisfy Python|requires? a different python", re.IGNORECASE
)
#: How uv says that it passed over what was uploaded later, and what it would have its own users do.
_TOO_NEW = re.compile(r"`([^`]+)` was filtered by `exclude-newer`")
_OPTION_OF_UV = re.compile(r" Consider using `exclude-newer-package`[^.]*\.")
_LOCK_AGAIN = "then lock again"


def unsolvable(lines: Sequence[str], request: ResolveRequest) -> ResolutionError:
    """Give the error for requirements that no set of versions satisfies.

    :param lines: what the solver said, with nothing secret
    :param request: what it was asked
    """
    declared = _concerned(lines, request)
    bounded = [item for item in declared if item.requirement.specifier or item.requirement.url or item.path]
    too_new = {canonicalize_name(match[1]) for line in lines for match in _TOO_NEW.finditer(line)}
    lines = [_OPTION_OF_UV.sub("", line) for line in lines]
    steps: list[str] = []
    if too_new:  # to loosen the bounds of such a package finds nothing older
        steps.append(_later(request))
        bounded = [item for item in bounded if item.name not in too_new]
    if any(_OTHER_PYTHON.search(line) for line in lines):
        steps.append(f'narrow the Pythons of the environment, which are "{request.requires_python}" now')
    if bounded:
        steps.append(f"loosen {_named(bounded)}")
    elif not steps:
        steps.append(f"replace {_named(declared)}" if declared else "loosen one of the requirements named above")
    if request.exclude_newer is not None and not too_new:
        steps.append(_later(request))
    return ResolutionError(
        "no set of versions satisfies the requirements",
        why=[*lines, *map(_declared, declared)],
        fix=f"{', or '.join(steps)}; {_LOCK_AGAIN}",
    )


def metadata_unbuilt(lines: Sequence[str]) -> BuildFailedError:
    """Give the error where a resolver had to build a package to know what it requires, and could not.

    :param lines: what the tool said
    """
    return BuildFailedError(
        "the metadata of a package cannot be built",
        why=lines,
        fix="mend what its build says, or let an index have what its build-system.requires names; then lock again",
    )


def unknown_package(name: str, lines: Sequence[str], request: ResolveRequest, *, target: str = "") -> ResolutionError:
    """Give the error for a package that no index has.

    :param name: its name
    :param lines: what the solver said, with nothing secret
    :param request: what it was asked
    :param target: what it was asked for, in words with a blank in front
    """
    if any(_OTHER_PYTHON.search(line) for line in lines):  # pip's words for a package that is there for others only
        return unsolvable(lines, request)
    declared = _concerned(lines, request)
    wrong = [item for item in declared if item.name == canonicalize_name(name)]
    steps = [f"configure the index that has {name}"]
    if wrong:
        steps.insert(0, f"correct the name {name} at {' and at '.join(_place(item.origin) for item in wrong)}")
    elif declared:
        steps.append(f"replace {_named(declared)}")
    if request.exclude_newer is not None:  # pip does not tell it from a package that is not there
        steps.append(_later(request))
    return ResolutionError(
        f"no index has a package {name}{target}",
        why=[*lines, *map(_declared, declared)],
        fix=f"{', or '.join(steps)}; {_LOCK_AGAIN}",
    )


def _later(request: ResolveRequest) -> str:
    return f"set exclude-newer, which is {request.exclude_newer} now and hides newer versions, to a later date"


def _concerned(lines: Sequence[str], request: ResolveRequest) -> list[DeclaredRequirement]:
    """List the declarations whose package occurs in the solver's words."""
    words = {canonicalize_name(word) for line in lines for word in _NAME.findall(_ADDRESS.sub("", line))}
    return [item for item in (*request.requirements, *request.constraints) if item.name in words]


def _named(declared: Sequence[DeclaredRequirement]) -> str:
    *first, last = (f'"{item.recorded}" at {_place(item.origin)}' for item in declared)
    return f"one of {', '.join(first)} and {last}" if first else last


def _declared(item: DeclaredRequirement) -> str:
    return f'declared: "{item.recorded}" ({_place(item.origin)})'


def _place(origin: Origin) -> str:
    """Give file and line where both are known, else what is known in words."""
    return f"{origin.file}:{origin.line}" if origin.file and origin.line else str(origin)
