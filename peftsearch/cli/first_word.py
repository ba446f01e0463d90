"""What a command says at once, before the imports and files that take seconds."""

import sys


def begin(words: str) -> None:
    """One line of what comes first, to standard error. Not where a program reads the answer: what
    stands on standard error then is notes and mistakes alone."""
    if sys.stderr.isatty() or "--json" not in sys.argv:
        print(f"{words} ...", file=sys.stderr, flush=True)
