"""Work in threads that Ctrl-C ends at once."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: Seconds between two looks for Ctrl-C while threads work: on Windows a longer wait would not notice it.
_LOOK = 0.1
#: Seconds that threads get to clean up after Ctrl-C. Who still waits for a silent server is left behind.
_GRACE = 0.5


class Left(Exception):  # noqa: N818 - no failure: the user gave up
    """This thread stopped because the user gave up."""


def leave_if(stopped: threading.Event) -> None:
    """End this thread's work if the user gave up.

    :param stopped: the event that the work was handed
    :raises Left: it is set
    """
    if stopped.is_set():
        raise Left


def in_threads(
    items: Sequence[_Item],
    work: Callable[[_Item, threading.Event], _Result],
    *,
    jobs: int,
    on_stop: Callable[[], None] = lambda: None,
) -> dict[_Item, _Result | BaseException]:
    """Do the work for each item, several at a time, in their order.

    The threads are daemons, not those of an executor: an executor makes the interpreter wait at its end for a thread
    that waits for a silent server, so that Ctrl-C would seem to do nothing.

    :param items: all different
    :param work: called in a thread with the item, and an event that is set when the user gave up
    :param jobs: how many threads there may be
    :param on_stop: called when the user gave up
    :return: what came of each item: a result, or what was raised
    """
    waiting: queue.SimpleQueue[_Item] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)
    outcomes: dict[_Item, _Result | BaseException] = {}
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                outcomes[item] = work(item, stopped)
            except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
                outcomes[item] = error

    threads = [threading.Thread(target=serve, name=f"lockhouse-{n}", daemon=True) for n in range(min(jobs, len(items)))]
    try:
        _run(threads)
    except BaseException:
        stopped.set()
        on_stop()
        for thread in threads:
            if thread.is_alive():
                thread.join(_GRACE / len(threads))
        raise
    return outcomes


def _run(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(_LOOK)


def settle(
    outcomes: Mapping[_Item, _Result | BaseException],
) -> tuple[dict[_Item, _Result], list[LockhouseError]]:
    """Part results from failures.

    :param outcomes: what :func:`in_threads` gave
    :return: the results, and the errors of our tree
    :raises BaseException: what was raised and is none of our errors
    """
    results: dict[_Item, _Result] = {}
    failures: list[LockhouseError] = []
    for item, outcome in outcomes.items():
        if isinstance(outcome, LockhouseError):
            failures.append(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            results[item] = outcome
    return results, failures
