"""Work in threads that Ctrl-C ends at once."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: Seconds between two looks for Ctrl-C while threads work: on Windows a longer wait would not notice it.
_LOOK = 0.1
#: Seconds that threads get to clean up after Ctrl-C. Who still waits for a silent server is left behind.
_GRACE = 0.8


def processors() -> int:
    """Give how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    given_up: Callable[[], bool] = lambda: False,
) -> dict[_Item, _Result | BaseException]:
    """Do the work for each item, several at a time, in their order.

    The threads are daemons, not those of an executor: an executor makes the interpreter wait at its end for a thread
    that waits for a silent server, so that Ctrl-C would seem to do nothing.

    :param items: all different
    :param work: called in a thread with the item, and an event that is set when the user gave up
    :param jobs: how many threads there may be
    :param on_stop: called when the user gave up
    :param given_up: tells whether the user gave up where no signal arrives: in a thread of somebody else's
    :return: what came of each item: a result, or what was raised
    :raises KeyboardInterrupt: the user gave up
    """
    crew = _Crew(items, work, jobs)
    try:
        crew.work_off(given_up)
    except BaseException:
        crew.leave(on_stop)
        raise
    return crew.outcomes


class _Crew(Generic[_Item, _Result]):
    """Threads that share a list of items.

    Each says itself when it has ended: CPython takes a thread for ended when Ctrl-C breaks off the join of it.
    """

    def __init__(self, items: Sequence[_Item], work: Callable[[_Item, threading.Event], _Result], jobs: int) -> None:
        self.outcomes: dict[_Item, _Result | BaseException] = {}
        self._work = work
        self._waiting: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        for item in items:
            self._waiting.put(item)
        self._ended: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(min(jobs, len(items)))]
        self._running = 0

    def work_off(self, given_up: Callable[[], bool]) -> None:
        """Start the threads, and wait until all have ended."""
        for thread in self._threads:
            thread.start()
            self._running += 1
        while self._running:
            self._wait(_LOOK)
            if given_up():
                raise KeyboardInterrupt

    def leave(self, on_stop: Callable[[], None]) -> None:
        """Have the threads stop, and give them a moment to clean up."""
        self._stopped.set()
        on_stop()
        end = time.monotonic() + _GRACE
        while self._running and (left := end - time.monotonic()) > 0:
            self._wait(left)

    def _wait(self, seconds: float) -> None:
        with contextlib.suppress(queue.Empty):
            self._ended.get(timeout=seconds)
            self._running -= 1

    def _serve(self) -> None:
        try:
            while not self._stopped.is_set():
                item = self._waiting.get_nowait()
                try:
                    self.outcomes[item] = self._work(item, self._stopped)
                except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
                    self.outcomes[item] = error
        except queue.Empty:
            return
        finally:
            self._ended.put(None)


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
