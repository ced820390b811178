"""The nearest right name to a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """Find the name that was probably meant.

    :param wrong: what was written
    :param right: the names that exist
    :return: the nearest of them, or None where none is near
    """
    import difflib  # noqa: PLC0415 - errors only

    by_folded = {name.lower(): name for name in right}
    found = difflib.get_close_matches(wrong.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
