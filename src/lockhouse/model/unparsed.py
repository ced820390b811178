"""What is said of a text that a parser gives up on."""

from __future__ import annotations

#: What parsers raise for a text that they do not accept; the second is for one whose brackets are too deep for them.
UNPARSED = (ValueError, RecursionError)


def why_unparsed(error: Exception) -> str:
    """Say in one line why a text could not be parsed.

    :param error: one of :data:`UNPARSED`
    """
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    words = str(error).partition("\n")[0]
    return "a number in it has too many digits" if "integer string conversion" in words else words
