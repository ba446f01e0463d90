"""What a command says at once, before the imports and files that take seconds."""

import sys


def begin(words: str) -> None:
    """One line of what comes first, to standard error, where a person reads it."""
    if is_read():
        print(f"{words} ...", file=sys.stderr, flush=True)


def is_read() -> bool:
    """Whether progress is read. Not where a program reads the answer: what stands on standard
    error then is notes and mistakes alone."""
    return sys.stderr.isatty() or "--json" not in sys.argv
