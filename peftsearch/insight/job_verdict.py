"""Whether the best of one job is better than that of another by more than noise.

The lead counts where it is more than chance gives the best of so many configurations
(`results.chance`), by a standard error as if both were scored on rows of their own: each is the
best of many, and the luckier for it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from peftsearch.message_text import plural
from peftsearch.records.estimates import Estimate
from peftsearch.results.comparisons.chance import judge as weigh
from peftsearch.results.comparisons.chance import luck
from peftsearch.results.wording import amount, difference
from peftsearch.spaces.jobspec.objectives import objective

from .comparability import Obstacle
from .job_sides import Side
from .points import Point


@dataclass(frozen=True)
class Verdict:
    """Who is ahead.

    Attributes:
        winner: Name of the job; None where none is named.
        words: Why, as a sentence.
    """

    winner: str | None
    words: str


def judge(sides: Sequence[Side], obstacles: Sequence[Obstacle]) -> Verdict:
    """The winner of two jobs, if any: of one without a result the records say nothing else."""
    waiting = [x for x in sides if x.best is None]
    heavy = ("refused",) if waiting else ("refused", "unsure")
    told = [x["words"] for x in obstacles if x["weight"] in heavy]
    told += [_tell_waiting(x) for x in waiting]
    if told:
        return Verdict(None, f"No winner is named: {'; '.join(told)}.")
    return _weigh([(side, side.best) for side in sides if side.best is not None])


def _tell_waiting(side: Side) -> str:
    return f"{side.job.name} has no result{' within its limits' if side.spec.limits else ''}"


def _weigh(bests: Sequence[tuple[Side, Estimate[Point]]]) -> Verdict:
    goal = objective(bests[0][0].spec.task.quality)
    ahead, behind = sorted(bests, key=lambda x: -goal.signed(x[1].values[goal.name]))
    value = ahead[1].values[goal.name]
    lead = abs(value - behind[1].values[goal.name])
    if lead == 0:
        return Verdict(None, f"Both reach the same {goal.label}, {amount(goal.name, value)}.")
    name = ahead[0].job.name
    told = f"{name} leads by {difference(goal.name, lead, value)} {goal.label}"
    error = _error(bests)
    if error is None:
        return Verdict(None, f"No winner is named: {told}, and nothing tells how sure that is.")
    most = max(len(side.tried) for side, _ in bests)
    chance = f"chance may give the best of {plural(most, 'configuration')}"
    limit = f"{chance} {difference(goal.name, error * luck(most), value)}"
    if weigh(lead, error, most) == "level":
        return Verdict(None, f"No winner is named: {told}, which is within noise: {limit}.")
    return Verdict(name, f"{told}, beyond noise: {limit}.")


def _error(bests: Sequence[tuple[Side, Estimate[Point]]]) -> float | None:
    """Standard error of the lead; None where the error of either is not known."""
    errors = [side.error(found) for side, found in bests]
    known = [x for x in errors if x is not None]
    return math.hypot(*known) if len(known) == len(bests) else None
