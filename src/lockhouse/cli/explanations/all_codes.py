"""Finds the explanation of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.cli.explanations.drift import DRIFT
from lockhouse.cli.explanations.errors import ERRORS
from lockhouse.cli.explanations.freshness import FRESHNESS
from lockhouse.config.nearest import nearest
from lockhouse.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.cli.explanations.model import Explanation


def all_explanations() -> Mapping[str, Mapping[str, Explanation]]:
    """Give all explanations: page of the reference → code → explanation."""
    return {"freshness": FRESHNESS, "drift": DRIFT, "errors": ERRORS}


def explanation_of(code: str) -> Explanation:
    """Give the explanation of one code.

    :param code: as a message shows it, the brackets around it do no harm
    :raises ConfigError: nobody says this code; the nearest is named
    """
    bare = code.strip().rpartition("[")[2].rstrip("]:").lower()
    known = {name: each for page in all_explanations().values() for name, each in page.items()}
    if bare in known:
        return known[bare]
    guess = nearest(bare, known)
    raise ConfigError(
        f'there is no code "{code}"',
        why=f"known are {', '.join(sorted(known))}",
        fix=f"lockhouse check --explain {guess}" if guess else "take the word in the brackets of a message",
    )
