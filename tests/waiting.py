"""Waiting for what other processes and threads do, however busy the machine is."""

import time
from collections.abc import Callable

LIMIT = 900.0
"""Seconds. A wait ends as soon as it can: this only ends those that would never end. The
demonstration, five minutes on a quiet machine, took more than 400 s beside ten other programs."""


def wait_until(
    holds: Callable[[], object], explain: Callable[[], object] = lambda: "", seconds: float = LIMIT
) -> None:
    """Look again and again until it holds, less often the longer it takes.

    Args:
        explain: Gives what a failure says.

    Raises:
        AssertionError: It does not within the limit.
    """
    deadline, pause = time.monotonic() + seconds, 0.02
    while not holds():
        assert time.monotonic() < deadline, f"it never came to hold; {explain()}"
        time.sleep(pause)
        pause = min(1.1 * pause, 0.1)
