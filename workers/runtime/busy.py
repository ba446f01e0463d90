"""Whether other work keeps this machine busy. Imports no torch."""

import psutil

from peftsearch.message_text import plural

from .threads import count_cpus

_BUSY = 1.5
"""Load of each CPU, from which on others slow down what is timed."""


def tell_load() -> str:
    """That this machine has other work now, half a sentence; empty where it has little."""
    return say_load(psutil.getloadavg()[0], count_cpus())


def say_load(load: float, cpus: int) -> str:
    """The same.

    Args:
        load: Processes that ran or wanted to run, the mean of the last minute.
    """
    if load <= _BUSY * cpus:
        return ""
    cores = plural(cpus, "CPU")
    return f"other work keeps this machine busy (a load of {load:.0f} on {cores})"
