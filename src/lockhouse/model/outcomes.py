"""What operations did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOutcome:
    """What a sync did.

    :ivar changed: whether anything was done
    :ivar installed: what was installed, as ``name version``, sorted
    :ivar removed: what was removed, as ``name version``, sorted; behind that the paths of what belonged to nobody
    :ivar reasons: why something was done, in words
    :ivar repairs: those of them that somebody or something did to the environment
    """

    changed: bool
    installed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
