"""What a server may take long for, with signs of life beside it: who is silent loses its trial."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from peftsearch.time_text import duration

from .places import ArtefactsAway

_T = TypeVar("_T")

LONGEST_SECONDS = 1800.0
"""Of one file: a gigabyte at five megabits a second. Who waits for a server that never answers
does not do so for ever."""
ASIDE_SECONDS = 60.0
"""Of a probe, and of what is looked for when a worker ends: who needs longer for a few bytes is of
no use to a training."""
BEAT_SECONDS = 5.0


WAITING = "waiting for the artefact store"
"""How a line begins that says so; the next one says that it is over."""


def act_in_words(act: Callable[[], _T], url: str, seconds: float | None = None) -> _T:
    """`act_beside` for people: says that a command waits for a place, again after pauses that
    double, and when the place has answered."""
    started, pause, log = time.monotonic(), BEAT_SECONDS, logging.getLogger("peftsearch")
    told = False

    def tell() -> None:
        nonlocal pause, told
        if (waited := time.monotonic() - started) >= pause:
            pause, told = 2 * waited, True
            log.warning(f"{WAITING} {url} ... ({waited:.0f} s so far)")

    found = act_beside(act, url, tell, seconds)
    if told:
        waited = time.monotonic() - started
        log.warning(f"the artefact store {url} has answered, after {duration(waited)}")
    return found


def ask_aside(act: Callable[[], _T], url: str, beat: Callable[[], None] = lambda: None) -> _T:
    """What a short question to a place comes to, as of `act_beside`.

    Raises:
        ArtefactsAway: It took longer than `ASIDE_SECONDS`.
        Exception: Whatever it raises.
    """
    return act_beside(act, url, beat, ASIDE_SECONDS)


def act_beside(
    act: Callable[[], _T], url: str, beat: Callable[[], None], seconds: float | None = None
) -> _T:
    """Do something in a thread of its own, and beat until it is done; what it comes to.

    Args:
        url: For people, where it is done.
        beat: May raise to end the wait; what was begun is then for nobody.
        seconds: How long it may take; None is as long as a file may.

    Raises:
        ArtefactsAway: It took longer.
        Exception: Whatever it raises.
    """
    found: list[_T] = []
    failures: list[BaseException] = []
    longest = LONGEST_SECONDS if seconds is None else seconds

    def run() -> None:
        try:
            found.append(act())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="artefacts", daemon=True)
    thread.start()
    for _ in range(round(longest / BEAT_SECONDS)):
        thread.join(BEAT_SECONDS)
        if not thread.is_alive():
            break
        beat()
    else:
        raise ArtefactsAway(url, TimeoutError(f"no end after {duration(longest)}"))
    for error in failures:
        raise error
    return found[0]
