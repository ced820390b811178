"""The form of an explanation."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is to be known of one code. The texts are Markdown; links are relative to the folder of the reference.

    :ivar means: what the code says
    :ivar matters: what would happen if nobody said it; empty for the families of errors
    :ivar mend: what to do; empty for the families of errors
    """

    means: str
    matters: str = ""
    mend: str = ""

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Give label and text of what there is to say, as Markdown."""
        parts = (("meaning", self.means), ("why it matters", self.matters), ("how to mend it", self.mend))
        return tuple((label, text) for label, text in parts if text)

    def lines(self) -> list[str]:
        """Give what there is to say as lines for a terminal, without links."""
        wrapped: list[str] = []
        for label, text in self.parts():
            plain = _LINK.sub(r"\1", text)
            wrapped += textwrap.wrap(f"{label}: {plain}", width=100, subsequent_indent="  ", break_on_hyphens=False)
        return wrapped


#: What is said of the errors that only gather others.
FAMILY = Explanation(means="The family; a message of this code itself is not expected.")
