"""The verdict that needs no reasons. It stands by itself, so that the quick answer loads nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fresh:
    """The lock satisfies the declaration.

    :ivar notes: what changed without mattering, for verbose output
    """

    notes: tuple[str, ...] = ()
