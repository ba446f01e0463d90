"""Two jobs beside each other: settings, fronts, best qualities, and what they took."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from peftsearch.errors import UserError
from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import TrialState
from peftsearch.results.standing.floor_words import FloorLine, floor_json
from peftsearch.results.standing.volume_words import tell_share
from peftsearch.spaces.jobspec.objectives import objective

from .common_box import Box, find_box, hypervolume_within
from .comparability import Obstacle, find_obstacles
from .job_sides import Reached, Side
from .job_verdict import judge
from .points import Point
from .spec_differences import Difference, differing_settings


class ComparedPoint(TypedDict):
    """A configuration at the mean over its seeds.

    Attributes:
        cost: Null where it was not measured.
        standard_error: Of the quality, by the validation rows and the seeds; null where unknown.
        words: The configuration in words.
    """

    trials: list[int]
    quality: float
    cost: float | None
    standard_error: float | None
    words: str


class Reach(TypedDict):
    """What it took until a quality was there.

    Attributes:
        trial: That brought it.
        trials: How many had ended by then.
        seconds: Since the job was created, pauses included.
        trial_seconds: Of all trials by then, one after the other.
    """

    trial: int
    trials: int
    seconds: float
    trial_seconds: float


class ComparedJob(TypedDict):
    """One of the two.

    Attributes:
        state: In words: of a job that runs with nobody who works on it, that it waits or is spent.
        front: What nothing of the job beats in its quality and the common cost.
        best: Null before any result.
        hypervolume: Of the front, as a share of the common box; null where there is none.
        hypervolume_words: The same in words, which say why it is 0; empty where there is none.
        reached: When it first had what the weaker of both bests is worth; null where not compared.
        hours: That it has used.
    """

    name: str
    state: str
    quality: str
    completed: int
    failed: int
    configurations: int
    hours: float
    front: list[ComparedPoint]
    best: ComparedPoint | None
    floors: list[FloorLine]
    hypervolume: float | None
    hypervolume_words: str
    reached: Reach | None


class JobComparison(TypedDict):
    """Two jobs.

    Attributes:
        cost: The common cost of both fronts.
        costs: All that both measured.
        obstacles: Why numbers may not be compared, the gravest first; empty where they may.
        comparable: Whether qualities are; without it nothing is marked as the better one.
        winner: Name of the job whose best is better by more than noise; null where none is.
        verdict: The same as a sentence.
        box: Of the hypervolumes; null where they are not compared.
        level: The quality that `reached` is about; null where not compared.
    """

    jobs: list[ComparedJob]
    cost: str
    costs: list[str]
    differences: list[Difference]
    obstacles: list[Obstacle]
    comparable: bool
    winner: str | None
    verdict: str
    box: Box | None
    level: float | None


def compare_jobs(left: Side, right: Side, cost: str | None = None) -> JobComparison:
    """All that is told of two jobs.

    Args:
        cost: Of the fronts; None takes that of the first job where both measured it.

    Raises:
        UserError: Not both have measured the cost.
    """
    sides, costs = (left, right), _common_costs(left, right)
    chosen = _choose_cost(cost, left, costs)
    obstacles = find_obstacles(sides)
    comparable = not any(x["weight"] != "note" for x in obstacles)
    box = find_box(sides, chosen) if comparable else None
    level = _lower_best(sides) if comparable else None
    found = judge(sides, obstacles)
    return {
        "jobs": [_describe(x, chosen, box, level) for x in sides],
        "cost": chosen,
        "costs": costs,
        "differences": differing_settings(left.spec, right.spec),
        "obstacles": obstacles,
        "comparable": comparable,
        "winner": found.winner,
        "verdict": found.words,
        "box": box,
        "level": level,
    }


def _common_costs(left: Side, right: Side) -> list[str]:
    """Objectives to be small that each configuration of both has, the jobs' own first."""
    each = [set(x.values) for side in (left, right) for x in side.tried]
    shared = set.intersection(*each) if each else set()
    own = (*left.spec.goals[1:], *right.spec.goals[1:])
    qualities = {left.spec.task.quality, right.spec.task.quality}
    costs = {x for x in shared - qualities if _is_cost(x)}
    return [*(x for x in dict.fromkeys(own) if x in costs), *sorted(costs - set(own))]


def _is_cost(name: str) -> bool:
    row = objective(name)
    return row.logarithmic and not row.maximise


def _choose_cost(asked: str | None, left: Side, costs: Sequence[str]) -> str:
    if asked is None:
        return costs[0] if costs else left.spec.objectives.cost
    if asked not in costs:
        expected = f"a cost that both jobs measured, among {', '.join(costs) or 'none yet'}"
        raise UserError(expected, repr(asked), "choose one of them", "cost")
    return asked


def _describe(side: Side, cost: str, box: Box | None, level: float | None) -> ComparedJob:
    front = side.front(cost)
    states = [x.state for x in side.points]
    reached = None if level is None else side.reach(level)
    volume = None if box is None else hypervolume_within(box, front, cost, side.spec.task.quality)
    return {
        "name": side.job.name,
        "state": side.state,
        "quality": side.spec.task.quality,
        "completed": states.count(TrialState.COMPLETED),
        "failed": states.count(TrialState.FAILED),
        "configurations": len(side.tried),
        "hours": side.hours,
        "front": [_point(x, side, cost) for x in front],
        "best": None if side.best is None else _point(side.best, side, cost),
        "floors": [floor_json(x, side.spec) for x in side.floors],
        "hypervolume": volume,
        "hypervolume_words": "" if volume is None else tell_share(volume, bool(side.floors)),
        "reached": None if reached is None else _reach(reached),
    }


def _reach(found: Reached) -> Reach:
    return {
        "trial": found.trial,
        "trials": found.trials,
        "seconds": found.seconds,
        "trial_seconds": found.trial_seconds,
    }


def _point(found: Estimate[Point], side: Side, cost: str) -> ComparedPoint:
    return {
        "trials": list(found.numbers),
        "quality": found.values[side.spec.task.quality],
        "cost": found.values.get(cost),
        "standard_error": side.error(found),
        "words": found.first.words,
    }


def _lower_best(sides: Sequence[Side]) -> float | None:
    """What both have reached."""
    name = sides[0].spec.task.quality
    bests = [x.best for x in sides]
    values = [x.values[name] for x in bests if x is not None]
    return min(values, key=objective(name).signed) if len(values) == len(sides) else None
