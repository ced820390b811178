"""What builds say that run at the same time: held back, and told one build after the other, in an order of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.silence import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.interfaces import Reporter


class Held:
    """The words of all builds that one request led to.

    :ivar is_nested: whether what is asked is needed by a build
    """

    def __init__(self, heard: list[_Words] | None = None) -> None:
        self.is_nested = heard is not None
        self._heard: list[_Words] = [] if heard is None else heard

    def nested(self) -> Held:
        """Give the same for what a build needs in its turn."""
        return Held(self._heard)

    def reporter_of(self, label: str) -> Reporter:
        """Give who listens to one build.

        :param label: name and version of the package
        """
        words = _Words(label)
        self._heard.append(words)
        return words

    def tell(self, reporter: Reporter) -> None:
        """Say all of it, by the names of the packages.

        :param reporter: where to
        """
        for words in sorted(self._heard, key=lambda words: words.label):
            for say in words.said:
                say(reporter)
        self._heard.clear()


class _Words(SilentReporter):
    """A reporter that keeps what it is told, and shows nothing meanwhile."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.said: list[Callable[[Reporter], None]] = []

    def info(self, message: str) -> None:
        """Keep something worth knowing."""
        self.said.append(lambda reporter: reporter.info(message))

    def detail(self, message: str) -> None:
        """Keep something that only verbose output has."""
        self.said.append(lambda reporter: reporter.detail(message))

    def warning(self, message: str) -> None:
        """Keep something that the user should look at."""
        self.said.append(lambda reporter: reporter.warning(message))
