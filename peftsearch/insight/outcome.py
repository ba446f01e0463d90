"""What came of a job that has ended, in a few words for a list of jobs."""

from collections.abc import Sequence
from typing import TypeVar

from peftsearch.message_text import plural
from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import Preparation
from peftsearch.results.standing.floors import Scored, compare, find_best, find_perfect
from peftsearch.spaces.jobspec.spec import JobSpec

S = TypeVar("S", bound=Scored)


def tell_outcome(
    front: Sequence[Estimate[S]], size: int, tried: int, spec: JobSpec, known: Preparation | None
) -> str | None:
    """`front of 3 configurations`, or that nothing on it beats the floor by more than noise.

    Args:
        front: Its configurations, or the best of them alone.
        size: How many the front has.
        tried: Configurations of the job.
        known: What it found out before its first trial.

    Returns:
        None while the front is empty.
    """
    best = find_best(front, spec)
    if best is None:
        return None
    standing = compare(best, spec, known, tried)
    if standing is None or standing.verdict == "above":
        return f"front of {plural(size, 'configuration')}"
    can = "can beat" if find_perfect(known, spec) is not None else "beats"
    return f"nothing {can} the floor"
