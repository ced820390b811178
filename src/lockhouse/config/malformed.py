"""What is said of a requirement that cannot be read: the text, its place, and what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import InvalidRequirementError
from lockhouse.model.indexes import hide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.requirements import InvalidRequirement

    from lockhouse.model.spec import Origin

#: What can always be said.
FORMS = "write NAME, with bounds such as NAME>=1.0, or NAME @ ADDRESS"


def malformed(text: str, origin: Origin, why: str, *, fix: str | None = None) -> InvalidRequirementError:
    """Give the error for a requirement that cannot be used.

    :param text: what was written
    :param origin: where it stands
    :param why: what is wrong with it
    :param fix: what mends it
    """
    return InvalidRequirementError(f"{origin}: {hide(text)!r} is not a requirement", why=hide(why), fix=fix)


def unparsed(text: str, origin: Origin, error: InvalidRequirement) -> InvalidRequirementError:
    """Give the error for a text that is no requirement by its form, with the text that was probably meant.

    :param text: what was written
    :param origin: where it stands
    :param error: what ``packaging`` says
    """
    from lockhouse.config.probable import probable_requirement  # noqa: PLC0415 - errors only

    guess = probable_requirement(text)
    fix = FORMS if guess is None else f"write {hide(guess)!r} instead of {hide(text)!r}"
    return malformed(text, origin, str(error).splitlines()[0], fix=fix)


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
