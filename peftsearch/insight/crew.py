"""How many workers a job had."""

from collections.abc import Iterable
from itertools import accumulate

from .points import Point


def count_crew(points: Iterable[Point]) -> int:
    """Workers of the last run that trained at once; 0 where nobody noted who trained.

    Those of one run have names that begin alike, with the machine and the process that started
    them; one that died was replaced by another.
    """
    noted = [(x.ended, x.seconds, _run_of(x.worker)) for x in points if x.ended and x.worker]
    last = max(noted, key=lambda x: x[0], default=None)
    if last is None:
        return 0
    mine = [(ended, seconds or 0.0) for ended, seconds, run in noted if run == last[2]]
    begins = [(ended - seconds, 1) for ended, seconds in mine]
    changes = sorted([*begins, *((ended, -1) for ended, _ in mine)])
    return max(1, *accumulate(x for _, x in changes))


def _run_of(worker: str) -> str:
    return worker.rpartition("-")[0]
