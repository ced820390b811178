"""What differs between the inputs that a lock records and those that are declared now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.model.spec import LockInputs

_LISTS = ("requirements", "constraints")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputChange:
    """What became of one input.

    :ivar name: the input, spelled as in the lock: ``requirements``, ``requires-python``
    :ivar recorded: what the lock was made from and is declared no more, a line each
    :ivar declared: what is declared and the lock was made without, a line each
    """

    name: str
    recorded: tuple[str, ...]
    declared: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """Give a unified difference: ``- recorded`` and ``+ declared``, what concerns one package side by side."""
        head = "" if self.name == "requirements" else f"{self.name.removesuffix('s') if self._is_list else self.name}: "
        marked = [("- ", line) for line in self.recorded] + [("+ ", line) for line in self.declared]
        if self._is_list:
            marked.sort(key=lambda item: (name_of(item[1]), item[0] == "+ ", item[1]))
        return tuple(f"{sign}{head}{line}" for sign, line in marked)

    @property
    def _is_list(self) -> bool:
        return self.name in _LISTS


def changed_inputs(recorded: LockInputs, declared: LockInputs) -> tuple[InputChange, ...]:
    """List the inputs that are not as they were when the lock was made, in the order of the record.

    :param recorded: what the lock was made from
    :param declared: what is declared now
    """
    before, now = recorded.to_dict(), declared.to_dict()
    names = [*before, *(name for name in now if name not in before)]
    found = []
    for name in names:
        was, has = _lines(name, before.get(name)), _lines(name, now.get(name))
        gone = tuple(line for line in was if line not in has)
        come = tuple(line for line in has if line not in was)
        if gone or come:
            found.append(InputChange(name=name, recorded=gone, declared=come))
    return tuple(found)


def name_of(line: str) -> str:
    """Give the package that a recorded line is about.

    :param line: a requirement or constraint, as a lock records it
    """
    text = line.removeprefix("-e ")
    end = next((i for i, char in enumerate(text) if not (char.isalnum() or char in "-_.")), len(text))
    return text[:end]


def _lines(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if name in _LISTS and isinstance(value, list):
        return tuple(map(str, value))
    if isinstance(value, dict):
        return tuple(_pairs(value))
    return (_word(value),)


def _pairs(table: Mapping[object, object], before: str = "") -> Iterable[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _pairs(value, f"{before}{key}.")
        else:
            yield f"{before}{key} = {_word(value)}"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
