"""What a server may take long for, with signs of life beside it: who is silent loses its trial."""

import threading
from collections.abc import Callable

from .places import ArtefactsAway

LONGEST_SECONDS = 1800.0
"""Of one file: a gigabyte at five megabits a second. Who waits for a server that never answers
does not do so for ever."""
BEAT_SECONDS = 5.0


def act_beside(act: Callable[[], object], url: str, beat: Callable[[], None]) -> None:
    """Do something in a thread of its own, and beat until it is done.

    Args:
        url: For people, where it is done.
        beat: May raise to end the wait; what was begun is then for nobody.

    Raises:
        ArtefactsAway: It took longer than `LONGEST_SECONDS`.
        Exception: Whatever it raises.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="artefacts", daemon=True)
    thread.start()
    for _ in range(round(LONGEST_SECONDS / BEAT_SECONDS)):
        thread.join(BEAT_SECONDS)
        if not thread.is_alive():
            break
        beat()
    else:
        raise ArtefactsAway(url, TimeoutError(f"no end after {LONGEST_SECONDS / 60:.0f} minutes"))
    for error in failures:
        raise error
