"""What a command says on a terminal at once, before the imports and files that take seconds."""

import sys


def begin(words: str) -> None:
    """One line of what comes first. Nothing in pipes and logs, where a mistake in the input is the
    one line that a command says."""
    if sys.stderr.isatty():
        print(f"{words} ...", file=sys.stderr, flush=True)
