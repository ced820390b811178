"""What is said of a requirement that cannot be read: the text, its place, and what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.config.requirement_text import unset_variables
from lockhouse.errors import InvalidRequirementError
from lockhouse.model.indexes import hide
from lockhouse.model.unparsed import why_unparsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.requirements import InvalidRequirement

    from lockhouse.model.spec import Origin

#: Why a path is no requirement.
NO_SUCH_FILE = "there is no such file or directory"

#: What can always be said.
FORMS = "write NAME, with bounds such as NAME>=1.0, or NAME @ ADDRESS"


class _MalformedError(InvalidRequirementError):
    """It quotes the text."""


def malformed(text: str, origin: Origin, why: str, *, fix: str | None = None) -> InvalidRequirementError:
    """Give the error for a requirement that cannot be used.

    :param text: what was written
    :param origin: where it stands
    :param why: what is wrong with it
    :param fix: what mends it
    """
    return _MalformedError(f"{origin}: {hide(text)!r} is not a requirement", why=hide(why), fix=fix)


def unparsed(text: str, origin: Origin, error: InvalidRequirement | RecursionError) -> InvalidRequirementError:
    """Give the error for a text that is no requirement by its form, with the text that was probably meant.

    :param text: what was written
    :param origin: where it stands
    :param error: what ``packaging`` says
    """
    from lockhouse.config.probable import probable_requirement  # noqa: PLC0415 - errors only

    guess = probable_requirement(text)
    fix = FORMS if guess is None else f"write {hide(guess)!r} instead of {hide(text)!r}"
    return malformed(text, origin, why_unparsed(error), fix=fix)


def as_written(error: InvalidRequirementError, text: str, origin: Origin) -> InvalidRequirementError:
    """Give the error for a requirement with ``${NAME}`` in it, without anything of the values.

    :param error: what is wrong with it where the values are in place
    :param text: as it was written
    :param origin: where it stands
    """
    if not isinstance(error, _MalformedError):
        return error  # it quotes nothing
    names = ", ".join(unset_variables(text))
    if NO_SUCH_FILE in error.why:
        return malformed(text, origin, NO_SUCH_FILE, fix=f"correct the path at {origin}, or the value of {names}")
    return malformed(text, origin, f"not with what {names} holds", fix=f"look at the value of {names}; {FORMS}")


def joined(problems: Sequence[InvalidRequirementError], what: str) -> InvalidRequirementError:
    """Make one error of all.

    :param problems: one or more
    :param what: the fact where there are several
    """
    if len(problems) == 1:
        return problems[0]
    return InvalidRequirementError(
        what,
        why=[f"{problem.what}; {'; '.join(problem.why)}".rstrip("; ") for problem in problems],
        fix="; ".join(dict.fromkeys(problem.fix for problem in problems if problem.fix)) or None,
    )
