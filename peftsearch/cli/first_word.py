"""What a command says at once, before the imports and files that take seconds."""

import sys
import time


def begin(words: str) -> float:
    """One line of what comes first, to standard error, where a person reads it.

    Returns:
        When the command began, on the clock that `time.monotonic` reads: what it tells of its own
        time holds the loading of the libraries, as a person has waited for that too.
    """
    if is_read():
        print(f"{words} ...", file=sys.stderr, flush=True)
    return time.monotonic()


def is_read() -> bool:
    """Whether progress is read. Not where a program reads the answer: what stands on standard
    error then is notes and mistakes alone."""
    return sys.stderr.isatty() or "--json" not in sys.argv
