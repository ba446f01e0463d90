"""The choice of a point by a text, with the reason, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from typing_extensions import TypedDict

from peftsearch.records.estimates import estimate
from peftsearch.records.expectation import Expectation
from peftsearch.records.front_points import FrontEntry
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import TrialState
from peftsearch.results.picks.pick import Choice, broken, choose
from peftsearch.results.picks.proposal import find_row, tell_caveat
from peftsearch.results.picks.rules import knee
from peftsearch.results.standing.floor_words import FloorStanding, show_standing
from peftsearch.results.standing.floors import compare
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.spec import JobSpec

from .candidate_estimates import Candidate
from .fronts import MeanPoint, mean_point
from .points import Point
from .reasons import explain


class PickedPoint(MeanPoint):
    """What was picked; `row` and `entered` are null off the front."""

    row: int | None
    knee: bool
    entered: int | None


class NextBetter(TypedDict):
    """What would be better, and which bound keeps it out."""

    description: str
    values: dict[str, float]
    blocked_by: str


class Pick(TypedDict):
    """The picked configuration, its trial of the best quality, and why it was picked.

    Attributes:
        floor: The configuration, at the mean of all its trainings, beside the best floor; null of
            a job without floors.
        caveat: That nothing on the front beats the floor by more than noise, where it is so.
        above: The row of the cheapest that beats the floor by more than noise, where what is
            proposed does not; null where that does or none does.
        fitting: How many configurations meet the bounds.
    """

    pick: str
    point: PickedPoint
    trial: int
    why: str
    floor: FloorStanding | None
    caveat: str | None
    above: int | None
    next: NextBetter | None
    fitting: int


def pick(
    text: str,
    spec: JobSpec,
    members: Mapping[str, Candidate],
    entries: Sequence[FrontEntry],
    points: Mapping[int, Point],
    preparation: Preparation | None = None,
    expected: Mapping[str, Expectation] | None = None,
) -> Pick:
    """What `text` means (`results.picks.pick.choose`), why, and what its bounds kept out.

    Args:
        members: All configurations by key.
        entries: The front, ascending by cost.
        points: The ended trials by number.
        preparation: The job's; None of a job without.
        expected: Quality without luck by key, where it is known.

    Raises:
        NotFoundError: The front is empty, has no such row, or nothing meets the bounds.
        UserError: `text` is no pick.
    """
    told = expected or {}
    front = [replace(members[x.key], expected=told.get(x.key)) for x in entries]
    # In the order of proposal, as the command line has them: ties go to the earliest.
    everything = sorted(members.values(), key=lambda x: x.first.number)

    def find_trial(number: int) -> Candidate | None:
        point = points.get(number)
        if point is None or point.state != TrialState.COMPLETED:
            return None
        return estimate([point])

    choice = choose(text, spec, front, everything, find_trial)
    better = next_better(choice, everything)
    standing = compare(members[choice.chosen.key], spec, preparation, len(members))
    return {
        "pick": text,
        "point": _show(choice.chosen, entries, front, spec),
        "trial": choice.chosen.best(spec.task.quality).number,
        "why": explain(choice, better, front, spec),
        "floor": None if standing is None else show_standing(standing, spec),
        "caveat": tell_caveat(front, spec, preparation, len(members)),
        "above": find_row(front, spec, preparation, len(members)),
        "next": None if better is None else _show_next(better, choice.bounds),
        "fitting": len(choice.fitting),
    }


def next_better(choice: Choice[Candidate], everything: Sequence[Candidate]) -> Candidate | None:
    """Of what is better but breaks bounds, the one that comes nearest to them."""
    wanted = choice.wanted
    reached = wanted.signed(choice.chosen.values[wanted.name])
    better = [
        x
        for x in everything
        if wanted.name in x.values and wanted.signed(x.values[wanted.name]) > reached
    ]
    outside = [x for x in better if broken(x, choice.bounds)]
    return min(
        outside,
        key=lambda x: (_excess(x, choice.bounds), -wanted.signed(x.values[wanted.name])),
        default=None,
    )


def _excess(candidate: Candidate, bounds: Sequence[Bound]) -> tuple[bool, float]:
    """How far the farthest bound is broken, as a share of it; what was not measured is worst."""
    violated = broken(candidate, bounds)
    if any(bound.name not in candidate.values for bound in violated):
        return True, 0.0
    return False, max(
        abs(candidate.values[bound.name] - bound.limit) / max(abs(bound.limit), 1e-12)
        for bound in violated
    )


def _show(
    candidate: Candidate, entries: Sequence[FrontEntry], front: Sequence[Candidate], spec: JobSpec
) -> PickedPoint:
    first = candidate.first
    row = next((i for i, x in enumerate(front) if x.trials == candidate.trials), None)
    return {
        **mean_point(candidate.values, candidate.numbers, first, spec),
        "row": None if row is None else row + 1,
        "knee": row is not None and row == knee(front, spec),
        "entered": None if row is None else entries[row].entered,
    }


def _show_next(candidate: Candidate, bounds: Sequence[Bound]) -> NextBetter:
    return {
        "description": candidate.first.words,
        "values": dict(candidate.values),
        "blocked_by": " and ".join(map(str, broken(candidate, bounds))),
    }
