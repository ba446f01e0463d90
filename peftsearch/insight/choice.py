"""The choice of a point by a text, with the reason, as plain data."""

from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict

from peftsearch.records.front_points import FrontEntry
from peftsearch.results.pick import Choice, broken, choose, knee
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .fronts import MeanPoint, mean_point
from .members import Member
from .points import Point
from .reasons import explain, show_bound


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
        fitting: How many configurations meet the bounds.
    """

    pick: str
    point: PickedPoint
    trial: int
    why: str
    next: NextBetter | None
    fitting: int


def pick(
    text: str,
    spec: JobSpec,
    members: Mapping[str, Member],
    entries: Sequence[FrontEntry],
    points: Mapping[int, Point],
) -> Pick:
    """What `text` means (`peftsearch.results.pick.choose`), why, and what its bounds kept out.

    Args:
        members: All configurations by key.
        entries: The front, ascending by cost.
        points: The ended trials by number.

    Raises:
        NotFoundError: The front is empty, has no such row, or nothing meets the bounds.
        UserError: `text` is no pick.
    """
    front = [members[entry.key] for entry in entries]
    # In the order of proposal, as the command line has them: ties go to the earliest.
    everything = sorted(members.values(), key=lambda x: x.points[0].number)

    def find_trial(number: int) -> Member | None:
        point = points.get(number)
        done = point is not None and point.state == "completed"
        return Member(point.values, (point,)) if done and point is not None else None

    choice = choose(text, spec, front, everything, find_trial)
    better = next_better(choice, everything)
    return {
        "pick": text,
        "point": _show(choice.chosen, entries, front, spec),
        "trial": best_seed(choice.chosen, spec).number,
        "why": explain(choice, better, front, spec),
        "next": None if better is None else _show_next(better, choice.bounds),
        "fitting": len(choice.fitting),
    }


def best_seed(member: Member, spec: JobSpec) -> Point:
    """Of a configuration's trials, the one of the best quality."""
    goal = objective(spec.task.quality)
    return max(member.points, key=lambda x: goal.signed(x.values[goal.name]))


def next_better(choice: Choice[Member], everything: Sequence[Member]) -> Member | None:
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


def _excess(member: Member, bounds: Sequence[Bound]) -> tuple[bool, float]:
    """How far the farthest bound is broken, as a share of it; what was not measured is worst."""
    violated = broken(member, bounds)
    if any(bound.name not in member.values for bound in violated):
        return True, 0.0
    return False, max(
        abs(member.values[bound.name] - bound.limit) / max(abs(bound.limit), 1e-12)
        for bound in violated
    )


def _show(
    member: Member, entries: Sequence[FrontEntry], front: Sequence[Member], spec: JobSpec
) -> PickedPoint:
    first = member.points[0]
    row = next((i for i, x in enumerate(front) if x.points == member.points), None)
    return {
        **mean_point(member.values, [point.number for point in member.points], first, spec),
        "row": None if row is None else row + 1,
        "knee": row is not None and row == knee(front, spec),
        "entered": None if row is None else entries[row].entered,
    }


def _show_next(member: Member, bounds: Sequence[Bound]) -> NextBetter:
    return {
        "description": member.words,
        "values": dict(member.values),
        "blocked_by": " and ".join(map(show_bound, broken(member, bounds))),
    }
