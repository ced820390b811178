"""Says how long a tea has to draw."""

from datetime import timedelta

import humanize

_SECONDS = {"green": 120, "black": 240, "herbal": 480}


def drawing_time(tea: str) -> str:
    """Give the drawing time in words.

    :param tea: "green", "black" or "herbal"
    """
    return humanize.precisedelta(timedelta(seconds=_SECONDS[tea]))
