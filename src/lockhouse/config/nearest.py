"""The nearest right name to a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How many letters of a name there must be for each slip of the pen in it.
_LETTERS_A_SLIP = 2.5


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """Find the name that was probably meant: by slips of the pen, else by what the two have in common.

    :param wrong: what was written
    :param right: the names that exist
    :return: the nearest of them, or None where none is near
    """
    import difflib  # noqa: PLC0415 - errors only

    by_folded = {name.lower(): name for name in right}
    folded = wrong.lower()
    counts = {name: slips(folded, name) for name in by_folded}
    near = [name for name, count in counts.items() if count * _LETTERS_A_SLIP <= max(len(name), len(folded))]
    if near:
        return by_folded[min(near, key=lambda name: counts[name])]
    found = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def slips(one: str, other: str) -> int:
    """Count the letters that are missing, too many, wrong, or swapped with their neighbour (Damerau, Levenshtein).

    :param one: a word
    :param other: another
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        previous, before_previous = row, before
        before = previous
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before_previous[j - 2] + 1)
            row.append(cost)
    return row[-1]
