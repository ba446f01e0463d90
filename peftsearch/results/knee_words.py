"""What is said wherever a front's knee is proposed and does not beat the floor."""

from collections.abc import Sequence

from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import Preparation
from peftsearch.spaces.jobspec.spec import JobSpec

from .floor_words import tell_standing
from .floors import S, compare
from .pick import knee


def tell_knee(
    front: Sequence[Estimate[S]], spec: JobSpec, preparation: Preparation | None
) -> list[str]:
    """One line that the knee does not beat the floor by more than noise, and which row does.

    Args:
        front: Ascending by cost.

    Returns:
        Nothing where the knee does, and where nothing does, which `tell_nothing_beats` says.
    """
    row = find_row(front, spec, preparation)
    standing = None if row is None else compare(front[knee(front, spec)], spec, preparation)
    if standing is None:
        return []
    return [
        f"The knee does not beat the floor by more than noise, row {row} is the cheapest that "
        f"does: of the knee, {tell_standing(standing, spec)}"
    ]


def find_row(
    front: Sequence[Estimate[S]], spec: JobSpec, preparation: Preparation | None
) -> int | None:
    """The row, from 1, of the cheapest that beats the floor by more than noise, where the knee
    does not; None where the knee does or none does."""
    standings = [compare(x, spec, preparation) for x in front]
    above = [x is not None and x.verdict == "above" for x in standings]
    if not any(above) or above[knee(front, spec)]:
        return None
    return above.index(True) + 1
