"""What is said wherever a point of a front is proposed and does not beat the floor."""

from collections.abc import Sequence

from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import Preparation
from peftsearch.results.standing.floor_words import tell_standing
from peftsearch.results.standing.floors import S, compare, find_best
from peftsearch.results.wording import amount
from peftsearch.spaces.jobspec.spec import JobSpec

from .rules import PROPOSED_WORDS, find_one_se


def tell_proposal(
    front: Sequence[Estimate[S]], spec: JobSpec, preparation: Preparation | None, tried: int = 1
) -> list[str]:
    """One line that what is proposed does not beat the floor by more than noise, and what does.

    Args:
        front: Ascending by cost.
        tried: Configurations of the job.

    Returns:
        Nothing where it does, and where nothing does, which `tell_nothing_beats` says.
    """
    row = find_row(front, spec, preparation, tried)
    if row is None:
        return []
    standing = compare(front[find_one_se(front, spec)], spec, preparation, tried)
    if standing is None:
        return []
    return [
        f"{PROPOSED_WORDS.capitalize()}, does not beat the floor by more than noise: "
        f"{tell_standing(standing, spec)} Row {row} is the cheapest that does."
    ]


def tell_caveat(
    front: Sequence[Estimate[S]], spec: JobSpec, preparation: Preparation | None, tried: int = 1
) -> str | None:
    """What is to be known before anything of a front is taken home: that nothing on it beats the
    floor by more than noise, and what the floor is. None where something does, or no floor is.

    Args:
        front: Ascending by cost.
    """
    best = find_best(front, spec)
    standing = None if best is None else compare(best, spec, preparation, tried)
    if standing is None or standing.verdict == "above":
        return None
    value = f"{spec.task.quality} {amount(spec.task.quality, standing.value)}"
    return (
        "nothing on the front beats the floor by more than noise, and the floor, "
        f"{standing.floor.label} with {value}, needs no adapter"
    )


def find_row(
    front: Sequence[Estimate[S]], spec: JobSpec, preparation: Preparation | None, tried: int = 1
) -> int | None:
    """The row, from 1, of the cheapest that beats the floor by more than noise, where what
    is proposed (`rules.find_one_se`) does not; None where that does or none does."""
    standings = [compare(x, spec, preparation, tried) for x in front]
    above = [x is not None and x.verdict == "above" for x in standings]
    if not any(above) or above[find_one_se(front, spec)]:
        return None
    return above.index(True) + 1
