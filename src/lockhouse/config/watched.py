"""Environment variables of which each one that is asked for is taken down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.trace.looks import Looks


class WatchedVariables(Mapping[str, str]):
    """The variables of the user, for who decides by them what is declared.

    :param environ: the variables
    :param looks: takes down what was asked
    """

    def __init__(self, environ: Mapping[str, str], looks: Looks) -> None:
        self._environ = environ
        self._looks = looks

    def __getitem__(self, name: str) -> str:
        value = self._looks.variable(self._environ, name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        self._looks.lose_track()
        return iter(self._environ)

    def __len__(self) -> int:
        self._looks.lose_track()
        return len(self._environ)
